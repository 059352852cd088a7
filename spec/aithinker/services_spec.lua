-- Opening, errors, certificates, TLS options, DNS and Wi-Fi of Ai-Thinker modules, in virtual time.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local raises = require "support.raises"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("An Ai-Thinker module", function()
  local modem, module, trace

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function open(commands, options, open_options)
    options = options or {}
    options.commands = commands
    module = Module.new(options)
    trace = {}
    open_options = open_options or {}
    open_options.trace = function(line) trace[#trace + 1] = line end
    modem = assert(hayes.open_port(module.port, "script", open_options))
  end

  local function traced(text)
    return table.concat(trace, "\n"):find(text, 1, true) ~= nil
  end

  describe("is identified", function()
    it("by asking, with its lineage and that lineage's limits", function()
      for name, limit in pairs { legacy = 252, middleware = 252, framework3 = 1019 } do
        open(nil, { lineage = name })
        assert.are.same("aithinker", modem.dialect.name)
        assert.are.same(name, modem:identify().lineage)
        assert.are.same(limit, modem.dialect.protocol.max_command)
        assert.has_error(function() modem:at("AT+" .. ("X"):rep(limit)) end)
        modem:close()
      end
    end)

    it("by the one line that a BW16 prints", function()
      open { ["AT+GMR"] = "at version:release/V4.18_P2.29.2 sdk version:amebad_v6.2C "
        .. "firmware version:release/V4.18_P5.6.4(May 30 2023-10:28:28)\r\n" .. OK }
      local identity = modem:identify()
      assert.are.same({ "legacy", "release/V4.18_P2.29.2", "release/V4.18_P5.6.4(May 30 2023-10:28:28)" },
        { identity.lineage, identity.framework, identity.revision })
    end)

    it("not at all when the dialect is given", function()
      open(nil, nil, { dialect = "aithinker" })
      assert.are.same("aithinker", modem.dialect.name)
      assert.are.same(0, module:count("GMR") + module:count("ATI"))
    end)

    it("and firmware like ESP-AT on the same modules is refused by its name", function()
      module = Module.new { commands = { ["AT+GMR"] = "AT version:2.2.0\r\nSDK version:x\r\n"
        .. "Bin version:V4.18_P2.3.3-179784b\r\n" .. OK } }
      local none, err = hayes.open_port(module.port, "script")
      assert.is_nil(none)
      assert.are.same("unknown_module", err.name)
      assert.is_truthy(tostring(err):find("AT version:2.2.0", 1, true))
    end)
  end)

  describe("tells errors", function()
    it("by the number in front of ERROR, however ERROR is spelt", function()
      for _, last in ipairs { "ERROR", "+ERROR" } do
        open { ["AT+PING=nowhere"] = "\r\n+PING:106\r\n" .. last .. "\r\n", ["AT+PING=near"] = "\r\n+PING:30\r\n" .. OK }
        local response, err = modem:at("AT+PING=nowhere")
        assert.is_nil(response)
        assert.are.same({ "ping_lost", 106, "aithinker", last }, { err.name, err.code, err.origin, err.result })
        assert.are.same("AT+PING=nowhere failed: ping lost (106)", tostring(err))
        assert.are.same(30, assert(modem:query("AT+PING=near")).time)
        modem:close()
      end
    end)

    it("by texts that no result code follows", function()
      open { ["AT+NEW"] = "Unknown cmd:AT+NEW\r\n", ["AT+SLOW"] = "\r\n[Busy]Cmd running\r\n" }
      local _, err = modem:at("AT+NEW")
      assert.are.same({ "unknown_command", "Unknown cmd:AT+NEW" }, { err.name, err.result })
      _, err = modem:at("AT+SLOW")
      assert.are.same("busy", err.name)
      assert.is_truthy(modem:at("AT+GMR"))
    end)

    it("and ERROR alone is an error, too", function()
      open { ["AT+X"] = "\r\nERROR\r\n" }
      local _, err = modem:at("AT+X")
      assert.are.same("error", err.name)
    end)

    it("after a restart that it announces in its own way", function()
      for _, banner in ipairs { "\r\nready\r\n", "#calibration_ok:[2:19:11] \r\n\r\nat version:x\r\n" } do
        open()
        local rebooted = false
        modem:on("reboot", function() rebooted = true end)
        module.port:say(banner)
        hayes.sleep(3)
        assert.is_true(rebooted)
        assert.is_truthy(modem:at("AT+GMR"))
        modem:close()
      end
    end)
  end)

  describe("sends a line", function()
    it("with quotes where they are needed, and quotes in them escaped", function()
      open { ["^AT%+SOCKETSENDLINE="] = OK }
      for data, line in pairs { ["1234567890"] = "1234567890", ["a,b"] = '"a,b"', ['say "x"'] = '"say \\"x\\""' } do
        assert(modem:call("+SOCKETSENDLINE", "write", { 2, #data, data }))
        assert.are.same(1, module:count("=2," .. #data .. "," .. line:gsub("%p", "%%%0") .. "$"))
      end
      assert.is_truthy(raises(function() modem:call("+SOCKETSENDLINE", "write", { 2, 2, 'a\\' }) end)
        :find("cannot be told from an escaped quote", 1, true))
    end)
  end)

  local CA = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
  local KEY = "-----BEGIN PRIVATE KEY-----\n" .. ("S3cretS3cret"):rep(5) .. "\n-----END PRIVATE KEY-----\n"

  describe("has certificates", function()
    it("set, read and cleared", function()
      open()
      assert.are.same("", modem.certificates.get("ca"))
      assert.are.same({}, modem.certificates.list())
      assert.is_true(modem.certificates.set("ca", { pem = CA }))
      assert.are.same({ { name = "ca", size = #CA, kind = "ca" } }, modem.certificates.list())
      assert.are.same(CA, module.certificates["1"])
      assert.are.same(CA, modem.certificates.get("ca"))
      assert.is_true(modem.certificates.clear("ca"))
      assert.are.same("", modem.certificates.get("ca"))
    end)

    it("compared after writing", function()
      open()
      module.damages = true
      local ok, err = modem.certificates.set("certificate", { pem = CA })
      assert.is_nil(ok)
      assert.are.same("not_stored", err.name)
    end)

    it("up to the size that fits, and nothing else", function()
      open()
      local most = CA .. ("x"):rep(2047 - #CA)
      assert.is_true(modem.certificates.set("ca", { pem = most }))
      local before = #module.log
      assert.is_truthy(raises(function() modem.certificates.set("ca", { pem = most .. "x" }) end)
        :find("ca is 2048 bytes long; the module takes up to 2047", 1, true))
      assert.is_truthy(raises(function() modem.certificates.set("ca", "UFS:a.pem") end):find("no files", 1, true))
      assert.is_truthy(raises(function() modem.certificates.set("cert", { pem = CA }) end):find("one of", 1, true))
      assert.are.same(before, #module.log)
    end)

    it("and no part of a key is ever in a trace or an error", function()
      open()
      assert.is_true(modem.certificates.set("key", { pem = KEY }))
      assert.are.same(KEY, modem.certificates.get("key"))
      -- Bytes of the header got lost: the key comes as lines.
      module.port:say("\r\n+SSLCR" .. KEY:gsub("\n", "\r\n"))
      module.damages = true
      local _, err = modem.certificates.set("key", { pem = KEY .. "\n" })
      hayes.sleep(1)
      assert.is_false(traced("S3cret"))
      for _, value in pairs(err) do assert.is_nil(tostring(value):find("S3cret", 1, true)) end
      assert.is_true(traced("+SSLCRET"))
    end)
  end)

  describe("opens TLS connections", function()
    it("with a CA, or knowingly without", function()
      open()
      assert.is_truthy(raises(function() modem.ssl.open("server.example", 443) end):find('verify = "server" needs the CA', 1,
        true))
      assert.is_truthy(raises(function() modem.ssl.open("server.example", 443, { verify = "mutual", ca = { pem = CA } }) end)
        :find("needs certificate and key", 1, true))
      assert.are.same(0, module:count("SOCKET"))
      local sock = assert(modem.ssl.open("server.example", 443, { ca = { pem = CA } }))
      assert.are.same(CA, module.certificates["1"])
      assert.are.same(7, module.sockets[1].type)
      -- Firmware of this lineage takes a CA and does not look at it.
      assert.is_false(sock.verified)
      sock:close()
      assert(modem.ssl.open("server.example", 443, { verify = "none" }))
      assert.is_nil(module.certificates["1"])
    end)

    it("and writes to flash only what is not there", function()
      open()
      module.certificates["1"] = CA
      for _ = 1, 3 do assert(modem.ssl.open("server.example", 443, { ca = { pem = CA } })):close() end
      assert.is_nil(module.writes)
    end)

    it("and says what a refused certificate is about", function()
      open()
      module.refuses = 109
      local _, err = modem.ssl.open("server.example", 443, { ca = { pem = CA } })
      assert.are.same({ "ssl_verify_failed", 109 }, { err.name, err.code })
      assert.is_truthy(err.hint:find("CA", 1, true))
    end)
  end)

  describe("resolves names", function()
    it("and tells and sets its servers", function()
      open {
        ["AT+WDOMAIN=www.baidu.com"] = "\r+WDOMAIN:14.119.104.189\r\n" .. OK,
        ["AT+WDNS?"] = "\r\n+WDNS:192.168.3.1,0.0.0.0\r\n" .. OK,
        ["AT+WDNS=114.114.114.114"] = "\r\n+WDNS:114.114.114.114\r\n" .. OK,
        ["AT+WDOMAIN=no.such"] = "\r\n+WDOMAIN:98\r\nERROR\r\n",
      }
      assert.are.same("14.119.104.189", modem.dns.resolve("www.baidu.com"))
      assert.are.same({ "192.168.3.1" }, modem.dns.servers())
      assert.is_truthy(modem.dns.servers("114.114.114.114"))
      local none, err = modem.dns.resolve("no.such")
      assert.is_nil(none)
      assert.are.same("dns_failed", err.name)
      assert.are.same("dns.servers: the first server is \"ns\"; it must be an IPv4 address",
        raises(function() modem.dns.servers("ns") end))
    end)
  end)

  describe("autoconnect", function()
    it("is set, read and disabled", function()
      local setting = "4,192.168.31.239,60000"
      open {
        ["AT+SOCKETAUTOTT?"] = function() return "\r\n+SOCKETAUTOTT:" .. setting .. "\r\n" .. OK end,
        ["^AT%+SOCKETAUTOTT="] = function(line)
          setting = line:match("=(.*)$") == "0" and "0,,0" or line:match("=(.*)$")
          return OK
        end,
      }
      assert.are.same({ type = "tcp", host = "192.168.31.239", port = 60000 }, modem.tcp.autoconnect())
      assert.is_true(modem.tcp.autoconnect { type = "udp", host = "192.168.31.1", port = 7 })
      assert.are.same("2,192.168.31.1,7", setting)
      assert.is_true(modem.tcp.autoconnect { type = "udp-server", port = 10086 })
      assert.are.same("1,10086", setting)
      assert.is_true(modem.tcp.autoconnect(false))
      assert.is_false(modem.tcp.autoconnect())
      assert.are.same("tcp.autoconnect: the option host is missing",
        raises(function() modem.tcp.autoconnect { port = 7 } end))
    end)
  end)

  describe("Wi-Fi", function()
    local SECRET = 'p,"w'

    local function commands(order)
      return {
        ["AT+WMODE?"] = "\r\n+WMODE:0\r\n" .. OK, ["AT+WMODE=1,0"] = OK,
        ['AT+WJAP="home, sweet","p,\\"w"'] = order,
        ["AT+WJAP?"] = "\r\n+WJAP:3,home, sweet,p,\"w,14:de:39:06:86:e4,WPA2 TKIP,7c:b9:4c:1d:c6:39,6,192.168.3.142,"
          .. "192.168.3.1\r\n" .. OK,
      }
    end

    it("is joined when there is an address, whether OK comes in front of it or behind; the password stays secret", function()
      for _, order in ipairs {
        "\r\n+EVENT:WIFI_CONNECT\r\n" .. OK .. "\r\n+EVENT:WIFI_GOT_IP\r\n",
        "\r\n+EVENT:WIFI_CONNECT\r\n\r\n+EVENT:WIFI_GOT_IP\r\n" .. OK,
      } do
        open(commands(order))
        local status = assert(modem.wifi.join { ssid = "home, sweet", password = SECRET })
        assert.are.same({ "connected", "192.168.3.142", "192.168.3.1", 6 },
          { status.state, status.ip, status.gateway, status.channel })
        assert.is_false(traced("p,\"w") or traced('p,\\"w'))
        assert.is_true(traced("192.168.3.142"))
        modem:close()
      end
    end)

    it("tells why it was not joined", function()
      open(commands("\r\n+WJAP:68\r\nERROR\r\n"))
      local status, err = modem.wifi.join { ssid = "home, sweet", password = SECRET }
      assert.is_nil(status)
      assert.are.same({ "wi_fi_authentication_failed", 68 }, { err.name, err.code })
      assert.are.same('AT+WJAP="home, sweet","***"', err.command)
      assert.is_nil(tostring(err):find("p,", 1, true))
      assert.is_truthy(err.hint:find("password is wrong", 1, true))
    end)

    it("does not call a password wrong that was not given", function()
      open { ["AT+WMODE?"] = "\r\n+WMODE:1\r\nOK\r\n", ['AT+WJAP="home"'] = "\r\n+WJAP:68\r\nERROR\r\n" }
      local _, err = modem.wifi.join { ssid = "home" }
      assert.are.same({ "wi_fi_authentication_failed", "No password was given, and the access point wants one." },
        { err.name, err.hint })
    end)

    it("is joined by one task at a time: each gets what it has asked for", function()
      local joined
      local function join(line, port)
        joined = line:match('"(%a+)"')
        port:say("\r\n+EVENT:WIFI_CONNECT\r\n" .. OK)
        port:say("\r\n+EVENT:WIFI_GOT_IP\r\n", 1)
      end
      local all = {
        ["AT+WMODE?"] = "\r\n+WMODE:1\r\n" .. OK,
        ["^AT%+WJAP="] = join,
        ["AT+WJAP?"] = function()
          return ("\r\n+WJAP:3,%s,p,14:de:39:06:86:e4,WPA2,7c:b9:4c:1d:c6:39,6,192.168.3.142,192.168.3.1\r\n"):format(
            joined) .. OK
        end,
      }
      for step = 0, 8 do
        open(all)
        module.port.delay = 0.01
        hayes.run(function()
          local first = hayes.spawn(function() return modem.wifi.join { ssid = "home" } end)
          hayes.sleep(step * 0.005)
          local second = hayes.spawn(function() return modem.wifi.join { ssid = "work" } end)
          local late = hayes.spawn(function() return modem.wifi.join { ssid = "cafe", timeout = 1 } end)
          assert.are.same("home", select(2, first:join()).ssid)
          assert.are.same("work", select(2, second:join()).ssid)
          assert.are.same("timeout", select(3, late:join()).name)
        end)
        modem:close()
      end
    end)

    it("tells its state as newer firmware has it, password left out", function()
      open({ ["AT+STAINFO?"] = "\r\n+STAINFO:3\r\nSSID:test\r\nPassword:123456789\r\n"
        .. "e1:f9:8a:aa:fc:4f,WPA/WPA2 TKIP,b2:e3:41:c2:b3:42,5,192.168.3.125,192.168.3.1\r\n" .. OK },
        { lineage = "middleware" })
      assert.are.same({ state = "connected", ssid = "test", mac = "e1:f9:8a:aa:fc:4f", security = "WPA/WPA2 TKIP",
        bssid = "b2:e3:41:c2:b3:42", channel = 5, ip = "192.168.3.125", gateway = "192.168.3.1" }, modem.wifi.status())
      assert.is_false(traced("123456789"))
    end)

    it("keeps the password out of traces and errors when the module repeats the command, or answers too late", function()
      local both = "Unknown cmd:AT+WJAP=\"home, sweet\",\"p,\\\"w\"\r\n"
      local all = commands(both)
      open(all)
      local _, err = modem.wifi.join { ssid = "home, sweet", password = SECRET }
      assert.are.same("unknown_command", err.name)
      local late = "\r\n+WJAP:3,home,p,\"w,14:de:39:06:86:e4,b,c,6,192.168.3.142,d\r\n" .. OK
      all["AT+WJAP?"] = function(_, port) port:say(late, 60) end
      modem:close()
      open(all)
      assert.is_nil((modem.wifi.status()))
      hayes.sleep(70)
      for _, value in pairs(err) do assert.is_nil(tostring(value):find('p,[\\"]')) end
      assert.is_true(traced("192.168.3.142"))
      assert.is_false(traced("p,\"w") or traced('p,\\"w'))
    end)

    it("is scanned, in either form of the rows", function()
      for _, mark in ipairs { " ", "," } do
        open { ["AT+WMODE?"] = "\r\n+WMODE:3\r\n" .. OK, ["AT+WSCAN"] = "\r\n+WSCAN:index SSID,CH,SECURITY,RSSI,BSSID\r\n"
          .. "1" .. mark .. "IoT, 2nd floor,9,WPA/WPA2 Mixed,-19,cc:81:da:1f:45:80\r\n" .. OK }
        assert.are.same({ { ssid = "IoT, 2nd floor", channel = 9, security = "WPA/WPA2 Mixed", rssi = -19,
          bssid = "cc:81:da:1f:45:80" } }, modem.wifi.scan())
        modem:close()
      end
    end)

    it("is left by switching the station off; an access point stays", function()
      for mode, off in pairs { [1] = "0", [3] = "2" } do
        open { ["AT+WMODE?"] = "\r\n+WMODE:" .. mode .. "\r\n" .. OK, ["AT+WMODE=" .. off .. ",0"] = OK }
        assert.is_true(modem.wifi.leave())
        assert.are.same(1, module:count("^AT%+WMODE=" .. off .. ",0$"))
        modem:close()
      end
    end)
  end)
end)
