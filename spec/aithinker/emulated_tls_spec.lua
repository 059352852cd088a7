-- TLS of an Ai-WB2 in software: a client that verifies a real server with what modem.certificates has stored, and a server.

local hayes = require "hayes"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local peers = require "support.wifi_peers"
local pki = require "support.pki"
local ssl = require "ssl"

describe("TLS of an Ai-WB2", function()
  local modem, emulator, peer, folder

  setup(function()
    folder = lab.folder()
    peer = Peer.start(folder)
    modem, emulator = lab.joined(peer.port, { listen = { [8443] = 0 } })
  end)

  teardown(function()
    modem:close()
    emulator:close()
    peer:close()
  end)

  local function open(options)
    peer:begin("accept")
    local sock, err = modem.ssl.open(lab.HOST, 443, options)
    local seen = peer:finish()
    if sock then sock:settimeout(60) end
    return sock, err, seen
  end

  it("carries any bytes both ways in every mode, verified against the CA that was given", function()
    local bytes = ("\r\nOK\r\n\0\255+++> \26+EVENT:SocketDown,1,5\r\n"):rep(200)
    for _, mode in ipairs { "buffer", "push", "transparent" } do
      local sock, err, seen = open { ca = folder .. "/root.pem", mode = mode }
      assert(sock, err)
      assert.are.same(lab.HOST, seen:match("^%S+")) -- by SNI
      assert.is_false(sock.verified) -- nobody has seen this firmware refuse anybody
      sock:send(bytes)
      assert(sock:flush())
      assert.is_true(peer:receive(#bytes) == bytes)
      peer:send(bytes)
      assert.is_true(sock:receive(#bytes) == bytes)
      assert.are.same(1, sock:close())
      peer:close_connection()
    end
    assert.are.same({}, assert(modem.sockets()))
  end)

  it("refuses a server that another CA has signed, and says what it is about", function()
    local sock, err = open { ca = folder .. "/other.pem" }
    assert.is_nil(sock)
    assert.are.same({ "ssl_verify_failed", 109 }, { err.name, err.code })
    assert.is_truthy(err.hint:find("CA", 1, true))
    sock = assert(open { verify = "none" })
    sock:close()
    peer:close_connection()
  end)

  it("verifies against the CA that was given, whoever else opens a connection at the same time", function()
    local busy <close> = Peer.start(folder)
    busy:begin("serve")
    for round = 1, 16 do
      hayes.run(function()
        local function open_with(ca, delay)
          return hayes.spawn(function()
            hayes.sleep(delay)
            local sock, err = modem.ssl.open("127.0.0.1", busy.port, { ca = folder .. ca })
            if sock then hayes.sleep(0.005) sock:close() end
            return sock ~= nil, err and err.name
          end)
        end
        local late = round // 2 * 0.0005
        local wrong = open_with("/other.pem", round % 2 == 0 and late or 0)
        local right = open_with("/root.pem", round % 2 == 0 and 0 or late)
        local _, opened, err = assert(wrong:join())
        assert.is_false(opened)
        assert.is_truthy(err == "ssl_verify_failed" or err == "slots_in_use", err)
        assert.is_true((select(2, assert(right:join()))))
      end)
    end
  end)

  it("stores what it is given, and gives it back as it was", function()
    for kind, file in pairs { ca = "root.pem", certificate = "server.pem", key = "server.key" } do
      local text = pki.read(folder .. "/" .. file)
      assert(modem.certificates.set(kind, folder .. "/" .. file))
      assert.are.same(text, modem.certificates.get(kind))
    end
    for _, kind in ipairs { "ca", "certificate", "key" } do
      assert(modem.certificates.clear(kind))
      assert.are.same("", modem.certificates.get(kind))
    end
  end)

  it("shows a client's certificate to a server that wants one", function()
    local certificate, key = pki.client(folder, "wifi-client")
    local strict <close> = Peer.start(folder, { client_ca = folder .. "/root.pem" })
    local options = { verify = "mutual", ca = folder .. "/root.pem", certificate = certificate, key = key }
    strict:begin("accept")
    local sock = assert(modem.ssl.open("127.0.0.1", strict.port, options))
    assert(strict:finish())
    sock:settimeout(10)
    strict:send("welcome\n")
    assert.are.same("welcome", sock:receive())
    sock:close()
  end)

  it("serves with the certificate and key it has: clients verify it", function()
    assert(modem.certificates.set("certificate", folder .. "/chain.pem"))
    assert(modem.certificates.set("key", folder .. "/server.key"))
    local server <close> = assert(modem.ssl.listen(8443))
    local accepted = hayes.spawn(function() return server:accept(10) end)
    local client = assert(ssl.wrap(peers.dial(modem, 8443), { mode = "client", protocol = "any", verify = "peer",
      cafile = folder .. "/root.pem" }))
    assert(client:dohandshake())
    local _, sock = assert(accepted:join(20))
    sock:settimeout(10)
    client:send("GET /\r\n")
    assert.are.same("GET /", sock:receive())
    sock:send("200\r\n")
    assert.are.same(1, sock:close())
    assert.are.same("200", client:receive())
    assert.are.same("closed", (select(2, client:receive())))
  end)

  it("serves on while it is a client itself, and does not become another server for a client's sake", function()
    assert(modem.certificates.set("certificate", folder .. "/chain.pem"))
    assert(modem.certificates.set("key", folder .. "/server.key"))
    local certificate, key = pki.client(folder, "wifi-guest")
    local server <close> = assert(modem.ssl.listen(8443))
    local function greet()
      local accepted = hayes.spawn(function() return server:accept(10) end)
      local client = assert(ssl.wrap(peers.dial(modem, 8443), { mode = "client", protocol = "any", verify = "peer",
        cafile = folder .. "/root.pem" }))
      assert(client:dohandshake())
      select(2, assert(accepted:join(20))):close()
      client:close()
    end
    local sock = assert(open { ca = folder .. "/root.pem" })
    greet()
    sock:close()
    peer:close_connection()
    greet()
    local _, err = modem.ssl.open(lab.HOST, 443, { verify = "mutual", ca = folder .. "/root.pem", certificate = certificate,
      key = key })
    assert.are.same("slots_in_use", err.name)
    greet()
  end)
end)

describe("Certificates of an Ai-WB2", function()
  it("are in flash: they outlive a restart, and are not written again", function()
    local folder = lab.folder()
    local peer <close> = Peer.start(folder)
    local sent = {}
    local modem, emulator = lab.joined(peer.port, nil, { trace = function(line) sent[#sent + 1] = line end })
    local function connect()
      peer:begin("accept")
      local sock = assert(modem.ssl.open(lab.HOST, 443, { ca = folder .. "/root.pem" }))
      assert(peer:finish())
      sock:close()
      peer:close_connection()
    end
    connect()
    local ready = hayes.spawn(function() return modem:wait("ready", 10) end)
    assert(emulator:control("reboot"))
    assert(select(2, ready:join(20)))
    assert(modem.wifi.join { ssid = "hayes" })
    sent = {}
    connect()
    assert.is_nil(table.concat(sent, "\n"):find("SSLCRET=1,", 1, true))
    modem:close()
    emulator:close()
  end)
end)
