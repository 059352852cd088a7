--- hayes wifi: the access points of a Wi-Fi module.

local Output = require "hayes.cli.output"
local secret = require "hayes.cli.secret"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local wifi = {}

function wifi.define(command)
  command:description "Scan for access points, join and leave one."
  command:command_target "action"
  command:require_command(true)
  local scan = command:command("scan", "List the access points in reach.")
  scan:epilog "Example:\n   hayes wifi scan -p /dev/ttyUSB0"
  target.define(scan)
  local join = command:command("join", "Join an access point.")
  join:argument("ssid", "Its name.")
  join:option("--password", "Its password: @FILE, or - to be asked. Default: $HAYES_WIFI_PASSWORD.")
  join:epilog "Examples:\n   hayes wifi join home --password -\n   hayes wifi join home --password @secret"
  target.define(join)
  local leave = command:command("leave", "Leave the access point.")
  leave:epilog "Example:\n   hayes wifi leave"
  target.define(leave)
  local status = command:command("status", "Say how the module is connected.")
  status:epilog "Example:\n   hayes wifi status --json"
  target.define(status)
  command:epilog "Examples:\n   hayes wifi scan\n   hayes wifi join home --password -"
end

local actions = {}

function actions.scan(run, modem)
  local list = stop.unless(modem.wifi.scan())
  table.sort(list, function(a, b) return a.rssi > b.rssi end)
  run.out:result(Output.list(list), function()
    local rows = {}
    for i, point in ipairs(list) do
      rows[i] = { point.ssid, point.rssi .. " dBm", "channel " .. point.channel, point.security, point.bssid }
    end
    run.out:table(rows)
  end)
end

local function show(run, status)
  run.out:result(status, function()
    local rows = {}
    for _, name in ipairs { "state", "ssid", "channel", "security", "ip", "gateway", "mac" } do
      if not Output.is_empty(status[name]) then rows[#rows + 1] = { name, tostring(status[name]) } end
    end
    run.out:table(rows)
  end)
end

function actions.join(run, modem)
  local ssid = run.arguments.ssid
  show(run, stop.unless(modem.wifi.join { ssid = ssid, password = secret.read(run.out, run.arguments.password,
    "HAYES_WIFI_PASSWORD", "the password of " .. ssid) }))
end

function actions.leave(_, modem) stop.unless(modem.wifi.leave()) end

function actions.status(run, modem) show(run, stop.unless(modem.wifi.status())) end

function wifi.run(run)
  local modem = target.open(run)
  if not modem.wifi then
    stop.wrong_use("the module on %s is no Wi-Fi module: its dialect is %s", modem.address, modem.dialect.name)
  end
  return actions[run.arguments.action](run, modem)
end

return wifi
