-- Sockets of an Ai-WB2 in software, whose far ends are real: of firmware as the page describes it, and of both lineages as
-- they were recorded.

local hayes = require "hayes"
local lab = require "support.lab"
local peers = require "support.wifi_peers"
local socket = require "socket"

-- Every byte, and what looks like the module's own words.
local all = {}
for byte = 0, 255 do all[#all + 1] = string.char(byte) end
local tricky = (table.concat(all) .. "+++\r\nOK\r\n\r\nERROR\r\n> \r\n+EVENT:SocketDown,1,3\r\n\r\n+EVENT:SocketAutoDel,9\r\n"
  .. "+SOCKETREAD,1,5,\r\nready\r\n\26\27+++"):rep(20)

for _, quirks in ipairs { "", "WB2-P1.4.4", "WB2-P23.2.1" } do
  describe(("An Ai-WB2 %s"):format(quirks == "" and "of the page" or "as " .. quirks), function()
    local modem, emulator

    local function start(more)
      local list = { quirks ~= "" and quirks or nil, more }
      modem, emulator = lab.joined(nil, { quirks = table.concat(list, ","),
        listen = { [8080] = 0, [5683] = 0 } })
    end

    setup(start)

    teardown(function()
      modem:close()
      emulator:close()
    end)

    after_each(function() assert.are.same({}, assert(modem.sockets())) end)

    for _, mode in ipairs { "buffer", "push" } do
      it("carries any bytes both ways in " .. mode .. " mode, and tells the end", function()
        local sock, peer = peers.client(modem, { mode = mode })
        assert.are.same(#tricky, sock:send(tricky))
        assert(sock:flush())
        assert.is_true(peer:receive(#tricky) == tricky)
        assert(peer:send(tricky))
        assert.is_true(sock:receive(#tricky) == tricky)
        assert(peer:send("the last words"))
        peer:close()
        assert.are.same("the last words", sock:receive("*a"))
        assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
        assert.are.same(1, sock:close())
      end)

      it("loses nothing of what a client has sent that is gone before it is accepted, in " .. mode .. " mode", function()
        local server <close> = assert(modem.tcp.listen(8080, { mode = mode }))
        for round = 1, 8 do -- more than there are slots
          local peer = peers.dial(modem, 8080)
          local text = ("round %d;"):format(round):rep(500)
          peer:send(text)
          peer:close()
          local client = assert(server:accept(10))
          client:settimeout(10)
          assert.are.same(text, client:receive("*a"))
          assert.are.same(1, client:close())
        end
      end)

      it("keeps the borders of datagrams in " .. mode .. " mode", function()
        local peer = assert(socket.udp())
        peer:settimeout(10)
        peer:setsockname("127.0.0.1", 0)
        local _, port = peer:getsockname()
        local sock = assert(modem.udp.open("127.0.0.1", math.tointeger(port), { mode = mode }))
        sock:settimeout(10)
        assert(sock:send("question"))
        assert(sock:send("another"))
        local text, from, from_port = peer:receivefrom()
        assert.are.same({ "question", "another" }, { text, (peer:receive()) })
        for i = 1, 5 do peer:sendto(("answer\n%d"):format(i), from, from_port) end
        for i = 1, 5 do assert.are.same("answer\n" .. i, sock:receive()) end
        sock:close()
        peer:close()
      end)
    end

    it("switches an open connection from mode to mode and loses nothing", function()
      local sock, peer = peers.client(modem)
      for _, mode in ipairs { "push", "buffer", "transparent", "push", "transparent", "buffer" } do
        local text = "in front of " .. mode .. ";"
        assert(peer:send(text))
        assert(sock:switch(mode))
        assert.are.same(text, sock:receive(#text))
        sock:send("now " .. mode)
        assert(sock:flush())
        assert.are.same("now " .. mode, peer:receive(4 + #mode))
      end
      sock:close()
      peer:close()
    end)

    it("serves several clients at once, answers them, and ends with its server", function()
      local server = assert(modem.tcp.listen(8080))
      local clients = {}
      for i = 1, 4 do clients[i] = peers.dial(modem, 8080) end
      hayes.run(function()
        for i = 1, 4 do
          clients[i]:send(("%d\n"):format(i))
          local sock = assert(server:accept(10))
          hayes.spawn(function()
            sock:settimeout(10)
            sock:send("you are " .. sock:receive())
            sock:close()
          end)
        end
      end)
      for i = 1, 4 do assert.are.same("you are " .. i, (clients[i]:receive("*a"))) end
      assert.are.same(1, server:close())
    end)

    it("answers the first that spoke to its UDP server", function()
      local sock = assert(modem.udp.listen(5683))
      sock:settimeout(10)
      local first, second = peers.dial_udp(modem, 5683), peers.dial_udp(modem, 5683)
      first:send("one")
      assert.are.same("one", sock:receive())
      second:send("two")
      assert.are.same("two", sock:receive())
      sock:send("answer")
      assert.are.same("answer", first:receive())
      sock:close()
    end)

    it("says why there is no connection, and when there are no more", function()
      local none, err = modem.tcp.open("127.0.0.1", 9)
      assert.is_nil(none)
      assert.are.same({ "socket_connect_failed", 97 }, { err.name, err.code })
      none, err = modem.tcp.open("nowhere.invalid", 9)
      assert.is_nil(none)
      assert.are.same("dns_failed", err.name)
      local opened, held = {}, {}
      for i = 1, 5 do opened[i], held[i] = peers.client(modem) end
      none, err = modem.tcp.open("127.0.0.1", 9)
      assert.is_nil(none)
      assert.are.same("socket_create_failed", err.name)
      for i = 1, 5 do
        opened[i]:close()
        held[i]:close()
      end
    end)

    it("ends connections with the network, and makes new ones when it is back", function()
      local sock, peer = peers.client(modem)
      peer:send("before")
      assert.are.same("bef", sock:receive(3))
      assert(emulator:control("wifi drop"))
      assert.are.same("ore", sock:receive("*a"))
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      local none, err = modem.tcp.open("127.0.0.1", 9)
      assert.is_nil(none)
      assert.are.same("socket_connect_failed", err.name)
      sock:close()
      local online = hayes.spawn(function() return modem:wait("+EVENT:WIFI_GOT_IP", 10) end)
      assert(emulator:control("wifi back"))
      assert(select(2, online:join(20)))
      local again, again_peer = peers.client(modem)
      again:send("after")
      assert(again:flush())
      assert.are.same("after", again_peer:receive(5))
      again:close()
    end)

    it("fails sockets and servers when the module restarts, and works on after that", function()
      local sock = peers.client(modem)
      local server = assert(modem.tcp.listen(8080))
      local waiting = hayes.spawn(function() return server:accept() end)
      hayes.spawn(function() modem:wait("reboot", 10) end)
      assert(emulator:control("reboot"))
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      assert.are.same("reboot", sock:lasterror().name)
      assert.are.same({ true, nil, "closed" }, { waiting:join(10) })
      assert(modem.wifi.join { ssid = "hayes" })
      local again, peer = peers.client(modem)
      again:send("up again")
      assert(again:flush())
      assert.are.same("up again", peer:receive(8))
      again:close()
    end)
  end)
end
