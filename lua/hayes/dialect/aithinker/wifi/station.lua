--- The station of an Ai-Thinker module: the client of an access point, of which there is one.

local errors = require "hayes.error"
local record = require "hayes.record"
local Lock = require "hayes.lock"
local Steps = require "hayes.steps"
local wait = require "hayes.wait"

--- The first field of AT+WJAP? and AT+STAINFO? (Ai-Thinker's SDK, aiio_at_wifi_api.h).
local states = { [0] = "disconnected", "connecting", "no address", "connected", "failed", "timed out", "wrong password",
  "no such access point" }

--- Seconds between two looks at the state while an address is awaited.
local LOOK_AGAIN = 3

local STATION, ACCESS_POINT, BOTH = 1, 2, 3

---@class hayes.aithinker.station
---@field modem hayes.modem
---@field changing hayes.lock  there is one mode and one network, and WIFI_GOT_IP does not say of which network
---@field joined table|false the options of the last join() that succeeded
local Station = {}
Station.__index = Station

local stations = setmetatable({}, { __mode = "k" }) -- by modem

--- The station of a modem.
---@param modem hayes.modem
---@return hayes.aithinker.station
function Station.of(modem)
  stations[modem] = stations[modem] or setmetatable({ modem = modem, changing = Lock.new(), joined = false }, Station)
  return stations[modem]
end

--- Tells the keeper what the program wants (hayes.keeper.way, listen).
local function tell(self, name)
  self.modem.listeners:emit { name = name, line = "", fields = {} }
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

--- Why the access point is not joined; a password that was not given is not called wrong.
local function refused(err, options)
  if err.name == "wi_fi_authentication_failed" and (options.password or "") == "" then
    err.hint = "No password was given, and the access point wants one."
  end
  return err
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
  if not ok then return nil, refused(errors.within(err, doing), options) end
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
  local status, err = Steps.run(self.modem, options.timeout, "joining " .. options.ssid, join, self, options)
  if status then self.joined = options end
  tell(self, "wanted")
  return status, err
end

--- Switches the station off.
---@return true?, hayes.error?
function Station:leave()
  tell(self, "unwanted")
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

return Station
