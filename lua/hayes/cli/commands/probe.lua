--- hayes probe: what a module is, takes and does, as a profile.

local dialects = require "hayes.dialect"
local hayes = require "hayes"
local paths = require "hayes.cli.paths"
local probes = require "hayes.profile.probe"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"
local writer = require "hayes.profile.writer"

local probe = {}

function probe.define(command)
  command:description("Ask a module what it is, which commands and ranges it takes, and which known habits it has, and "
    .. "print that as a profile: for hayes.open, for the emulator, and for a report of a module that is not known yet. "
    .. "Only questions and test commands are sent; nothing is stored, and nothing goes over the network.")
  target.define(command, true)
  command:argument("file", "Where to write the profile. Default: standard output."):args "?"
  command:flag("--yes", "Also try what changes something: a file of one byte is stored in the module and removed.")
  command:option("--echo", "With --yes: also connect, over the module's network, to this server, which must send "
    .. "back what it gets (the echo service, port 7)."):argname "<host:port>"
  command:epilog [[
Examples:
   hayes probe -p /dev/ttyUSB2 my-module.lua
   hayes probe -p /dev/ttyUSB2 | less
   hayes emulate --profile my-module.lua
A profile names no serial number, SIM card, telephone number, address or password.
Look through it all the same before you pass it on.]]
end

local function echo_of(arguments)
  if not arguments.echo then return nil end
  if not arguments.yes then stop.wrong_use "--echo uses the network: say --yes, too" end
  local host, port = arguments.echo:match "^(.+):(%d+)$"
  port = math.tointeger(tonumber(port))
  if not port or port < 1 or port > 65535 then stop.wrong_use("--echo %s: write it as HOST:PORT", arguments.echo) end
  return { host = host, port = port }
end

--- Tells a mistyped path before the module is asked, so that no answer is lost. An older profile stays until there is a
--- new one.
local function check_writable(path)
  local file, err = io.open(path, "a")
  if not file then stop.wrong_use("the profile cannot be written: %s", err) end
  local empty = file:seek "end" == 0
  file:close()
  if empty then os.remove(path) end
end

local function progress_of(run)
  if not run.out.progress then return nil end
  return function(asked) io.stderr:write(("\r%d commands sent"):format(asked)) end
end

local function summary(run, made, path)
  local count, refused = #made.answers + #made.takes, 0
  for _, row in ipairs(made.answers) do
    if row[#row] ~= "OK" then refused = refused + 1 end
  end
  run.out:note("%s%s %s, %s: %d commands answered, %d refused; dialect %s", path and path .. ": " or "",
    made.manufacturer or "unknown maker", made.model or "unknown model", made.revision or "unknown firmware",
    count - refused, refused, made.dialect)
end

function probe.run(run)
  local arguments = run.arguments
  local echo, dialect = echo_of(arguments), nil
  if arguments.dialect then dialect = stop.unless(dialects.find("--dialect", arguments.dialect)) end
  if arguments.file then check_writable(arguments.file) end
  local modem = stop.unless(hayes.open(target.address(arguments), { baud = arguments.baud, flow = arguments.flow,
    trace = arguments.trace, dialect = dialects.get "base" }))
  run.modem = modem
  local made, err = probes.run(modem, { dialect = dialect, detect = dialects.detect, yes = arguments.yes, echo = echo,
    progress = progress_of(run), version = hayes._VERSION })
  if run.out.progress then io.stderr:write "\r\27[K" end
  stop.unless(made, err)
  local text = writer.text(made)
  if arguments.file then paths.write("the profile", arguments.file, text) end
  if run.out.json then
    run.out:value(made, { "profile", "made_by", "dialect", "manufacturer", "model", "revision", "habits", "answers",
      "takes" })
  elseif not arguments.file then
    stop.unless(run.out.sink()(text))
  end
  if arguments.file or not run.out.json then summary(run, made, arguments.file) end
end

return probe
