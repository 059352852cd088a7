--- The unsolicited result codes of Quectel modules.

local states = require "hayes.dialect.quectel.network.states"

local MANUAL = "AT Commands Manual"
local TCPIP = "TCP/IP note, URCs"

--- With the location behind the state, quoted or not, and whatever follows it (27.007 7.2, 10.1.22). In the answer to
--- the query the state stands there, a number of one or two digits.
local registration_shape = "n|ns*|nx*|n''*"

local function registration_changed(name, what, source)
  return {
    name = name, summary = what, source = source, shape = registration_shape,
    switch_on = { query = "AT" .. name .. "?", field = "n", command = "AT" .. name .. "=1" },
    answer = {
      { name = "stat", values = states.registration_words },
      { name = "lac", type = "string", optional = true, doc = "Location or tracking area, hexadecimal." },
      { name = "ci", type = "string", optional = true, doc = "Cell, hexadecimal." },
      { name = "AcT", optional = true, values = states.technology_words },
    },
  }
end

local function plain(name, summary, source)
  return { name = name, summary = summary, source = source or MANUAL .. ", URCs" }
end

--- In direct push mode data follows its length. In the other modes there may be a length, too (AT+QICFG="recvind"), and
--- no data follows.
local pushed = { length = 3, shape = "'recv'nn", owner = 2 }

local client = { name = "clientID", doc = "Socket index." }
local socket = { name = "connectID", doc = "Socket index." }
local length = { name = "current_recvlength", unit = "bytes", optional = true,
  doc = "In direct push mode: length of the data that follows." }
local peer = { name = "remoteIP", type = "string", doc = "Of the peer." }
local peer_port = { name = "remote_port", doc = "Of the peer." }
local sender = { name = "remoteIP", type = "string", optional = true, doc = "Of the sender; of a UDP SERVICE." }
local sender_port = { name = "remote_port", optional = true, doc = "Of the sender." }

return {
  registration_changed("+CREG", "The registration has changed.", "27.007 7.2"),
  registration_changed("+CGREG", "The registration for packet data has changed.", "27.007 10.1.20"),
  registration_changed("+CEREG", "The registration for LTE has changed.", "27.007 10.1.22"),
  {
    name = "+CPIN", summary = "What the SIM card waits for has changed.", source = MANUAL .. ", (U)SIM commands",
    -- The answer to AT+CPIN? is the same line: it is that command's while one is under way.
    shape = "",
    answer = { { name = "code", type = "bare", values = { READY = "nothing: the SIM is ready", ["SIM PIN"] = "the PIN",
      ["SIM PUK"] = "the PUK and a new PIN", ["NOT READY"] = "it is not there, or not ready yet" } } },
  },
  {
    name = "+CFUN", summary = "The module has started.", source = MANUAL .. ", general commands", shape = "",
    answer = { { name = "fun", values = { [0] = "minimum", [1] = "full", [4] = "no radio" } } },
  },
  {
    name = "+QUSIM", summary = "The kind of SIM card.", source = MANUAL .. ", URCs",
    answer = { { name = "type", values = { [0] = "SIM", [1] = "USIM" } } },
  },
  {
    name = "+QIND", summary = "A part of the module has become ready, or something has happened to it.",
    source = MANUAL .. ", URCs",
    answer = { { name = "what", type = "bare", values = { ["SMS DONE"] = "short messages are ready",
      ["PB DONE"] = "the phone book is ready" }, doc = "With some, further fields follow." } },
  },
  {
    name = "+QSSLURC", summary = "A TLS connection has received data, or was closed.", source = "SSL note 2.3",
    block = pushed,
    keys = {
      recv = { summary = "Data has come. Without a length it is to be read with AT+QSSLRECV until 0 bytes come.",
        answer = { client, length } },
      closed = { summary = "The connection is closed: by the server, or with the PDP context. AT+QSSLCLOSE frees the "
        .. "socket index.", answer = { client } },
    },
  },
  {
    name = "+QIURC",
    summary = "A socket has received data, was opened or closed; a name was resolved; a context is gone.",
    source = TCPIP, block = pushed,
    keys = {
      recv = { summary = "Data has come. Without a length it is to be read with AT+QIRD until 0 bytes come.",
        answer = { socket, length, sender, sender_port } },
      closed = { summary = "The connection is closed. AT+QICLOSE frees the socket index.", answer = { socket } },
      pdpdeact = { summary = "The network has taken the PDP context away; its sockets are dead. AT+QIDEACT, then "
        .. "AT+QIACT.", answer = { { name = "contextID", doc = "PDP context." } } },
      incoming = { summary = "A server has taken a connection in.",
        answer = { socket, { name = "serverID", doc = "Socket index of the server." }, peer, peer_port } },
      ["incoming full"] = { summary = "A connection was refused: there is no free socket index.", answer = {} },
      dnsgip = {
        summary = "A name was resolved: the outcome, then one line for each address.",
        answer = { { name = "err", error = true }, { name = "IP_count", doc = "So many addresses follow." },
          { name = "DNS_ttl", unit = "s" } },
        alternatives = { { shape = "s", summary = "One address of the name.",
          answer = { { name = "hostIPaddr", type = "string", doc = "IP address." } } } },
      },
    },
  },
  {
    name = "+CTZV", summary = "The time zone has changed.", source = "27.007 8.41",
    answer = { { name = "tz", type = "string", doc = "In quarters of an hour: +08." } },
  },
  {
    name = "+CTZE", summary = "The time zone has changed.", source = "27.007 8.41",
    answer = { { name = "tz", type = "string", doc = "In quarters of an hour: +08." },
      { name = "dst", unit = "h", doc = "Daylight saving time that tz holds." },
      { name = "time", type = "string", doc = "yyyy/MM/dd,hh:mm:ss, local time." } },
  },
  {
    name = "DST", text = "DST:", prefix = true, summary = "Daylight saving time has changed.",
    source = MANUAL .. ", URCs", answer = { { name = "dst", unit = "h", doc = "Daylight saving time." } },
  },
  {
    name = "+CMTI", summary = "A short message has arrived.", source = "27.005 3.4.1",
    answer = { { name = "mem", type = "string", doc = "Where it is stored." }, { name = "index",
      doc = "Under which number." } },
  },
  {
    name = "+CMT", summary = "A short message; its text is in the next line.", source = "27.005 3.4.1",
    text_follows = true,
  },
  plain("RING", "A call.", "V.250 6.3"),
  {
    name = "+QNTP", summary = "A time server has answered.", source = "TCP/IP note, QNTP",
    answer = { { name = "err", error = true },
      { name = "time", type = "string", optional = true, doc = "UTC, although it carries the local zone." } },
  },
  plain("APP RDY", "The application of the module has started."),
  plain("Call Ready", "Calls are possible."),
  plain("SMS Ready", "Short messages are possible."),
}
