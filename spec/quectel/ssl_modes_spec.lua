-- TLS connections in the three access modes, and many at once.

local hayes = require "hayes"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local Session = require "support.wifi_session"

describe("A TLS connection", function()
  local modem, emulator, peer, ca

  setup(function()
    ca = lab.folder() .. "/root.pem"
    peer = Peer.start(lab.folder())
    modem, emulator = lab.online(peer.port)
  end)

  teardown(function()
    modem:close()
    emulator:close()
    peer:close()
  end)

  local function open(options)
    options.ca = ca
    peer:begin("accept")
    local sock = assert(modem.ssl.open(lab.HOST, 443, options))
    assert(peer:finish())
    sock:settimeout(10)
    return sock
  end

  local all = {}
  for byte = 0, 255 do all[#all + 1] = string.char(byte) end
  local tricky = (table.concat(all) .. "+++\r\nNO CARRIER\r\n\r\nOK\r\n> \r\n+QSSLURC: \"closed\",0\r\n+++"):rep(12)

  for _, mode in ipairs { "buffer", "push", "transparent" } do
    it("carries any bytes both ways in " .. mode .. " mode, and tells the end", function()
      local sock = open { mode = mode }
      assert.are.same(mode, sock.mode)
      peer:begin("receive", #tricky)
      sock:send(tricky)
      assert(sock:flush())
      assert.are.same(tostring(#tricky), peer:finish())
      assert.is_true(peer.control:receive(#tricky) == tricky)
      peer.control:receive(1)
      peer:begin("send", #tricky, tricky)
      assert.is_true(sock:receive(#tricky) == tricky)
      assert(peer:finish())
      assert(peer:send("bye\r\nNO CARRIER"))
      peer:close_connection()
      assert.are.same("bye\r\nNO CARRIER", sock:receive("*a"))
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      assert.are.same(1, sock:close())
      assert.are.same({}, assert(modem.ssl.sockets()))
    end)
  end

  it("is switched from mode to mode and loses nothing", function()
    local sock = open {}
    for _, mode in ipairs { "push", "transparent", "buffer" } do
      local text = "in front of " .. mode .. ";"
      assert(peer:send(text))
      assert(sock:switch(mode))
      assert.are.same(text, sock:receive(#text))
      sock:send("now " .. mode)
      assert(sock:flush())
      assert.are.same("now " .. mode, peer:receive(4 + #mode))
    end
    sock:close()
    peer:close_connection()
  end)

  it("is not taken for a TCP connection when it is switched, and what is sent goes out encrypted", function()
    local plain = Session.listen()
    local _, plain_port = plain:getsockname()
    local tcp = assert(modem.tcp.open("127.0.0.1", tonumber(plain_port)))
    local plain_peer = Session.accept(plain)
    for _, mode in ipairs { "push", "transparent" } do
      local sock = open {}
      assert(sock:switch(mode))
      sock:send("secret")
      assert(sock:flush())
      assert.are.same("secret", peer:receive(6))
      sock:close()
      peer:close_connection()
    end
    plain_peer:settimeout(0)
    assert.are.same({ nil, "timeout", "" }, { plain_peer:receive("*a") })
    tcp:close()
    plain:close()
  end)

  it("is not switched when a TCP connection has its index, for want of others: the error says so", function()
    local plain = Session.listen()
    local _, plain_port = plain:getsockname()
    local sock = open {}
    local socks, peers = {}, {}
    for i = 1, 12 do
      socks[i] = assert(modem.tcp.open("127.0.0.1", tonumber(plain_port)))
      peers[i] = Session.accept(plain)
    end
    for _, mode in ipairs { "push", "transparent" } do
      local ok, err = sock:switch(mode)
      assert.is_nil(ok)
      assert.are.same("ambiguous", err.name)
      assert.is_truthy(tostring(err):find("the module has a TCP or UDP connection with the same index, 0", 1, true))
      assert.are.same("buffer", sock.mode)
    end
    local last = socks[12]
    local ok, err = last:switch("push")
    assert.is_nil(ok)
    assert.are.same("ambiguous", err.name)
    sock:send("secret")
    assert(sock:flush())
    assert.are.same("secret", peer:receive(6))
    sock:close()
    peer:close_connection()
    assert(last:switch("push"))
    for i = 1, 12 do
      peers[i]:settimeout(0)
      assert.are.same({ nil, "timeout", "" }, { peers[i]:receive("*a") })
      socks[i]:close()
      peers[i]:close()
    end
    plain:close()
  end)

  it("in transparent mode is left and returned to by escape() and resume(), and by itself around commands", function()
    local sock = open { mode = "transparent" }
    assert(sock:escape())
    assert.are.same("connected", sock:state())
    assert.is_truthy(modem:query("AT+CSQ").rssi)
    assert(sock:resume())
    sock:send("still here")
    assert(sock:flush())
    assert.are.same("still here", peer:receive(10))
    sock:close()
    peer:close_connection()
    sock = open { mode = "transparent", escape = "auto" }
    assert.is_truthy(modem:query("AT+CSQ").rssi)
    sock:send("and here")
    assert(sock:flush())
    assert.are.same("and here", peer:receive(8))
    sock:close()
    peer:close_connection()
  end)

  it("that is refused in transparent mode tells why", function()
    peer:begin("accept")
    local sock, err = modem.ssl.open(lab.HOST, 443, { ca = lab.folder() .. "/other.pem", mode = "transparent" })
    assert.is_nil(sock)
    assert.is_nil(peer:finish())
    assert.are.same(579, err.code)
    assert.is_truthy(modem:query("AT+CSQ").rssi)
  end)
end)

describe("Twelve TLS connections over six contexts", function()
  local modem, emulator
  local peers = {}

  setup(function()
    local resolve = {}
    for i = 1, 12 do
      peers[i] = Peer.start(lab.folder())
      resolve[("%s:%d"):format(lab.HOST, 1000 + i)] = "127.0.0.1:" .. peers[i].port
    end
    modem, emulator = lab.online(nil, { resolve = resolve })
  end)

  teardown(function()
    modem:close()
    emulator:close()
    for _, peer in ipairs(peers) do peer:close() end
  end)

  it("run at once, each with its settings, while commands and handlers go on", function()
    local ca = lab.folder() .. "/root.pem"
    local socks, finished, signals, handled = {}, 0, 0, 0
    modem:on("+QSSLURC", function()
      assert(modem:at("AT"))
      handled = handled + 1
    end)
    hayes.run(function()
      for i = 1, 12 do
        peers[i]:begin("accept")
        -- Two connections share the settings of a context.
        local sock = assert(modem.ssl.open(lab.HOST, 1000 + i, { ca = ca, negotiate_timeout = 10 + (i + 1) // 2 }))
        assert(peers[i]:finish())
        sock:settimeout(20)
        socks[i] = sock
      end
      local none, err = modem.ssl.open(lab.HOST, 1001, { ca = ca, negotiate_timeout = 11 })
      assert.is_nil(none)
      assert.are.same("no_free_socket", err.name)
      none, err = modem.ssl.open(lab.HOST, 1001, { ca = ca, negotiate_timeout = 99 })
      assert.is_nil(none)
      assert.are.same("no_free_context", err.name)
      for i = 1, 12 do
        local block = ("%02d-something;"):format(i):rep(500)
        peers[i]:begin("send", #block, block)
        hayes.spawn(function()
          assert.is_true(socks[i]:receive(#block) == block)
          socks[i]:send(block)
          assert(socks[i]:flush())
          finished = finished + 1
        end)
      end
      while finished < 12 do
        assert(modem:at("AT+CSQ"))
        signals = signals + 1
      end
    end)
    assert.is_true(signals >= 5 and handled >= 12, ("%d commands, %d handlers"):format(signals, handled))
    for i = 1, 12 do
      assert(peers[i]:finish())
      local block = ("%02d-something;"):format(i):rep(500)
      assert.is_true(peers[i]:receive(#block) == block)
      assert.are.same(1, socks[i]:close())
    end
    assert.are.same({}, assert(modem.ssl.sockets()))
  end)
end)
