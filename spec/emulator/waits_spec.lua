-- Commands of the emulator that wait for a connection fail when the connection is closed, for whatever reason, and
-- continue when it accepts data again. The specs stall the connection first, so that the command has to wait.

local hayes = require "hayes"
local lab = require "support.lab"
local Session = require "support.wifi_session"
local socket = require "socket"
local Terminal = require "support.terminal"

local function literally(text) return (text:gsub("%p", "%%%0")) end

local OK = "\r\nOK\r\n"

local REFUSED = "\r\n+SOCKETSEND:101\r\nERROR\r\n"
local ENDED = "\r\n+EVENT:SocketDisconnect,1\r\n"

--- Ways to close a connection of an Ai-WB2, with the events that report it.
local ends = {
  { "the control connection", function(session) session:control "socket drop 1" end, ENDED },
  { "its peer", function(_, peer) peer:close() end, ENDED },
  { "its peer's reset", function(_, peer)
    peer:setoption("linger", { on = true, timeout = 0 })
    peer:close()
  end, ENDED },
  { "the loss of the network", function(session) session:control "wifi drop" end,
    "\r\n+EVENT:WIFI_DISCONNECT\r\n" .. ENDED },
}

describe("A waiting command of the emulated Ai-WB2:", function()
  local session, listener, peer

  after_each(function()
    session:close()
    listener:close()
  end)

  --- Online, with a client connected as ConID 1.
  local function connect(quirks)
    local port
    listener, port = Session.listen()
    session = Session.online { quirks = quirks }
    session:ask("AT+SOCKET=4,127.0.0.1," .. port)
    peer = Session.accept(listener)
  end

  --- At the prompt of AT+SOCKETSEND, on a connection that accepts no data.
  local function stalled(length)
    session:control "stall 1 on"
    session:ask("AT+SOCKETSEND=1," .. length, ">")
  end

  --- There is no further output, and commands are answered.
  local function expect_silence() assert.are.same(OK, session:ask "AT") end

  for _, case in ipairs(ends) do
    local what, finish, events = table.unpack(case)

    it("AT+SOCKETSEND with its data complete fails before deferred events when closed by " .. what, function()
      connect()
      stalled(3)
      session:put "123"
      finish(session, peer)
      assert.are.same(REFUSED .. events, session:until_ "Disconnect,1\r\n")
      expect_silence()
    end)

    it("AT+SOCKETSEND with data outstanding accepts the rest and fails when closed by " .. what, function()
      connect()
      stalled(5000)
      session:put(("x"):rep(4999))
      finish(session, peer)
      session:type "x"
      assert.are.same(REFUSED .. events, session:until_ "Disconnect,1\r\n")
    end)

    it("AT+SOCKETSEND with the quirk silent-send ends without output when closed by " .. what, function()
      connect "silent-send"
      stalled(3)
      session:put "123"
      finish(session, peer)
      assert.are.same(events, session:until_ "Disconnect,1\r\n")
      expect_silence()
    end)

    it("AT+SOCKETDEL completes when the connection is closed by " .. what, function()
      connect()
      -- Nobody reads, so in the end what is sent stays in the module.
      repeat session:send(1, ("x"):rep(15000)) until session:control("stats"):match " unsent=(%d+)" ~= "0"
      session:control "stall 1 on"
      session:type "AT+SOCKETDEL=1\r\n"
      finish(session, peer)
      session:until_(OK)
      assert.are.same(OK, session:ask "AT+SOCKET?")
    end)

    it("leaving transparent mode completes when the connection is closed by " .. what, function()
      connect()
      session:ask("AT+SOCKETTT", ">")
      session:control "stall 1 on"
      session:put "123"
      socket.sleep(0.1) -- the silence around +++
      session:put "+++"
      socket.sleep(0.1)
      finish(session, peer)
      session:until_(OK)
      repeat until session:ask("AT+SOCKET?"):find("1,4,0,", 1, true)
    end)
  end

  it("AT+SOCKETSEND fails before the module deletes its connection", function()
    connect "autodel"
    stalled(3)
    session:put "123"
    peer:close()
    assert.are.same(REFUSED .. ENDED .. "\r\n+EVENT:SocketAutoDel,1\r\n", session:until_ "Del,1\r\n")
  end)

  it("AT+SOCKETSEND fails even if the connection is reestablished", function()
    connect "reconnect"
    stalled(3)
    session:put "123"
    peer:close()
    assert.are.same(REFUSED .. ENDED .. "\r\n+EVENT:SocketReconnect,1\r\n", session:until_ "Reconnect,1\r\n")
  end)

  it("data of AT+SOCKETSEND never goes to a later connection with the same id", function()
    connect "autodel"
    session:control "set listen 8888=0"
    session:ask "AT+SOCKET=3,8888,0,2"
    stalled(3)
    session:put "12"
    session:control "socket drop 1"
    local seed = session:dial(8888)
    while session:control("stats"):match "open_sockets=(%d)" ~= "2" do socket.sleep(0.001) end
    session:type "3"
    session:until_(literally(REFUSED))
    seed:settimeout(0.2)
    assert.are.same("", (select(3, seed:receive(1))))
  end)

  it("AT+SOCKETSEND and leaving transparent mode continue when the connection accepts data again", function()
    connect()
    stalled(3)
    session:put "123"
    session:control "stall 1 off"
    assert.are.same(OK, session:until_(OK))
    assert.are.same("123", peer:receive(3))
    session:ask("AT+SOCKETTT", ">")
    session:control "stall 1 on"
    session:put "456"
    socket.sleep(0.1)
    session:put "+++"
    socket.sleep(0.1)
    session:control "stall 1 off"
    assert.are.same(OK, session:until_(OK))
    assert.are.same("456", peer:receive(3))
  end)

  it("a datagram is sent once the connection accepts it", function()
    local udp, port = Session.listen_udp()
    listener, session = udp, Session.online()
    session:ask("AT+SOCKET=2,127.0.0.1," .. port)
    stalled(3)
    session:put "123"
    session:control "stall 1 off"
    assert.are.same(OK, session:until_(OK))
    assert.are.same("123", udp:receive())
  end)

  it("AT+SOCKETSEND is aborted by a reboot", function()
    connect()
    stalled(3)
    session:put "123"
    session:control "reboot"
    session:until_ "ready\r\n\r\n#+\r\n"
    expect_silence()
  end)
end)

-- A module of Quectel's refuses what the connection has no room for (SEND FAIL), so that no send waits for it.
describe("A waiting command of the emulated EC200U:", function()
  local emulator, terminal, listener, peer

  after_each(function()
    terminal:close()
    emulator:close()
    listener:close()
  end)

  local function control(line) return assert(emulator:control(line)) end

  local function ask(line, pattern)
    terminal:type(line .. "\r")
    return terminal:until_(pattern or OK)
  end

  --- Online, with a connection as connectID 0.
  local function connect(mode)
    local port
    listener, port = Session.listen()
    emulator = assert(hayes.emulator { echo = false, resolve = { [lab.HOST] = "127.0.0.1:" .. port } })
    terminal = Terminal.open(emulator.address)
    ask "AT+QIACT=1"
    ask(('AT+QIOPEN=1,0,"TCP","%s",1000,0,%d'):format(lab.HOST, mode or 0), mode == 2 and "CONNECT\r\n" or "QIOPEN: 0,0\r\n")
    peer = Session.accept(listener)
  end

  for _, case in ipairs {
    { "its peer", function() peer:close() end, '\r\n+QIURC: "closed",0\r\n' },
    { "the loss of the context", function() control "pdp drop 1" end,
      '\r\n+QIURC: "closed",0\r\n\r\n+QIURC: "pdpdeact",1\r\n' },
  } do
    local what, finish, events = table.unpack(case)

    it("AT+QISEND accepts its data and fails before the URCs when closed by " .. what, function()
      connect()
      ask("AT+QISEND=0,4", "> ")
      terminal:put(emulator, "123")
      finish()
      terminal:type "4"
      assert.are.same("\r\nERROR\r\n" .. events, terminal:until_(literally(events)))
    end)

    it("AT+QICLOSE completes when the connection is closed by " .. what, function()
      connect()
      repeat -- the peer does not read
        ask("AT+QISEND=0,1400", "> ")
        terminal:type(("x"):rep(1400))
      until terminal:until_("SEND %u+\r\n"):find "FAIL"
      terminal:type "AT+QICLOSE=0,600\r"
      finish()
      terminal:until_(OK)
      assert.is_nil(ask("AT+QISTATE=1,0"):find "QISTATE")
    end)

    it("data mode on a stalled connection ends when closed by " .. what, function()
      connect(2)
      control "stall 0 on"
      terminal:put(emulator, "123")
      finish()
      terminal:until_ "NO CARRIER\r\n"
      terminal:type "\r" -- ends a line that unsent data may have started
      ask "AT"
    end)
  end
end)
