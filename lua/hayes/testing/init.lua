--- A scripted module to test a dialect, or a program, against: no hardware, no port, and no waiting, since time is
--- virtual.
---
---     local hayes = require "hayes"
---     local testing = require "hayes.testing"
---
---     testing.virtual_time()
---     local module = testing.module {
---       ["ATI"] = "ACME 1000\r\n\r\nOK\r\n",                            -- a command line, and what the module says
---       ["^AT%+SEND=(%d+)$"] = function(module, length)                 -- a pattern; a function gives the answer
---         module:take(tonumber(length), function(bytes) return "\r\nOK\r\n" end)
---         return "\r\n> "
---       end,
---     }
---     local modem <close> = assert(module:open { dialect = "./acme.lua" })
---     module:say "\r\n+RING: 1\r\n"                                     -- a URC
---     print(modem:wait("+RING", 5))
---
--- `AT` and `ATE0` are answered with OK, and lines that nothing is said of with ERROR. Names and behaviour here are as
--- fixed as those of the rest of the library.

local builtin = require "hayes.loop.builtin"
local check = require "hayes.check"
local hayes = require "hayes"
local wait = require "hayes.wait"

local testing = {}

-- Virtual time

local time = 1000
local next_descriptor = -2 -- none of the system's

local function is_scripted(port) return type(port) == "table" and port.said ~= nil end

local function next_input(port)
  local first = port.said[1]
  return first and first.at
end

local function input_at()
  local earliest
  for modem in pairs(builtin.attached()) do
    local at = is_scripted(modem.port) and next_input(modem.port)
    if at and (not earliest or at < earliest) then earliest = at end
  end
  return earliest
end

local virtual = { now = function() return time end }

function virtual.wait(deadline, ready)
  local input = input_at()
  if input and input <= time then deadline = 0 end
  if not deadline and not input then error("everything waits, and nothing is to come", 0) end
  local at = deadline and math.max(deadline, time)
  if input and (not at or input < at) then at = input end
  time = math.max(time, at)
  local count = 0
  for modem in pairs(builtin.attached()) do
    local port = modem.port
    if is_scripted(port) and next_input(port) and next_input(port) <= time then
      count = count + 1
      ready[count] = modem
    end
  end
  return count, time
end

--- From now on time is virtual: it stands still while the program works, and goes to the next time-out, or to what the
--- module says next, when everything waits. A test of a time-out of 150 s takes no time. Only scripted modules are
--- served meanwhile. Raises in the call that waits if everything waits, without a time-out, for what will never come.
function testing.virtual_time()
  wait.set_clock(virtual)
end

--- Time is that of the system again. Call it at the end of each test, also of one that fails.
function testing.real_time()
  wait.set_clock(nil)
end

--- The virtual time, seconds.
---@return number
function testing.now() return time end

--- Lets so much virtual time pass at once.
---@param seconds number 0 to 1,000,000,000
function testing.pass(seconds)
  check.value("testing.pass", "the time", seconds, { type = "number", min = 0, max = 1e9 })
  time = time + seconds
end

-- The module

---@class hayes.testing.module a scripted module, which is a port of hayes.open_port as well
---@field lines string[]   the command lines that it has read, without their ends
---@field line string      the last of them
---@field log string[]     what was written to it, piece by piece: command lines with their ends, and data
---@field written string   what has been written and is no complete command line, and not all of the data wanted, yet
---@field said table[]     what it is going to say: { at = the time, bytes = … }
---@field delay number     seconds from a command to its answer, and from say() to the bytes (0)
---@field full boolean     it takes nothing for now, like a port whose buffer is full
---@field closed boolean  the library has closed the port
---@field pieces fun(self, bytes: string): fun(): string?  how what it says is cut up: whole, unless a test replaces it
local Module = {}
Module.__index = Module
Module.__name = "hayes.testing.module"

--- A port that gives all that is written to it to a function: for tests that need more than command lines.
---@param answer fun(module: hayes.testing.module, bytes: string): string?  is called with whatever has been written and
---  not been taken yet; gives the rest that it leaves
---@return hayes.testing.module
function testing.port(answer)
  check.value("testing.port", "the function", answer, { type = "callable" })
  next_descriptor = next_descriptor - 1
  return setmetatable({ said = {}, written = "", log = {}, lines = {}, line = "", answer = answer,
    descriptor = next_descriptor, delay = 0, full = false, closed = false }, Module)
end

--- A module that answers command lines.
---@param answers table<string, string|fun(module: hayes.testing.module, ...: string): string?>  by the command line
---  (`AT+CSQ`), or by a Lua pattern that begins with ^: what the module says, or a function that is called with the
---  module and the captures of the pattern (where there are none, with the line), and gives that; "" or nil: nothing. A
---  line that is there as it is goes before patterns, and a longer pattern before a shorter one. The table may be
---  changed at any time
---@return hayes.testing.module
function testing.module(answers)
  check.value("testing.module", "the answers", answers, { type = "table" })
  return testing.port(testing.commands(answers))
end

local usual = { ["AT"] = "\r\nOK\r\n", ["ATE0"] = "\r\nOK\r\n" }

--- The pattern of the answers that the line matches, the longest of them.
local function pattern_for(answers, line)
  local found
  for pattern in pairs(answers) do
    if pattern:sub(1, 1) == "^" and line:find(pattern) and (not found or #pattern > #found) then found = pattern end
  end
  return found
end

local function answer_to(module, answers, line)
  local answer, pattern = answers[line], nil
  if answer == nil then
    pattern = pattern_for(answers, line)
    answer = pattern and answers[pattern] or usual[line] or "\r\nERROR\r\n"
  end
  if type(answer) ~= "function" then return answer end
  module.line = line
  local captures = pattern and table.pack(select(3, line:find(pattern))) or { n = 0 }
  if captures.n == 0 then return answer(module, line) end
  return answer(module, table.unpack(captures, 1, captures.n))
end

--- What testing.module gives to testing.port. A command line ends with CR, or CR LF.
---@param answers table as for testing.module
---@return fun(module: hayes.testing.module, bytes: string): string?
function testing.commands(answers)
  return function(module, bytes)
    local wanted = module.wanted
    if wanted then
      if #bytes < wanted.count then return bytes end
      module.wanted = nil
      module:say(wanted.reply(bytes:sub(1, wanted.count)) or "")
      return bytes:sub(wanted.count + 1)
    end
    local line, rest = bytes:match "^[\r\n]*([^\r\n]*)\r\n?(.*)$"
    if not line then return bytes end
    module.lines[#module.lines + 1] = line
    module:say(answer_to(module, answers, line) or "")
    return rest
  end
end

--- Opens it, as hayes.open does a port.
---
--- Errors: those of hayes.open that are not of a port.
---@param options? table as for hayes.open
---@return hayes.modem?, hayes.error?
function Module:open(options)
  return hayes.open_port(self, "script", options)
end

check.takes(Module.open, check.options_of(hayes.open))

--- The module says this, after so many seconds (its `delay`); what it says earlier, or has been told before to say at
--- that time, comes first.
---@param bytes string as they are sent: `"\r\n+RING: 1\r\n"`
---@param delay? number seconds
function Module:say(bytes, delay)
  check.value("module:say", "what it says", bytes, { type = "string" })
  if bytes == "" then return end
  local said, at = self.said, time + (delay or self.delay)
  local place = #said
  while place > 0 and said[place].at > at do place = place - 1 end
  for piece in self:pieces(bytes) do
    place = place + 1
    table.insert(said, place, { at = at, bytes = piece })
  end
end

--- The next so many bytes are no command line but data: they are given to the function, which gives what the module
--- says then. For functions in `answers` whose answer is a prompt.
---@param count integer how many
---@param reply fun(bytes: string): string? gets them, and gives what the module says then
function Module:take(count, reply)
  check.value("module:take", "the number of bytes", count, { type = "number", min = 0, max = 1 << 40 })
  self.wanted = { count = math.tointeger(count), reply = reply }
end

--- The port goes away, like one whose cable is pulled out, after what it is about to say.
---@param reason? string what the system says of it
function Module:hang_up(reason)
  self.gone = reason or "hung up"
  table.insert(self.said, { at = time, bytes = "" })
end

--- How what it says is cut up: an iterator over the pieces. A test may replace it.
---@param bytes string what it says
---@return fun(): string?
function Module.pieces(_, bytes)
  local given
  return function()
    if given then return nil end
    given = true
    return bytes
  end
end

-- As a port: what the library wants of one (Modem.new).

---@package
function Module:fd() return self.descriptor end

---@package
function Module:close() self.closed = true end

---@package
function Module:write(bytes)
  self.written = self.written .. bytes
  self.log[#self.log + 1] = bytes
  local rest
  repeat
    rest = self.written
    self.written = self.answer(self, rest) or ""
  until self.written == rest or self.written == ""
end

---@package
function Module:flush_output(now)
  if self.full then return end
  local bytes = self.engine:output(now)
  while #bytes > 0 do
    self.engine:sent(#bytes, now)
    self:write(bytes)
    bytes = self.engine:output(now)
  end
end

---@package
function Module:push(_, now)
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

---@package
function Module:pump(_, now)
  while true do
    local result = table.pack(result_or(self, now, self.engine:next_event(now)))
    if result[1] then return table.unpack(result, 2, result.n) end
  end
end

return testing
