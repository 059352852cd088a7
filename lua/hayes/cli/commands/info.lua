--- hayes info: which module it is, and how it is connected.

local Output = require "hayes.cli.output"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"
local wording = require "hayes.cli.wording"

local info = {}

local ORDER = { "manufacturer", "model", "revision", "imei", "dialect", "sim", "registration", "operator", "technology",
  "signal", "attached", "contexts", "wifi", "state", "ssid", "ip" }

function info.define(command)
  command:description "Say which module it is, and how it is connected."
  target.define_network(command)
  command:flag("--diagnose", "Look for the cause of a failing connection, step by step; with --apn, after an attempt.")
  command:option("--host", "With --diagnose: look as far as this host and port. Default: port 443.")
    :argname "<host[:port]>"
  command:epilog "Examples:\n   hayes info -p /dev/ttyUSB2\n   hayes info --diagnose --apn internet --host example.com"
end

local function collect(modem)
  local facts = {}
  for name, value in pairs(stop.unless(modem:identify())) do facts[name] = value end
  facts.dialect = modem.dialect.name
  if modem.network then
    for name, value in pairs(stop.unless(modem.network.status())) do facts[name] = value end
  elseif modem.wifi then
    facts.wifi = stop.unless(modem.wifi.status())
  end
  return facts
end

local function address_of(context)
  local words = { context.ip, context.ip6 }
  return ("PDP context %d: %s"):format(context.context, #words > 0 and table.concat(words, ", ") or "active")
end

local function show(run, facts)
  local rows = {}
  local function add(name, value)
    if not Output.is_empty(value) then rows[#rows + 1] = { name, tostring(value) } end
  end
  add("module", ("%s %s"):format(facts.manufacturer or "", facts.model or ""))
  add("firmware", facts.revision)
  add("IMEI", facts.imei)
  add("SIM", facts.sim)
  add("signal", facts.signal and facts.signal .. " dBm")
  add("registration", facts.registration)
  add("operator", facts.operator and facts.operator .. (facts.technology and ", " .. facts.technology or ""))
  for _, context in ipairs(facts.contexts or {}) do add("data", address_of(context)) end
  if facts.contexts and #facts.contexts == 0 then add("data", "no PDP context is active") end
  for _, name in ipairs { "state", "ssid", "channel", "ip", "gateway", "mac" } do
    add(name, facts.wifi and facts.wifi[name])
  end
  run.out:table(rows)
end

--- Host and port of an option; 443 is what TLS has without one.
local function place_of(text)
  if not text then return nil end
  local host, port = text:match "^([^:]+):(%d+)$"
  return host or text, math.tointeger(tonumber(port)) or 443
end

--- Brings the module on line if an option asks for that. Why it fails is what a diagnosis looks for.
local function connect(run)
  local arguments = run.arguments
  if not (arguments.apn or arguments.pin or arguments.ssid) then return end
  local ok, raised = pcall(target.connect, run)
  if ok then return end
  if not arguments.diagnose or not stop.is(raised) or raised.status ~= stop.REFUSED then error(raised, 0) end
  run.out:note("hayes: %s", wording.of(tostring(raised.err)))
end

function info.run(run)
  if run.arguments.host and not run.arguments.diagnose then stop.wrong_use "--host is for --diagnose" end
  local modem = target.open(run)
  if run.arguments.diagnose and not modem.network then stop.wrong_use "--diagnose is for cellular modules" end
  connect(run)
  if run.arguments.diagnose then
    local report = modem.network.diagnose(place_of(run.arguments.host))
    run.out:result(report, function() run.out:line("%s", wording.of(tostring(report))) end)
    return report.ok and stop.DONE or stop.REFUSED
  end
  local facts = collect(modem)
  run.out:result(facts, function() show(run, facts) end, ORDER)
end

return info
