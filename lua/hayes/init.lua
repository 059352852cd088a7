--- hayes: the network and file services of serial AT modules, usable from Lua.
---
---     local hayes = require "hayes"
---     local modem <close> = assert(hayes.open("/dev/ttyUSB2"))
---     print(modem:at("AT+CSQ"))

local check = require "hayes.check"
local dialects = require "hayes.dialect"
local Emulator = require "hayes.emulator"
local errors = require "hayes.error"
local Modem = require "hayes.modem"
local ports = require "hayes.port"
local profiles = require "hayes.profile"
local startup = require "hayes.startup"
local Trace = require "hayes.trace"
local wait = require "hayes.wait"

local hayes = { _VERSION = "hayes 0.1.0" } -- everything else that tells the version has it from here

local open_options = {
  baud = { type = "integer", min = 1200, max = 4000000, unit = "bit/s",
    doc = "Speed of the line (115200). For tcp: and unix: it is that of the serial line beyond the relay, from which "
      .. "the library computes when a byte has left it." },
  flow = { values = { "none", "rtscts", "xonxoff" }, default = "none", doc = "Flow control." },
  dialect = { type = "string|table", default = "auto",
    doc = 'A name, the path of a file that returns a dialect table, or the table; "auto" asks the module what it is.' },
  profile = { type = "string", doc = "Path of what `hayes probe` has written about such a module, whose ranges and "
    .. "habits are then known from the start (none); another module is refused." },
  timeout = { type = "number", min = 0.1, max = 3600, default = 12, unit = "s",
    doc = "For the module to answer at first, and for commands of which nothing is known." },
  trace = { type = "string|callable", doc = "Path of a file for the dialogue, or a function that gets each line." },
  trace_size = { type = "integer", min = 4096, max = 1 << 40, unit = "bytes",
    doc = "At this size the file is renamed to PATH.1, in place of an earlier one, and begun anew (never)." },
  redact = { type = "boolean", default = true, doc = "Secrets are masked in the trace." },
  gap = { type = "number", min = 0, max = 60, default = 0, unit = "s", doc = "Least time between two commands." },
}

--- The size of a trace without a file would bound nothing.
local function check_trace(where, options)
  if options.trace_size and type(options.trace) ~= "string" then
    check.fail(where, options.trace and "trace_size bounds a file; the trace is a function"
      or "trace_size bounds the file of the option trace, which is missing")
  end
end

local function open_trace(options)
  if not options.trace then return nil end
  local trace, err = Trace.new(options.trace, options.redact, options.trace_size)
  return trace, err and errors.within(err, "the trace")
end

--- The emulator's address is `emulator` or `emulator:<module>`; it lives as long as the modem.
local function start_emulator(address)
  local module = address:match("^emulator:(.+)$")
  if address ~= "emulator" and not module then return nil end
  return Emulator.start { module = module }
end

--- Bits a second, unless the caller says otherwise.
local BAUD = 115200

--- Bytes per second of the serial line beyond a relay, which accepts bytes faster than the line carries them; 0 if the
--- speed is unknown, or if the port itself knows how many bytes are still to be sent.
local function relay_speed(address, baud)
  local is_relay = address:find("^tcp:") or address:find("^unix:")
  return is_relay and baud and baud // 10 or 0
end

local function start_up(made, port, address, options, open_again)
  local trace, err = open_trace(options)
  if err then return nil, err end
  made.modem = Modem.new(port, address, dialects.get("base"), { timeout = options.timeout, gap = options.gap,
    speed = relay_speed(address, options.baud), trace = trace })
  options.baud = options.baud or BAUD
  made.modem.profile = options.profile or false
  made.modem.again = open_again and { open = open_again, startup = options }
  return startup.run(made.modem, options)
end

--- The port is closed unless that succeeds, also when an error is raised.
local function take_into_service(port, address, options, open_again)
  local made = { modem = false } -- its field is there: nothing is allocated when the loop has the modem
  local returned, ok, err = pcall(start_up, made, port, address, options, open_again)
  if returned and ok then return made.modem end
  local closing = made.modem or port
  for _ = 1, 100 do -- there may not even be memory for the call
    if pcall(closing.close, closing) then break end
  end
  if not returned then error(ok, 0) end
  return nil, err
end

--- Ends an emulator whose modem could not be opened, or whose opening was cancelled.
local Unused = {}
Unused.__index = Unused
function Unused:__close()
  if self.emulator then self.emulator:close() end
end

--- Where dialects of one's own are looked for: files and folders (of these, the Lua files), with colons in between; at
--- the beginning the environment variable HAYES_DIALECTS. They can be opened by their `name`, and are asked, before the
--- library's, whether a module speaks them (`detect`). What is wrong with one of them, hayes.open tells before it opens
--- the port.
---@type string
hayes.dialect_path = os.getenv "HAYES_DIALECTS" or ""

--- Adds a dialect of one's own, a table or the path of a file, as if it were in hayes.dialect_path, and asked before
--- those that are. Gives its name. A table that is no dialect raises, with all of its mistakes.
---
--- Errors: `no_such_file`, `permission_denied`, `bad_dialect`, `file_too_long`.
---@param dialect table|string a dialect table, or the path of a Lua file that returns one
---@return string?, hayes.error?
function hayes.add_dialect(dialect)
  check.value("hayes.add_dialect", "the dialect", dialect, { type = "string|table" })
  return dialects.add(dialect)
end

function dialects.path()
  return check.value("hayes", "dialect_path", hayes.dialect_path, { type = "string" })
end

local function look_for_dialects()
  return dialects.look_in(dialects.path())
end

--- Reads the dialect and the profile that options name, before anything is opened.
local function find_files(where, options)
  local ok, err = look_for_dialects()
  if not ok then return nil, err end
  if options.dialect ~= "auto" then
    options.dialect, err = dialects.find(where, options.dialect)
    if err then return nil, err end
  end
  if options.profile then
    options.profile, err = profiles.load(options.profile)
    if err then return nil, err end
  end
  return true
end

--- Opens the module at an address: `/dev/ttyUSB2`, `/dev/pts/3`, `tcp:host:port`, `unix:/path`, `emulator` or
--- `emulator:<module>`.
---
--- Errors: `no_such_port`, `port_busy`, `permission_denied`, `bad_address`, `connection_refused`, `no_answer`,
--- `wrong_speed`, `unknown_module`, `unsupported_module`, `unsupported_speed`, `port_failed`, `start_failed`,
--- `emulator_failed`; for the dialect `bad_dialect`, `file_too_long`; for the profile `bad_profile`, `other_module`;
--- for files `no_such_file`, `no_such_device`, `is_a_directory`.
---@param address string where the module is
---@param options? { baud: integer?, flow: string?, dialect: any, timeout: number?, trace: any, trace_size: integer?,
---  redact: boolean?, gap: number?, profile: string? } what the line and the module need
---@return hayes.modem?, hayes.error?
function hayes.open(address, options)
  check.value("hayes.open", "the address", address, { type = "string" })
  options = check.options("hayes.open", options, open_options)
  check_trace("hayes.open", options)
  local emulator, port
  local ok, err = find_files("hayes.open", options)
  if not ok then return nil, err end
  emulator, err = start_emulator(address)
  if err then return nil, err end
  local unused <close> = setmetatable({ emulator = emulator }, Unused)
  local baud, flow = options.baud or BAUD, options.flow
  port, err = ports.open(emulator and emulator.address or address, baud, flow)
  if not port then return nil, err end
  local modem
  modem, err = take_into_service(port, address, options, not emulator and function()
    return ports.open(address, baud, flow)
  end or nil)
  if modem then modem.emulator, unused.emulator = emulator, nil end
  return modem, err
end

--- Opens a module over an object that moves the bytes, such as a simulation. Its method `again`, if it has one, returns
--- the object that Modem:reopen continues with.
---
--- Errors: those of hayes.open that are not of a port.
---@param port table with the methods fd(), close(), push(port, now) and pump(port, now) of an engine
---@param address string what the modem is called in messages
---@param options? table as for hayes.open
---@return hayes.modem?, hayes.error?
function hayes.open_port(port, address, options)
  options = check.options("hayes.open_port", options, open_options)
  check_trace("hayes.open_port", options)
  local ok, err = find_files("hayes.open_port", options)
  if not ok then return nil, err end
  return take_into_service(port, address, options,
    port.again and function() return port:again() end)
end

check.takes(hayes.open, open_options)
check.takes(hayes.open_port, open_options)

hayes.mqtt = require "hayes.mqtt"
hayes.ports = ports.list
hayes.emulator = Emulator.start

-- The only place in the library that knows explain/, which is loaded when somebody first asks.

--- Says what a command, an error, a result code or a URC of this module means. `text` is a command with or
--- without AT, with values or without (`+QSSLCFG`, `AT+QSSLCFG="seclevel"`, `AT+QSSLOPEN=1,0,4,"h",443,2`), the number
--- or name of an error (579, `"+CME ERROR: 10"`, `"ssl_handshake_fail"`), a line of the module
--- (`'+QSSLURC: "closed",4'`) or a result code (`"SEND FAIL"`). tostring() of what it gives is made to be read. What
--- is unknown gives nil and an error that names what comes near. Nothing is sent.
---
--- Errors: `unknown`, `too_long`.
---@param text string|integer what is to be explained, up to 2,048 bytes
---@return hayes.explanation?, hayes.error?
function Modem:explain(text)
  return require "hayes.explain"(self.dialect, text)
end

--- Help about this module: its services and methods, a service (`"ssl"`), or a function with its options
--- (`"ssl.open"`); and about the objects that these give: a socket (itself, or `"socket"`, `"socket:send"`), a
--- `"session"` of FTP, a `"server"`, a `"keeper"`; and `"hayes"`, the library. tostring() of what it gives is made to
--- be read.
---
--- Errors: `unknown`.
---@param what? string|table a service, a function, a method or an object (the modem as a whole)
---@return hayes.help?, hayes.error?
function Modem:help(what)
  check.value("modem:help", "the name", what, { type = "string|table|nil" })
  return require("hayes.explain.help").of_modem(self, what)
end

check.methods(Modem, "modem", { "explain", "help" })

--- As modem:explain, without a module: the first of the dialects, the library's and one's own, that knows the text
--- answers.
---
--- Errors: `unknown`, `too_long`, and those of hayes.add_dialect.
---@param text string|integer as for modem:explain
---@return hayes.explanation?, hayes.error?
function hayes.explain(text)
  local ok, err = look_for_dialects()
  if not ok then return nil, err end
  return require "hayes.explain.every"(text)
end

--- Runs f(...) and every task that it spawns to their end; gives what f returns. An error of f, or of a task that
--- nobody joins, is raised.
---@param f function the program
---@param ... any its arguments
---@return any ... what f returns
function hayes.run(f, ...)
  check.value("hayes.run", "the function", f, { type = "callable" })
  return wait.run(f, ...)
end

--- Starts f(...) as a task. It runs as soon as the caller waits.
---@param f function what the task does
---@param ... any its arguments
---@return hayes.task
function hayes.spawn(f, ...)
  check.value("hayes.spawn", "the function", f, { type = "callable" })
  return wait.spawn(f, ...)
end

--- Waits for a number of seconds; other tasks and handlers run in the meantime.
---@param seconds number 0 to 1,000,000,000
function hayes.sleep(seconds)
  check.value("hayes.sleep", "the time", seconds, { type = "number", min = 0, max = 1e9 })
  wait.sleep(seconds)
end

local loops = { "copas", "cqueues", "luv", "uloop", "eco" }

--- From now on this event loop of the program's own serves the library: calls that wait suspend the coroutine of the
--- loop's that makes them, as they do a task of the library's.
---@param loop "copas"|"cqueues"|"luv"|"uloop"|"eco"|table the name, or a driver (loop/foreign.lua says what it has)
function hayes.use(loop)
  if type(loop) == "table" then
    for _, name in ipairs { "running", "suspend", "wake", "start" } do
      check.value("hayes.use", "the driver's " .. name, loop[name], { type = "callable" })
    end
  else
    check.value("hayes.use", "the loop", loop, { values = loops })
    loop = require("hayes.loop." .. loop)
  end
  if not wait.use(loop) then
    check.fail("hayes.use", "this system has no descriptor that stands for others (epoll); modem:step() serves a modem")
  end
end

--- Seconds of a clock that never goes back.
---@return number seconds
function hayes.now() return wait.now() end

return hayes
