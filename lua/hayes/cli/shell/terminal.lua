--- A connection as a terminal: lines that are typed go to it, what it sends goes to the screen. Ctrl-D or Ctrl-C leave
--- it open, and the module in command mode.

local core = require "hayes.core"
local errors = require "hayes.error"
local printable = require "hayes.cli.printable"
local wait = require "hayes.wait"

local terminal = {}

local CHUNK = 4096

--- Each line with the end that network protocols have.
local function send_typed(input, socket)
  while true do
    local bytes = input:read_some(CHUNK)
    if bytes == false then
      wait.descriptor(input:fd(), false)
    elseif not bytes or bytes == "" then
      return true
    else
      local sent, err = socket:send((bytes:gsub("\r?\n", "\r\n")))
      if not sent then return nil, err end
    end
  end
end

--- What a connection sends, up to its end.
local function show_received(shell, socket)
  local shown = printable.stream(true)
  while true do
    local bytes, err, rest = socket:receivepartial(CHUNK)
    bytes = bytes or rest
    if bytes and bytes ~= "" then shell.editor:write(shown, bytes) end
    if err and err ~= "timeout" then
      shell.editor:write(shown)
      return nil, err
    end
  end
end

--- Both at once, until one of them ends; true: the person has left.
local function converse(shell, input, socket)
  local over = wait.waiter()
  local sending = wait.spawn(function() over:fire(send_typed(input, socket) or false) end)
  local receiving = wait.spawn(function() over:fire(show_received(shell, socket) or false) end)
  local _cancel <close> = setmetatable({}, { __close = function()
    sending:cancel()
    receiving:cancel()
  end })
  return over:wait()
end

--- Is this something to send to and receive from?
function terminal.is_connection(value)
  return type(value) == "table" and type(value.send) == "function" and type(value.receivepartial) == "function"
end

---@param shell hayes.cli.shell
---@param socket hayes.socket
---@return true?, any err
function terminal.run(shell, socket)
  local input <close>, words = core.file("/dev/stdin", "input")
  if not input then return nil, words end
  if socket.mode == "transparent" then
    local ok, err = socket:resume()
    if not ok then return nil, err end
  end
  shell:tell "what you type goes to the connection, line by line; Ctrl-D comes back"
  local ran, left = pcall(converse, shell, input, socket)
  if not ran and not errors.is_interrupt(left) then error(left, 0) end
  if ran and not left then
    shell:tell(tostring(socket:lasterror() or "the connection is closed"))
    return true
  end
  if not ran then shell.editor:print "" end -- the terminal has shown ^C
  if socket.mode ~= "transparent" then return true end
  local escaped, why = socket:escape()
  return escaped and true or nil, why
end

return terminal
