-- TLS through the module, against real servers.

local hayes = require "hayes"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"
local raises = require "support.raises"

describe("modem.ssl", function()
  local modem, emulator, peer, folder, ca

  setup(function()
    folder = lab.folder()
    ca = folder .. "/root.pem"
    peer = Peer.start(folder)
    modem, emulator = lab.online(peer.port)
  end)

  teardown(function()
    modem:close()
    emulator:close()
    peer:close()
  end)

  local function open(options, host)
    peer:begin("accept")
    options = options or {}
    if options.verify ~= "none" then options.ca = options.ca or ca end
    local sock, err = modem.ssl.open(host or lab.HOST, 443, options)
    local seen, why = peer:finish()
    if sock then sock:settimeout(10) end
    return sock, err, seen, why
  end

  local function close(sock)
    sock:close()
    peer:close_connection()
  end

  it("opens a verified connection of TLS 1.2 with SNI", function()
    local sock, err, seen = open()
    assert(sock, tostring(err))
    assert.is_truthy(seen:find("^" .. lab.HOST .. " TLSv1%.2 "), seen)
    assert.are.same("SSL: " .. lab.HOST .. ":443", tostring(sock))
    assert.are.same("connected", sock:state())
    assert.are.same("buffer", sock.mode)
    close(sock)
    assert.are.same("closed", sock:state())
  end)

  it("takes the CA as PEM text, and as a file of the module", function()
    local sock = assert(open { ca = { pem = pki.read(ca) } })
    close(sock)
    assert(modem.file.upload(ca, "UFS:myca.pem", { replace = true }))
    sock = assert(open { ca = "UFS:myca.pem" })
    close(sock)
    assert(modem.file.delete("UFS:myca.pem"))
  end)

  it("puts a CA into the module once", function()
    close(assert(open()))
    local before = #assert(modem.file.list("UFS:hayes-*"))
    for _ = 1, 3 do close(assert(open())) end
    assert.are.same(before, #assert(modem.file.list("UFS:hayes-*")))
  end)

  it("refuses a server whose chain does not end in the CA, with a sentence and a hint", function()
    local sock, err = open { ca = folder .. "/other.pem" }
    assert.is_nil(sock)
    assert.are.same("ssl_handshake_fail", err.name)
    assert.are.same(579, err.code)
    assert.are.same("ssl", err.origin)
    assert.are.same(("the TLS connection to %s:443 failed: SSL handshake fail (579)"):format(lab.HOST), tostring(err))
    assert.is_truthy(err.hint:find("CA", 1, true))
  end)

  it("gives sockets and contexts back after a failure", function()
    for _ = 1, 15 do assert.is_nil((open { ca = folder .. "/other.pem" })) end
    assert.are.same({}, assert(modem.ssl.sockets()))
    close(assert(open()))
  end)

  it("connects without verification only when told to", function()
    local sock, _, seen = open { verify = "none", sni = false }
    assert(sock)
    assert.is_truthy(seen:find("^%- "), seen)
    close(sock)
  end)

  it("tells a name that cannot be resolved, and a server that is not there", function()
    local sock, err = modem.ssl.open("nowhere.invalid", 443, { ca = ca })
    assert.is_nil(sock)
    assert.are.same("dns_parse_failed", err.name)
    sock, err = modem.ssl.open("127.0.0.1", 9, { ca = ca })
    assert.is_nil(sock)
    assert.are.same("socket_connection_failed", err.name)
  end)

  it("tells that the data connection is missing", function()
    assert(modem.network.detach())
    local sock, err = modem.ssl.open(lab.HOST, 443, { ca = ca })
    assert.is_nil(sock)
    assert.is_truthy(err.code, tostring(err))
    assert(modem.network.attach { apn = "internet" })
  end)

  it("fetches with socket.http by way of factory()", function()
    local Process = require "support.process"
    local http = require "socket.http"
    local ltn12 = require "ltn12"
    local body = ("0123456789abcdef"):rep(8192)
    local file = assert(io.open(folder .. "/body.bin", "wb"))
    file:write(body)
    file:close()
    local port = Process.free_port()
    local server <close> = Process.start { "lua5.4", "spec/support/https_server.lua", port, folder, folder .. "/chain.pem",
      folder .. "/server.key" }
    Process.wait_for_port(port)
    local other, other_emulator = lab.online(port)
    local got = {}
    local ok, status, headers = http.request {
      url = ("https://%s/body.bin"):format(lab.HOST), sink = ltn12.sink.table(got),
      create = other.ssl.factory { ca = ca },
    }
    assert.are.same({ 1, 200 }, { ok, status })
    assert.are.same(tostring(#body), headers["content-length"])
    assert.is_true(table.concat(got) == body)
    ok, status = http.request { url = ("https://%s/missing"):format(lab.HOST), create = other.ssl.factory { ca = ca } }
    assert.are.same({ 1, 404 }, { ok, status })
    other:close()
    other_emulator:close()
    assert(server)
  end)

  it("moves large amounts both ways, byte for byte", function()
    local sock = assert(open())
    local bytes = {}
    for i = 1, 4096 do bytes[i] = ("%08x-some-line-%08x\r\n"):format(i, i * 7919) end
    bytes = table.concat(bytes)
    peer:begin("receive", #bytes)
    assert.are.same(#bytes, sock:send(bytes))
    assert(sock:flush())
    local length = assert(peer:finish())
    assert.are.same(tostring(#bytes), length)
    assert.is_true(peer.control:receive(#bytes) == bytes)
    peer.control:receive(1)
    peer:begin("send", #bytes, bytes)
    assert.is_true(sock:receive(#bytes) == bytes)
    assert(peer:finish())
    close(sock)
  end)

  it("sends at once, and gathers small sends into one command while the line is busy", function()
    local sock = assert(open())
    local sends = 0
    modem.trace = { sent = function(_, _, text) sends = sends + (text and text:find("^AT%+QSSLSEND") and 1 or 0) end,
      seen = function() end, remark = function() end, close = function() end }
    modem.engine:observe(true)
    sock:send("first ")
    assert.are.same("first ", peer:receive(6)) -- though nothing of the library runs meanwhile
    assert(sock:flush())
    assert.are.same(1, sends)
    hayes.run(function()
      for _ = 1, 50 do hayes.spawn(function() sock:send("small ") end) end
    end)
    assert(sock:flush())
    assert.is_true(sends <= 3)
    assert.are.same(("small "):rep(50), peer:receive(300))
    modem.engine:observe(false)
    modem.trace = nil
    close(sock)
  end)

  it("tells how much could not be sent when the server has gone", function()
    local sock = assert(open())
    peer:close_connection()
    assert.are.same({ n = 3, nil, "closed", "" }, table.pack(sock:receive(1)))
    sock:send("into the void")
    local ok, err = sock:flush()
    assert.is_nil(ok)
    assert.are.same("closed", err)
    assert.are.same(13, sock:lasterror().unsent)
    sock:close()
  end)

  it("ends sockets when the module restarts, and opens new ones afterwards", function()
    local sock = assert(open())
    emulator:control("reboot")
    assert.are.same({ n = 3, nil, "closed", "" }, table.pack(sock:receive(1)))
    assert.are.same("reboot", sock:lasterror().name)
    peer:close_connection()
    assert.is_truthy(modem:wait("ready", 20))
    assert(modem.network.attach { apn = "internet" })
    close(assert(open()))
  end)

  it("closes a socket that was forgotten", function()
    assert(open())
    collectgarbage()
    collectgarbage()
    hayes.sleep(0.1)
    assert.are.same({}, assert(modem.ssl.sockets()))
    peer:close_connection()
  end)

  it("configure() and contexts() show what an SSL context is set to", function()
    assert(modem.ssl.configure(4, { verify = "none", version = "tls1.1", ciphers = { "TLS_RSA_WITH_AES_128_CBC_SHA" },
      negotiate_timeout = 60 }))
    local context = assert(modem.ssl.contexts())[4]
    assert.are.same({ 2, "0X002F", 0, 1, 60 }, { context.sslversion, context.ciphersuite, context.seclevel, context.sni,
      context.negotiatetime })
  end)

  describe("wrong use raises before anything is sent:", function()
    local function message(f) return raises(f) end

    it("verifying without a CA, with what to give", function()
      assert.is_truthy(message(function() modem.ssl.open("h", 443) end):find('give ca = "file.pem"', 1, true))
      assert.is_truthy(message(function() modem.ssl.open("h", 443, {}) end):find('or say verify = "none"', 1, true))
      assert.is_truthy(message(function() modem.ssl.factory {} end):find('verify = "server" needs the CA', 1, true))
    end)

    it("a CA file that is missing or is none, by name", function()
      assert.is_truthy(message(function() modem.ssl.open("h", 443, { ca = "/no/such.pem" }) end):find(
        "ca cannot be read: /no/such.pem: No such file", 1, true))
      assert.is_truthy(message(function() modem.ssl.open("h", 443, { ca = "LICENSE" }) end):find(
        "LICENSE is not PEM", 1, true))
      assert.is_truthy(message(function() modem.ssl.open("h", 443, { ca = "/etc" }) end):find("/etc", 1, true))
    end)

    it("mutual authentication without certificate and key", function()
      assert.is_truthy(message(function() modem.ssl.open("h", 443, { ca = ca, verify = "mutual" }) end):find(
        "needs certificate and key", 1, true))
    end)

    it("options and values that do not exist, with the nearest that do", function()
      assert.is_truthy(message(function() modem.ssl.open("h", 443, { verfy = "none" }) end):find("did you mean verify?", 1,
        true))
      assert.is_truthy(message(function() modem.ssl.open("h", 443, { verify = "maybe" }) end):find(
        'it must be one of "server", "mutual", "none"', 1, true))
      assert.is_truthy(message(function()
        modem.ssl.open("h", 443, { verify = "none", ciphers = { "TLS_RSA_WITH_AES_256_CBC_SHA1" } })
      end):find("did you mean TLS_RSA_WITH_AES_256_CBC_SHA", 1, true))
      assert.is_truthy(message(function() modem.ssl.open("h", 443, { verify = "none", ignore = { "expird" } }) end):find(
        '"expired"', 1, true))
    end)

    it("hosts and ports that are none", function()
      assert.is_truthy(message(function() modem.ssl.open("", 443, { verify = "none" }) end):find("the host is empty", 1, true))
      assert.is_truthy(message(function() modem.ssl.open("h", 0, { verify = "none" }) end):find("from 1 to 65535", 1, true))
      assert.is_truthy(message(function() modem.ssl.open("h", "https", { verify = "none" }) end):find(
        'the port is "https"; it must be integer', 1, true))
    end)
  end)
end)
