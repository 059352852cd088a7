--- Quectel LTE modules: EC200U, EG91xU (SSL note V1.2) and the LTE Standard(A) series (FTP(S) note V1.3), and their
--- relatives EC2x, EG9x, BG9x as far as these do the same. The NB-IoT modules (BC66, BC660K) speak another dialect.


local commands = {}
for _, part in ipairs { "general", "tcpip", "file", "ssl", "ftp" } do
  for _, declaration in ipairs(require("hayes.dialect.quectel.commands." .. part)) do
    commands[#commands + 1] = declaration
  end
end

local function urc(name, summary, more)
  local declaration = more or {}
  declaration.name, declaration.summary = name, summary
  return declaration
end

local registration_shape = "n|nss|nssn"

local quectel = {
  name = "quectel",
  manners = { eol = "\r", prompt = ">", quote = "always", max_command = 1024, escape = "+++", guard_ms = 1100,
    cancel = "\27" },
  finals = {
    { "OK", success = true },
    { "ERROR" },
    { "+CME ERROR:", prefix = true },
    { "+CMS ERROR:", prefix = true },
    { "NO CARRIER", group = "dial", urc = true },
    { "SEND OK", success = true, group = "send" },
    { "SEND FAIL", group = "send" },
  },
  connects = { "CONNECT" },
  -- POWERED DOWN comes before the silence, RDY (APP RDY on BG9x) behind it.
  boot = { "RDY", "POWERED DOWN", "NORMAL POWER DOWN" },
  urcs = {
    urc("+CREG", "The registration has changed.", { shape = registration_shape }),
    urc("+CGREG", "The registration for packet data has changed.", { shape = registration_shape }),
    urc("+CEREG", "The registration for LTE has changed.", { shape = registration_shape }),
    urc("+CPIN", "What the SIM card waits for has changed.", { shape = "" }),
    urc("+CFUN", "The module has started.", { shape = "" }),
    urc("+QUSIM", "The kind of SIM card."),
    urc("+QIND", "A part of the module has become ready, or something has happened to it."),
    urc("+QSSLURC", "A TLS connection has received data, or was closed.",
      { block = { length = 3, shape = "'recv'nn" }, source = "SSL note 2.3" }),
    urc("+QIURC", "A socket has received data, was opened or closed; a name was resolved; a context is gone.",
      { block = { length = 3, shape = "'recv'nn" }, source = "TCP/IP note" }),
    urc("+CTZV", "The time zone has changed."), urc("+CTZE", "The time zone has changed."),
    urc("DST", "Daylight saving time has changed.", { text = "DST:", prefix = true }),
    urc("+CMTI", "A short message has arrived."), urc("+CMT", "A short message."), urc("RING", "A call."),
    urc("+QNTP", "A time server has answered."), urc("APP RDY", "The application of the module has started."),
    urc("Call Ready", "Calls are possible."), urc("SMS Ready", "Short messages are possible."),
  },
  commands = commands,
  errors = require "hayes.dialect.quectel.errors",
  services = {
    network = "hayes.dialect.quectel.network",
    clock = "hayes.dialect.quectel.clock",
    file = "hayes.dialect.quectel.file",
    ssl = "hayes.dialect.quectel.ssl",
    ftp = "hayes.dialect.quectel.ftp",
    ip = "hayes.dialect.quectel.ip",
    tcp = "hayes.dialect.quectel.tcp",
    udp = "hayes.dialect.quectel.udp",
  },
}

function quectel.detect(ask)
  local answer = ask("ATI")
  return answer ~= nil and answer:find("Quectel", 1, true) ~= nil
end

--- URCs come out of one port of several; with the setting on another one, OK arrives and no result ever does.
local function direct_urcs_here(modem)
  local response = modem:call("+QURCCFG", "write", { "urcport" }, { urgent = true })
  local port = response and response[1] and response[1]:match('"urcport"%s*,%s*"([^"]+)"')
  if not port or port == "all" then return end
  if modem:call("+QURCCFG", "write", { "urcport", "all" }, { urgent = true }) then return end
  -- Firmware without "all": the kind of port is told by its name.
  local wanted = modem.address:find("ttyUSB", 1, true) and "usbat" or modem.address:find("tty[SA]") and "uart1" or nil
  if wanted and wanted ~= port then modem:call("+QURCCFG", "write", { "urcport", wanted }, { urgent = true }) end
end

function quectel.start(modem)
  local ok, err = modem:call("+CMEE", "write", { 1 }, { urgent = true })
  if not ok then return nil, err end
  direct_urcs_here(modem)
  return true
end

--- `Quectel`, `EC200U`, `Revision: …`
function quectel.identify(modem)
  local answer, err = modem:call("I", "execute")
  if not answer then return nil, err end
  local serial
  serial, err = modem:call("+CGSN", "execute")
  if not serial and err.origin == "hayes" then return nil, err end
  local revision = table.concat(answer, "\n"):match("Revision:%s*([^\n]+)")
  return {
    manufacturer = answer[1], model = answer[2], revision = revision, imei = serial and serial[1],
  }
end


return quectel
