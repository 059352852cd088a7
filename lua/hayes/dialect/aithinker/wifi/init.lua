--- modem.wifi: joining an access point with an Ai-Thinker module. Events: +EVENT:WIFI_CONNECT, +EVENT:WIFI_GOT_IP,
--- +EVENT:WIFI_DISCONNECT (modem:on).

local check = require "hayes.check"
local join_options = require "hayes.dialect.aithinker.wifi.join_options"
local Station = require "hayes.dialect.aithinker.wifi.station"

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
  local station = Station.of(modem)

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
    return station:join(join_options.check("wifi.join", options))
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

  check.takes(wifi.join, join_options.rules)

  return wifi
end
