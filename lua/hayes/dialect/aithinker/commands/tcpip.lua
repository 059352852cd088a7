--- Sockets, certificates and DNS: the eleven commands of the page "TCP/IP AT Command Set".

local PAGE = "TCP/IP AT Command Set"

local con_id = { name = "ConID", type = "integer", min = 1, max = 4294967295, doc = "Connection." }
local host = { name = "remote_host", type = "string", max = 200, doc = "IP address or host name." }
local port = { name = "port", type = "integer", min = 1, max = 65535,
  doc = "For a client, the server's port; for a server, its own." }

local types = {
  [1] = "UDP server", [2] = "UDP client", [3] = "TCP server", [4] = "TCP client", [6] = "SSL server",
  [7] = "SSL client",
}
local row_types = { [5] = "TCP seed", [8] = "SSL seed" }
for number, name in pairs(types) do row_types[number] = name end

--- The page says 1 connected, 2 disconnected, 3 connecting, 4 failed, but its example of a connected socket has 3. This
--- table follows the firmware (Ai-Thinker's SDK, aiio_at_wifi_api.h) and devices (V4.18_P23.2.1). The firmware's 2
--- means an access point without an address, which no socket has; so 2 may keep the page's meaning.
local states = {
  [0] = "disconnected", [1] = "connecting", [2] = "disconnected", [3] = "connected", [4] = "failed", [5] = "timed out",
  [127] = "to be deleted",
}

local type_param = { name = "type", type = "integer", values = types }
local keep_alive = { name = "keep_alive", type = "integer", min = 0, max = 7200, unit = "s", default = 0,
  optional = true, doc = "TCP keep-alive; without effect before framework P2.25.0." }
local wanted_id = { name = "conID", type = "integer", min = 0, max = 4294967295, default = 0, optional = true,
  doc = "The ConID to use; 0: any (BW16 v4.11.0 and later)." }

local client = { type_param, host, port, keep_alive, wanted_id }
local server = { type_param, port, keep_alive, wanted_id }

local auto_types = { [0] = "off", [1] = "UDP server", [2] = "UDP client", [4] = "TCP client", [7] = "SSL client" }
local auto_type = { name = "type", type = "integer", values = auto_types }

return {
  {
    name = "+SOCKET", summary = "Opens a socket and connects it; the read form lists all.",
    source = PAGE .. ", AT+SOCKET",
    params = client,
    cases = { [1] = server, [2] = client, [3] = server, [4] = client, [6] = server, [7] = client },
    -- `connect success ConID=1`, and rows without a prefix.
    bare = true,
    says = { { text = "connect success ConID=<ConID>", pattern = "^connect%s+success%s+ConID=(%d+)$",
      summary = "The connection is open.", answer = { { name = "ConID" } } } },
    read = { answer = {
      { name = "ConID" }, { name = "type", values = row_types }, { name = "status", values = states },
      { name = "remote_host", type = "string" }, { name = "remote_port" }, { name = "local_port" },
      { name = "server_ConID" },
    } },
    timeout = 35,
  },
  {
    name = "+SOCKETSEND", summary = "Sends any data at a prompt.", source = PAGE .. ", AT+SOCKETSEND",
    params = { con_id, { name = "length", type = "integer", min = 1, max = 1048576, unit = "bytes",
      doc = "The module splits what is longer than 1024 bytes." } },
    data = { length = "length" }, timeout = 15,
  },
  {
    name = "+SOCKETSENDLINE", summary = "Sends a text that fits into the command line.",
    source = PAGE .. ", AT+SOCKETSENDLINE",
    params = { con_id, { name = "length", type = "integer", min = 1, max = 997, unit = "bytes" },
      { name = "data", type = "string", max = 997 } },
    timeout = 15,
  },
  {
    name = "+SOCKETREAD", summary = "Reads one packet.", source = PAGE .. ", AT+SOCKETREAD",
    params = { con_id },
    answer = { { name = "ConID" }, { name = "length", unit = "bytes" } },
    -- The page and devices have a comma after the name, Ai-Thinker's later pages a colon; 0 has no third one.
    block = { length = 2, fields = 2, after = ",", texts = { "+SOCKETREAD,", "+SOCKETREAD:" } },
    timeout = 10,
  },
  {
    name = "+SOCKETDEL", summary = "Ends a connection and frees its slot.", source = PAGE .. ", AT+SOCKETDEL",
    params = { con_id }, timeout = 10,
  },
  {
    name = "+SOCKETRECVCFG", summary = "How received data is announced.", source = PAGE .. ", AT+SOCKETRECVCFG",
    params = { { name = "mode", type = "integer",
      values = { [0] = "by its length; it is then read", [1] = "by the data itself" }, default = 0 } },
    answer = { { name = "mode" } }, read = true, timeout = 5,
  },
  {
    name = "+SOCKETTT", summary = "Transparent transmission: the line carries one connection's data.",
    source = PAGE .. ", AT+SOCKETTT",
    params = { { name = "UDPServerTTMode", type = "integer",
      values = { [0] = "to the first client", [2] = "to the last client" }, default = 0 } },
    execute = true, online = "prompt", timeout = 10,
    connect = { begins = "data mode", instead = "socket:transparent()" },
  },
  {
    name = "+SOCKETAUTOTT", summary = "Opens a socket and enters transparent transmission at power-up.",
    source = PAGE .. ", AT+SOCKETAUTOTT",
    params = { auto_type, host, port },
    cases = { [0] = { auto_type }, [1] = { auto_type, port }, [2] = { auto_type, host, port },
      [4] = { auto_type, host, port }, [7] = { auto_type, host, port } },
    answer = { { name = "type", values = auto_types }, { name = "remote_host", type = "string" },
      { name = "remote_port" } },
    read = true, timeout = 5,
  },
  {
    name = "+SSLCRET", summary = "Sets a certificate or key if a length is given; otherwise reads it.",
    source = PAGE .. ", AT+SSLCRET",
    params = {
      { name = "type", type = "integer", values = { [1] = "CA", [2] = "client certificate", [3] = "client key" } },
      { name = "length", type = "integer", min = 0, max = 2047, unit = "bytes", optional = true,
        doc = "The firmware's buffer has 2048 bytes." },
    },
    answer = { { name = "type" }, { name = "length", unit = "bytes" } },
    data = { length = "length", if_given = true },
    block = { length = 2, fields = 2, after = "," }, timeout = 10,
  },
  {
    name = "+WDOMAIN", summary = "Resolves a host name.", source = PAGE .. ", AT+WDOMAIN",
    params = { { name = "server_name", type = "string", max = 200 } },
    answer = { { name = "IP", type = "string" } }, timeout = 20,
  },
  {
    name = "+WDNS", summary = "The DNS servers.", source = PAGE .. ", AT+WDNS",
    params = { { name = "DNS_IP1", type = "string", max = 45 },
      { name = "DNS_IP2", type = "string", max = 45, optional = true } },
    answer = { { name = "DNS_IP1", type = "string" }, { name = "DNS_IP2", type = "string" } },
    read = true, timeout = 5,
  },
}
