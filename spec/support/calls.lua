--- Public calls that wait, each with a scripted module in virtual time that answers it.

local lab = require "support.lab"
local script = require "support.script"
local WifiModule = require "support.wifi_module"

local OK = "\r\nOK\r\n"
local PEM = { pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }

local function taking(reply)
  return function(line, port)
    port.wanted = { count = tonumber(line:match(",(%d+)")), reply = reply }
    return "\r\nCONNECT\r\n"
  end
end

local lte = {
  ["AT+CPIN?"] = "\r\n+CPIN: READY\r\n" .. OK, ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n" .. OK,
  ["AT+CEREG?"] = '\r\n+CEREG: 2,1,"1A2B","01020304",7\r\n' .. OK, ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK,
  ["AT+COPS?"] = '\r\n+COPS: 0,0,"Op",7\r\n' .. OK, ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
  ["AT+QICSGP=1"] = '\r\n+QICSGP: 1,"internet","","",0\r\n' .. OK, ["^AT%+QICSGP=1,"] = OK, ["^AT%+QIACT="] = OK,
  ["^AT%+QIDEACT="] = OK, ["AT+QIDNSCFG=1"] = '\r\n+QIDNSCFG: 1,"8.8.8.8","8.8.4.4"\r\n' .. OK,
  ["AT+QPINC?"] = '\r\n+QPINC: "SC",3,10\r\n' .. OK, ["^AT%+CCLK="] = OK,
  ["AT+CCLK?"] = '\r\n+CCLK: "26/08/07,13:54:02+32"\r\n' .. OK,
  ["AT+QIGETERROR"] = "\r\n+QIGETERROR: 566,socket connect failed\r\n" .. OK,
  ["^AT%+QIDNSGIP="] = function(_, port)
    port:say(OK)
    port:say('\r\n+QIURC: "dnsgip",0,2,399\r\n', 0.1)
    port:say('\r\n+QIURC: "dnsgip","1.2.3.4"\r\n\r\n+QIURC: "dnsgip","1.2.3.5"\r\n', 0.1)
  end,
  ["^AT%+QFLST="] = '\r\n+QFLST: "UFS:a.txt",11\r\n+QFLST: "UFS:hayes-0001-0123456789abcdef.pem",30\r\n' .. OK,
  ["^AT%+QFLDS="] = "\r\n+QFLDS: 1000,2000\r\n" .. OK, ["^AT%+QFDEL="] = OK, ["^AT%+QFOPEN="] = "\r\n+QFOPEN: 3\r\n" .. OK,
  ["AT+QFOPEN?"] = '\r\n+QFOPEN: "UFS:a.txt",3,0\r\n' .. OK, ["^AT%+QFCLOSE="] = OK, ["^AT%+QFSEEK="] = OK,
  ["^AT%+QFREAD="] = "\r\nCONNECT 11\r\nhello world" .. OK,
  ["^AT%+QFWRITE="] = taking(function(bytes) return ("\r\n+QFWRITE: %d,%d\r\n"):format(#bytes, #bytes) .. OK end),
  ["^AT%+QFUPL="] = taking(function(bytes) return ("\r\n+QFUPL: %d,1234\r\n"):format(#bytes) .. OK end),
  ["^AT%+QFDWL="] = "\r\nCONNECT\r\nhello world\r\n+QFDWL: 11,1f0d\r\n" .. OK,
  ["^AT%+QICFG="] = OK, ["^AT%+QSSLCFG="] = OK, ["^AT%+QICLOSE="] = OK, ["^AT%+QSSLCLOSE="] = OK,
  ["AT+QISTATE"] = '\r\n+QISTATE: 3,"TCP","10.0.0.2",80,5000,2,1,0,0,"usbat"\r\n' .. OK,
  ["AT+QSSLSTATE"] = '\r\n+QSSLSTATE: 4,"SSLClient","10.0.0.1",443,0,2,1,0,0,"usbat",0\r\n' .. OK,
  ["^AT%+QIOPEN="] = function(line) return OK .. ("\r\n+QIOPEN: %s,0\r\n"):format(line:match("=%d+,(%d+)")) end,
  ["^AT%+QSSLOPEN="] = function(line) return OK .. ("\r\n+QSSLOPEN: %s,0\r\n"):format(line:match("=%d+,%d,(%d+)")) end,
}

local refused = { ["^AT%+QIACT="] = "\r\nERROR\r\n", ["AT+QIACT?"] = OK, ["^AT%+CPIN="] = "\r\n+CME ERROR: 16\r\n",
  ["AT+CPIN?"] = "\r\n+CPIN: SIM PIN\r\n" .. OK, ["^AT%+QIOPEN="] = "\r\nERROR\r\n",
  ["^AT%+QSSLOPEN="] = function(line) return OK .. ("\r\n+QSSLOPEN: %s,566\r\n"):format(line:match("=%d+,%d,(%d+)")) end }

local wifi = {
  ["AT+WMODE?"] = "+WMODE:1\r\n" .. OK, ["^AT%+WMODE="] = OK,
  ["^AT%+WJAP="] = OK .. "\r\n+EVENT:WIFI_GOT_IP\r\n",
  ["AT+WJAP?"] = "+WJAP:3,hayes,pass,14:de:39:06:86:e4,WPA2,7c:b9:4c:1d:c6:39,6,192.168.3.142,192.168.3.1\r\n" .. OK,
  ["AT+WSCAN"] = "1,hayes,6,WPA2,-50,7c:b9:4c:1d:c6:39\r\n" .. OK,
  ["^AT%+WDOMAIN="] = "\r\n+WDOMAIN:1.2.3.4\r\n" .. OK, ["AT+WDNS?"] = "+WDNS:8.8.8.8,8.8.4.4\r\n" .. OK,
  ["AT+SOCKETAUTOTT?"] = "+SOCKETAUTOTT:7,h,80\r\n" .. OK, ["^AT%+SOCKETAUTOTT="] = OK,
}

local function quectel(commands)
  local all = {}
  for line, reply in pairs(lte) do all[line] = reply end
  for line, reply in pairs(commands or {}) do all[line] = reply end
  return function() return script.port(script.quectel(all)) end
end

local function aithinker()
  local module = WifiModule.new { commands = wifi }
  module.port.module = module
  return module.port
end

local function open_and_close(socket, err)
  if not socket then return nil, err end
  socket:close()
  return true
end

---@type { [1]: string, [2]: fun(): table, [3]: fun(modem: hayes.modem): any, any }[] name, port, call
local calls = {
  { "network.status", quectel(), function(modem) return modem.network.status() end },
  { "network.attach", quectel(), function(modem) return modem.network.attach { apn = "internet", timeout = 5 } end },
  { "network.attach with another APN", quectel(),
    function(modem) return modem.network.attach { apn = "other", timeout = 5 } end },
  { "network.attach with a PIN that is refused", quectel(refused),
    function(modem) return modem.network.attach { apn = "internet", pin = "1234", timeout = 5 } end },
  { "network.reattach that is refused", quectel(refused), function(modem) return modem.network.reattach() end },
  { "network.dns", quectel(), function(modem) return modem.network.dns() end },
  { "network.resolve", quectel(), function(modem) return modem.network.resolve("h.example") end },
  { "network.diagnose", quectel(), function(modem) return tostring(modem.network.diagnose("h.example", 80)) end },
  { "clock.get", quectel(), function(modem) return modem.clock.get() end },
  { "clock.ensure", quectel(), function(modem) return modem.clock.ensure() end },
  { "certificates.list", quectel(), function(modem) return modem.certificates.list() end },
  { "certificates.remove", quectel(), function(modem)
    return modem.certificates.remove("UFS:hayes-0001-0123456789abcdef.pem") end },
  { "file.list", quectel(), function(modem) return modem.file.list() end },
  { "file.space", quectel(), function(modem) return modem.file.space() end },
  { "file.read", quectel(), function(modem) return modem.file.read("a.txt") end },
  { "file.write", quectel(), function(modem) return modem.file.write("a.txt", 0, "abc") end },
  { "file.upload", quectel(), function(modem) return modem.file.upload({ data = "hello" }, "b", { replace = true }) end },
  { "file.download", quectel(), function(modem) return modem.file.download("a.txt", lab.folder() .. "/garbled") end },
  { "ssl.sockets", quectel(), function(modem) return modem.ssl.sockets() end },
  { "ssl.open", quectel(), function(modem) return open_and_close(modem.ssl.open("h", 443, { verify = "none" })) end },
  { "ssl.open with a certificate", quectel(), function(modem) return open_and_close(modem.ssl.open("h", 443, { ca = PEM })) end },
  { "tcp.open", quectel(), function(modem) return open_and_close(modem.tcp.open("h", 80)) end },
  { "tcp.open that is refused", quectel(refused), function(modem) return modem.tcp.open("h", 80) end },
  { "wifi.join", aithinker, function(modem) return modem.wifi.join { ssid = "hayes", timeout = 3 } end },
  { "wifi.scan", aithinker, function(modem) return modem.wifi.scan() end },
  { "dns.resolve", aithinker, function(modem) return modem.dns.resolve("h") end },
  { "dns.servers", aithinker, function(modem) return modem.dns.servers() end },
  { "tcp.autoconnect", aithinker, function(modem) return modem.tcp.autoconnect() end },
  { "certificates.set", aithinker, function(modem) return modem.certificates.set("ca", PEM) end },
  { "tcp.open", aithinker, function(modem) return open_and_close(modem.tcp.open("h", 80)) end },
  { "ssl.open", aithinker, function(modem) return open_and_close(modem.ssl.open("h", 443, { ca = PEM })) end },
  { "sockets", aithinker, function(modem)
    local socket = modem.tcp.open("h", 80)
    local list, err = modem.sockets()
    if socket then socket:close() end
    return list, err
  end },
}

for _, entry in ipairs(calls) do
  entry.title = ("%s of %s"):format(entry[1], entry[2] == aithinker and "Ai-Thinker" or "Quectel")
end

return calls
