--- The program hayes-emulator, a module in software, as an object.

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local wait = require "hayes.wait"

---@class hayes.emulator
---@field address string where hayes.open finds it
local Emulator = {}
Emulator.__index = Emulator
Emulator.__name = "hayes.emulator"

function Emulator:__tostring()
  return ("hayes.emulator: %s%s"):format(self.address, self.pipe and "" or " (closed)")
end

local emulator_options = {
  module = { values = { "EC200U", "EC200A", "Ai-WB2" } },
  flash = { type = "string" },
  baud = { type = "integer", min = 300, max = 4000000 },
  latency = { type = "number", min = 0, max = 60 },
  profile = { type = "string" },
  quirks = { type = "string|table" },
  resolve = { type = "table" },
  listen = { type = "table" },
  seed = { type = "integer" },
  link = { type = "string" },
  sim = { type = "string" },
  registration = { type = "string" },
  apn = { type = "string" },
  ap = { type = "string" },
  clock = { type = "string|integer" },
  echo = { type = "boolean" },
  faults = { type = "string|table" },
}

local EINTR <const> = 4 -- on every Linux

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
      local sign = (math.type(value) == "integer" or type(value) == "string") and ":" or "="
      if value then list[#list + 1] = name .. (value == true and "" or sign .. value) end
    end
  end
  table.sort(list)
  return #list > 0 and table.concat(list, ",") or nil
end

local function arguments_of(options, control)
  local words = { "exec", shell_quote(program()), "--attached", "--control", shell_quote(control) }
  local function add(name, value)
    if value == nil then return end
    words[#words + 1] = "--" .. name
    words[#words + 1] = shell_quote(tostring(value))
  end
  add("module", options.module)
  add("flash", options.flash)
  add("baud", options.baud)
  add("latency", options.latency and math.floor(options.latency * 1000 + 0.5))
  add("profile", options.profile)
  add("quirks", type(options.quirks) == "table" and table.concat(options.quirks, ",") or options.quirks)
  add("faults", fault_list(options.faults))
  add("seed", options.seed)
  add("link", options.link)
  add("sim", options.sim)
  add("registration", options.registration)
  add("apn", options.apn)
  add("ap", options.ap)
  add("clock", options.clock)
  if options.echo ~= nil then add("echo", options.echo and 1 or 0) end
  for host, address in pairs(options.resolve or {}) do add("resolve", host .. "=" .. address) end
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
    hint = "Is hayes-emulator built, and on the PATH? `make` builds it; `make -s env` prints what the shell needs." }
end

--- The habits of firmware that the emulator can have.
---@return { name: string, what: string }[]?, hayes.error?
function Emulator.quirks()
  local pipe <close>, words = io.popen(shell_quote(program()) .. " --quirks list 2>/dev/null")
  if not pipe then return fail(words) end
  local list = {}
  for line in pipe:lines() do
    local name, what = line:match("^(%S+)%s+(.*)$")
    list[#list + 1] = name and { name = name, what = what } or nil
  end
  if #list == 0 then return fail("it lists no quirks") end
  return list
end

--- Starts a module in software; it ends with close(), and at the latest with this program.
---@param options? table { module: "EC200U", "EC200A" or "Ai-WB2" (EC200U, or the one nearest to the profile);
---  profile: the path of what `hayes probe` has written about a module, which it then answers like; flash: folder of
---  its files, kept (a temporary one); baud: both directions are paced at a tenth of it in bytes a second (not paced);
---  latency: seconds before an answer; quirks: names of recorded habits of firmware; resolve: addresses by host name;
---  listen: ports of 127.0.0.1 by the port that the module is asked to listen at (that one itself), 0 for any; sim,
---  registration, apn, clock, echo: what it is like at the beginning; ap: "SSID" or "SSID,password" of the only access
---  point in the air (any will do); faults: by name, with a probability (`{ drop = 0.01 }`), the number of the one
---  opportunity (`{ drop = 5 }`), the beginning of the first command concerned (`{ deaf = "AT+CSQ" }`) or true, and
---  lines for control() as a list; or as a text for `hayes-emulator --faults`, whose `list` prints the names; seed: of
---  what is random in it; link: a name for its port }
---@return hayes.emulator?, hayes.error?
function Emulator.start(options)
  options = check.options("hayes.emulator", options, emulator_options)
  local control = os.tmpname()
  os.remove(control)
  local pipe, words = io.popen(arguments_of(options, control), "r")
  if not pipe then return fail(words) end
  local address = first_line(pipe)
  if not address or address:sub(1, 1) ~= "/" then
    pipe:close()
    if not address then return fail("it ended at once") end
    return nil, errors.new { name = "emulator_failed",
      message = "the emulator did not start: " .. address:gsub("^hayes%-emulator: ", "") }
  end
  local self = setmetatable({ address = address, pipe = pipe, control_path = control }, Emulator)
  for _, line in ipairs(type(options.faults) == "table" and options.faults or {}) do
    local ok, err = self:control(line)
    if not ok then
      self:close()
      return nil, err
    end
  end
  return self
end

-- The control line: one command a line, one line of answer each.

local Control = {}
Control.__index = Control

local function connect(path)
  local port, _, words = core.open_port("unix:" .. path, 115200, "none")
  if not port then return fail(words) end
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

function Control:ask(line)
  self.waiter = wait.waiter()
  if self.gone or not self.port:write(line .. "\n") then return nil end
  return self.waiter:wait(wait.now() + 10)
end

function Control:close()
  if not self.gone then wait.detach(self, self.fd) end
  self.gone = true
  self.port:close()
end

--- Gives one command to the running emulator, and its answer back. `hayes-emulator --help` lists them: `urc TEXT`,
--- `reboot`, `set sim absent`, `pdp drop 1`, `hold AT+CSQ 500`, `swallow AT+CSQ`, `stall 0 on`, `wifi drop`,
--- `ftp drop data 1000`, `faults drop=0.01`, `faults off`, `faults` (what took place), `seed 5`, `hangup`, `stats`, …
--- What `AT&W` has saved stays over `reboot`, `ATQ1` and `ATV0` too.
---@param line string
---@return string?, hayes.error?
function Emulator:control(line)
  check.value("emulator:control", "the command", line, { type = "string" })
  if line:find("[\r\n]") then check.fail("emulator:control", "the command is more than one line") end
  if not self.control_line then
    local err
    self.control_line, err = connect(self.control_path)
    if not self.control_line then return nil, err end
  end
  local answer = self.control_line:ask(line)
  if not answer then return fail("it does not answer any more") end
  if answer:find("^error") then
    return nil, errors.new { name = "refused", message = ("the emulator refused %q: %s"):format(line, answer) }
  end
  return answer
end

--- Ends the emulator, and waits until it has ended. Any number of times.
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
