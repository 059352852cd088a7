--- Quectel LTE modules: EC200U, EG91xU (SSL note V1.2) and the LTE Standard(A) series (FTP(S) note V1.3), and their
--- relatives EC2x, EG9x, BG9x as far as these do the same. The NB-IoT modules (BC66, BC660K) speak another dialect.

local errors = require "hayes.error"
local habits = require "hayes.dialect.quectel.habits"

local commands = {}
for _, part in ipairs { "general", "tcpip", "file", "ssl", "ftp" } do
  local chapter = require("hayes.dialect.quectel.commands." .. part)
  for _, declaration in ipairs(chapter) do
    declaration.chapter = chapter.title
    commands[#commands + 1] = declaration
  end
end

local quectel = {
  name = "quectel",
  title = "Quectel LTE modules",
  about = "EC200U and EG91xU (SSL note V1.2), LTE Standard(A), and their relatives EC2x, EG9x, BG9x as far as these "
    .. "do the same. The NB-IoT modules (BC66, BC660K) speak another dialect.",
  protocol = { eol = "\r", prompt = ">", quote = "always", max_command = 1024, escape = "+++", guard_ms = 1100,
    cancel = "\27", crlf_after_block = true, follow_prefix = "\r\n+Q" },
  finals = {
    { "OK", success = true, summary = "the command has succeeded; of some the result comes later" },
    { "ERROR", summary = "the command has failed, or is not known",
      hint = "AT+QIGETERROR tells why, after a command of sockets or TLS; AT+CMEE=1 gives others an error number." },
    { "+CME ERROR:", prefix = true, summary = "the command has failed, for the reason that the number tells" },
    { "+CMS ERROR:", prefix = true, summary = "a command of short messages has failed" },
    { "NO CARRIER", group = "dial", urc = true,
      summary = "the connection has ended, and data mode with it; to ATO: there is none to return to" },
    { "SEND OK", success = true, group = "send", summary = "the data was taken; the peer need not have it yet" },
    { "SEND FAIL", group = "send", summary = "the connection's buffer is full, and none of the data was taken",
      hint = "Send the same again in a moment; sockets of the library do." },
  },
  -- One number for all commands of the TCP/IP and SSL notes.
  reason = { command = "AT+QIGETERROR", result = "ERROR" },
  reads_results = true,
  connects = { "CONNECT" },
  -- POWERED DOWN comes before a restart's silence, RDY (APP RDY on BG9x) after it.
  boot = { "RDY", "POWERED DOWN", "NORMAL POWER DOWN" },
  urcs = require "hayes.dialect.quectel.urcs",
  texts = { "+CMGR", "+CMGL" },
  commands = commands,
  errors = require "hayes.dialect.quectel.errors",
  remarks = require "hayes.dialect.quectel.remarks",
  habits = function(identity) return habits.of(identity.revision) end,
  misprints = { ["+QSSLRCV"] = "+QSSLRECV", ["+QSSSEND"] = "+QSSLSEND", secllevel = "seclevel" },
  probe = function(probe) return require "hayes.dialect.quectel.probe"(probe) end,
  services = {
    network = "hayes.dialect.quectel.network",
    clock = "hayes.dialect.quectel.clock",
    file = "hayes.dialect.quectel.file",
    certificates = "hayes.dialect.quectel.ssl.stored",
    ssl = "hayes.dialect.quectel.ssl",
    ftp = "hayes.dialect.quectel.ftp",
    ip = "hayes.dialect.quectel.socket.ip",
    tcp = "hayes.dialect.quectel.socket.tcp",
    udp = "hayes.dialect.quectel.socket.udp",
  },
  keep = { network = "hayes.dialect.quectel.network.keep" },
}

--- Modules of this maker with another dialect are told by name: much would seem to work, and the rest be misread.
function quectel.detect(ask)
  local answer = ask "ATI"
  if not answer or not answer:find("Quectel", 1, true) then return false end
  local model, what = habits.other_dialect(answer)
  if not model then return true end
  return nil, errors.new { name = "unsupported_module",
    message = ("this is a Quectel %s, %s with a dialect of its own, which the library does not speak"):format(model,
      what),
    hint = "Its commands have the names of those of LTE modules, and other parameters and answers. With a dialect of "
      .. "your own, hayes.open(address, { dialect = … }) opens it." }
end

--- URCs come out of one of several ports; if another one is set, OK arrives and deferred results never do.
local function direct_urcs_here(modem)
  local response = modem:call("+QURCCFG", "write", { "urcport" })
  local port = response and response[1] and response[1]:match('"urcport"%s*,%s*"([^"]+)"')
  if not port or port == "all" then return end
  if modem:call("+QURCCFG", "write", { "urcport", "all" }) then return end
  -- Firmware without "all": the name of the port tells its kind.
  local wanted = modem.address:find("ttyUSB", 1, true) and "usbat" or modem.address:find("tty[SA]") and "uart1" or nil
  if wanted and wanted ~= port then modem:call("+QURCCFG", "write", { "urcport", wanted }) end
end

function quectel.start(modem)
  local ok, err = modem:call("+CMEE", "write", { 1 })
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
