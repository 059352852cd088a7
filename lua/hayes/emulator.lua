--- The program hayes-emulator, a module in software, as an object.

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local lock = require "hayes.lock"
local wait = require "hayes.wait"

---@class hayes.emulator a module in software, of hayes.emulator()
---@field address string where hayes.open finds it
local Emulator = {}
Emulator.__index = Emulator
Emulator.__name = "hayes.emulator"

function Emulator:__tostring()
  return ("hayes.emulator: %s%s"):format(self.address, self.pipe and "" or " (closed)")
end

local emulator_options = {
  module = { values = { "EC200U", "EC200A", "Ai-WB2" },
    doc = "Which module it is (EC200U, or the one nearest to the profile)." },
  flash = { type = "string", doc = "Folder of its files, which is kept (a temporary one)." },
  baud = { type = "integer", min = 300, max = 4000000, unit = "bit/s",
    doc = "Both directions are as slow as a line of that speed (as fast as they can be)." },
  latency = { type = "number", min = 0, max = 60, unit = "s", doc = "Time before an answer (none)." },
  profile = { type = "string",
    doc = "Path of the profile of a module, written by `hayes probe`, that it answers like (none)." },
  quirks = { type = "string|table", doc = "Habits of firmware, by name, as a list or separated by commas; "
    .. "`hayes-emulator --quirks list` prints them." },
  resolve = { type = "table", doc = 'Where connections go, by host, or by host and port, as in '
    .. '`{ ["example.com"] = "127.0.0.1:8443", ["example.com:21"] = "127.0.0.1" }`; a host alone stands for all of its '
    .. "ports." },
  listen = { type = "table", doc = "Ports of 127.0.0.1, by the port that the module is asked to listen on; 0: any "
    .. "(the port that it is asked for)." },
  seed = { type = "integer", min = 0, max = math.maxinteger, unit = "", doc = "What is random follows from it (1)." },
  link = { type = "string", doc = "Path of a symbolic link to its port." },
  sim = { type = "string", doc = 'The SIM card: "ready" (default), "absent", "pin:1234", "puk", "pin2", "puk2", '
    .. '"ph-sim", "ph-net", "busy", "not-ready", "failed".' },
  registration = { type = "string", doc = '"home" (default), "roaming", "searching", "denied", "none".' },
  apn = { type = "string", doc = "The only access point name that the network accepts (any)." },
  ap = { type = "string", doc = 'The only Wi-Fi access point in range, "SSID" or "SSID,password" (any).' },
  clock = { type = "string|integer", min = 0, max = 4102444799, unit = "s since 1970",
    doc = 'Its time at the beginning; "unset": none (that of this machine).' },
  echo = { type = "boolean", doc = "It echoes commands after power-up (true)." },
  faults = { type = "string|table", doc = "What goes wrong, by name, with a probability (`{ drop = 0.01 }`), the "
    .. "number of the one opportunity (`{ drop = 5 }`), the beginning of the first command concerned "
    .. '(`{ deaf = "AT+CSQ" }`) or true, and lines for control() as a list; or a text as for '
    .. "`hayes-emulator --faults`, whose `list` prints the names." },
}

local EINTR <const> = 4 -- on every Linux
local NO_PROGRAM <const> = 127 -- exit status of a shell that does not find a program
local WRONG_USE <const> = 2 -- exit status of hayes-emulator for options that it cannot take

local function shell_quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Beside the C module in a build folder, else on the PATH.
local function program()
  local core_path = package.searchpath("hayes.core", package.cpath)
  local beside = core_path and core_path:gsub("hayes/core%.so$", "hayes-emulator")
  local file = beside and beside ~= core_path and io.open(beside)
  if not file then return "hayes-emulator" end
  file:close()
  return beside
end

--- The list of --faults, of faults by name: `{ drop = 0.01, ["late answer"] = "AT+QISEND", split = true }`. A whole
--- number is the one opportunity at which a fault takes place.
local function fault_list(faults)
  if type(faults) ~= "table" then return faults end
  local list = {}
  for name, value in pairs(faults) do
    if type(name) == "string" then
      check.value("hayes.emulator", "the fault " .. name, value, { type = "number|string|boolean" })
      if (name .. tostring(value)):find "," then
        check.fail("hayes.emulator", ("the fault %s is %s; a comma ends a fault in the list"):format(name,
          check.show(value)))
      end
      local sign = (math.type(value) == "integer" or type(value) == "string") and ":" or "="
      if value then list[#list + 1] = name .. (value == true and "" or sign .. value) end
    elseif math.type(name) ~= "integer" or name < 1 or name > #faults then
      check.fail("hayes.emulator", ("faults holds %s, which is neither the name of a fault nor a place in the list")
        :format(check.show(name)))
    else
      check.value("hayes.emulator", ("faults[%d]"):format(name), value, { type = "string" })
    end
  end
  table.sort(list)
  return #list > 0 and table.concat(list, ",") or nil
end

--- Names of quirks, as a text or a list.
local function quirk_list(quirks)
  if type(quirks) ~= "table" then return quirks end
  for i, name in ipairs(quirks) do
    check.value("hayes.emulator", ("quirks[%d]"):format(i), name, { type = "string" })
  end
  return table.concat(quirks, ",")
end

local function arguments_of(options, control)
  local quoted = shell_quote(program())
  local words = { "command -v", quoted, ">/dev/null || exit", NO_PROGRAM, "; exec", quoted, "--attached", "--control",
    shell_quote(control) }
  local function add(name, value)
    if value == nil then return end
    value = tostring(value)
    if value:find("\0", 1, true) then check.fail("hayes.emulator", name .. " holds NUL") end
    words[#words + 1] = "--" .. name
    words[#words + 1] = shell_quote(value)
  end
  add("module", options.module)
  add("flash", options.flash)
  add("baud", options.baud)
  add("latency", options.latency and math.floor(options.latency * 1000 + 0.5))
  add("profile", options.profile)
  add("quirks", quirk_list(options.quirks))
  add("faults", fault_list(options.faults))
  add("seed", options.seed)
  add("link", options.link)
  add("sim", options.sim)
  add("registration", options.registration)
  add("apn", options.apn)
  add("ap", options.ap)
  add("clock", options.clock)
  if options.echo ~= nil then add("echo", options.echo and 1 or 0) end
  for host, address in pairs(options.resolve or {}) do
    check.value("hayes.emulator", "a host name of resolve", host, { type = "string" })
    check.value("hayes.emulator", "where " .. host .. " leads (resolve)", address, { type = "string" })
    add("resolve", host .. "=" .. address)
  end
  for asked, port in pairs(options.listen or {}) do
    for name, number in pairs { ["a port of listen"] = asked, ["listen"] = port } do
      check.value("hayes.emulator", name, number, { type = "integer", min = 0, max = 65535 })
    end
    add("listen", ("%d=%d"):format(asked, port))
  end
  return table.concat(words, " ")
end

--- The first line that the emulator prints. A signal that this program handles may end a read early.
local function first_line(pipe)
  local line, _, number
  repeat line, _, number = pipe:read("l") until line or number ~= EINTR
  return line
end

local function fail(words)
  return nil, errors.new { name = "emulator_failed", message = "the emulator did not start: " .. words,
    hint = "Is hayes-emulator built, and on the PATH? `make` builds it; `make -s env` prints what the shell needs; "
      .. "`make install-emulator` installs it." }
end

--- What the exit status of a shell that has printed nothing says; otherwise `else_words`.
local function fail_by(status, else_words)
  return fail(status == NO_PROGRAM and "there is no program hayes-emulator" or else_words)
end

local function ended()
  return nil, errors.new { name = "emulator_failed", message = "the emulator has ended, or does not answer any more",
    hint = "Start it again; what it printed to standard error tells why." }
end

--- What the program lists for an option; f makes an entry of a line.
local function list_of(option, f)
  local pipe <close>, words = io.popen(("%s --%s list 2>/dev/null"):format(shell_quote(program()), option))
  if not pipe then return fail(words) end
  local list = {}
  for line in pipe:lines() do list[#list + 1] = f(line) end
  local _, _, status = pipe:close()
  if #list == 0 then return fail_by(status, "it lists no " .. option) end
  return list
end

--- The habits of firmware that the emulator can have.
---@return { name: string, what: string }[]?, hayes.error?
function Emulator.quirks()
  return list_of("quirks", function(line)
    local name, what = line:match "^(%S+)%s+(.*)$"
    return name and { name = name, what = what }
  end)
end

--- The faults that the emulator can inject, and where each may happen.
---@return { name: string, where: string, what: string }[]?, hayes.error?
function Emulator.faults()
  return list_of("faults", function(line)
    local name, where, what = line:match "^(.-)%s+(each %d*%s?%l+)%s+(.*)$"
    return name and { name = name, where = where, what = what }
  end)
end

--- Starts a module in software; it ends with close(), and at the latest with this program.
---
--- Errors: `emulator_failed`, with wrong_option = true where an option is the reason; `refused` for a line of the
--- option faults.
---@param options? table what it is like at the beginning, and what goes wrong
---@return hayes.emulator?, hayes.error?
function Emulator.start(options)
  options = check.options("hayes.emulator", options, emulator_options)
  local control = os.tmpname()
  os.remove(control)
  local pipe, words = io.popen(arguments_of(options, control), "r")
  if not pipe then return fail(words) end
  local address = first_line(pipe)
  if not address or address:sub(1, 1) ~= "/" then
    local _, _, status = pipe:close()
    if not address then return fail_by(status, "it ended at once") end
    return nil, errors.new { name = "emulator_failed", wrong_option = status == WRONG_USE,
      message = "the emulator did not start: " .. address:gsub("^hayes%-emulator: ", "") }
  end
  local self = setmetatable({ address = address, pipe = pipe, control_path = control, asking = lock.new() },
    Emulator)
  for _, line in ipairs(type(options.faults) == "table" and options.faults or {}) do
    local ok, err = self:control(line)
    if not ok then
      self:close()
      return nil, err
    end
  end
  return self
end

check.takes(Emulator.start, emulator_options)

-- The control line: one command a line, one line of answer each.

local Control = {}
Control.__index = Control

local Asked = {}

function Asked:__close()
  if not self.answer then self.control:close() end
end

local function connect(path)
  local port = core.open_port("unix:" .. path, 115200, "none")
  if not port then return ended() end
  local self = setmetatable({ port = port, fd = port:fd(), buffer = "" }, Control)
  wait.attach(self)
  return self
end

function Control:pollfd() return self.fd end

function Control:advance()
  local bytes = self.port:read()
  if not bytes then
    wait.detach(self, self.fd)
    self.gone = true
  else
    self.buffer = self.buffer .. bytes
  end
  local line, rest = self.buffer:match("^([^\n]*)\n(.*)$")
  if self.waiter and (line or self.gone) then
    if line then self.buffer = rest end
    self.waiter:fire(line)
  end
end

--- Its answer; nil: there is none. Without one, also where the caller was cancelled, nothing more is asked here: the
--- answer that may still come would be taken for that of the next command.
function Control:ask(line)
  local asked <close> = setmetatable({ control = self }, Asked)
  self.waiter = wait.waiter()
  if self.gone or not self.port:write(line .. "\n") then return nil end
  asked.answer = self.waiter:wait(wait.now() + 10)
  return asked.answer
end

function Control:close()
  if not self.gone then wait.detach(self, self.fd) end
  self.gone = true
  self.port:close()
end

--- Gives one command to the running emulator, and its answer back. The command `help` lists them: `urc TEXT`,
--- `reboot`, `set sim absent`, `pdp drop 1`, `hold AT+CSQ 500`, `swallow AT+CSQ`, `stall 0 on`, `wifi drop`,
--- `ftp drop data 1000`, `faults drop=0.01`, `faults off`, `faults` (what took place), `seed 5`, `hangup`, `stats`,
--- `port` (where it is, after `port renamed`), …
--- What `AT&W` has saved stays over `reboot`, `ATQ1` and `ATV0` too.
---
--- Errors: `refused`, `emulator_failed` once it has ended.
---@param line string the command
---@return string?, hayes.error? answer
function Emulator:control(line)
  check.value("emulator:control", "the command", line, { type = "string" })
  if line:find("[\r\n]") then check.fail("emulator:control", "the command is more than one line") end
  if line:find("\0", 1, true) then check.fail("emulator:control", "the command holds NUL") end
  if not line:find "%S" then check.fail("emulator:control", "the command is empty") end
  local _held <close> = self.asking:take()
  if not self.control_line or self.control_line.gone then
    local err
    self.control_line, err = connect(self.control_path)
    if not self.control_line then return nil, err end
  end
  local answer = self.control_line:ask(line)
  if not answer then return ended() end
  if answer:find("^error") then
    return nil, errors.new { name = "refused", message = ("the emulator refused %q: %s"):format(line, answer) }
  end
  return answer
end

--- Ends the emulator, and waits until it has ended. Any number of times.
---@return true
function Emulator:close()
  if self.control_line then self.control_line:close() end
  self.control_line = nil
  if self.pipe then self.pipe:close() end
  self.pipe = nil
  return true
end

Emulator.__close = Emulator.close
Emulator.__gc = Emulator.close

return Emulator
