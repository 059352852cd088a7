--- A dialect of one's own, in one file and without C: ESP-AT (ESP32, ESP8266 and modules with firmware like it), TCP
--- and TLS connections.
---
---     local modem <close> = assert(hayes.open("/dev/ttyUSB0", { dialect = dofile("examples/dialects/esp-at.lua") }))
---     assert(modem.wifi.join("ssid", "password"))
---     local sock <close> = assert(modem.tcp.open("example.com", 80))
---
--- What is said here of the module stands in Espressif's ESP-AT documentation, "TCP/IP AT Commands".

local LINKS = 5 -- with AT+CIPMUX=1: 0 to 4, chosen by the host

--- TCP and TLS share the five links, and differ in one word.
local function connections(kind, word)
  return {
    kind = kind, ids = { first = 0, last = LINKS - 1, shared = "links" },
    open = { { "+CIPSTART", "$id", word, "$host", "$port" } },
    opened = { { "+CIPRECVTYPE", "$id", 1 } }, -- data is kept in the module until it is asked for
    send = { "+CIPSEND", "$id", "$length", most = 2048 },
    -- It tells of more once this has been read, or not at all; a read of nothing is an error, not a length of 0.
    read = { "+CIPRECVDATA", "$id", "$length", most = 2048, empty = "refused" },
    close = { "+CIPCLOSE", "$id" },
    data = { { urc = "+IPD", id = 1 } },
    closed = { { urc = "#,CLOSED", id = 1 } },
    tls = kind == "SSL" and { certificates = "none" } or nil,
  }
end

local function wifi(modem)
  return { join = function(ssid, password)
    local ok, err = modem:call("+CWMODE", "write", { 1 })
    if ok then ok, err = modem:call("+CWJAP", "write", { ssid, password }) end
    if not ok then return nil, err end
    return true
  end }
end

-- The dialect

local link = { name = "link_ID", type = "integer", min = 0, max = LINKS - 1 }
local SOURCE = "ESP-AT, TCP/IP AT Commands"

return {
  name = "esp-at",
  protocol = { eol = "\r\n", prompt = ">", quote = "always", quote_escape = "\\", max_command = 252, cancel = "" },
  finals = {
    { "OK", success = true },
    { "ERROR" },
    { "SEND OK", success = true, group = "send" },
    { "SEND FAIL", group = "send" },
    { "busy ", prefix = true, name = "busy", summary = "the module is busy", hint = "Try again in a moment." },
  },
  boot = { "ready" },
  urcs = {
    -- `+IPD,0,4:data`, or without the data where it is kept until it is asked for.
    { name = "+IPD", text = "+IPD,", prefix = true, summary = "A link has received data.",
      block = { length = 2, fields = 2, after = ":" } },
    { name = "#,CONNECT", summary = "A link is connected.", prefix = false },
    { name = "#,CLOSED", summary = "A link has ended.", prefix = false },
    { name = "WIFI CONNECTED", summary = "The station has joined." },
    { name = "WIFI GOT IP", summary = "The station has an address." },
    { name = "WIFI DISCONNECT", summary = "The station has lost its access point." },
  },
  commands = {
    { name = "+GMR", summary = "Versions.", source = "ESP-AT, Basic AT Commands", execute = true, bare = true,
      timeout = 3 },
    { name = "+CWMODE", summary = "Station (1), access point (2) or both (3).", source = "ESP-AT, Wi-Fi AT Commands",
      params = { { name = "mode", type = "integer", min = 0, max = 3 } }, timeout = 5 },
    { name = "+CWJAP", summary = "Joins an access point.", source = "ESP-AT, Wi-Fi AT Commands",
      params = { { name = "ssid", type = "string", max = 32 }, { name = "pwd", type = "string", max = 63, secret = true,
        optional = true } }, timeout = 40 },
    { name = "+CIPMUX", summary = "Several links (1) or one (0).", source = SOURCE,
      params = { { name = "mode", type = "integer", values = { [0] = "one", [1] = "several" } } }, timeout = 3 },
    { name = "+CIPSTART", summary = "Opens a link.", source = SOURCE,
      params = { link, { name = "type", type = "string", values = { TCP = "TCP", SSL = "TLS", UDP = "UDP" } },
        { name = "host", type = "string", max = 64 }, { name = "port", type = "integer", min = 1, max = 65535 } },
      bare = true, timeout = 40 },
    { name = "+CIPSEND", summary = "Sends data.", source = SOURCE, bare = true,
      params = { link, { name = "length", type = "integer", min = 1, max = 8192 } },
      data = { length = "length" }, final = "send", timeout = 15 },
    { name = "+CIPRECVTYPE", summary = "Data with the event (0), or when asked for (1).", source = SOURCE,
      params = { link, { name = "mode", type = "integer", values = { [0] = "active", [1] = "passive" } } },
      timeout = 3 },
    { name = "+CIPRECVDATA", summary = "Reads data.", source = SOURCE,
      params = { link, { name = "length", type = "integer", min = 1, max = 8192 } },
      block = { length = 1, fields = 1, after = "," }, timeout = 5 },
    { name = "+CIPCLOSE", summary = "Ends a link.", source = SOURCE, params = { link }, bare = true, timeout = 5 },
  },
  -- After each start: the settings that the services build on.
  start = { "AT+CIPMUX=1" },
  identify = function(modem)
    local response, err = modem:call("+GMR", "execute")
    if not response then return nil, err end
    return { manufacturer = "Espressif", model = "ESP-AT", revision = response[1] }
  end,
  services = { wifi = wifi },
  links = { tcp = connections("tcp", "TCP"), ssl = connections("SSL", "SSL") },
}
