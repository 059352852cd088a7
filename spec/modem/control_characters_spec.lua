-- A module edits the command line while it comes: a backspace takes away what stands in front of it (V.250 5.2.2), so
-- that a file name could end one command and begin another. No control character reaches the wire, by whatever call.

local core = require "hayes.core"
local dialects = require "hayes.dialect"
local hayes = require "hayes"
local script = require "support.script"
local WifiModule = require "support.wifi_module"

local CONTROL = { 127 }
for byte = 0, 31 do CONTROL[#CONTROL + 1] = byte end

local OK = "\r\nOK\r\n"

local quectel = {
  ["AT+QFTPSTAT"] = OK .. "\r\n+QFTPSTAT: 0,4\r\n", ["^AT%+QFTPCFG"] = OK, ["^AT%+QFTPOPEN"] = OK
    .. "\r\n+QFTPOPEN: 0,0\r\n", ["^AT%+QFTPCLOSE"] = OK .. "\r\n+QFTPCLOSE: 0,0\r\n",
}

local PEM = { pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" }

--- By name: what is called with a text that holds a control character. `ftp` is an open session.
local quectel_calls = {
  ["modem:at"] = function(m, text) return m:at("AT+COPS=" .. text) end,
  ["modem:query"] = function(m, text) return m:query("AT+COPS=" .. text) end,
  ["modem:call, a quoted parameter"] = function(m, text) return m:call("+QFLST", "write", { text }) end,
  ["modem:call, a bare parameter"] = function(m, text) return m:call("+QSSLCFG", "write", { "ciphersuite", 0, text }) end,
  ["modem:call, a key"] = function(m, text) return m:call("+QSSLCFG", "write", { text, 0, 1 }) end,
  ["network.attach, apn"] = function(m, text) return m.network.attach { apn = text } end,
  ["network.attach, user"] = function(m, text) return m.network.attach { apn = "a", user = text } end,
  ["network.attach, password"] = function(m, text) return m.network.attach { apn = "a", password = text } end,
  ["network.attach, pin"] = function(m, text) return m.network.attach { apn = "a", pin = text } end,
  ["network.dns, first"] = function(m, text) return m.network.dns(text) end,
  ["network.dns, second"] = function(m, text) return m.network.dns("1.1.1.1", text) end,
  ["network.resolve"] = function(m, text) return m.network.resolve(text) end,
  ["network.diagnose"] = function(m, text) return m.network.diagnose(text, 443) end,
  ["tcp.open"] = function(m, text) return m.tcp.open(text, 80) end,
  ["tcp.factory"] = function(m, text) return assert(m.tcp.factory()():connect(text, 80)) end,
  ["udp.open"] = function(m, text) return m.udp.open(text, 80) end,
  ["ssl.open, host"] = function(m, text) return m.ssl.open(text, 443, { verify = "none" }) end,
  ["ssl.open, ca in the module"] = function(m, text) return m.ssl.open("h", 443, { ca = "UFS:" .. text }) end,
  ["ssl.open, key in the module"] = function(m, text)
    return m.ssl.open("h", 443, { verify = "mutual", ca = PEM, certificate = PEM, key = "UFS:" .. text })
  end,
  ["ssl.open, ciphers"] = function(m, text) return m.ssl.open("h", 443, { verify = "none", ciphers = text }) end,
  ["ssl.factory"] = function(m, text) return assert(m.ssl.factory({ verify = "none" })():connect(text, 443)) end,
  ["ssl.configure"] = function(m, text) return m.ssl.configure(1, { ca = "UFS:" .. text }) end,
  ["file.upload"] = function(m, text) return m.file.upload({ data = "x" }, text) end,
  ["file.download"] = function(m, text) return m.file.download(text) end,
  ["file.read"] = function(m, text) return m.file.read(text, 0, 1) end,
  ["file.write"] = function(m, text) return m.file.write(text, 0, "x") end,
  ["file.list"] = function(m, text) return m.file.list(text) end,
  ["file.size"] = function(m, text) return m.file.size(text) end,
  ["file.delete"] = function(m, text) return m.file.delete(text) end,
  ["file.space"] = function(m, text) return m.file.space(text) end,
  ["ftp.open, host"] = function(m, text) return m.ftp.open { host = text } end,
  ["ftp.open, user"] = function(m, text) return m.ftp.open { host = "h", user = text } end,
  ["ftp.open, password"] = function(m, text) return m.ftp.open { host = "h", password = text } end,
  ["ftp.get, the host of a URL"] = function(m, text) return m.ftp.get("ftp://" .. text .. "/a") end,
  ["ftp.get, the path of a URL"] = function(m, text)
    return m.ftp.get("ftp://h/" .. text:gsub("%c", function(byte) return ("%%%02X"):format(byte:byte()) end))
  end,
  ["ftp.put, the user of a URL"] = function(m, text)
    return m.ftp.put("ftp://" .. text:gsub("%c", function(byte) return ("%%%02X"):format(byte:byte()) end) .. "@h/a",
      { data = "x" })
  end,
  ["ftp:put, path"] = function(_, text, ftp) return ftp:put({ data = "x" }, text) end,
  ["ftp:put, a source in the module"] = function(_, text, ftp) return ftp:put("UFS:" .. text, "a") end,
  ["ftp:get, path"] = function(_, text, ftp) return ftp:get(text) end,
  ["ftp:get, a sink in the module"] = function(_, text, ftp) return ftp:get("a", "UFS:" .. text) end,
  ["ftp:list"] = function(_, text, ftp) return ftp:list(text) end,
  ["ftp:names"] = function(_, text, ftp) return ftp:names(text) end,
  ["ftp:entries"] = function(_, text, ftp) return ftp:entries(text) end,
  ["ftp:size"] = function(_, text, ftp) return ftp:size(text) end,
  ["ftp:modified"] = function(_, text, ftp) return ftp:modified(text) end,
  ["ftp:rename, from"] = function(_, text, ftp) return ftp:rename(text, "a") end,
  ["ftp:rename, to"] = function(_, text, ftp) return ftp:rename("a", text) end,
  ["ftp:delete"] = function(_, text, ftp) return ftp:delete(text) end,
  ["ftp:mkdir"] = function(_, text, ftp) return ftp:mkdir(text) end,
  ["ftp:rmdir"] = function(_, text, ftp) return ftp:rmdir(text) end,
  ["ftp:cwd"] = function(_, text, ftp) return ftp:cwd(text) end,
}

local aithinker_calls = {
  ["modem:at"] = quectel_calls["modem:at"],
  ["wifi.join, ssid"] = function(m, text) return m.wifi.join { ssid = text } end,
  ["wifi.join, password"] = function(m, text) return m.wifi.join { ssid = "a", password = text } end,
  ["wifi.join, bssid"] = function(m, text) return m.wifi.join { ssid = "a", bssid = text } end,
  ["wifi.scan"] = function(m, text) return m.wifi.scan(text) end,
  ["tcp.open"] = function(m, text) return m.tcp.open(text, 80) end,
  ["udp.open"] = function(m, text) return m.udp.open(text, 80) end,
  ["ssl.open"] = function(m, text) return m.ssl.open(text, 443, { verify = "none" }) end,
  ["tcp.autoconnect"] = function(m, text) return m.tcp.autoconnect { type = "tcp", host = text, port = 1 } end,
  ["dns.resolve"] = function(m, text) return m.dns.resolve(text) end,
  ["dns.servers, first"] = function(m, text) return m.dns.servers(text) end,
  ["dns.servers, second"] = function(m, text) return m.dns.servers("1.1.1.1", text) end,
}

describe("Control characters", function()
  local modem, port

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  --- Every control character that went to the port and ends no command line.
  local function on_the_wire(from, eol)
    local all = table.concat(port.log, "", from):gsub(eol, "")
    return all:match("[%c]")
  end

  local function holds(calls, eol, ftp)
    for name, call in pairs(calls) do
      for _, byte in ipairs(CONTROL) do
        local from = #port.log + 1
        local ok, message = pcall(call, modem, ("a%cb"):format(byte), ftp)
        assert.is_false(ok, ("%s takes the byte 0x%02X"):format(name, byte))
        assert.is_nil(on_the_wire(from, eol), name)
        -- Which byte it is is said, or the text is shown with it made visible.
        message = tostring(message) -- connect() gives an error: a redirect may have brought the address
        assert.is_truthy(message:find("at byte %d") or message:find("\\", 1, true), message)
      end
    end
  end

  it("are refused by the engine, in every place of a command line", function()
    for _, name in ipairs(dialects.names()) do
      local engine = core.engine(dialects.get(name).rules)
      for _, byte in ipairs(CONTROL) do
        for _, text in ipairs { "%c+X", "+X=%c", '+X="a%cb"', "%c" } do
          local id, why = engine:submit({}, "AT" .. text:format(byte), 0)
          assert.is_nil(id)
          assert.are.same("byte", why, ("the byte 0x%02X in %s"):format(byte, text))
        end
      end
      assert.are.same("", engine:output(0))
    end
  end)

  it("raise in every call of a Quectel modem that takes a text, and none reaches the wire", function()
    port = script.port(script.quectel(quectel))
    modem = assert(hayes.open_port(port, "script"))
    local ftp = assert(modem.ftp.open { host = "h" })
    holds(quectel_calls, "\r", ftp)
    ftp:close()
  end)

  it("raise in every call of an Ai-Thinker modem that takes a text, and none reaches the wire", function()
    local module = WifiModule.new {}
    port = module.port
    modem = assert(hayes.open_port(port, "script"))
    holds(aithinker_calls, "\r\n")
  end)

  it("are no reason to refuse UTF-8", function()
    port = script.port(script.quectel { ['AT+QFDEL="Größe.txt"'] = OK })
    modem = assert(hayes.open_port(port, "script"))
    assert.is_true(modem.file.delete("Größe.txt"))
  end)

  it("are not needed to begin another command: a bare parameter is one word", function()
    port = script.port(script.quectel {})
    modem = assert(hayes.open_port(port, "script"))
    for _, text in ipairs { "0XFFFF;+CFUN=0", "0XFFFF,1", '0XFFFF"', "0XFFFF +CFUN" } do
      local before = #port.log
      local ok, message = pcall(modem.call, modem, "+QSSLCFG", "write", { "ciphersuite", 0, text })
      assert.is_false(ok)
      assert.is_truthy(message:find("must be one word", 1, true), message)
      assert.are.same(before, #port.log)
    end
  end)
end)
