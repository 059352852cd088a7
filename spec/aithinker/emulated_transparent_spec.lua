-- Transparent transmission of an Ai-WB2 in software, with real far ends; and what it does by itself behind a start.

local hayes = require "hayes"
local lab = require "support.lab"
local peers = require "support.wifi_peers"
local socket = require "socket"

-- What looks like an escape sequence, or like the module's own words.
local tricky = ("AT\r\n+++\0\255+++ ++++\r\nOK\r\n+SOCKET:97\r\n+++"):rep(8) .. "\r\n+EVENT:SocketDisconnect,1\r\n"

describe("Transparent transmission of an Ai-WB2", function()
  local modem, emulator

  local function start(quirks, options)
    options = options or {}
    options.quirks = quirks
    modem, emulator = lab.joined(nil, options)
  end

  after_each(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    modem, emulator = nil, nil
  end)

  for _, quirks in ipairs { "", "WB2-P1.4.4", "tt-exit-anywhere" } do
    it("carries any bytes both ways, commands in between" .. (quirks ~= "" and ", with " .. quirks or ""), function()
      start(quirks ~= "" and quirks or nil)
      local sock, peer = peers.client(modem, { mode = "transparent" })
      sock:send(tricky)
      assert(sock:flush())
      assert.is_true(peer:receive(#tricky) == tricky)
      peer:send(tricky)
      assert.is_true(sock:receive(#tricky) == tricky)
      assert(sock:escape())
      assert.are.same("connected", modem.sockets()[1].state)
      peer:send("while commands go")
      assert.are.same("while commands go", sock:receive(17))
      assert(sock:resume())
      sock:send("on")
      assert(sock:flush())
      assert.are.same("on", peer:receive(2))
      assert.are.same(1, sock:close())
      assert.are.same("closed", (select(2, peer:receive(1))))
      assert.are.same({}, assert(modem.sockets()))
    end)
  end

  it("is left and entered while data goes on coming", function()
    start()
    local sock, peer = peers.client(modem, { mode = "transparent" })
    local block = ("0123456789abcdef"):rep(64)
    for _, mode in ipairs { "push", "transparent", "buffer", "transparent" } do
      for _ = 1, 20 do peer:send(block) end
      assert(sock:switch(mode))
      for _ = 1, 20 do peer:send(block) end
      assert.is_true(sock:receive(40 * #block) == block:rep(40))
    end
    sock:close()
  end)

  it("ends with the connection where firmware tells of that among the data", function()
    for _, quirks in ipairs { "tt-events", "WB2-P1.4.4" } do
      start(quirks)
      local sock, peer = peers.client(modem, { mode = "transparent" })
      peer:send("last words")
      peer:close()
      assert.are.same("last words", sock:receive("*a"))
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      assert.is_truthy(modem:at("AT+GMR"))
      assert.are.same(1, sock:close())
      assert.are.same({}, assert(modem.sockets()))
      modem:close()
      emulator:close()
    end
  end)

  it("is seen to have ended when it is left, where firmware does not tell", function()
    start()
    local sock, peer = peers.client(modem, { mode = "transparent" })
    peer:send("last words")
    peer:close()
    assert.are.same("last words", sock:receive(10))
    assert(sock:escape())
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same(1, sock:close())
    assert.are.same({}, assert(modem.sockets()))
  end)

  it('lets commands through with escape = "auto", and finds out like that when the connection has ended', function()
    start()
    local sock, peer = peers.client(modem, { mode = "transparent", escape = "auto" })
    for round = 1, 2 do
      assert.is_truthy(modem:at("AT+GMR"))
      sock:send(("round %d"):format(round))
      assert(sock:flush())
      assert.are.same(("round %d"):format(round), peer:receive(7))
    end
    peer:close()
    repeat local row = assert(modem.sockets())[1] until not row or row.state ~= "connected"
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    sock:close()
    assert.are.same({}, assert(modem.sockets()))
  end)

  it("goes through the one seed of a server, and through a UDP server to the first or the last that spoke", function()
    start(nil, { listen = { [8080] = 0, [5683] = 0 } })
    do
      local server <close> = assert(modem.tcp.listen(8080))
      local peer = peers.dial(modem, 8080)
      local client = assert(server:accept(10))
      assert(client:transparent())
      client:send("to the seed's peer")
      assert(client:flush())
      assert.are.same("to the seed's peer", peer:receive(18))
      client:close()
    end
    local sock = assert(modem.udp.listen(5683))
    sock:settimeout(10)
    local first, last = peers.dial_udp(modem, 5683), peers.dial_udp(modem, 5683)
    first:send("1")
    assert.are.same("1", sock:receive())
    last:send("2")
    assert.are.same("2", sock:receive())
    for target, peer in pairs { first = first, last = last } do
      assert(sock:transparent { target = target })
      sock:send("to the " .. target)
      assert(sock:flush())
      assert.are.same("to the " .. target, peer:receive())
      assert(sock:switch("buffer"))
    end
    sock:close()
  end)

  it("is refused beside another connection, and that says which", function()
    start()
    local sock = peers.client(modem)
    local other = peers.client(modem)
    local ok, err = sock:transparent()
    assert.is_nil(ok)
    assert.are.same("not_alone", err.name)
    other:close()
    assert(sock:transparent())
    sock:close()
  end)

  it("goes on where a restart of the module has broken it, with a new connection", function()
    start()
    local sock = peers.client(modem, { mode = "transparent" })
    assert(emulator:control("reboot"))
    assert.are.same("closed", (select(2, sock:receive("*a"))) or "closed")
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert(modem.wifi.join { ssid = "hayes" })
    local again, peer = peers.client(modem, { mode = "transparent" })
    again:send("again")
    assert(again:flush())
    assert.are.same("again", peer:receive(5))
  end)
end)

describe("An Ai-WB2 that is to connect by itself after a start", function()
  local modem, emulator, listener, peer

  local function set(quirks)
    listener = assert(socket.bind("127.0.0.1", 0))
    listener:settimeout(10)
    local _, port = listener:getsockname()
    modem, emulator = lab.joined(nil, { quirks = quirks })
    assert(modem.tcp.autoconnect { host = "127.0.0.1", port = math.tointeger(port) })
    assert.are.same({ type = "tcp", host = "127.0.0.1", port = math.tointeger(port) }, modem.tcp.autoconnect())
    assert(modem:at("AT+WAUTOCONN=1"))
  end

  after_each(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    listener:close()
    if peer then peer:close() end
    modem, emulator, peer = nil, nil, nil
  end)

  for _, quirks in ipairs { "", "WB2-P23.2.1" } do
    it("is taken out of that mode when the port is opened" .. (quirks ~= "" and ", as " .. quirks or ""), function()
      set(quirks ~= "" and quirks or nil)
      modem.emulator = nil -- which would be closed, too
      modem:close()
      assert(emulator:control("reboot"))
      peer = assert(listener:accept())
      peer:settimeout(10)
      peer:send("what the far end says meanwhile")
      modem = assert(hayes.open(emulator.address))
      assert.are.same("connected", modem.wifi.status().state)
      local rows = modem.sockets()
      assert.are.same({ "TCP client", "connected" }, { rows[1].type, rows[1].state })
      assert(modem.tcp.autoconnect(false))
      assert.is_false(modem.tcp.autoconnect())
    end)
  end

  it("is taken out of that mode when it restarts under a program", function()
    set()
    local ready = hayes.spawn(function() return modem:wait("ready", 20) end)
    assert(emulator:control("reboot"))
    assert(select(2, ready:join(30)))
    repeat local row = assert(modem.sockets())[1] until row and row.state == "connected"
    peer = assert(listener:accept())
    peer:settimeout(10)
    -- No command has gone to the far end.
    for _ = 1, 20 do assert(modem:at("AT")) end
    modem:close()
    emulator:close()
    local _, _, seen = peer:receive("*a")
    assert.is_nil(seen and seen:find("SOCKET", 1, true))
  end)
end)
