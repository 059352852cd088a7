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
  target.define(command)
  command:flag("--diagnose", "Look for the cause of a failing connection, step by step.")
  command:option("--host", "With --diagnose: look as far as this host."):argname "<host>"
  command:epilog "Examples:\n   hayes info -p /dev/ttyUSB2\n   hayes info --diagnose --host example.com"
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

function info.run(run)
  if run.arguments.host and not run.arguments.diagnose then stop.wrong_use "--host is for --diagnose" end
  local modem = target.open(run)
  if run.arguments.diagnose then
    if not modem.network then stop.wrong_use "--diagnose is for cellular modules" end
    local report = modem.network.diagnose(run.arguments.host, run.arguments.host and 443 or nil)
    run.out:result(report, function() run.out:line("%s", wording.of(tostring(report))) end)
    return report.ok and stop.DONE or stop.REFUSED
  end
  local facts = collect(modem)
  run.out:result(facts, function() show(run, facts) end, ORDER)
end

return info
