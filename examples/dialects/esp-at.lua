--- A dialect of one's own, in one file and without C: ESP-AT (ESP32, ESP8266 and modules with firmware like it), TCP
--- and TLS connections.
---
---     local modem <close> = assert(hayes.open("/dev/ttyUSB0", { dialect = dofile("examples/dialects/esp-at.lua") }))
---     assert(modem.wifi.join("ssid", "password"))
---     local sock <close> = assert(modem.tcp.open("example.com", 80))
---
--- What is said here of the module stands in Espressif's ESP-AT documentation, "TCP/IP AT Commands".

local check = require "hayes.check"
local errors = require "hayes.error"
local Socket = require "hayes.socket"
local wait = require "hayes.wait"

local LINKS = 5 -- with AT+CIPMUX=1: 0 to 4, chosen by the host

-- A connection, as hayes.socket wants one: see hayes.connection there.

local Connection = { chunk = 2048, mode = "buffer" }
Connection.__index = Connection

local function notify(self)
  if self.watch then self.watch() end
end

function Connection:readable() return self.pending > 0 or self.ended or self.doubtful end

local function ended(self)
  return errors.new { name = "closed", origin = "esp-at", sent = 0,
    message = ("the connection to %s:%d was closed"):format(self.host, self.port) }
end

--- `OK`, the prompt, `Recv n bytes`, `SEND OK`.
function Connection:send(bytes)
  while not self.ended do
    local response, err = self.modem:call("+CIPSEND", "write", { self.id, #bytes }, { data = bytes })
    if response then return true end
    if err.name ~= "busy" then
      err.sent = 0
      return nil, err
    end
    wait.sleep(0.1)
  end
  return nil, self.lost or ended(self)
end

--- A read of nothing is an error, not a length of 0.
function Connection:receive()
  self.doubtful = false
  local before = self.arrivals
  local response, err = self.modem:call("+CIPRECVDATA", "write", { self.id, self.chunk })
  if self.lost then return nil, self.lost end
  if response and response.data then
    -- It tells of more once this has been read, or not at all: the next read finds out.
    return response.data
  end
  if not response and not err.result then return nil, err end
  if before == self.arrivals then self.pending = 0 end
  if self.ended and self.pending == 0 then return nil, ended(self) end
  return ""
end

function Connection:close()
  if self.links[self.id] == self then
    if not self.ended then self.modem:call("+CIPCLOSE", "write", { self.id }) end
    self.links[self.id] = nil
  end
  return true
end

function Connection:abandon()
  if not self.modem.closed_with then wait.spawn_detached(self.close, self) end
end

function Connection:describe()
  return { state = self.ended and "closed" or "connected", remote_ip = self.host, remote_port = self.port,
    local_ip = "0.0.0.0", local_port = 0 }
end

-- Services

--- The five links, which TCP and TLS share.
local function links_of(modem)
  local links = {}
  local by_id = {}

  modem:listen("+IPD", function(event)
    local connection = by_id[event.fields[1]]
    if not connection then return end
    connection.pending, connection.arrivals = connection.pending + 1, connection.arrivals + 1
    notify(connection)
  end)

  modem:listen("#,CLOSED", function(event)
    local connection = by_id[event.fields[1]]
    if connection then connection.ended = true notify(connection) end
  end)

  function links.open(kind, host, port)
    for id = 0, LINKS - 1 do
      if not by_id[id] then
        local connection = setmetatable({ modem = modem, links = by_id, id = id, host = host, port = port, pending = 0,
          arrivals = 0, ended = false }, Connection)
        by_id[id] = connection
        local ok, err = modem:call("+CIPSTART", "write", { id, kind, host, port })
        -- Data is kept in the module until it is asked for.
        if ok then ok, err = modem:call("+CIPRECVTYPE", "write", { id, 1 }) end
        if ok then return connection end
        by_id[id] = nil
        return nil, errors.within(err, ("the connection to %s:%d"):format(host, port))
      end
    end
    return nil, errors.new { name = "no_free_socket", origin = "esp-at", message = "all five links are in use" }
  end

  function links.reset(err)
    local lost = err or errors.new { name = "reboot", message = "the module has restarted" }
    for id, connection in pairs(by_id) do
      connection.ended, connection.lost, by_id[id] = true, lost, nil
      notify(connection)
    end
  end

  return links
end

local function service(name, kind, protocol)
  return function(modem)
    local links = modem.links
    return { open = function(host, port)
      check.value(name .. ".open", "the host", host, { type = "string", line = true })
      check.value(name .. ".open", "the port", port, { type = "integer", min = 1, max = 65535 })
      local connection, err = links.open(protocol, host, port)
      if not connection then return nil, err end
      return Socket.new(kind, connection, host, port)
    end }
  end
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
      data = { ends = "length", length = "length" }, final = "send", timeout = 15 },
    { name = "+CIPRECVTYPE", summary = "Data with the event (0), or when asked for (1).", source = SOURCE,
      params = { link, { name = "mode", type = "integer", values = { [0] = "active", [1] = "passive" } } },
      timeout = 3 },
    { name = "+CIPRECVDATA", summary = "Reads data.", source = SOURCE,
      params = { link, { name = "length", type = "integer", min = 1, max = 8192 } },
      block = { length = 1, fields = 1, after = "," }, timeout = 5 },
    { name = "+CIPCLOSE", summary = "Ends a link.", source = SOURCE, params = { link }, bare = true, timeout = 5 },
  },
  --- Behind each start: the settings that the services build on.
  start = function(modem)
    local ok, err = modem:call("+CIPMUX", "write", { 1 })
    if not ok then return nil, err end
    return true
  end,
  identify = function(modem)
    local response, err = modem:call("+GMR", "execute")
    if not response then return nil, err end
    return { manufacturer = "Espressif", model = "ESP-AT", revision = response[1] }
  end,
  services = { links = links_of, tcp = service("tcp", "tcp", "TCP"), ssl = service("ssl", "SSL", "SSL"), wifi = wifi },
}
