--- SIMCom LTE modules A7670, A7672, A7608 and relatives: TCP connections and servers (NETOPEN, CIPOPEN, CIPSEND,
--- CIPRXGET) and TLS connections (CCHSTART, CCHOPEN, CCHSEND, CCHRECV, CSSLCFG), as data.
---
---     hayes.add_dialect "examples/dialects/simcom-a76xx.lua"
---     local modem <close> = assert(hayes.open("/dev/ttyUSB2"))
---     assert(modem.network.attach { apn = "internet" })
---     local sock <close> = assert(modem.ssl.open("example.com", 443, { ca = "isrg-root-x1.pem" }))
---
--- The commands are those of SIMCom's "A76XX Series AT Command Manual"; "chapter" below is one of it. It was written
--- without such a module at hand, and has been run against a scripted one only. What the manual leaves open, or says
--- otherwise from version to version, is marked UNSURE.

local errors = require "hayes.error"

local TCPIP, SSL = "chapter TCPIP", "chapter SSL"

local function integer(name, min, max, more)
  local param = more or {}
  param.name, param.type, param.min, param.max = name, "integer", min, max
  return param
end

local function text(name, max) return { name = name, type = "string", max = max } end

local link, session = integer("link_num", 0, 9), integer("session_id", 0, 1)
local context, port = integer("ssl_ctx_index", 0, 9), integer("port", 1, 65535)

--- What comes after OK, `+CIPOPEN: 0,0`: the number of the connection, and 0 or an error's.
local function result(key, set, seconds)
  return { key = key, timeout = seconds, answer = { { name = key }, { name = "err", error = set } } }
end

local function setting(...) return { params = { context, ... } } end

--- The errors of a chapter, numbered from 1.
local function errors_of(origin, list)
  local by_code = {}
  for code, words in pairs(list) do
    by_code[code] = { code = code, origin = origin, name = errors.token(words), text = words }
  end
  return by_code
end

local tcpip_errors = errors_of("tcpip", { "network failure", "network not opened", "wrong parameter",
  "operation not supported", "failed to create socket", "failed to bind socket", "TCP server is already listening",
  "busy", "sockets opened", "timeout", "DNS parse failed", "unknown error" })
tcpip_errors[10].condition, tcpip_errors[11].condition = "timeout", "unknown host"

local ssl_errors = errors_of("ssl", { "alerting state", "unknown error", "busy", "peer closed", "operation timeout",
  "transfer failed", "memory error", "invalid parameter", "network error", "open session error", "state error",
  "create socket error", "get DNS error", "connect socket error", "handshake error", "close socket error", "no network",
  "send data timeout", "not set certificates" })
ssl_errors[13].condition, ssl_errors[14].condition = "unknown host", "refused"

local commands = {
  { name = "+CGDCONT", summary = "Defines a PDP context.", source = "27.007 10.1.1", timeout = 9,
    params = { integer("cid", 1, 15), text("PDP_type", 8), text("APN", 100) } },
  { name = "+CEREG", summary = "Registration with the LTE network.", source = "27.007 10.1.22", timeout = 9,
    params = { integer("n", 0, 2) }, read = { answer = { { name = "n" }, { name = "stat" } } } },
  -- TCP
  { name = "+NETOPEN", summary = "Starts the TCP/IP service.", source = TCPIP, execute = true, prefix = "+IP ERROR",
    deferred = { timeout = 120, answer = { { name = "err", error = "tcpip" } } }, timeout = 9 },
  { name = "+CIPOPEN", summary = "Opens a connection.", source = TCPIP, timeout = 9,
    params = { link, { name = "type", type = "string", values = { TCP = "TCP" } }, text("serverIP", 255), port },
    deferred = result("link_num", "tcpip", 120) },
  { name = "+CIPSEND", summary = "Sends data.", source = TCPIP, params = { link, integer("length", 1, 1500) },
    data = { length = "length" }, timeout = 30,
    deferred = { key = "link_num", timeout = 120,
      answer = { { name = "link_num" }, { name = "reqSendLength" }, { name = "cnfSendLength" } } } },
  { name = "+CIPRXGET", summary = "Keeps received data in the module (1), or reads it (2).", source = TCPIP,
    timeout = 9, params = { integer("mode", 0, 4), integer("link_num", 0, 9, { optional = true }),
      integer("len", 1, 1500, { optional = true }) },
    answer = { { name = "mode" }, { name = "link_num" }, { name = "read_len" }, { name = "rest_len" } },
    block = { length = 3, fields = 4, shape = "'2'nnn" } },
  { name = "+CIPCLOSE", summary = "Ends a connection.", source = TCPIP, params = { link }, timeout = 9,
    deferred = result("link_num", "tcpip", 30) },
  { name = "+SERVERSTART", summary = "Starts a server.", source = TCPIP, timeout = 9,
    params = { port, integer("server_index", 0, 3) },
    answer = { { name = "server_index" }, { name = "err", error = "tcpip" } } },
  { name = "+SERVERSTOP", summary = "Ends a server.", source = TCPIP, params = { integer("server_index", 0, 3) },
    timeout = 9, answer = { { name = "server_index" }, { name = "err", error = "tcpip" } } },
  -- TLS
  { name = "+CCHSET", summary = "Whether results of sends are told, and data is kept until it is read.", source = SSL,
    params = { integer("report_send_result", 0, 1), integer("recv_mode", 0, 1) }, timeout = 9 },
  { name = "+CCHSTART", summary = "Starts the TLS service.", source = SSL, execute = true, timeout = 9,
    deferred = { timeout = 120, answer = { { name = "err", error = "ssl" } } } },
  { name = "+CCERTDOWN", summary = "Stores a certificate or key.", source = SSL, timeout = 30,
    params = { text("filename", 108), integer("len", 1, 10240) }, data = { length = "len" } },
  { name = "+CSSLCFG", summary = "Sets up a TLS context.", source = SSL, timeout = 9,
    -- A line for each context, after its number. UNSURE which fields follow in other versions of the manual.
    read = { answer = { { name = "sslversion" }, { name = "authmode" }, { name = "ignorelocaltime" },
      { name = "negotiatetime" }, { name = "cacert", type = "string" }, { name = "clientcert", type = "string" },
      { name = "clientkey", type = "string" } } }, keys = {
    sslversion = setting(integer("version", 0, 4, { values = { [3] = "TLS 1.2", [4] = "all" }, open = true })),
    authmode = setting(integer("mode", 0, 3, { values = { [0] = "none", "the server", "both", "the client" } })),
    ignorelocaltime = setting(integer("ignore", 0, 1)), enableSNI = setting(integer("enable", 0, 1)),
    cacert = setting(text("file", 108)), clientcert = setting(text("file", 108)),
    clientkey = setting(text("file", 108)) } },
  { name = "+CCHSSLCFG", summary = "Which TLS context a session has.", source = SSL, params = { session, context },
    timeout = 9 },
  { name = "+CCHOPEN", summary = "Opens a TLS connection.", source = SSL, timeout = 9,
    params = { session, text("host", 256), port,
      integer("client_type", 1, 2, { values = { "TCP", "TLS" } }) },
    deferred = result("session_id", "ssl", 120) },
  { name = "+CCHSEND", summary = "Sends data.", source = SSL, params = { session, integer("len", 1, 2048) },
    data = { length = "len" }, deferred = result("session_id", "ssl", 120), timeout = 30 },
  { name = "+CCHRECV", summary = "Reads data, which comes after OK and before the result.", source = SSL, timeout = 9,
    params = { session, integer("max_recv_len", 1, 2048) }, deferred = result("session_id", "ssl", 30) },
  { name = "+CCHCLOSE", summary = "Ends a TLS connection.", source = SSL, params = { session }, timeout = 9,
    deferred = result("session_id", "ssl", 30) },
}

local urcs = {
  { name = "+CIPRXGET", summary = "A connection has received data.", shape = "'1'n",
    answer = { { name = "mode" }, { name = "link_num" } } },
  { name = "+IPCLOSE", summary = "A connection has ended.",
    answer = { { name = "client_index" }, { name = "close_reason", optional = true } } },
  { name = "+CIPEVENT", summary = "The network is gone, and all connections with it." },
  { name = "+CLIENT", summary = "A client has connected to a server.",
    answer = { { name = "link_num" }, { name = "server_index" }, { name = "address", type = "bare" } } },
  { name = "+CCHEVENT", summary = "A TLS connection has received data.",
    answer = { { name = "session_id" }, { name = "event", type = "bare" } } },
  { name = "+CCHRECV", summary = "Data of a TLS connection.", shape = "'DATA'nn",
    answer = { { name = "kind", type = "bare" }, { name = "session_id" }, { name = "len" } },
    block = { length = 3, fields = 3 } },
  { name = "+CCH_PEER_CLOSED", summary = "The peer has closed a TLS connection.",
    answer = { { name = "session_id" } } },
  { name = "+CCHCLOSE", summary = "A TLS connection has ended.",
    answer = { { name = "session_id" }, { name = "err", error = "ssl" } } },
}

local links = {
  tcp = {
    kind = "tcp", ids = { first = 0, last = 9 },
    -- An earlier program may have opened the network: `+IP ERROR: Network is already opened`.
    prepare = { { "+CIPRXGET", 1 }, { "+NETOPEN", refused = true } },
    open = { { "+CIPOPEN", "$id", "TCP", "$host", "$port" } },
    send = { "+CIPSEND", "$id", "$length", most = 1500, taken = "cnfSendLength" },
    -- Of nothing: `+IP ERROR: No data`, `ERROR`.
    read = { "+CIPRXGET", 2, "$id", "$length", most = 1500, empty = "refused" },
    close = { "+CIPCLOSE", "$id" },
    data = { { urc = "+CIPRXGET", id = "link_num" } },
    closed = { { urc = "+IPCLOSE", id = "client_index" } },
    down = { "+CIPEVENT" },
    listen = {
      ids = { first = 0, last = 3 },
      open = { "+SERVERSTART", "$port", "$server" }, close = { "+SERVERSTOP", "$server" },
      accepted = { urc = "+CLIENT", id = "link_num", server = "server_index" },
    },
  },
  ssl = {
    kind = "SSL", ids = { first = 0, last = 1 },
    prepare = { { "+CCHSET", 1, 1 }, { "+CCHSTART", refused = true } },
    open = { { "+CCHSSLCFG", "$id", "$context" }, { "+CCHOPEN", "$id", "$host", "$port", 2 } },
    send = { "+CCHSEND", "$id", "$length", most = 2048 },
    read = { "+CCHRECV", "$id", "$length", most = 2048, empty = "refused" },
    close = { "+CCHCLOSE", "$id" },
    needs_close = true, -- UNSURE: versions of the manual differ; closing twice does no harm
    data = { { urc = "+CCHEVENT", id = "session_id" }, { urc = "+CCHRECV", id = "session_id" } },
    closed = { { urc = "+CCH_PEER_CLOSED", id = "session_id" }, { urc = "+CCHCLOSE", id = "session_id" } },
    tls = {
      certificates = "files", contexts = { first = 0, last = 9 },
      store = { "+CCERTDOWN", "$name", "$length" }, extension = ".pem",
      verify = { none = 0, server = 1, mutual = 2 },
      settings = {
        { "+CSSLCFG", "sslversion", "$context", 4 },
        { "+CSSLCFG", "authmode", "$context", "$verify" },
        -- Dates are checked by the module's clock, which the network sets (AT+CTZU=1).
        { "+CSSLCFG", "ignorelocaltime", "$context", 0 },
        { "+CSSLCFG", "enableSNI", "$context", "$sni", refused = true }, -- older firmware always sends the name
        { "+CSSLCFG", "cacert", "$context", "$ca", only = "ca" },
        { "+CSSLCFG", "clientcert", "$context", "$certificate", only = "certificate" },
        { "+CSSLCFG", "clientkey", "$context", "$key", only = "key" },
      },
      confirm = { { "+CSSLCFG", read = true, row = "$context",
        is = { authmode = "$verify", cacert = "$ca", ignorelocaltime = 0 } } },
    },
  },
}

-- The only code: what no declaration says.

--- Sets the APN, and waits until the network has taken the module.
local function network(modem)
  return { attach = function(options)
    if options and options.apn then
      local ok, err = modem:call("+CGDCONT", "write", { 1, "IP", options.apn })
      if not ok then return nil, err end
    end
    local hayes = require "hayes"
    local deadline = hayes.now() + (options and options.timeout or 60)
    repeat
      local registration, err = modem:query("AT+CEREG?", { "stat" })
      if not registration then return nil, err end
      if registration.stat == 1 or registration.stat == 5 then return true end
      hayes.sleep(1)
    until hayes.now() > deadline
    return nil, errors.new { name = "not_registered", message = "the module is not registered with a network",
      hint = "Is the antenna connected, and the SIM card's PIN off?" }
  end }
end

local function line_of(modem, command)
  local response, err = modem:at(command)
  return response and response[1], err
end

return {
  name = "simcom-a76xx",
  title = "SIMCom A76xx",
  about = "A7670, A7672, A7608 and relatives (A76XX Series AT Command Manual).",
  -- After a block comes a line end of its own or that of the next line: UNSURE, so its end is not looked at.
  protocol = { eol = "\r", prompt = ">", quote = "always", cancel = "\27" },
  finals = {
    { "OK", success = true }, { "ERROR" }, { "+CME ERROR:", prefix = true }, { "+CMS ERROR:", prefix = true },
  },
  boot = { { "*ATREADY:", prefix = true }, "RDY" },
  detect = { "ATI", "SIMCOM" },
  start = { "AT+CMEE=2", { "AT+CTZU=1", optional = true } },
  identify = function(modem)
    local model, err = line_of(modem, "AT+CGMM")
    if not model then return nil, err end
    return { manufacturer = "SIMCom", model = model, revision = line_of(modem, "AT+CGMR"),
      imei = line_of(modem, "AT+CGSN") }
  end,
  urcs = urcs, commands = commands, links = links, services = { network = network },
  errors = { sets = { tcpip = tcpip_errors, ssl = ssl_errors } },
}
