-- TCP and UDP through the module, against real peers on this host.

local hayes = require "hayes"
local lab = require "support.lab"
local raises = require "support.raises"
local socket = require "socket"

describe("modem.tcp", function()
  local modem, emulator

  setup(function() modem, emulator = lab.online() end)

  teardown(function()
    modem:close()
    emulator:close()
  end)

  local function open(options)
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    local sock = assert(modem.tcp.open("127.0.0.1", math.tointeger(port), options))
    local peer = assert(listener:accept())
    listener:close()
    sock:settimeout(10)
    peer:settimeout(10)
    return sock, peer, math.tointeger(port)
  end

  -- Every byte, and what looks like the module's own words.
  local all = {}
  for byte = 0, 255 do all[#all + 1] = string.char(byte) end
  local tricky = table.concat(all) .. "+++\r\nNO CARRIER\r\n\r\nOK\r\nERROR\r\n> \r\n+QIURC: \"closed\",0\r\nCONNECT\r\n\26\27+++"
  tricky = tricky:rep(20)

  for _, mode in ipairs { "buffer", "push", "transparent" } do
    it("carries any bytes both ways in " .. mode .. " mode, and tells the end", function()
      local sock, peer = open { mode = mode }
      assert.are.same(mode, sock.mode)
      assert.are.same(#tricky, sock:send(tricky))
      assert(sock:flush())
      assert.is_true(peer:receive(#tricky) == tricky)
      assert(peer:send(tricky))
      assert.is_true(sock:receive(#tricky) == tricky)
      assert(peer:send("the last words\r\nNO CARRIER"))
      peer:close()
      assert.are.same({ "the last words\r\nNO CARRIER" }, { sock:receive("*a") })
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      assert.are.same(1, sock:close())
      assert.are.same({}, assert(modem.tcp.sockets()))
    end)
  end

  it("switches an open connection from mode to mode and loses nothing", function()
    local sock, peer = open()
    local order = { "push", "buffer", "transparent", "push", "transparent", "buffer" }
    for _, mode in ipairs(order) do
      local text = "in front of " .. mode .. ";"
      assert(peer:send(text))
      assert(sock:switch(mode))
      assert.are.same(mode, sock.mode)
      assert.are.same(text, sock:receive(#text))
      sock:send("now " .. mode)
      assert(sock:flush())
      assert.are.same("now " .. mode, peer:receive(4 + #mode))
    end
    sock:close()
    peer:close()
  end)

  it('with escape = "auto" lets commands, handlers and other sockets go on beside transparent mode', function()
    local sock, peer = open { mode = "transparent", escape = "auto" }
    local other, other_peer = open()
    other:send("hello")
    assert(other:flush())
    assert.are.same("hello", other_peer:receive(5))
    sock:send("and hello")
    assert(sock:flush())
    assert.are.same("and hello", peer:receive(9))
    assert.is_truthy(modem:query("AT+CSQ").rssi)
    assert(peer:send("answer\n"))
    assert.are.same("answer", sock:receive())
    sock:close()
    other:close()
    peer:close()
    other_peer:close()
  end)

  it("says that the line is taken when a second connection wants it", function()
    local sock, peer = open { mode = "transparent" }
    local second, err = modem.tcp.open("127.0.0.1", 9, { mode = "transparent" })
    assert.is_nil(second)
    assert.are.same("busy", err.name)
    sock:close()
    peer:close()
  end)

  it("tells why a connection did not come about", function()
    for _, mode in ipairs { "buffer", "transparent" } do
      local sock, err = modem.tcp.open("127.0.0.1", 9, { mode = mode })
      assert.is_nil(sock)
      assert.are.same("socket_connection_failed", err.name)
      sock, err = modem.tcp.open("nowhere.invalid", 9, { mode = mode })
      assert.is_nil(sock)
      assert.are.same("dns_parse_failed", err.name)
    end
    assert.are.same({}, assert(modem.tcp.sockets()))
  end)

  it("says that the program itself has detached, also where the module tells of each connection's end", function()
    local sock, peer = open()
    assert(modem.network.detach())
    assert.are.same({ nil, "closed", "" }, { sock:receive() })
    local err = sock:lasterror()
    assert.are.same(570, err.code)
    assert.is_truthy(tostring(err):find("has ended: this program has deactivated PDP context 1", 1, true))
    assert(modem.network.attach { apn = "internet" })
    sock:close()
    peer:close()
  end)

  it("escape() and resume() are for transparent mode, and say so", function()
    local sock, peer = open()
    assert.is_truthy(raises(function() sock:escape() end):find("this is for transparent mode", 1, true))
    assert.is_truthy(raises(function() sock:switch("stream") end):find('"transparent"', 1, true))
    sock:close()
    peer:close()
  end)

  it("opens twelve connections at once, serves them fairly, and says when there are no more", function()
    local pairs_of = {}
    for i = 1, 12 do pairs_of[i] = table.pack(open()) end
    local none, err = modem.tcp.open("127.0.0.1", 9)
    assert.is_nil(none)
    assert.are.same("no_free_socket", err.name)
    local done, signals = {}, 0
    local block = ("0123456789"):rep(1000)
    hayes.run(function()
      for i = 1, 12 do
        assert(pairs_of[i][2]:send(block))
        hayes.spawn(function()
          local sock = pairs_of[i][1]
          for _ = 1, 10 do
            assert.are.same(1000, #sock:receive(1000))
            sock:send("x")
          end
          assert(sock:flush())
          done[#done + 1] = i
        end)
      end
      hayes.spawn(function()
        while #done < 12 do
          assert(modem:at("AT+CSQ"))
          signals = signals + 1
        end
      end)
    end)
    assert.are.same(12, #done)
    assert.is_true(signals >= 4, "commands had " .. signals .. " turns")
    for i = 1, 12 do
      assert.are.same(("x"):rep(10), pairs_of[i][2]:receive(10))
      pairs_of[i][1]:close()
      pairs_of[i][2]:close()
    end
  end)
end)

describe("modem.udp", function()
  it("sends and receives datagrams with their borders", function()
    local modem, emulator = lab.online()
    local peer = socket.udp()
    peer:setsockname("127.0.0.1", 0)
    peer:settimeout(10)
    local _, port = peer:getsockname()
    local sock = assert(modem.udp.open("127.0.0.1", math.tointeger(port)))
    sock:settimeout(10)
    assert.are.same("udp", tostring(sock):match("^%a+"))
    for i = 1, 5 do assert(sock:send(("datagram %d"):format(i))) end
    local from, from_port
    for i = 1, 5 do
      local text
      text, from, from_port = peer:receivefrom()
      assert.are.same("datagram " .. i, text)
    end
    for i = 1, 5 do peer:sendto(("answer\n%d"):format(i), from, from_port) end
    for i = 1, 5 do assert.are.same("answer\n" .. i, sock:receive()) end
    sock:settimeout(0)
    assert.are.same({ nil, "timeout" }, { sock:receive() })
    assert.is_truthy(raises(function() sock:send(("x"):rep(1461)) end):find("up to 1460", 1, true))
    sock:close()
    modem:close()
    emulator:close()
  end)
end)
