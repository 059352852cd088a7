--- Files of a Quectel module by handle: reading and writing parts of them (FILE note: QFOPEN, QFSEEK, QFREAD, QFWRITE,
--- QFCLOSE).

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local job = require "hayes.job"
local wait = require "hayes.wait"

local parts = {}

parts.READ_WRITE, parts.READ = 0, 2

--- Bytes asked for, or given, with one command: at 9600 baud they take 4 s of the 10 s that a command has.
local CHUNK = 4096

local File = {}
File.__index = File

local function bare_name(name)
  return (tostring(name):gsub("^%u+:", ""))
end

--- false: the module has refused; nil: it does not tell.
local function verdict(err)
  if failure.is_refusal(err) then return false end
end

--- A program that ended in the middle has left the file open, and the module opens none twice: its handle is closed. So
--- are all that may be its: the line may have changed the storage in front of the name.
--- True: one was; false: it is not open; nil: the module does not tell.
local function close_left_open(modem, name)
  local response, err = modem:call("+QFOPEN", "read")
  if not response then return verdict(err) end
  local any = false
  for _, line in ipairs(response) do
    local fields = modem:fields("AT+QFOPEN?", line)
    local handle = math.tointeger(fields[2])
    if not handle then return nil end -- it may be this one
    if bare_name(fields[1]) == bare_name(name) then
      local closed, close_err = modem:call("+QFCLOSE", "write", { handle })
      if not closed then return verdict(close_err) end
      any = true
    end
  end
  return any
end

--- How often, and after how many seconds each time, a file is looked for that the module may have opened after all.
local LOOKS, LOOK_AGAIN = 5, 10

--- The module has not answered, when the file was opened or closed. Once it does, the file is closed.
local function close_later(modem, held)
  held:later(function()
    for _ = 1, LOOKS do
      exchange.await_response(modem)
      local told = close_left_open(modem, held.name)
      if told ~= nil or modem.closed_with then return end
      wait.sleep(LOOK_AGAIN)
    end
  end)
end

--- A handle that is given again while another file has it tells that the module has restarted, whether it has said so
--- or not: that file is not open any more, and nothing of it may go to this one.
---@param handles table<integer, table> the files that are open
local function register(handles, modem, held, handle)
  local before = handles[handle]
  if before then before.gone, before.lost = true, errors.reboot("using " .. before.name) end
  handles[handle] = setmetatable({ modem = modem, held = held, name = held.name, handle = handle, handles = handles,
    gone = false, closed = false, closing = false }, File)
  return handles[handle]
end

--- A command about it.
local function call(self, name, arguments, data)
  if self.gone then return nil, self.lost end
  return self.modem:call(name, "write", arguments, { data = data, owner = self })
end

--- Reads at most `length` bytes from the current position; "" at the end of the file.
---@param length integer
---@return string?, hayes.error?
function File:read(length)
  local response, err = call(self, "+QFREAD", { self.handle, math.min(length, CHUNK) })
  if not response then
    if err.code == 402 then return "" end -- "read zero byte" is the end
    return nil, err
  end
  if response.missing then
    return nil, errors.new { name = "short_read", origin = "file",
      message = ("the module announced %d bytes more of %s than it gave"):format(response.missing, self.name) }
  end
  return response.data or ""
end

--- Writes at the current position.
---@param bytes string
---@param on_written fun(count: integer) called after each piece
---@return true?, hayes.error?
function File:write(bytes, on_written)
  for at = 1, #bytes, CHUNK do
    local piece = bytes:sub(at, at + CHUNK - 1)
    local response, err = call(self, "+QFWRITE", { self.handle, #piece }, piece)
    if not response then return nil, err end
    local fields = response[1] and self.modem:fields("AT+QFWRITE=0", response[1]) or {}
    if not fields.written_length then self.modem:resync() end -- as behind an upload without a count (transfer.store)
    if fields.written_length ~= #piece then
      return nil, errors.new { name = "damaged", origin = "file", result = response[1],
        message = ("%d bytes of %s were sent, and the module wrote %s"):format(#piece, self.name,
          fields.written_length or "none"),
        hint = "The line loses bytes: use flow control (flow = \"rtscts\") or a lower speed; or the flash is full: "
          .. "modem.file.space()." }
    end
    on_written(#piece)
  end
  return true
end

--- Moves the current position; offset 0 is the first byte.
---@param offset integer
function File:seek(offset)
  local response, err = call(self, "+QFSEEK", { self.handle, offset, 0 })
  if not response then return nil, err end
  return true
end

--- Gives the handle back.
function File:close()
  if self.closed then return true end
  self.closed, self.closing = true, true
  local response, err = call(self, "+QFCLOSE", { self.handle })
  self.closing = false
  if self.handles[self.handle] == self then self.handles[self.handle] = nil end
  local over = response or failure.is_refusal(err) or self.gone or self.modem.closed_with
  if not over then close_later(self.modem, self.held) end
  if not response then return nil, err end
  return true
end

--- Left in whatever way: a task that is being ended cannot wait for an answer. Where it was being closed, nobody knows
--- whether the module has heard that.
function File:__close()
  if self.modem.closed_with then return end
  if self.closing and not self.gone then return close_later(self.modem, self.held) end
  if not self.closed then self.held:later(function() self:close() end) end
end

--- What a file that is open is refused with: to be opened again, to be deleted.
local IN_USE = { [418] = true, [426] = true }

--- Sends a command about a file that nobody here has open; what has left it open does not stop it.
---@param arguments table whose first is its name
---@return hayes.response?, hayes.error?
function parts.call(modem, command, arguments, request)
  local response, err = modem:call(command, "write", arguments, request)
  if response or not IN_USE[err.code] or not close_left_open(modem, arguments[1]) then return response, err end
  return modem:call(command, "write", arguments, request)
end

local function open(handles, modem, held, mode)
  local name, file = held.name, nil
  local response, err = parts.call(modem, "+QFOPEN", { name, mode }, {
    -- Before any other command goes out.
    ended = function(answer)
      local handle = answer[1] and math.tointeger(tonumber(answer[1]:match("^%+QFOPEN:%s*(%d+)")))
      if handle then file = register(handles, modem, held, handle) end
    end,
  })
  if file then return file end
  if response then
    return nil, errors.new { name = "bad_answer", origin = "file", result = response[1],
      message = "the module opened " .. name .. " and gave no handle" }
  end
  if not (failure.is_refusal(err) or err.queued or modem.closed_with) then close_later(modem, held) end
  return nil, err
end

local Caller = { __close = function(caller) caller.left = true end }

--- The same for a caller that may be gone when the module has opened the file: it is closed again then.
local function open_for_caller(handles, modem, held, mode)
  local caller <close> = setmetatable({ left = false }, Caller)
  return job.run(nil, nil, held.keep, held, function()
    local file, err = open(handles, modem, held, mode)
    if file and caller.left then file:close() end
    return file, err
  end)
end

--- Opens files of this modem for the length of a call: with(held, mode, f) gives what f(file) gives. Of one file there
--- is one handle at a time: the caller holds its lock.
---@param modem hayes.modem
---@return fun(held: hayes.quectel.holding, mode: integer, f: function): any, hayes.error?
---@return fun(err: hayes.error) lose_all  the module has restarted, or the port is closed
function parts.opener(modem)
  local handles = {}

  local function lose_all(err)
    for handle, file in pairs(handles) do
      file.gone, file.lost = true, err
      handles[handle] = nil
    end
  end

  local function with(held, mode, f)
    local file <close>, err = open_for_caller(handles, modem, held, mode)
    if not file then return nil, err end
    local results = table.pack(f(file))
    local closed
    closed, err = file:close()
    if not closed and results[1] then return nil, err end
    return table.unpack(results, 1, results.n)
  end

  return with, lose_all
end

return parts
