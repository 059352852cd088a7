-- How hosts are given to modules: IPv6 addresses without brackets, names without the dot of the root; and of which family
-- the addresses are that modules give.

local hayes = require "hayes"
local hosts = require "hayes.stream.host"
local lab = require "support.lab"
local raises = require "support.raises"
local script = require "support.script"
local WifiModule = require "support.wifi_module"

local OK = "\r\nOK\r\n"

describe("A host", function()
  it("is given without the brackets of URLs around an IPv6 address, and without the dot of the root", function()
    for given, plain in pairs {
      ["[::1]"] = "::1", ["::1"] = "::1", ["[2001:db8::1%1]"] = "2001:db8::1%1", ["[::ffff:1.2.3.4]"] = "::ffff:1.2.3.4",
      ["server.example."] = "server.example", ["server.example"] = "server.example", ["127.0.0.1"] = "127.0.0.1",
      ["[server.example]"] = "[server.example]", ["."] = ".", ["a.."] = "a..", [""] = "", ["[1.2.3.4]"] = "[1.2.3.4]",
    } do
      assert.are.same(plain, hosts.plain(given))
    end
    assert.are.same(7, hosts.plain(7))
  end)

  it("is of a family", function()
    assert.are.same({ "inet", "inet6", "inet6" }, { hosts.family "10.0.0.1", hosts.family "fe80::1",
      hosts.family "32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1" })
  end)
end)

describe("A Quectel module", function()
  local modem, lines

  before_each(function()
    script.virtual_time()
    lines = {}
    local function opened(name)
      return function(line)
        lines[#lines + 1] = line
        return OK .. ("\r\n+%s: 0,0\r\n"):format(name)
      end
    end
    modem = assert(hayes.open_port(script.port(script.quectel {
      ["^AT%+QICFG="] = OK, ["AT+QISTATE"] = OK, ["AT+QSSLSTATE"] = OK, ["^AT%+Q%u+CLOSE="] = OK,
      ["AT+QISTATE=1,0"] = '\r\n+QISTATE: 0,"TCP","2001:db8::1",80,5000,2,1,0,0,"usbat"\r\n' .. OK,
      ["^AT%+QIOPEN="] = opened "QIOPEN", ["^AT%+QSSLOPEN="] = opened "QSSLOPEN",
      ["^AT%+QSSLCFG="] = function(line)
        local name = line:match('="(%w+)",%d$')
        return name and ('\r\n+QSSLCFG: "%s",0,0\r\n'):format(name) .. OK or OK
      end,
      ["^AT%+QIDNSGIP="] = function(line)
        lines[#lines + 1] = line
        return OK .. '\r\n+QIURC: "dnsgip",0,1,600\r\n\r\n+QIURC: "dnsgip","10.0.0.1"\r\n'
      end,
      ["AT+QIACT?"] = '\r\n+QIACT: 1,1,2,"2001:db8::7"\r\n\r\n+QIACT: 2,1,3,"10.0.0.2","2001:db8::8"\r\n'
        .. '\r\n+QIACT: 3,1,1,"10.0.0.3"\r\n' .. OK,
    }), "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("is given hosts as it takes them, whoever opens", function()
    local function try(...)
      local sock = ...
      if sock then sock:close() end
    end
    for _, host in ipairs { "[2001:db8::1]", "server.example." } do
      try(modem.tcp.open(host, 80))
      try(modem.udp.open(host, 80))
      local sock = modem.tcp.factory()()
      assert(sock:connect(host, 80))
      sock:close()
      modem.network.resolve(host)
    end
    for _, line in ipairs(lines) do
      assert.is_truthy(line:find('"2001:db8::1"', 1, true) or line:find('"server.example"', 1, true), line)
    end
    assert.are.same(8, #lines)
  end)

  it("is given no URL, and no host with a port in it, whoever opens", function()
    for host, found in pairs { ["http://me:secret@server.example/"] = "/", ["me:secret@server.example"] = "@",
      ["server.example:80"] = ":" } do
      local why = ("the host holds %q; it is a name or an address alone"):format(found)
      for name, call in pairs { ["tcp.open"] = modem.tcp.open, ["udp.open"] = modem.udp.open, ["ssl.open"] = modem.ssl.open,
        ["network.resolve"] = modem.network.resolve, ["network.diagnose"] = modem.network.diagnose } do
        assert.are.same(name .. ": " .. why, raises(function() call(host, name:find "open" and 80 or nil) end))
      end
      local sock = modem.tcp.factory()()
      assert.is_nil((sock:connect(host, 80)))
      assert.are.same({ "bad_address", "no connection: " .. why }, { sock:lasterror().name, sock:lasterror().message })
    end
    assert.are.same({}, lines)
  end)

  it("has sockets and contexts with addresses of both families", function()
    local sock = assert(modem.tcp.open("[2001:db8::1]", 80))
    assert.are.same({ "2001:db8::1", 80, "inet6" }, { sock:getpeername() })
    assert.are.same({ "::", 5000, "inet6" }, { sock:getsockname() })
    sock:close()
    assert.are.same({ { context = 1, ip6 = "2001:db8::7" }, { context = 2, ip = "10.0.0.2", ip6 = "2001:db8::8" },
      { context = 3, ip = "10.0.0.3" } }, modem.network.status().contexts)
  end)
end)

describe("TLS with a name that ends in the dot of the root", function()
  it("verifies the server by its name", function()
    local Peer = require "support.tls_peer"
    local peer <close> = Peer.start(lab.folder())
    local modem, emulator = lab.online(peer.port)
    peer:begin("accept")
    local sock = assert(modem.ssl.open(lab.HOST .. ".", 443, { ca = lab.folder() .. "/root.pem" }))
    assert(peer:finish())
    sock:close()
    modem:close()
    emulator:close()
  end)
end)

describe("An Ai-Thinker module", function()
  it("is given hosts as it takes them", function()
    script.virtual_time()
    finally(script.real_time)
    local module = WifiModule.new()
    local modem = assert(hayes.open_port(module.port, "script"))
    local held = {} -- those that nobody holds are closed when they are collected
    for _, host in ipairs { "[::1]", "server.example." } do
      held[#held + 1] = assert(modem.tcp.open(host, 7))
      held[#held + 1] = modem.udp.factory()()
      assert(held[#held]:connect(host, 7))
    end
    local seen = {}
    for _, socket in pairs(module.sockets) do seen[socket.host] = (seen[socket.host] or 0) + 1 end
    assert.are.same({ ["::1"] = 2, ["server.example"] = 2 }, seen)
    for _, call in ipairs { modem.tcp.open, modem.udp.open, modem.ssl.open, modem.dns.resolve } do
      local why = raises(function() call("http://me:secret@server.example/", call ~= modem.dns.resolve and 7 or nil) end)
      assert.is_truthy(why:find('the host holds "/"; it is a name or an address alone', 1, true), why)
    end
    assert.is_truthy(raises(function() modem.tcp.autoconnect { type = "tcp", host = "server.example:7", port = 7 } end)
      :find('the host holds ":"', 1, true))
    modem:close()
  end)
end)
