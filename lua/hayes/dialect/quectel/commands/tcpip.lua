--- PDP contexts, sockets, DNS, ping and time: the commands of the TCP/IP note that a host needs.

local NOTE = "TCP/IP note"

local context = { name = "contextID", type = "integer", min = 1, max = 16, doc = "PDP context." }
local socket = { name = "connectID", type = "integer", min = 0, max = 11, doc = "Socket index." }
local mode = { [0] = "buffer access mode", [1] = "direct push mode", [2] = "transparent access mode" }

local address = { name = "host", type = "string", max = 200, doc = "IP address or host name." }

return {
  {
    name = "+QICSGP", summary = "Access point and credentials of a PDP context.", source = NOTE .. ", QICSGP",
    params = {
      context,
      { name = "context_type", type = "integer", values = { [1] = "IPv4", [2] = "IPv6", [3] = "IPv4 and IPv6" },
        optional = true },
      { name = "APN", type = "string", max = 127, optional = true },
      { name = "username", type = "string", max = 127, optional = true },
      { name = "password", type = "string", max = 127, optional = true, secret = true },
      { name = "authentication", type = "integer", values = { [0] = "none", [1] = "PAP", [2] = "CHAP",
        [3] = "PAP or CHAP" }, optional = true },
    },
    -- The context is not repeated in the answer (EC25 AFFAR07A08M4G).
    answer = {
      { name = "context_type" }, { name = "APN", type = "string" }, { name = "username", type = "string" },
      { name = "password", type = "string", secret = true }, { name = "authentication" },
    },
    test = true, timeout = 0.5,
  },
  {
    name = "+QIACT", summary = "Activates a PDP context; the read form lists the active ones.", source = NOTE
      .. ", QIACT",
    params = { context },
    answer = {
      { name = "contextID" }, { name = "context_state", values = { [0] = "inactive", [1] = "active" } },
      { name = "context_type", values = { [1] = "IPv4", [2] = "IPv6", [3] = "IPv4 and IPv6" } },
      { name = "IP_address", type = "string" }, { name = "IPv6_address", type = "string" },
    },
    read = true, test = true, timeout = 150,
  },
  {
    name = "+QIDEACT", summary = "Deactivates a PDP context and closes its sockets.", source = NOTE .. ", QIDEACT",
    params = { context }, test = true, timeout = 40,
  },
  {
    name = "+QIGETERROR", summary = "What the last TCP/IP or SSL command failed of.", source = NOTE .. ", QIGETERROR",
    execute = true, test = true, answer = { { name = "err" }, { name = "text" } }, timeout = 0.3,
  },
  {
    name = "+QIDNSCFG", summary = "DNS servers of a PDP context.", source = NOTE .. ", QIDNSCFG",
    params = {
      context,
      { name = "pridnsaddr", type = "string", optional = true }, { name = "secdnsaddr", type = "string",
        optional = true },
    },
    answer = {
      { name = "contextID" }, { name = "pridnsaddr", type = "string" }, { name = "secdnsaddr", type = "string" },
    },
    test = true, timeout = 0.3,
  },
  {
    name = "+QIDNSGIP", summary = "Resolves a host name; the addresses come as +QIURC: \"dnsgip\".",
    source = NOTE .. ", QIDNSGIP",
    params = { context, { name = "hostname", type = "string", max = 255 } }, test = true, timeout = 60,
  },
  {
    name = "+QPING", summary = "Pings a host.", source = NOTE .. ", QPING",
    params = {
      context, address,
      { name = "timeout", type = "integer", min = 1, max = 255, unit = "s", default = 4, optional = true },
      { name = "pingnum", type = "integer", min = 1, max = 10, default = 4, optional = true },
    },
    test = true, timeout = 5,
    deferred = {
      answer = {
        { name = "result" }, { name = "IP_address", type = "string" }, { name = "bytes" }, { name = "time",
          unit = "ms" },
        { name = "ttl" },
      },
      last = "nnnnnnn|n", timeout = 160,
    },
  },
  {
    name = "+QNTP", summary = "Asks a time server and sets the module's clock.", source = NOTE .. ", QNTP",
    params = {
      context, { name = "server", type = "string", max = 255 },
      { name = "port", type = "integer", min = 1, max = 65535, default = 123, optional = true },
      { name = "autosettime", type = "integer", values = { [0] = "no", [1] = "yes" }, default = 1, optional = true },
    },
    read = true, test = true, timeout = 5,
    deferred = {
      answer = { { name = "err" }, { name = "time", type = "string",
        doc = "UTC, although it carries the local zone." } },
      timeout = 125,
    },
  },
  {
    name = "+QIOPEN", summary = "Opens a TCP or UDP socket.", source = NOTE .. ", QIOPEN",
    params = {
      context, socket,
      { name = "service_type", type = "string", values = { TCP = "TCP client", UDP = "UDP client",
        ["TCP LISTENER"] = "TCP server", ["UDP SERVICE"] = "UDP server" } },
      address, { name = "remote_port", type = "integer", min = 0, max = 65535 },
      { name = "local_port", type = "integer", min = 0, max = 65535, default = 0, optional = true,
        doc = "0: the module chooses." },
      { name = "access_mode", type = "integer", values = mode, default = 0, optional = true },
    },
    test = true, timeout = 150,
    deferred = { key = "connectID", answer = { { name = "connectID" }, { name = "err" } }, timeout = 150 },
  },
  {
    name = "+QISEND", summary = "Sends on a socket.", source = NOTE .. ", QISEND",
    params = {
      socket,
      { name = "send_length", type = "integer", min = 0, max = 1460, unit = "bytes", optional = true,
        doc = "0: tell how much the peer has acknowledged. Left out: data up to Ctrl-Z." },
    },
    answer = { { name = "total", unit = "bytes" }, { name = "acked", unit = "bytes" }, { name = "unacked",
      unit = "bytes" } },
    test = true, timeout = 10, final = "send", data = { length = "send_length", ends = "\26" },
  },
  {
    name = "+QIRD", summary = "Reads what a socket has received.", source = NOTE .. ", QIRD",
    params = {
      socket, { name = "read_length", type = "integer", min = 0, max = 1500, unit = "bytes", optional = true,
        doc = "0: tell how much is there." },
    },
    answer = { { name = "read_actual_length", unit = "bytes" } },
    test = true, timeout = 5, block = { length = 1, shape = "n|nsn" },
  },
  {
    name = "+QICLOSE", summary = "Closes a socket.", source = NOTE .. ", QICLOSE",
    params = {
      socket, { name = "timeout", type = "integer", min = 0, max = 65535, unit = "s", default = 10, optional = true },
    },
    test = true, timeout = 15,
  },
  {
    name = "+QISTATE", summary = "Lists sockets.", source = NOTE .. ", QISTATE",
    params = {
      { name = "query_type", type = "integer", values = { [0] = "by PDP context", [1] = "by socket" } },
      { name = "ID", type = "integer", min = 0, max = 16, doc = "PDP context or socket index." },
    },
    answer = {
      { name = "connectID" }, { name = "service_type", type = "string" }, { name = "IP_address", type = "string" },
      { name = "remote_port" }, { name = "local_port" },
      { name = "socket_state", values = { [0] = "initial", [1] = "opening", [2] = "connected", [3] = "listening",
        [4] = "closing" } },
      { name = "contextID" }, { name = "serverID" }, { name = "access_mode", values = mode },
      { name = "AT_port", type = "string" },
    },
    execute = true, read = true, test = true, timeout = 0.5,
  },
  {
    name = "+QISWTMD", summary = "Switches the data access mode of an open connection, TLS or not.",
    source = "SSL note 1.4; " .. NOTE .. ", QISWTMD",
    params = { socket, { name = "access_mode", type = "integer", values = mode } },
    test = true, timeout = 5,
  },
  {
    name = "+QICFG", summary = "Options of sockets, some of which change what their lines look like.",
    source = NOTE .. ", QICFG",
    keys = {
      recvind = { params = { { name = "recvind", type = "integer", optional = true, values = {
        [0] = "no length in the recv URC of buffer mode", [1] = "with length" } } } },
      viewmode = { params = { { name = "viewmode", type = "integer", optional = true, values = {
        [0] = "CR LF in front of received data", [1] = "a comma" } } } },
      dataformat = { params = {
        { name = "send", type = "integer", optional = true, values = { [0] = "raw", [1] = "hex" } },
        { name = "receive", type = "integer", optional = true, values = { [0] = "raw", [1] = "hex" } },
      } },
    },
    test = true, timeout = 0.3,
  },
}
