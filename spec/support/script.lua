--- A module that follows a script, in virtual time: what it reads is compared with the script, what it says comes
--- in the pieces wanted. Nothing here waits for the clock of the host.

local builtin = require "hayes.loop.builtin"
local wait = require "hayes.wait"

local script = {}

-- Virtual time

local time = 1000
local next_fd = -2

local function next_input(port)
  local first = port.said[1]
  return first and first.at
end

local function ready_at()
  local earliest
  for modem in pairs(builtin.attached()) do
    local at = type(modem.port) == "table" and modem.port.said and next_input(modem.port)
    if at and (not earliest or at < earliest) then earliest = at end
  end
  return earliest
end

local virtual = { now = function() return time end }

function virtual.wait(deadline, ready)
  local input = ready_at()
  if input and input <= time then deadline = 0 end
  if not deadline and not input then error("everything waits, and nothing is to come", 0) end
  local at = deadline and math.max(deadline, time)
  if input and (not at or input < at) then at = input end
  time = math.max(time, at)
  local count = 0
  for modem in pairs(builtin.attached()) do
    local port = modem.port
    if type(port) == "table" and port.said and next_input(port) and next_input(port) <= time then
      count = count + 1
      ready[count] = modem
    end
  end
  return count, time
end

--- From now on time is virtual; script.real_time() undoes it.
function script.virtual_time()
  wait.set_clock(virtual)
end

function script.real_time()
  wait.set_clock(nil)
end

function script.now() return time end

--- Lets virtual time pass at once.
function script.pass(seconds) time = time + seconds end

-- The port

local Port = {}
Port.__index = Port

--- A port for hayes.open_port. `answer(port, bytes)` is called with whatever has been written and not been taken
--- yet; it gives the rest that it leaves.
function script.port(answer)
  next_fd = next_fd - 1
  return setmetatable({ said = {}, written = "", log = {}, answer = answer, descriptor = next_fd, delay = 0 }, Port)
end

function Port:fd() return self.descriptor end
function Port:close() self.closed = true end

--- The module says this, after so many seconds.
function Port:say(bytes, delay)
  if bytes == "" then return end
  local last = self.said[#self.said]
  local at = time + (delay or self.delay)
  if last and last.at > at then at = last.at end
  for piece in self:pieces(bytes) do self.said[#self.said + 1] = { at = at, bytes = piece } end
end

--- How what is said is cut up: whole, unless a spec wants it otherwise.
function Port.pieces(_, bytes)
  local given
  return function()
    if given then return nil end
    given = true
    return bytes
  end
end

--- The line goes away.
function Port:hang_up(reason)
  self.gone = reason or "hung up"
  self.said[#self.said + 1] = { at = time, bytes = "" }
end

function Port:write(bytes)
  self.written = self.written .. bytes
  self.log[#self.log + 1] = bytes
  local rest
  repeat
    rest = self.written
    self.written = self.answer(self, rest) or ""
  until self.written == rest or self.written == ""
end

--- Takes nothing while `full` is set, as a tty whose buffer is.
function Port:flush_output(now)
  if self.full then return end
  local bytes = self.engine:output(now)
  while #bytes > 0 do
    self.engine:sent(#bytes, now)
    self:write(bytes)
    bytes = self.engine:output(now)
  end
end

function Port:push(_, now)
  self:flush_output(now)
  return self.full or false, self.engine:deadline(now)
end

local function result_or(self, now, kind, ...)
  if kind then return true, kind, ... end
  self:flush_output(now)
  local first = self.said[1]
  if first and first.at <= now then
    table.remove(self.said, 1)
    if first.bytes == "" and self.gone then return true, "closed", self.gone end
    self.engine:feed(first.bytes)
    return false
  end
  return true, nil, self.full or false, self.engine:deadline(now)
end

function Port:pump(_, now)
  while true do
    local result = table.pack(result_or(self, now, self.engine:next_event(now)))
    if result[1] then return table.unpack(result, 2, result.n) end
  end
end

-- Answers

--- An answer function that takes command lines: `commands` maps a line (without its end), or a Lua pattern that
--- starts with ^, to what the module says to it, or to a function that gives it. Anything else is answered with
--- ERROR.
function script.commands(commands, eol)
  eol = eol or "\r"
  return function(port, bytes)
    if port.wanted then
      if #bytes < port.wanted.count then return bytes end
      local wanted = port.wanted
      port.wanted = nil
      port:say(wanted.reply(bytes:sub(1, wanted.count)) or "")
      return bytes:sub(wanted.count + 1)
    end
    local line, rest = bytes:match((eol == "\r" and "^\n*" or "^[\r\n]*") .. "([^\r\n]*)" .. eol .. "\n?(.*)$")
    if not line then return bytes end
    local reply = commands[line]
    if reply == nil then
      for pattern, candidate in pairs(commands) do
        if pattern:sub(1, 1) == "^" and line:find(pattern) then reply = candidate end
      end
    end
    if reply == nil then reply = line == "AT" and "\r\nOK\r\n" or "\r\nERROR\r\n" end
    if type(reply) == "function" then reply = reply(line, port) end
    port:say(reply or "")
    return rest
  end
end

--- What start-up asks a Quectel module, with its answers; more commands are put beside them.
function script.quectel(commands)
  local all = {
    ["AT"] = "\r\nOK\r\n", ["ATE0"] = "ATE0\r\r\nOK\r\n", ["ATV1"] = "\r\nOK\r\n", ["AT+CMEE=1"] = "\r\nOK\r\n",
    ["ATI"] = "\r\nQuectel\r\nEC200U\r\nRevision: EC200UCNAAR03A15M08\r\n\r\nOK\r\n",
    ['AT+QURCCFG="urcport"'] = '\r\n+QURCCFG: "urcport","all"\r\n\r\nOK\r\n',
  }
  for line, reply in pairs(commands or {}) do all[line] = reply end
  return script.commands(all)
end

return script
