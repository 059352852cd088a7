--- modem.wifi: joining an access point with an Ai-Thinker module. Events: +EVENT:WIFI_CONNECT, +EVENT:WIFI_GOT_IP,
--- +EVENT:WIFI_DISCONNECT (modem:on).

local check = require "hayes.check"
local errors = require "hayes.error"
local record = require "hayes.record"
local Lock = require "hayes.lock"
local Steps = require "hayes.steps"
local wait = require "hayes.wait"

local join_rules = {
  ssid = { type = "string", sendable = true, longest = 63, required = true,
    doc = "Name of the network, 1 to 63 bytes." },
  password = { type = "string", sendable = true, longest = 63, secret = true, doc = "Without it the network is open." },
  bssid = { type = "string", line = true, doc = "Address of one access point of that network (any)." },
  timeout = { type = "number", min = 1, max = 600, default = 30, unit = "s", doc = "Over all." },
}

--- The first field of AT+WJAP? and AT+STAINFO? (Ai-Thinker's SDK, aiio_at_wifi_api.h).
local states = { [0] = "disconnected", "connecting", "no address", "connected", "failed", "timed out", "wrong password",
  "no such access point" }

--- Seconds between two looks at the state while an address is awaited.
local LOOK_AGAIN = 3

local STATION, ACCESS_POINT, BOTH = 1, 2, 3

---@class hayes.aithinker.station
---@field modem hayes.modem
---@field changing hayes.lock  there is one mode and one network, and WIFI_GOT_IP does not say of which network
local Station = {}
Station.__index = Station

local function new_station(modem)
  return setmetatable({ modem = modem, changing = Lock.new() }, Station)
end

---@return integer?, hayes.error?
function Station:mode()
  local fields, err = self.modem:query("AT+WMODE?", { "mode" })
  if not fields then return nil, err end
  return fields.mode
end

--- Makes the module a station; if it is an access point, it stays one, too.
function Station:enable()
  local now, err = self:mode()
  if not now then return nil, err end
  if now == STATION or now == BOTH then return true end
  return self.modem:call("+WMODE", "write", { now == ACCESS_POINT and BOTH or STATION, 0 })
end

--- The last six of `…,MAC,security,BSSID,channel,address,gateway`: what precedes them may contain commas.
local function tail(line, status)
  local mac, security, bssid, channel, ip, gateway =
    line:match("([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*)$")
  status.mac, status.security, status.bssid = mac, security, bssid
  status.channel, status.ip, status.gateway = math.tointeger(tonumber(channel)), ip, gateway
  return status
end

local function by_stainfo(modem)
  local response, err = modem:call("+STAINFO", "read")
  if not response then return nil, err end
  local status = {}
  for _, line in ipairs(response) do
    local state = line:match("^%+STAINFO:%s*(%d+)")
    if state then status.number = math.tointeger(tonumber(state)) end
    status.ssid = status.ssid or line:match("^SSID:(.*)$")
    if not line:find("^%u[%a]*:") and not state then tail(line, status) end
  end
  return status
end

local function by_wjap(modem)
  local response, err = modem:call("+WJAP", "read")
  if not response then return nil, err end
  local line = response[1] or ""
  local status = { number = math.tointeger(tonumber(line:match("^%+WJAP:%s*(%d+)"))) }
  status.ssid = line:match("^%+WJAP:%s*%d+,([^,]*)")
  return tail(line, status)
end

---@return table?, hayes.error?  as wifi.status() gives it
function Station:status()
  local ask = self.modem.dialect.lineage.stainfo and by_stainfo or by_wjap
  local status, err = ask(self.modem)
  if not status then return nil, errors.within(err, "asking for the state of the Wi-Fi") end
  status.state = states[status.number] or (status.number and "state " .. status.number) or "disconnected"
  status.number = nil
  return record.new(status, { "state", "ssid", "bssid", "channel", "security", "ip", "gateway", "mac" })
end

local function no_address(doing, seconds, state)
  return errors.new { name = "no_address", origin = "aithinker",
    message = ("%s: no address within %g s%s"):format(doing, seconds, state and "; the state is " .. state or ""),
    hint = "Is the DHCP server's pool exhausted? Is the signal weak (modem.wifi.scan())?" }
end

local function join(steps, self, options)
  local doing = steps.doing
  local _changing <close>, busy = steps:take(self.changing, "the Wi-Fi")
  if not _changing then return nil, busy end
  local addressed = wait.waiter()
  local _got <close> = self.modem:listen("+EVENT:WIFI_GOT_IP", function() addressed:fire(true) end)
  local _closed <close> = self.modem:listen("closed", function() addressed:fire(nil, self.modem.closed_with) end)
  local _reboot <close> = self.modem:listen("reboot", function()
    addressed:fire(nil, errors.reboot(doing))
  end)
  local ok, err = steps:begin("making the module a station")
  if not ok then return nil, err end
  ok, err = self:enable()
  if not ok then return nil, errors.within(err, doing) end
  ok, err = steps:begin("asking the access point")
  if not ok then return nil, err end
  ok, err = self.modem:call("+WJAP", "write", { options.ssid, options.password, options.bssid },
    { timeout = options.timeout + 10, withdraw = true })
  if not ok then return nil, errors.within(err, doing) end
  -- OK may come before the address or after it, and the event may get lost.
  steps.step, steps.why = false, no_address(doing, options.timeout)
  while true do
    ok, err = addressed:wait(math.min(steps.deadline, wait.now() + LOOK_AGAIN))
    if not ok and err ~= "timeout" then return nil, err end
    local status
    status, err = self:status()
    if not status then return nil, err end
    if ok or status.state == "connected" then return status end
    steps.why = no_address(doing, options.timeout, status.state)
    err = steps:given_up()
    if err then return nil, err end
  end
end

--- Joins an access point and waits for an address.
---@param options table of wifi.join
---@return table?, hayes.error?
function Station:join(options)
  return Steps.run(self.modem, options.timeout, "joining " .. options.ssid, join, self, options)
end

--- Switches the station off.
---@return true?, hayes.error?
function Station:leave()
  local _changing <close> = self.changing:take()
  local now, err = self:mode()
  if not now then return nil, err end
  local off = { [STATION] = 0, [BOTH] = ACCESS_POINT }
  if not off[now] then return true end
  local ok
  ok, err = self.modem:call("+WMODE", "write", { off[now], 0 })
  if ok then return true end
  return nil, errors.within(err, "leaving the access point")
end

---@param ssid? string
---@return table[]?, hayes.error?
function Station:scan(ssid)
  local _changing <close> = self.changing:take()
  local ok, err = self:enable()
  if not ok then return nil, errors.within(err, "scanning") end
  local response
  response, err = self.modem:call("+WSCAN", ssid and "write" or "execute", { ssid })
  if not response then return nil, errors.within(err, "scanning") end
  local list = {}
  for _, line in ipairs(response) do
    -- A space after the index before framework P2.19.3, a comma since; names are not quoted.
    local name, channel, security, rssi, bssid = line:match("^%d+[ ,](.*),(%d+),([^,]*),(%-?%d+),(%x[%x:]+)$")
    if name then
      list[#list + 1] = { ssid = name, channel = math.tointeger(tonumber(channel)), security = security,
        rssi = math.tointeger(tonumber(rssi)), bssid = bssid }
    end
  end
  return list
end

---@class hayes.wifi_status: hayes.record the state of a Wi-Fi connection; what the module does not report is absent
---@field state string "disconnected", "connecting", "no address", "connected", "failed", …
---@field ssid? string name of the network
---@field bssid? string address of the access point
---@field mac? string address of the module
---@field security? string how the network is encrypted
---@field channel? integer of the radio
---@field ip? string address of the module
---@field gateway? string address of the gateway

return function(modem)
  ---@class hayes.aithinker.wifi modem.wifi of an Ai-Thinker module
  local wifi = {}
  local station = new_station(modem)

  --- The state of the connection. The password, which the module reports, too, is left out.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: combo guide, AT+WJAP; vendor's skill pages, AT+STAINFO (on firmware that has it).
  ---@return hayes.wifi_status?, hayes.error?
  function wifi.status()
    return station:status()
  end

  --- Joins an access point and waits for an address. Quotes in names and passwords are sent as the module wants them.
  ---
  --- Errors: `timeout`, the module's reason (`wi_fi_authentication_failed`, `access_point_not_found` and the like),
  --- those of modem:at.
  ---
  --- Source: combo guide, AT+WMODE, AT+WJAP.
  ---@param options { ssid: string, password: string?, bssid: string?, timeout: number? } which one
  ---@return hayes.wifi_status?, hayes.error?
  function wifi.join(options)
    options = check.options("wifi.join", options, join_rules)
    if options.ssid == "" then check.fail("wifi.join", "the ssid is empty") end
    return station:join(options)
  end

  --- Leaves the access point: the station is switched off, which is the only way that all firmware has. join() switches
  --- it on again.
  ---
  --- Errors: those of modem:at.
  ---
  --- Source: combo guide, AT+WMODE.
  ---@return true?, hayes.error?
  function wifi.leave()
    return station:leave()
  end

  --- The access points in reach, or those of a name.
  ---
  --- Errors: those of modem:at, `timeout`.
  ---
  --- Source: combo guide, AT+WSCAN.
  ---@param ssid? string the name (any)
  ---@return { ssid: string, channel: integer, security: string, rssi: integer, bssid: string }[]?, hayes.error?
  ---  rssi in dBm
  function wifi.scan(ssid)
    check.value("wifi.scan", "the ssid", ssid, { type = "string|nil", sendable = true })
    return station:scan(ssid)
  end

  check.takes(wifi.join, join_rules)

  return wifi
end
