--- The flash of a Quectel module: its files, and a lock for each of them.

local Checksum = require "hayes.dialect.quectel.file.checksum"
local command = require "hayes.declare.command"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local local_sink = require "hayes.dialect.quectel.file.local_sink"
local Holding = require "hayes.dialect.quectel.file.holding"
local Lock = require "hayes.lock"
local parts = require "hayes.dialect.quectel.file.parts"
local transfer = require "hayes.dialect.quectel.file.transfer"
local wait = require "hayes.wait"

---@class hayes.quectel.flash
---@field modem hayes.modem
---@field with_file function  see parts.opener
---@field lose_all function   the same
---@field locks table<string, hayes.lock> by name
local Flash = {}
Flash.__index = Flash

---@param modem hayes.modem
---@return hayes.quectel.flash
function Flash.new(modem)
  local with_file, lose_all = parts.opener(modem)
  return setmetatable({ modem = modem, with_file = with_file, lose_all = lose_all,
    locks = setmetatable({}, { __mode = "v" }) }, Flash)
end

--- A file's name without the storage, which some firmware prints and some does not.
local function bare_name(name)
  return (name:gsub("^%u+:", ""))
end

--- Takes the lock of a file, so that what a task has learnt about it (whether it exists, its size) stays true until
--- the task has read or written it. Nor can the module open a file twice.
---@param name string
---@return hayes.quectel.holding
function Flash:hold(name)
  local key = bare_name(name)
  local lock = self.locks[key] or Lock.new()
  self.locks[key] = lock
  return Holding.new(name, lock:take())
end

--- Firmware knows a name, `*` and `UFS:*`; a pattern with text beside the star is matched here.
local function split_pattern(pattern)
  local storage, rest = pattern:match("^(%u+:)(.*)$")
  rest = rest or pattern
  if rest == "*" or not rest:find("*", 1, true) then return pattern end
  local matching = "^" .. rest:gsub("[^%w*]", "%%%0"):gsub("%*", ".*") .. "$"
  return (storage or "") .. "*", matching
end

--- See file.list.
---@param pattern string
---@return { name: string, size: integer }[]?, hayes.error?
function Flash:list(pattern)
  local asked, matching = split_pattern(pattern)
  local response, err = self.modem:call("+QFLST", "write", { asked })
  if not response then
    if err.code == 405 then return {} end
    return nil, err
  end
  local list = {}
  for _, line in ipairs(response) do
    local fields = command.fields(command.after_prefix(line, "+QFLST"))
    local name, size = tostring(fields[1]), fields[2]
    if math.type(size) ~= "integer" then return nil, failure.bad_answer(self.modem, "AT+QFLST", line, "file_size") end
    if not matching or bare_name(name):find(matching) then list[#list + 1] = { name = name, size = size } end
  end
  return list
end

--- See file.size.
---@return integer?, hayes.error?
function Flash:size(name)
  local list, err = self:list(name)
  if not list then return nil, err end
  for _, entry in ipairs(list) do
    if bare_name(entry.name) == bare_name(name) then return entry.size end
  end
end

--- Deletes a file.
function Flash:delete(name)
  return parts.call(self.modem, "+QFDEL", { name })
end

--- Deletes a file; also succeeds if there is none.
function Flash:delete_if_there(name)
  local response, err = self:delete(name)
  if response or err.code == 405 then return true end
  return nil, err
end

--- Bytes of a storage; nil and the error where the module does not tell.
---@param storage string
---@return { free: integer, total: integer }?, hayes.error?
function Flash:space(storage)
  local fields, err = self.modem:query(('AT+QFLDS="%s"'):format(storage), { "freesize", "total_size" })
  if not fields then return nil, err end
  return { free = fields.freesize, total = fields.total_size }
end

--- Deletes a file for one of this length, unless that has no room even then: the file stays in that case.
---@param name string
---@param length integer
---@return true?, hayes.error?
function Flash:make_way(name, length)
  local there = self:size(name)
  local storage = name:match("^(%u+):") or "UFS"
  local room = there and length > there and self:space(storage)
  if not room or length <= room.free + there then return self:delete_if_there(name) end
  local err = failure.coded(self.modem, 403, "storing " .. name)
  err.message = ("%s: it has %d bytes, and %s: has room for %d; the file that is there stays"):format(err.message,
    length, storage, room.free + there)
  return nil, err
end

--- Is the name nobody's? True; "unknown" where the module does not tell; nil and the error if it is not.
---@return true|"unknown"|nil, hayes.error?
function Flash:must_be_free(name)
  local there, err = self:size(name)
  if there then return nil, failure.coded(self.modem, 407, "storing " .. name) end
  if not err then return true end
  if failure.is_refusal(err) then return "unknown" end
  return nil, errors.within(err, "storing " .. name)
end

--- How often, and after how many seconds each time, a module that does not answer is told to remove a file.
local REMOVALS, REMOVE_AGAIN = 5, 10

--- Removes what there is of a file, as soon as the module answers.
local function remove_later(self, held)
  held:later(function()
    for _ = 1, REMOVALS do
      exchange.await_response(self.modem)
      local ok, err = self:delete_if_there(held.name)
      if ok or failure.is_refusal(err) or self.modem.closed_with then return end
      wait.sleep(REMOVE_AGAIN)
    end
  end)
end

local function remove(self, held)
  if self.modem.closed_with then return end
  local ok, err = self:delete_if_there(held.name)
  if not ok and not failure.is_refusal(err) then remove_later(self, held) end
end

--- A file that is being stored. Left in the middle, it is removed in the background.
local Storing = {}
function Storing:__close()
  if not self.over and not self.flash.modem.closed_with then remove_later(self.flash, self.held) end
end

--- Stores a file by f(), and removes what is left of it if that fails, or is given up: the module keeps what it has
--- received (EG800K), and an incomplete file must not remain.
---@param held hayes.quectel.holding
---@param free boolean the name is known to be nobody's: what is removed is no file that was there before
local function store_by(self, held, free, f)
  local storing <close> = setmetatable({ flash = self, held = held, over = not free }, Storing)
  local stored, err = f()
  if free and not stored and err.code ~= 407 then remove(self, held) end
  storing.over = true
  return stored, err
end

--- Stores a file that is not empty.
function Flash:store(held, free, data, length, options)
  return store_by(self, held, free, function() return transfer.store(self.modem, held.name, data, length, options) end)
end

local function make_empty(self, held)
  local name, there = held.name, nil
  local made, err = self.with_file(held, parts.READ_WRITE, function() return true end)
  if made then there, err = self:size(name) end
  if there == 0 then return { bytes = 0, checksum = tostring(Checksum.new()) } end
  return nil, errors.within(err or errors.new { name = "damaged", origin = "file",
    message = ("the module has %s"):format(there and there .. " bytes" or "no such file") }, "storing " .. name)
end

--- The same without content, which AT+QFUPL does not know.
function Flash:store_empty(held, free)
  return store_by(self, held, free, function() return make_empty(self, held) end)
end

--- Reads a part of a file piece by piece: take(bytes) gets each. Returns the number of bytes read.
---@param held hayes.quectel.holding
function Flash:read(held, offset, length, take)
  return self.with_file(held, parts.READ, function(opened)
    if offset > 0 then
      local ok, err = opened:seek(offset)
      if not ok then return nil, err end
    end
    local left = length
    while left > 0 do
      local bytes, err = opened:read(left)
      if not bytes then return nil, err end
      if bytes == "" then break end
      left = left - #bytes
      local ok
      ok, err = take(bytes)
      if not ok then return nil, err end
    end
    return length - left
  end)
end

--- The size of a file that must be there. Nothing is read of one without content, which would show that the line has
--- lost a digit of the size: so that is asked for twice.
function Flash:size_of(name)
  local size, err = self:size(name)
  if size == 0 then size, err = self:size(name) end
  if size or err then return size, err end
  return nil, failure.coded(self.modem, 405, "reading " .. name)
end

--- Reads a file piece by piece, to a sink, or (nil) as a string.
function Flash:download_to(name, sink, what)
  local out = local_sink.open(sink, what)
  local function give_up(err)
    out:fail(err)
    return nil, err
  end
  local held <close> = self:hold(name)
  local size, missing = self:size_of(name)
  if not size then return give_up(missing) end
  local sum = Checksum.new()
  local got, err = self:read(held, 0, size, function(bytes)
    sum:add(bytes)
    return out:take(bytes)
  end)
  -- The line may have lost a digit of the size.
  local there = got == size and size > 0 and self:size(name) or size
  if got and (got ~= size or there ~= size) then
    err = errors.new { name = "damaged", origin = "file",
      message = ("%s has %d bytes, and %d came"):format(name, math.max(size, there), got) }
  end
  if err then return give_up(errors.within(err, "reading " .. name)) end
  local told = { bytes = size, checksum = tostring(sum) }
  local result
  result, err = out:finish()
  if result == true then return told end
  return result, err or told
end

--- To a local file, which is renamed once it is complete.
function Flash:download_to_part(name, target)
  local _held <close> = self:hold(name)
  local size, err = self:size_of(name)
  if not size then
    target:leave()
    return nil, err
  end
  local got
  local ok, words = target.file:truncate(0)
  if not ok then
    err = failure.of_sink(target.part_path, words)
  elseif size == 0 then
    got = { bytes = 0, checksum = tostring(Checksum.new()) }
  else
    got, err = transfer.fetch(self.modem, name, target.file, size)
  end
  if got then
    ok, err = target:commit()
    if ok then return got end
    if err.name == "rename_failed" then return nil, err end
  end
  target:discard()
  return nil, err
end

return Flash
