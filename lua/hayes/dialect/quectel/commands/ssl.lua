--- The commands of the SSL note. In places it prints QSSLRCV, QSSSEND and secclevel; the firmware's names are QSSLRECV,
--- QSSLSEND and seclevel (EC200U, EG800K, BG770A, EC25).

local suites = require "hayes.dialect.quectel.ssl.suites"

local NOTE = "SSL note "

local ssl_context = { name = "SSL_ctxID", type = "integer", min = 0, max = 5, doc = "SSL context." }
local client = { name = "clientID", type = "integer", min = 0, max = 11, doc = "Socket index." }
local mode = { [0] = "buffer access mode", [1] = "direct push mode", [2] = "transparent access mode" }
local no_yes = { [0] = "no", [1] = "yes" }

local suite_names = { [suites.ALL] = "all of the following" }
for _, suite in ipairs(suites.list) do suite_names[suite.code] = suite.name end

--- The flaws that ignorecertitem makes the module accept: mbedTLS's flags of X.509 verification.
local flaws = {
  [0] = "nothing", [1] = "it has expired", [4] = "its name is not that of the server",
  [8] = "no trusted CA has signed it", [256] = "other reasons",
  [512] = "it is not yet valid (mbedTLS's value; the note does not list it)", [2048] = "against its keyUsage",
  [4096] = "against its extendedKeyUsage", [8192] = "against its nsCertType",
  [32768] = "its public key algorithm", [65536] = "its key", [1048575] = "everything: it is not checked",
}

--- One setting of an SSL context: read without the value, set with it.
local function setting(summary, param)
  param.optional, param.omitted = true, "asks for the setting"
  local answer = { { name = "SSL_ctxID" }, { name = param.name, type = param.type, values = param.values,
    flags = param.flags, unit = param.unit } }
  return { summary = summary, params = { ssl_context, param }, answer = answer }
end

local function flag(summary, name, values, factory)
  return setting(summary, { name = name, type = "integer", values = values, factory = factory })
end

--- The private key may be encrypted on EC2x and LTE Standard(A); the EC200U's note has no password.
local function with_password(described)
  described.params[3] = { name = "password", type = "string", max = 80, secret = true, optional = true,
    omitted = "the key is not encrypted" }
  described.answer[3] = { name = "password", type = "string", secret = true }
  return described
end

local function path(summary, name)
  return setting(summary, { name = name, type = "string", max = 80,
    doc = "A file of the module. The module does not read it before the handshake." })
end

return {
  title = "TLS",
  {
    name = "+QSSLCFG", summary = "Settings of an SSL context, kept until the next reboot.", source = NOTE .. "2.2.1",
    keys = {
      sslversion = flag("SSL version.", "SSL_version",
        { [0] = "SSL 3.0", [1] = "TLS 1.0", [2] = "TLS 1.1", [3] = "TLS 1.2", [4] = "all of them" }),
      dtls = flag("DTLS in place of TLS.", "DTLS_enable", { [0] = "TLS", [1] = "DTLS" }),
      ciphersuite = setting("Cipher suites offered to the server.", { name = "cipher_suites", type = "bare",
        values = suite_names, open = true,
        doc = "A code of Table 3, such as 0X0035, or 0XFFFF for all. BG96 refuses it in quotes." }),
      seclevel = flag("Authentication.", "seclevel", { [0] = "none", [1] = "of the server",
        [2] = "of the server, and of the client if the server asks for it" }, 0),
      cacert = path("The trusted CA certificates.", "cacertpath"),
      cacertex = path("Further trusted CA certificates (EC2x and LTE Standard(A); not in the EC200U's note).",
        "cacertexpath"),
      clientcert = path("The client's certificate.", "client_cert_path"),
      clientkey = with_password(path("The client's private key.", "client_key_path")),
      sni = flag("Whether the host name is sent to the server.", "SNI", no_yes, 0),
      ignorelocaltime = flag("Whether validity periods are ignored.", "ignore_ltime",
        no_yes, 1),
      negotiatetime = setting("Longest time for the handshake.", { name = "negotiate_time", type = "integer", min = 10,
        max = 300, unit = "s", factory = 300 }),
      ignoreinvalidcertsign = flag("Whether invalid signatures of certificates are accepted.",
        "ignore_invalid_certsign",
        no_yes),
      ignorecertitem = setting("Flaws of the server's certificate that are accepted: the sum of their values.",
        { name = "ignore_check_item", type = "integer", min = 0, max = 1048575, values = flaws, flags = true }),
      ignoremulticertchainverify = flag("Whether the check of chains of several certificates is skipped.",
        "ignore_multicertchain_verify", no_yes),
      session_cache = flag("Whether sessions are kept for resumption.", "session_cache_enable", no_yes),
      dtlsversion = flag("DTLS version.", "DTLS_version", { [0] = "DTLS 1.0", [1] = "DTLS 1.2" }),
    },
    test = true, timeout = 0.5,
    remark = "Settings take effect for connections opened afterwards.",
  },
  {
    name = "+QSSLOPEN", summary = "Opens a TLS connection to a server.", source = NOTE .. "2.2.2",
    params = {
      { name = "contextID", type = "integer", min = 1, max = 7, doc = "PDP context." },
      ssl_context, client,
      { name = "serveraddr", type = "string", max = 255, doc = "IP address or host name." },
      { name = "server_port", type = "integer", min = 1, max = 65535, doc = "TCP port, or UDP for DTLS." },
      { name = "access_mode", type = "integer", values = mode, default = 0, optional = true },
    },
    test = true, timeout = 450, reason = true,
    deferred = {
      key = "clientID", answer = { { name = "clientID", doc = "Socket index." },
        { name = "err", error = true, doc = "0, or the number of an error." } },
    timeout = 450,
    },
    urcs = { "+QSSLURC" },
    connect = { begins = "data mode", param = "access_mode", value = 2,
      instead = "modem.ssl.open with mode = \"transparent\"" },
    remark = "In transparent access mode CONNECT stands in place of OK, and no +QSSLOPEN follows.",
  },
  {
    name = "+QSSLSEND", summary = "Sends on a TLS connection.", source = NOTE .. "2.2.3",
    params = {
      client,
      { name = "sendlen", type = "integer", min = 1, max = 1460, unit = "bytes", optional = true,
        omitted = "data up to Ctrl-Z, at most 1460 bytes; ESC cancels" },
    },
    test = true, timeout = 10, reason = true, final = "send",
    data = { length = "sendlen", ends = "\26", echoed = true },
    remark = "Data is given at the prompt. With a length it may hold any byte, Ctrl-Z and ESC too.",
  },
  {
    name = "+QSSLRECV", summary = "Reads data that a TLS connection has received.", source = NOTE .. "2.2.4",
    params = {
      client, { name = "readlen", type = "integer", min = 0, max = 1500, unit = "bytes",
        doc = "0: asks how much there is." },
    },
    answer = { { name = "have_readlen", unit = "bytes",
      doc = "Number of data bytes that follow; 0: there are none." } },
    alternatives = {
      { shape = "nnn", summary = "When readlen is 0.", answer = {
        { name = "total_receive_length", unit = "bytes" }, { name = "have_read_length", unit = "bytes" },
        { name = "unread_length", unit = "bytes" } } },
    },
    remark = "For buffer access mode only. While data is unread no further recv URC comes: read until 0 bytes come.",
    test = true, timeout = 5, reason = true, block = { length = 1, shape = "n" },
  },
  {
    name = "+QSSLCLOSE", summary = "Closes a TLS connection.", source = NOTE .. "2.2.5",
    params = {
      client,
      { name = "close_timeout", type = "integer", min = 0, max = 65535, unit = "s", default = 10, optional = true,
        doc = "0: at once." },
    },
    test = true, timeout = 15,
    remark = "Needed even after +QSSLURC: \"closed\": the clientID stays in use until then.",
  },
  {
    name = "+QSSLSTATE", summary = "Lists TLS connections.", source = NOTE .. "2.2.6",
    params = { client },
    answer = {
      { name = "clientID", doc = "Socket index." },
      { name = "service_type", type = "string", values = { SSLClient = "TLS client" } },
      { name = "IP_address", type = "string", doc = "Of the server." },
      { name = "remote_port", doc = "Of the server." }, { name = "local_port", doc = "Of the module; 0 on some." },
      { name = "socket_state", values = { [0] = "initial", [1] = "opening", [2] = "connected", [4] = "closing" } },
      { name = "PDP_ctxID", doc = "PDP context." }, { name = "serverID", doc = "Reserved; repeats the clientID." },
      { name = "access_mode", values = mode }, { name = "AT_port", type = "string",
        doc = "The port that it was opened on: usbmodem, usbat, uart1, …" },
      { name = "SSL_ctxID", doc = "SSL context." },
    },
    execute = true, read = true, test = true, timeout = 0.5,
  },
}
