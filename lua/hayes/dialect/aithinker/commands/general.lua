--- Commands for the module itself, and for joining a Wi-Fi network. Sources: the vendor's combo guide
--- (AT_Basic_Commands, Wi-Fi_AT_Commands); devices where noted.

local BASIC, WIFI = "combo guide, basic commands", "combo guide, Wi-Fi commands"

local save = { name = "save", type = "integer", values = { [0] = "until the next start", [1] = "in flash" } }
local ssid = { name = "ssid", type = "string", max = 63, quoted = true }
local password = { name = "password", type = "string", max = 63, quoted = true, secret = true, optional = true }
local bssid = { name = "bssid", type = "string", max = 17, optional = true }
local modes = { [0] = "off", [1] = "station", [2] = "access point", [3] = "both" }

return {
  { name = "E", summary = "Echo off (ATE0) or on (ATE1).", source = BASIC, execute = true, timeout = 3 },
  -- `at version:…`, `sdk version:…`, `firmware version:…`
  { name = "+GMR", summary = "Versions.", source = BASIC, execute = true, bare = true, timeout = 3 },
  { name = "+RST", summary = "Restarts the module; `ready` follows.", source = BASIC, execute = true, timeout = 5 },
  {
    name = "+UARTCFG", summary = "Speed and form of the serial line.", source = BASIC,
    params = {
      { name = "baud", type = "integer", min = 1200, max = 4000000 },
      { name = "data", type = "integer", min = 5, max = 8 },
      { name = "stop", type = "integer", values = { [1] = "1", [2] = "1.5", [3] = "2" } },
      { name = "parity", type = "integer", values = { [0] = "none", [1] = "odd", [2] = "even" } },
    },
    answer = { { name = "baud" }, { name = "data" }, { name = "stop" }, { name = "parity" } }, read = true, timeout = 3,
  },
  {
    name = "+SYSMSG", summary = "Which events are reported (firmware P23 and later).", source = "vendor's skill pages",
    params = {
      { name = "operation", type = "integer", values = { [1] = "set" } },
      { name = "mask", type = "bare", max = 8, doc = "8 hexadecimal digits." }, save,
    },
    read = true, timeout = 3,
  },
  {
    name = "+WMODE", summary = "Station, access point, both or off.", source = WIFI,
    params = { { name = "mode", type = "integer", values = modes }, save },
    answer = { { name = "mode", values = modes } }, read = true, timeout = 10,
  },
  {
    name = "+WJAP", summary = "Joins an access point; the read form shows it, including the password.", source = WIFI,
    params = { ssid, password, bssid },
    answer = { { name = "state" }, { name = "ssid", type = "string" },
      { name = "password", type = "string", secret = true },
      { name = "BSSID", type = "string", optional = true }, { name = "encryption", type = "string", optional = true },
      { name = "MAC", type = "string", optional = true }, { name = "channel", optional = true },
      { name = "IP", type = "string", optional = true }, { name = "gateway", type = "string", optional = true } },
    read = true, timeout = 40,
  },
  {
    name = "+STAINFO", summary = "The station's state, access point and address (firmware P23 and later).",
    source = "vendor's skill pages; V4.18_P23.2.1", bare = true, read = true, timeout = 5,
  },
  {
    name = "+WSCAN", summary = "Lists access points; with a name, only those.", source = WIFI,
    params = { { name = "ssid", type = "string", max = 63 } }, execute = true, bare = true, timeout = 20,
  },
  {
    name = "+WAUTOCONN", summary = "Whether the module joins the access point by itself after a start.", source = WIFI,
    params = {
      { name = "on", type = "integer", values = { [0] = "no", [1] = "yes" } },
      { name = "ssid", type = "string", max = 63, quoted = true, optional = true }, password, bssid,
    },
    answer = { { name = "on" } }, read = true, timeout = 5,
  },
  {
    name = "+WAP", summary = "Opens an access point.", source = WIFI,
    params = {
      ssid, password, { name = "channel", type = "integer", min = 1, max = 165, optional = true },
      { name = "encryption", type = "integer", min = 0, max = 4, optional = true },
      { name = "hidden", type = "integer", values = { [0] = "no", [1] = "yes" }, optional = true },
    },
    bare = true, read = true, timeout = 10,
  },
  { name = "+WDHCP", summary = "DHCP of the station.", source = WIFI, read = true, timeout = 5,
    params = { { name = "on", type = "integer", values = { [0] = "no", [1] = "yes" } } } },
  -- `+PING:TIMEOUT`, or `+PING:30` and OK: the number is the time in ms then. A failure takes 12 s (V4.18_P23.2.1).
  { name = "+PING", summary = "Pings a host.", source = WIFI,
    params = { { name = "host", type = "string", max = 200 } },
    answer = { { name = "time", unit = "ms" } }, timeout = 20 },
}
