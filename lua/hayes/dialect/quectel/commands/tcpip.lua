--- PDP contexts, sockets, DNS, ping and time: the commands of the TCP/IP note that a host needs.

local NOTE = "TCP/IP note"

local context = { name = "contextID", type = "integer", min = 1, max = 16, doc = "PDP context." }
local socket = { name = "connectID", type = "integer", min = 0, max = 11, doc = "Socket index." }
local mode = { [0] = "buffer access mode", [1] = "direct push mode", [2] = "transparent access mode" }

local services = {
  TCP = "TCP client", UDP = "UDP client", ["TCP LISTENER"] = "TCP server", ["UDP SERVICE"] = "UDP server",
}
local context_types = { [1] = "IPv4", [2] = "IPv6", [3] = "IPv4 and IPv6" }
local authentications = { [0] = "none", [1] = "PAP", [2] = "CHAP", [3] = "PAP or CHAP" }

local no_yes = { [0] = "no", [1] = "yes" }
local raw_hex = { [0] = "raw", [1] = "hexadecimal" }

--- One option of sockets: read without the value, set with it.
local function option(summary, name, values)
  return { summary = summary, answer = { { name = name, values = values } },
    params = { { name = name, type = "integer", values = values, optional = true, omitted = "asks for the setting" } } }
end

local address = { name = "host", type = "string", max = 200, doc = "IP address or host name." }

--- Numbers that end AT+QPING where they stand alone; 569 does not: a ping was lost, and more lines come.
local LOST = 569
local ping_failures = {}
for code = 550, 579 do
  if code ~= LOST then ping_failures[#ping_failures + 1] = ("'%d'"):format(code) end
end
ping_failures = table.concat(ping_failures, "|")

return {
  title = "PDP contexts, sockets, names and time",
  {
    name = "+QICSGP", summary = "Access point and credentials of a PDP context.", source = NOTE .. ", QICSGP",
    params = {
      context,
      { name = "context_type", type = "integer", values = context_types,
        optional = true, omitted = "asks for the settings, if only the context is given" },
      { name = "APN", type = "string", max = 127, optional = true, omitted = "that of the network",
        doc = "Access point name." },
      { name = "username", type = "string", max = 127, optional = true, omitted = "none" },
      { name = "password", type = "string", max = 127, optional = true, omitted = "none", secret = true },
      { name = "authentication", type = "integer", values = authentications, optional = true, default = 0 },
    },
    -- The context is not repeated in the answer (EC25 AFFAR07A08M4G).
    answer = {
      { name = "context_type", values = context_types }, { name = "APN", type = "string" },
      { name = "username", type = "string" }, { name = "password", type = "string", secret = true },
      { name = "authentication", values = authentications },
    },
    test = true, timeout = 0.5,
  },
  {
    name = "+QIACT", summary = "Activates a PDP context; the read form lists the active ones.", source = NOTE
      .. ", QIACT",
    params = { context },
    answer = {
      { name = "contextID" }, { name = "context_state", values = { [0] = "inactive", [1] = "active" } },
      { name = "context_type", values = context_types },
      { name = "IP_address", type = "string" }, { name = "IPv6_address", type = "string" },
    },
    read = true, test = true, timeout = 150, reason = true, urcs = { '+QIURC: "pdpdeact"' },
  },
  {
    name = "+QIDEACT", summary = "Deactivates a PDP context and closes its sockets.", source = NOTE .. ", QIDEACT",
    params = { context }, test = true, timeout = 40, reason = true,
  },
  {
    name = "+QIGETERROR", summary = "Why the last TCP/IP or SSL command failed.", source = NOTE .. ", QIGETERROR",
    execute = true, test = true, answer = { { name = "err", error = true }, { name = "text", type = "bare" } },
    timeout = 0.3,
    remark = "EG800K answers 0 after a refused certificate.",
  },
  {
    name = "+QIDNSCFG", summary = "DNS servers of a PDP context.", source = NOTE .. ", QIDNSCFG",
    params = {
      context,
      { name = "pridnsaddr", type = "string", max = 45, optional = true, omitted = "asks for the servers" },
      { name = "secdnsaddr", type = "string", max = 45, optional = true, omitted = "unchanged" },
    },
    answer = {
      { name = "contextID" }, { name = "pridnsaddr", type = "string" }, { name = "secdnsaddr", type = "string" },
    },
    test = true, timeout = 0.3, reason = true, remark = "ERROR while the context is not active.",
  },
  {
    name = "+QIDNSGIP", summary = "Resolves a host name; the addresses come as +QIURC: \"dnsgip\".",
    source = NOTE .. ", QIDNSGIP",
    params = { context, { name = "hostname", type = "string", max = 255, doc = "The name." } }, test = true,
    timeout = 60, reason = true,
    urcs = { '+QIURC: "dnsgip"' },
  },
  {
    name = "+QPING", summary = "Pings a host.", source = NOTE .. ", QPING",
    params = {
      context, address,
      { name = "timeout", type = "integer", min = 1, max = 255, unit = "s", default = 4, optional = true },
      { name = "pingnum", type = "integer", min = 1, max = 10, default = 4, optional = true, doc = "Number of pings." },
    },
    test = true, timeout = 5,
    deferred = {
      answer = {
        { name = "result", error = true }, { name = "IP_address", type = "string" },
        { name = "bytes", unit = "bytes" }, { name = "time", unit = "ms" }, { name = "ttl", unit = "hops" },
      },
      alternatives = {
        { shape = "nnnnnnn", summary = "The last line.", answer = {
          { name = "result", error = true }, { name = "sent" }, { name = "rcvd" }, { name = "lost" },
          { name = "min", unit = "ms" }, { name = "max", unit = "ms" }, { name = "avg", unit = "ms" } } },
        { shape = "nnnn", summary = "The last line when all pings are lost.", answer = {
          { name = "result", error = true }, { name = "sent" }, { name = "rcvd" }, { name = "lost" } } },
        { shape = "n", summary = "569: one ping is lost, and more lines come; any other number: none could be sent.",
          answer = { { name = "result", error = true } } },
      },
      last = "nnnnnnn|nnnn|" .. ping_failures, timeout = 160,
    },
  },
  {
    name = "+QNTP",
    summary = "Asks a time server and sets the module's clock.", source = NOTE .. ", QNTP",
    params = {
      context, { name = "server", type = "string", max = 255, doc = "IP address or host name." },
      { name = "port", type = "integer", min = 1, max = 65535, default = 123, optional = true },
      { name = "autosettime", type = "integer", values = no_yes, default = 1, optional = true,
        doc = "Whether the clock is set." },
    },
    read = true, test = true, timeout = 5,
    deferred = {
      answer = { { name = "err", error = true }, { name = "time", type = "string", optional = true,
        doc = "UTC, although it carries the local zone." } },
    timeout = 125,
    },
  },
  {
    name = "+QIOPEN", summary = "Opens a TCP or UDP socket.", source = NOTE .. ", QIOPEN",
    params = {
      context, socket,
      { name = "service_type", type = "string", values = services },
      address, { name = "remote_port", type = "integer", min = 0, max = 65535, doc = "0 for a server." },
      { name = "local_port", type = "integer", min = 0, max = 65535, default = 0, optional = true,
        doc = "0: the module chooses." },
      { name = "access_mode", type = "integer", values = mode, default = 0, optional = true },
    },
    test = true, timeout = 150, reason = true,
    deferred = { key = "connectID", timeout = 150,
      answer = { { name = "connectID", doc = "Socket index." }, { name = "err", error = true } } },
    urcs = { '+QIURC: "recv"', '+QIURC: "closed"', '+QIURC: "incoming"', '+QIURC: "incoming full"' },
    connect = { begins = "data mode", param = "access_mode", value = 2,
      instead = "modem.tcp.open with mode = \"transparent\"" },
    remark = "In transparent access mode CONNECT stands in place of OK, and no +QIOPEN follows.",
  },
  {
    name = "+QISEND", summary = "Sends on a socket.", source = NOTE .. ", QISEND",
    params = {
      socket,
      { name = "send_length", type = "integer", min = 0, max = 1460, unit = "bytes", optional = true,
        omitted = "data up to Ctrl-Z; ESC cancels", doc = "0: asks how much the peer has acknowledged." },
    },
    answer = { { name = "total", unit = "bytes" }, { name = "acked", unit = "bytes" }, { name = "unacked",
      unit = "bytes" } },
    test = true, timeout = 10, reason = true, final = "send",
    data = { length = "send_length", ends = "\26", echoed = true },
  },
  {
    name = "+QISDE", summary = "Whether the module echoes the data of AT+QISEND.",
    source = NOTE .. ", QISDE",
    params = { { name = "echo", type = "integer", values = no_yes } },
    answer = { { name = "echo", values = no_yes } }, read = true, test = true, timeout = 0.3,
    remark = "The library switches it off before it opens a socket.",
  },
  {
    name = "+QIRD", summary = "Reads data that a socket has received.", source = NOTE .. ", QIRD",
    params = {
      socket, { name = "read_length", type = "integer", min = 0, max = 1500, unit = "bytes", optional = true,
        omitted = "up to 1500 bytes", doc = "0: asks how much there is." },
    },
    answer = { { name = "read_actual_length", unit = "bytes",
      doc = "Number of data bytes that follow; 0: there are none." } },
    alternatives = {
      { shape = "nnn", summary = "When read_length is 0.", answer = {
        { name = "total_receive_length", unit = "bytes" }, { name = "have_read_length", unit = "bytes" },
        { name = "unread_length", unit = "bytes" } } },
      { shape = "nsn", summary = "From a UDP SERVICE.", answer = {
        { name = "read_actual_length", unit = "bytes" }, { name = "remoteIP", type = "string" },
        { name = "remote_port" } } },
    },
    remark = "For buffer access mode only. While data is unread no further recv URC comes: read until 0 bytes come.",
    test = true, timeout = 5, reason = true, block = { length = 1, shape = "n|nsn" },
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
      { name = "connectID", doc = "Socket index." }, { name = "service_type", type = "string", values = services },
      { name = "IP_address", type = "string", doc = "Of the peer." },
      { name = "remote_port", doc = "Of the peer." }, { name = "local_port", doc = "Of the module." },
      { name = "socket_state", values = { [0] = "initial", [1] = "opening", [2] = "connected", [3] = "listening",
        [4] = "closing" } },
      { name = "contextID", doc = "PDP context." }, { name = "serverID", doc = "The server socket that accepted it." },
      { name = "access_mode", values = mode },
      { name = "AT_port", type = "string", doc = "The AT port that it was opened on." },
    },
    execute = true, read = true, test = true, timeout = 0.5,
  },
  {
    name = "+QISWTMD", summary = "Switches the data access mode of an open connection, TLS or not.",
    source = "SSL note 1.4; " .. NOTE .. ", QISWTMD",
    params = { socket, { name = "access_mode", type = "integer", values = mode } },
    test = true, timeout = 5, reason = true, remark = "CONNECT in place of OK when the mode is 2.",
    connect = { begins = "data mode", param = "access_mode", value = 2, instead = "socket:switch(\"transparent\")" },
  },
  {
    name = "+QICFG", summary = "Options of sockets; some of them change the form of lines.",
    source = NOTE .. ", QICFG",
    keys = {
      recvind = option("Length in the recv URC of buffer mode.", "recvind", { [0] = "no", [1] = "yes" }),
      viewmode = option("Separator before received data.", "viewmode", { [0] = "CR LF", [1] = "a comma" }),
      sendinfo = option("How the outcome of a send is reported.", "sendinfo", { [0] = "SEND OK as a result code",
        [1] = "as a URC" }),
      formatcfg = option("What follows the prompt.", "formatcfg", { [0] = "a space", [1] = "CR LF" }),
      passiveclosed = option("Whether a socket that the peer has closed closes itself.", "passiveclosed", no_yes),
      ["TCP/SendMode"] = option("Whether SEND OK waits for the peer's acknowledgement.", "TCP/SendMode", no_yes),
      ["qisend/timeout"] = { summary = "How long AT+QISEND waits for data.", params = {
        { name = "timeout", type = "integer", min = 0, max = 120, unit = "s", optional = true,
          omitted = "asks for the setting" } }, answer = { { name = "timeout", unit = "s" } } },
      dataformat = { summary = "How data is written in commands and answers.", params = {
        { name = "send", type = "integer", optional = true, values = raw_hex, omitted = "asks for the setting" },
        { name = "receive", type = "integer", optional = true, values = raw_hex, omitted = "asks for the setting" },
      }, answer = { { name = "send", values = raw_hex }, { name = "receive", values = raw_hex } } },
    },
    test = true, timeout = 0.3,
    remark = "The library needs the value 0 for all of them. AT+QICFG=? lists those that the firmware knows.",
  },
}
