-- The emulated Ai-Thinker module answers the examples of the TCP/IP page as the page says, framed like the strings in the
-- firmware. Its sockets are real.

local hayes = require "hayes"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"
local Process = require "support.process"
local Session = require "support.wifi_session"
local socket = require "socket"
local ssl = require "ssl"

local OK = "\r\nOK\r\n"

describe("The emulated Ai-WB2 answers the examples of the TCP/IP page:", function()
  local session, listener, peer, udp

  setup(function()
    local port, udp_port
    listener, port = Session.listen()
    udp, udp_port = Session.listen_udp()
    session = Session.online {
      resolve = {
        ["192.168.31.239:60000"] = "127.0.0.1:" .. port, ["192.168.31.98:18"] = "127.0.0.1:" .. port,
        ["192.168.31.239:23333"] = "127.0.0.1:" .. udp_port, ["www.baidu.com"] = "14.119.104.189",
      },
      listen = { [8001] = 0, [8888] = 0 },
    }
  end)

  teardown(function()
    session:close()
    listener:close()
    udp:close()
  end)

  it("AT+SOCKET for a TCP client and AT+SOCKET?", function()
    assert.are.same("connect success ConID=1\r\n" .. OK, session:ask "AT+SOCKET=4,192.168.31.239,60000")
    peer = Session.accept(listener)
    assert.are.same("1,4,3,192.168.31.239,60000,-1,0\r\n" .. OK, session:ask "AT+SOCKET?")
  end)

  it("AT+SOCKETSEND", function()
    assert.are.same(">", session:ask("AT+SOCKETSEND=1,3", ">"))
    session:type "123"
    assert.are.same(OK, session:until_(OK))
    assert.are.same("123", peer:receive(3))
  end)

  it("AT+SOCKETREAD", function()
    peer:send "Hello From TCP Server"
    assert.are.same("\r\n+EVENT:SocketDown,1,21\r\n", session:until_ "21\r\n")
    assert.are.same("+SOCKETREAD,1,21,Hello From TCP Server" .. OK, session:ask "AT+SOCKETREAD=1")
    assert.are.same("+SOCKETREAD,1,0" .. OK, session:ask "AT+SOCKETREAD=1")
  end)

  it("AT+SOCKET for a UDP client and AT+SOCKETSENDLINE", function()
    assert.are.same("connect success ConID=2\r\n" .. OK, session:ask "AT+SOCKET=2,192.168.31.239,23333")
    assert.are.same(OK, session:ask "AT+SOCKETSENDLINE=2,10,1234567890")
    assert.are.same("1234567890", udp:receive())
  end)

  it("AT+SOCKET for servers", function()
    assert.are.same("\r\nconnect success ConID=3\r\n" .. OK, session:ask "AT+SOCKET=1,8001")
    assert.are.same("\r\nconnect success ConID=4\r\n" .. OK, session:ask "AT+SOCKET=3,8888")
    assert.are.same("1,4,3,192.168.31.239,60000,-1,0\r\n2,2,3,192.168.31.239,23333,-1,0\r\n3,1,3,,-1,8001,0\r\n"
      .. "4,3,3,,-1,8888,0\r\n" .. OK, session:ask "AT+SOCKET?")
  end)

  it("AT+SOCKETDEL and AT+SOCKETRECVCFG", function()
    for id = 1, 4 do assert.are.same(OK, session:ask("AT+SOCKETDEL=" .. id)) end
    assert.are.same("closed", (select(2, peer:receive(1))))
    assert.are.same(OK, session:ask "AT+SOCKET?")
    assert.are.same(OK, session:ask "AT+SOCKETRECVCFG=0")
  end)

  it("AT+SOCKETTT", function()
    assert.are.same("connect success ConID=1\r\n" .. OK, session:ask "AT+SOCKET=4,192.168.31.98,18")
    peer = Session.accept(listener)
    assert.are.same(">", session:ask("AT+SOCKETTT", ">"))
    session:type "send to module"
    assert.are.same("send to module", peer:receive(14))
    socket.sleep(0.1) -- the silence around +++
    session:type "+++"
    assert.are.same(OK, session:until_(OK))
    assert.are.same(OK, session:ask "AT")
    assert.are.same(">", session:ask("AT+SOCKETTT=2", ">"))
    socket.sleep(0.1)
    session:type "+++"
    session:until_(OK)
  end)

  it("AT+SOCKETAUTOTT", function()
    assert.are.same(OK, session:ask "AT+SOCKETAUTOTT=4,192.168.31.239,60000")
    assert.are.same("\r\n+SOCKETAUTOTT:4,192.168.31.239,60000\r\n" .. OK, session:ask "AT+SOCKETAUTOTT?")
    assert.are.same(OK, session:ask "AT+SOCKETAUTOTT=1,10086")
    assert.are.same("\r\n+SOCKETAUTOTT:1,,10086\r\n" .. OK, session:ask "AT+SOCKETAUTOTT?")
    assert.are.same(OK, session:ask "AT+SOCKETAUTOTT=0")
    assert.are.same("\r\n+SOCKETAUTOTT:0\r\n" .. OK, session:ask "AT+SOCKETAUTOTT?")
    for _, placeholder in ipairs { 3, 5, 6, 8 } do
      assert.are.same("\r\n+SOCKETAUTOTT:100\r\nERROR\r\n",
        session:ask(("AT+SOCKETAUTOTT=%d,10086"):format(placeholder), "ERROR\r\n"))
    end
  end)

  it("AT+SSLCRET", function()
    assert.are.same(">", session:ask("AT+SSLCRET=1,10", ">"))
    session:type "1234567890"
    assert.are.same(OK, session:until_(OK))
    assert.are.same("\r\n+SSLCRET:1,10,1234567890" .. OK, session:ask "AT+SSLCRET=1")
    assert.are.same(OK, session:ask "AT+SSLCRET=1,0")
    assert.are.same("\r\n+SSLCRET:1,0," .. OK, session:ask "AT+SSLCRET=1")
    assert.are.same("\r\n+SSLCRET:5\r\nERROR\r\n", session:ask("AT+SSLCRET=1,2048", "ERROR\r\n"))
  end)

  it("AT+WDOMAIN and AT+WDNS", function()
    assert.are.same("\r\n+WDOMAIN:14.119.104.189\r\n" .. OK, session:ask "AT+WDOMAIN=www.baidu.com")
    assert.are.same("\r\n+WDNS:192.168.3.1,0.0.0.0\r\n" .. OK, session:ask "AT+WDNS?")
    assert.are.same("\r\n+WDNS:114.114.114.114\r\n" .. OK, session:ask "AT+WDNS=114.114.114.114")
    assert.are.same("\r\n+WDNS:1.1.1.1,8.8.8.8\r\n" .. OK, session:ask 'AT+WDNS="1.1.1.1","8.8.8.8"')
    assert.are.same("\r\n+WDNS:1.1.1.1,8.8.8.8\r\n" .. OK, session:ask "AT+WDNS?")
  end)
end)

describe("The emulated Ai-WB2 reproduces recordings:", function()
  it("the whole line is echoed until ATE0", function()
    local session <close> = Session.open { echo = true }
    assert.are.same("AT\r\n" .. OK, session:ask "AT")
    assert.are.same("ATE0\r\n" .. OK, session:ask "ATE0")
    assert.are.same(OK, session:ask "AT")
    assert.are.same(OK, session:ask "ATE1")
    assert.are.same("AT\r\n" .. OK, session:ask "AT")
  end)

  it("versions, reset and banner match V4.18_P1.4.4", function()
    local session <close> = Session.open()
    assert.are.same("\r\nat version:release/V4.18_P2.19.1\r\nsdk version:release_bl_iot_sdk_1.6.36\r\n"
      .. "firmware version:V4.18_P1.4.4-e15d67b" .. OK, session:ask "AT+GMR")
    local banner = session:ask("AT+RST", "ready\r\n\r\n#+\r\n")
    assert.are.same(OK .. "\r\n" .. ("#"):rep(48) .. "\r\n\r\narch:BL602,NULL\r\ncompany:Ai-Thinker|B&T\r\n",
      banner:sub(1, #OK + 2 + 50 + 2 + 41))
    assert.is_truthy(banner:find("firmware_version:V4.18_P1.4.4-e15d67b\r\n", 1, true))
  end)

  it("joining a network prints WIFI_CONNECT, OK, WIFI_GOT_IP", function()
    local session <close> = Session.open { ap = "aithinker,1234567890" }
    assert.are.same("\r\n+WJAP:65\r\nERROR\r\n", session:ask('AT+WJAP="aithinker","1234567890"', "ERROR\r\n"))
    assert.are.same(OK, session:ask "AT+WMODE=1,1")
    assert.are.same("\r\n+WMODE:1\r\n" .. OK, session:ask "AT+WMODE?")
    assert.are.same("\r\n+EVENT:WIFI_CONNECT\r\n" .. OK .. "\r\n+EVENT:WIFI_GOT_IP\r\n",
      session:ask('AT+WJAP="aithinker","1234567890"', "GOT_IP\r\n"))
    assert.are.same("\r\n+WJAP:3,aithinker,1234567890,7c:b9:4c:1d:d6:31,WPA2 TKIP,7c:b9:4c:1d:c6:39,6,192.168.3.142,"
      .. "192.168.3.1\r\n" .. OK, session:ask "AT+WJAP?")
    assert.is_truthy(session:ask "AT+STAINFO?":find("^\r\n%+STAINFO:3\r\nSSID:aithinker\r\nPassword:1234567890\r\n"))
    assert.are.same("\r\n+EVENT:WIFI_DISCONNECT\r\n", session:ask("AT+WDISCONNECT", "WIFI_DISCONNECT\r\n"):sub(-26))
  end)

  it("a wrong password and an unknown network give different errors", function()
    local session <close> = Session.open { ap = "net,secret" }
    session:ask "AT+WMODE=1"
    assert.are.same("\r\n+WJAP:68\r\nERROR\r\n", session:ask("AT+WJAP=net,wrong", "ERROR\r\n"))
    assert.are.same("\r\n+WJAP:69\r\nERROR\r\n", session:ask("AT+WJAP=other,secret", "ERROR\r\n"))
    assert.are.same("\r\n+WSCAN:index,SSID,CH,SECURITY,RSSI,BSSID\r\n1,net,6,WPA/WPA2 Mixed,-32,7c:b9:4c:1d:c6:39\r\n"
      .. OK, session:ask "AT+WSCAN")
  end)

  it("unknown commands, commands while busy and overlong lines get no result code", function()
    local session <close> = Session.open()
    assert.are.same("Unknown cmd:ATE0AT+WMODE=1\r\n", session:ask("ATE0AT+WMODE=1", "Unknown[^\n]*\n"))
    assert.are.same("Unknown cmd:+++AT\r\n", session:ask("+++AT", "Unknown[^\n]*\n"))
    session:ask "AT+WMODE=1"
    session:type "AT+WSCAN\r\nAT\r\n"
    assert.are.same("\r\n[Busy]Cmd running\r\n\r\n+WSCAN:", session:until_ "WSCAN:")
    session:until_(OK)
    session:type("AT" .. ("x"):rep(1022) .. "\r\nAT\r\n")
    assert.are.same(OK, session:until_(OK))
  end)

  it("errors are printed as a number and ERROR", function()
    local session <close> = Session.online()
    local function code(line) return tonumber(session:ask(line, "ERROR\r\n"):match "^\r\n%+[A-Z]+:(%d+)\r\nERROR\r\n$") end
    assert.are.same(97, code("AT+SOCKET=4,127.0.0.1," .. Process.free_port()))
    assert.are.same(98, code "AT+SOCKET=4,does-not-exist.invalid,80")
    assert.are.same(100, code "AT+SOCKET=5,80")
    assert.are.same(4, code "AT+SOCKET=9,80")
    assert.are.same(4, code "AT+SOCKET=4,127.0.0.1,99999")
    assert.are.same(110, code "AT+SOCKETSEND=7,3")
    assert.are.same(110, code "AT+SOCKETREAD=7")
    assert.are.same(110, code "AT+SOCKETDEL=7")
    assert.are.same(105, code "AT+SOCKETTT")
    assert.are.same(98, code "AT+WDOMAIN=does-not-exist.invalid")
    assert.are.same(4, code "AT+WDNS=nonsense")
    assert.are.same(108, code "AT+SOCKET=6,8443")
    assert.are.same(106, code "AT+PING=does-not-exist.invalid")
  end)

  it("clients cannot be opened without a network", function()
    local session <close> = Session.open()
    assert.are.same("\r\n+SOCKET:97\r\nERROR\r\n", session:ask("AT+SOCKET=4,127.0.0.1,80", "ERROR\r\n"))
    assert.are.same("\r\n+SOCKET:96\r\nERROR\r\n", session:ask("AT+SOCKET=3,8888", "ERROR\r\n"))
  end)
end)

describe("Sockets of the emulated Ai-WB2", function()
  local session, listener, port

  before_each(function() listener, port = Session.listen() end)

  after_each(function()
    if session then session:close() end
    session = nil
    listener:close()
  end)

  local function connect(id)
    session:ask(("AT+SOCKET=4,127.0.0.1,%d%s"):format(port, id and ",0," .. id or ""))
    return Session.accept(listener)
  end

  it("send arbitrary bytes, in pieces or at once, and quoted text within a command line", function()
    session = Session.online()
    local peer = connect()
    local bytes = {}
    for i = 0, 4999 do bytes[#bytes + 1] = string.char(i * 7 % 256) end
    bytes = table.concat(bytes) .. "+++\r\n\26\27>\r\nOK\r\n"
    assert.are.same(OK, session:send(1, bytes))
    assert.are.same(bytes, peer:receive(#bytes))
    assert.are.same(OK, session:ask [[AT+SOCKETSENDLINE=1,11,"a, \"b\"\ c d"]])
    assert.are.same([[a, "b"\ c d]], peer:receive(11))
  end)

  it("return one packet per read in pull mode and keep received data after the peer has closed", function()
    session = Session.online()
    local peer = connect()
    local sent = ("0123456789"):rep(300)
    peer:send(sent)
    peer:close()
    local told = session:until_ "SocketDisconnect,1\r\n"
    local read = ""
    for length in told:gmatch "SocketDown,1,(%d+)\r\n" do
      local answer = session:ask "AT+SOCKETREAD=1"
      local announced, rest = answer:match "^%+SOCKETREAD,1,(%d+),(.*)\r\nOK\r\n$"
      assert.are.same(length, announced)
      assert.are.same(tonumber(length), #rest)
      read = read .. rest
    end
    assert.are.same(sent, read)
    assert.are.same("1,4,0,127.0.0.1," .. port .. ",-1,0\r\n" .. OK, session:ask "AT+SOCKET?")
    assert.are.same("\r\n+SOCKETSEND:99\r\nERROR\r\n", session:ask("AT+SOCKETSEND=1,3", "ERROR\r\n"))
    assert.are.same(OK, session:ask "AT+SOCKETDEL=1")
  end)

  it("push exactly the announced number of bytes, whatever their values", function()
    session = Session.online()
    session:ask "AT+SOCKETRECVCFG=1"
    local peer = connect()
    local hostile = "\r\nOK\r\n\0+EVENT:SocketDisconnect,1\r\n>\255"
    peer:send(hostile)
    assert.are.same(("\r\n+EVENT:SocketDown,1,%d,%s\r\n"):format(#hostile, hostile), session:until_ "\255\r\n")
    assert.are.same("+SOCKETREAD,1,0" .. OK, session:ask "AT+SOCKETREAD=1")
  end)

  it("print events after the result code, not at the prompt", function()
    session = Session.online()
    local peer = connect()
    session:ask("AT+SOCKETSEND=1,5", ">")
    peer:send "x"
    session:type "12345"
    assert.are.same(OK, session:until_(OK))
    assert.are.same("\r\n+EVENT:SocketDown,1,1\r\n", session:until_ "Down,1,1\r\n")
  end)

  it("are deleted after all data has been sent", function()
    session = Session.online()
    local peer = connect()
    local sent = 0
    -- Nobody reads, so in the end what is sent stays in the module.
    while sent < 32 do
      session:ask("AT+SOCKETSEND=1,15000", ">")
      session:type(("x"):rep(15000))
      session:until_(OK)
      sent = sent + 1
      if session:control("stats"):match " unsent=(%d+)" ~= "0" then break end
    end
    session:type "AT+SOCKETDEL=1\r\n"
    assert.are.same(sent * 15000, #assert(peer:receive "*a"))
    assert.are.same(OK, session:until_(OK))
  end)

  it("get the requested id unless it is in use", function()
    session = Session.online()
    local _peer = connect(7) -- held: one that is collected ends the connection
    assert.are.same("\r\n+SOCKET:110\r\nERROR\r\n",
      session:ask(("AT+SOCKET=4,127.0.0.1,%d,,7"):format(port), "ERROR\r\n"))
    local _other = connect()
    assert.are.same(("1,4,3,127.0.0.1,%d,-1,0\r\n7,4,3,127.0.0.1,%d,-1,0\r\n"):format(port, port) .. OK,
      session:ask "AT+SOCKET?")
  end)

  it("are limited to five, including seeds", function()
    session = Session.online { listen = { [8888] = 0 } }
    session:ask "AT+SOCKET=3,8888"
    for i = 1, 4 do
      session:dial(8888)
      session:until_(("SocketSeed,%d,1\r\n"):format(i + 1))
    end
    local refused = session:dial(8888)
    assert.are.same("closed", (select(2, refused:receive(1))))
    assert.are.same("\r\n+SOCKET:96\r\nERROR\r\n", session:ask("AT+SOCKET=1,8001", "ERROR\r\n"))
    session:control "set sockets 6"
    session:dial(8888)
    session:until_ "SocketSeed,6,1\r\n"
  end)

  it("preserve the boundaries of datagrams", function()
    local udp, udp_port = Session.listen_udp()
    session = Session.online()
    session:ask("AT+SOCKET=2,127.0.0.1," .. udp_port)
    session:send(1, "question")
    local question, address, from = udp:receivefrom()
    assert.are.same("question", question)
    udp:sendto("one", address, from)
    udp:sendto("three", address, from)
    session:until_ "SocketDown,1,3\r\n"
    session:until_ "SocketDown,1,5\r\n"
    assert.are.same("+SOCKETREAD,1,3,one" .. OK, session:ask "AT+SOCKETREAD=1")
    assert.are.same("+SOCKETREAD,1,5,three" .. OK, session:ask "AT+SOCKETREAD=1")
    udp:close()
  end)

  it("of a TCP server create seeds, which have to be deleted", function()
    session = Session.online { listen = { [8888] = 0 } }
    session:ask "AT+SOCKET=3,8888"
    local peer = session:dial(8888)
    assert.are.same("\r\n+EVENT:SocketSeed,2,1\r\n", session:until_ "Seed,2,1\r\n")
    peer:send "hello"
    session:until_ "SocketDown,2,5\r\n"
    assert.are.same("+SOCKETREAD,2,5,hello" .. OK, session:ask "AT+SOCKETREAD=2")
    assert.are.same(OK, session:ask "AT+SOCKETSENDLINE=2,2,hi")
    assert.are.same("hi", peer:receive(2))
    assert.are.same("\r\n+SOCKETSEND:100\r\nERROR\r\n", session:ask("AT+SOCKETSEND=1,2", "ERROR\r\n"))
    local _, own_port = peer:getsockname()
    assert.are.same(("1,3,3,,-1,8888,0\r\n2,5,3,127.0.0.1,%d,-1,1\r\n"):format(own_port) .. OK, session:ask "AT+SOCKET?")
    peer:close()
    assert.are.same("\r\n+EVENT:SocketDisconnect,2\r\n", session:until_ "connect,2\r\n")
    assert.is_truthy(session:ask("AT+SOCKET?"):find("2,5,0,", 1, true))
    session:ask "AT+SOCKETDEL=2"
    assert.are.same("1,3,3,,-1,8888,0\r\n" .. OK, session:ask "AT+SOCKET?")
  end)

  it("of a UDP server send to the first peer, or after AT+SOCKETTT=2 to the latest one", function()
    session = Session.online { listen = { [8001] = 0 } }
    session:ask "AT+SOCKET=1,8001"
    assert.are.same("\r\n+SOCKETSEND:99\r\nERROR\r\n", session:ask("AT+SOCKETSEND=1,3", "ERROR\r\n"))
    local first, second = session:dial_udp(8001), session:dial_udp(8001)
    first:send "a"
    session:until_ "SocketDown,1,1\r\n"
    second:send "bc"
    session:until_ "SocketDown,1,2\r\n"
    session:send(1, "to the first")
    assert.are.same("to the first", first:receive())
    assert.are.same(">abc", session:ask("AT+SOCKETTT=2", ">abc"))
    session:type "to the last"
    assert.are.same("to the last", second:receive())
  end)

  it("are closed by AT+WMODE=0 and by loss of the network", function()
    session = Session.online()
    local peer = connect()
    session:control "wifi drop"
    assert.are.same("\r\n+EVENT:WIFI_DISCONNECT\r\n\r\n+EVENT:SocketDisconnect,1\r\n", session:until_ "connect,1\r\n")
    assert.are.same("closed", (select(2, peer:receive(1))))
    session:control "wifi back"
    assert.are.same("\r\n+EVENT:WIFI_CONNECT\r\n\r\n+EVENT:WIFI_GOT_IP\r\n", session:until_ "GOT_IP\r\n")
    session:ask "AT+SOCKETDEL=1"
    local _other = connect()
    session:ask("AT+WMODE=0", "SocketDisconnect,1\r\n")
  end)

  it("print no events that AT+SYSMSG masks", function()
    session = Session.online()
    session:ask "AT+SYSMSG=1,ffffffef,0" -- all but SocketDown
    local peer = connect()
    peer:send "x"
    peer:close()
    assert.are.same("\r\n+EVENT:SocketDisconnect,1\r\n", session:until_ "connect,1\r\n")
    assert.are.same("+SOCKETREAD,1,1,x" .. OK, session:ask "AT+SOCKETREAD=1")
  end)

  it("can be closed and stalled by the control connection, and are counted in its statistics", function()
    session = Session.online()
    local _peer = connect() -- held: one that is collected ends the connection
    assert.is_truthy(session:control("stats"):find("open_sockets=1", 1, true))
    session:control "stall 1 on"
    session:ask("AT+SOCKETSEND=1,3", ">")
    session:type "123"
    session:control "socket drop 1"
    session:until_ "SocketDisconnect,1\r\n"
  end)
end)

describe("Transparent mode of the emulated Ai-WB2", function()
  local function escape(session)
    socket.sleep(0.1)
    session:type "+++"
    return session:until_(OK)
  end

  it("requires a single client, a server with a single seed, or a single UDP server", function()
    local listener, port = Session.listen()
    local session <close> = Session.online { listen = { [8888] = 0 } }
    local function refused() session:ask("AT+SOCKETTT", "%+SOCKETTT:105\r\nERROR\r\n") end
    refused()
    session:ask "AT+SOCKET=3,8888"
    refused()
    local peer = session:dial(8888)
    session:until_ "Seed,2,1\r\n"
    session:ask("AT+SOCKETTT", ">")
    session:type "to the seed's peer"
    assert.are.same("to the seed's peer", peer:receive(18))
    escape(session)
    session:ask(("AT+SOCKET=4,127.0.0.1,%d"):format(port))
    refused()
    session:ask "AT+SOCKETDEL=2"
    refused()
    session:ask "AT+SOCKETDEL=1"
    session:ask("AT+SOCKETTT", ">")
    listener:close()
  end)

  it("transmits all bytes in both directions and ends only on +++ surrounded by silence", function()
    local listener, port = Session.listen()
    local session <close> = Session.online()
    session:ask(("AT+SOCKET=4,127.0.0.1,%d"):format(port))
    local peer = Session.accept(listener)
    session:ask("AT+SOCKETTT", ">")
    local bytes = ("AT\r\n+++\0\255 \r\nOK\r\n"):rep(400)
    session:type(bytes)
    assert.are.same(bytes, peer:receive(#bytes))
    peer:send("\r\nOK\r\n+EVENT:>\0\255!")
    assert.are.same("\r\nOK\r\n+EVENT:>\0\255!", session:until_ "!")
    session:type "+++\r\n"
    assert.are.same("+++\r\n", peer:receive(5))
    assert.are.same(OK, escape(session))
    assert.are.same(("1,4,3,127.0.0.1,%d,-1,0\r\n"):format(port) .. OK, session:ask "AT+SOCKET?")
    listener:close()
  end)

  it("suppresses events", function()
    local listener, port = Session.listen()
    local session <close> = Session.online()
    session:ask(("AT+SOCKET=4,127.0.0.1,%d"):format(port))
    local peer = Session.accept(listener)
    session:ask("AT+SOCKETTT", ">")
    peer:send "last words"
    peer:close()
    session:until_ "^last words"
    assert.are.same(OK, escape(session))
    assert.are.same(("1,4,0,127.0.0.1,%d,-1,0\r\n"):format(port) .. OK, session:ask "AT+SOCKET?")
    listener:close()
  end)

  it("starts automatically after a reset once the module is online", function()
    local listener, port = Session.listen()
    local session <close> = Session.online()
    session:ask(("AT+SOCKETAUTOTT=4,127.0.0.1,%d"):format(port))
    assert.are.same(OK, session:ask "AT+WAUTOCONN=1")
    assert.are.same("\r\n+WAUTOCONN:1\r\n" .. OK, session:ask "AT+WAUTOCONN?")
    local booted = session:ask("AT+RST", "OK\r\n>")
    assert.are.same("\r\n+EVENT:WIFI_CONNECT\r\n\r\n+EVENT:WIFI_GOT_IP\r\nconnect success ConID=1\r\n" .. OK .. ">",
      booted:match "#\r\n(\r\n%+EVENT.*)$")
    local peer = Session.accept(listener)
    session:type "AT\r\n"
    assert.are.same("AT\r\n", peer:receive(4))
    assert.are.same(OK, escape(session))
    session:ask "AT+SOCKETAUTOTT=0"
    session:ask("AT+RST", "GOT_IP\r\n")
    assert.are.same(OK, session:ask "AT+SOCKET?")
    listener:close()
  end)

  it("starts automatically if the flash contains AT+SOCKETAUTOTT settings", function()
    local udp, port = Session.listen_udp()
    local flash = lab.folder() .. "/wb2-flash"
    local session = Session.online { flash = flash }
    session:ask(("AT+SOCKETAUTOTT=2,127.0.0.1,%d"):format(port))
    session:ask "AT+WAUTOCONN=1"
    session:close()
    local again <close> = Session.open { flash = flash }
    assert.are.same("connect success ConID=1\r\n>", again:until_ "connect success.*>":match "GOT_IP\r\n(.*)$")
    again:type "uplink"
    assert.are.same("uplink", udp:receive())
    assert.are.same(OK, escape(again))
    assert.is_truthy(again:ask("AT+RESTORE", "ready\r\n\r\n#+\r\n"))
    assert.are.same("\r\n+WAUTOCONN:0\r\n" .. OK, again:ask "AT+WAUTOCONN?")
    udp:close()
  end)
end)

describe("TLS on the emulated Ai-WB2", function()
  local folder, peer, session

  setup(function()
    folder = lab.folder()
    peer = Peer.start(folder)
  end)

  teardown(function() peer:close() end)

  before_each(function()
    session = Session.online { resolve = { [lab.HOST] = "127.0.0.1:" .. peer.port }, listen = { [8443] = 0 } }
  end)

  after_each(function() session:close() end)

  local function store(slot, path)
    local text = pki.read(path)
    session:ask(("AT+SSLCRET=%d,%d"):format(slot, #text), ">")
    session:type(text)
    session:until_(OK)
    assert.are.same(("\r\n+SSLCRET:%d,%d,%s"):format(slot, #text, text) .. OK, session:ask("AT+SSLCRET=" .. slot))
  end

  it("verifies a server against the CA in slot 1", function()
    store(1, folder .. "/root.pem")
    peer:begin "accept"
    assert.are.same("connect success ConID=1\r\n" .. OK, session:ask("AT+SOCKET=7," .. lab.HOST .. ",443"))
    assert.are.same(lab.HOST .. " TLSv1.2", assert(peer:finish()):match "^%S+ %S+")
    session:send(1, "ping")
    assert.are.same("ping", peer:receive(4))
    peer:send "pong"
    session:until_ "SocketDown,1,4\r\n"
    assert.are.same("+SOCKETREAD,1,4,pong" .. OK, session:ask "AT+SOCKETREAD=1")
    assert.is_truthy(session:ask("AT+SOCKET?"):find("^1,7,3,"))
    peer:close_connection()
    session:until_ "SocketDisconnect,1\r\n"
  end)

  it("refuses a server with a certificate from another CA", function()
    store(1, folder .. "/other.pem")
    peer:begin "accept"
    assert.are.same("\r\n+SOCKET:109\r\nERROR\r\n", session:ask("AT+SOCKET=7," .. lab.HOST .. ",443", "ERROR\r\n"))
    peer:finish()
    assert.are.same(OK, session:ask "AT+SOCKET?")
  end)

  it("verifies nothing if slot 1 is empty and fails with 108 if slot 1 holds no certificate", function()
    peer:begin "accept"
    session:ask("AT+SOCKET=7," .. lab.HOST .. ",443")
    assert(peer:finish())
    session:ask("AT+SSLCRET=1,10", ">")
    session:type "1234567890"
    session:until_(OK)
    assert.are.same("\r\n+SOCKET:108\r\nERROR\r\n", session:ask("AT+SOCKET=7," .. lab.HOST .. ",443", "ERROR\r\n"))
  end)

  it("serves with the certificate and key in slots 2 and 3", function()
    store(2, folder .. "/chain.pem")
    store(3, folder .. "/server.key")
    session:ask "AT+SOCKET=6,8443"
    local plain = session:dial(8443)
    local client = assert(ssl.wrap(plain, { mode = "client", protocol = "any", cafile = folder .. "/root.pem",
      verify = "peer" }))
    assert(client:dohandshake())
    assert.are.same("\r\n+EVENT:SocketSeed,2,1\r\n", session:until_ "Seed,2,1\r\n")
    client:send "hello"
    session:until_ "SocketDown,2,5\r\n"
    assert.are.same("+SOCKETREAD,2,5,hello" .. OK, session:ask "AT+SOCKETREAD=2")
    session:send(2, "world")
    assert.are.same("world", client:receive(5))
    assert.is_truthy(session:ask("AT+SOCKET?"):find("^1,6,3,,%-1,8443,0\r\n2,8,3,127.0.0.1,%d+,%-1,1\r\n"))
    client:close()
    session:until_ "SocketDisconnect,2\r\n"
  end)

  it("drops clients of a server that do not use TLS, without an event", function()
    store(2, folder .. "/chain.pem")
    store(3, folder .. "/server.key")
    session:ask "AT+SOCKET=6,8443"
    local plain = session:dial(8443)
    plain:send "this is no hello\r\n\r\n"
    while plain:receive(1) do end -- an alert, and the end
    assert.are.same("1,6,3,,-1,8443,0\r\n" .. OK, session:ask "AT+SOCKET?")
  end)
end)

describe("The Ai-WB2 quirk", function()
  local session, listener, port

  before_each(function() listener, port = Session.listen() end)

  after_each(function()
    if session then session:close() end
    session = nil
    listener:close()
  end)

  --- On line, with a client connected as ConID 1.
  local function connected(quirks, options)
    options = options or {}
    options.quirks = quirks
    session = Session.online(options)
    session:ask("AT+SOCKET=4,127.0.0.1," .. port)
    return Session.accept(listener)
  end

  local function row() return session:ask("AT+SOCKET?"):match "^[^\r]*" end

  it("dissconnect misspells the event; state-127 and server-minus-one change the row of AT+SOCKET?", function()
    local peer = connected "dissconnect,state-127,server-minus-one"
    assert.are.same(("1,4,3,127.0.0.1,%d,-1,-1"):format(port), row())
    peer:close()
    assert.are.same("\r\n+EVENT:SocketDissconnect,1\r\n", session:until_ "connect,1\r\n")
    assert.are.same(("1,4,127,127.0.0.1,%d,-1,-1"):format(port), row())
  end)

  it("state-table uses the states in the page's table", function()
    local peer = connected "state-table"
    assert.is_truthy(row():find "^1,4,1,")
    peer:close()
    session:until_ "SocketDisconnect,1\r\n"
    assert.is_truthy(row():find "^1,4,2,")
  end)

  it("plus-error, bare-error and unknown-is-error change the format of errors", function()
    session = Session.open { quirks = "plus-error" }
    assert.are.same("\r\n+SOCKETDEL:110\r\n+ERROR\r\n", session:ask("AT+SOCKETDEL=1", "ERROR\r\n"))
    session:close()
    session = Session.open { quirks = "bare-error" }
    assert.are.same("\r\nERROR\r\n", session:ask("AT+SOCKETDEL=1", "ERROR\r\n"))
    session:close()
    session = Session.open { quirks = "unknown-is-error,busy-words" }
    assert.are.same("\r\n+CSQ:1\r\nERROR\r\n", session:ask("AT+CSQ", "ERROR\r\n"))
    session:ask "AT+WMODE=1"
    session:type "AT+WSCAN\r\nAT\r\n"
    assert.are.same("\r\n[Busy]cmd is running...\r\n", session:until_ "running...\r\n")
  end)

  it("silent-send accepts data for a nonexistent connection without an answer", function()
    session = Session.online { quirks = "silent-send" }
    session:ask("AT+SOCKETSEND=9,3", ">")
    session:type "123AT\r\n"
    assert.are.same(OK, session:until_(OK))
    session:type "AT+SOCKETSENDLINE=9,3,123\r\nAT\r\n"
    assert.are.same(OK, session:until_(OK))
    assert.are.same(OK, session:ask "AT")
  end)

  it("prompt-line and prompt-space add characters around the prompt", function()
    connected "prompt-line"
    assert.are.same("\r\n>", session:ask("AT+SOCKETSEND=1,3", ">"))
    session:close()
    connected "prompt-space"
    assert.are.same("> ", session:ask("AT+SOCKETSEND=1,3", "> "))
  end)

  it("read-colon, read-crlf, wdomain-cr and wscan-space change separators", function()
    local peer = connected("read-colon,read-crlf,wdomain-cr,wscan-space", { resolve = { name = "10.0.0.1" } })
    peer:send "abc"
    session:until_ "SocketDown,1,3\r\n"
    assert.are.same("\r\n+SOCKETREAD:1,3,abc\r\n" .. OK, session:ask "AT+SOCKETREAD=1")
    assert.are.same("\r+WDOMAIN:10.0.0.1" .. OK, session:ask "AT+WDOMAIN=name")
    assert.is_truthy(session:ask("AT+WSCAN"):find("+WSCAN:index SSID,CH,SECURITY,RSSI,BSSID\r\n1 hayes,6,", 1, true))
  end)

  it("join-ok-first prints OK before the events; no-wdisconnect lacks AT+WDISCONNECT", function()
    session = Session.open { quirks = "join-ok-first,no-wdisconnect" }
    session:ask "AT+WMODE=1"
    assert.are.same(OK .. "\r\n+EVENT:WIFI_CONNECT\r\n\r\n+EVENT:WIFI_GOT_IP\r\n",
      session:ask('AT+WJAP="net","password"', "GOT_IP\r\n"))
    session:ask("AT+WDISCONNECT", "Unknown cmd:AT%+WDISCONNECT\r\n")
  end)

  it("short-lines drops lines of more than 256 bytes", function()
    session = Session.open { quirks = "short-lines" }
    session:type("AT+WJAP=" .. ("x"):rep(249) .. "\r\nAT\r\n")
    assert.are.same(OK, session:until_(OK))
  end)

  it("reconnect reestablishes client connections; autodel-after-del reports every deletion", function()
    local peer = connected "reconnect,autodel-after-del"
    peer:close()
    session:until_ "SocketDisconnect,1\r\n"
    peer = Session.accept(listener)
    assert.are.same("\r\n+EVENT:SocketReconnect,1\r\n", session:until_ "connect,1\r\n")
    session:send(1, "again")
    assert.are.same("again", peer:receive(5))
    assert.are.same(OK .. "\r\n+EVENT:SocketAutoDel,1\r\n", session:ask("AT+SOCKETDEL=1", "AutoDel,1\r\n"))
  end)

  it("reconnect waits until a lost network returns", function()
    connected "reconnect"
    session:control "wifi drop"
    session:until_ "SocketDisconnect,1\r\n"
    assert.is_truthy(row():find "^1,4,1,")
    session:control "wifi back"
    session:until_ "SocketReconnect,1\r\n"
    assert.is_truthy(row():find "^1,4,3,")
  end)

  it("autodel deletes closed connections once their data is read", function()
    local peer = connected "autodel"
    peer:send "abc"
    peer:close()
    session:until_ "SocketDisconnect,1\r\n"
    assert.are.same("+SOCKETREAD,1,3,abc" .. OK .. "\r\n+EVENT:SocketAutoDel,1\r\n",
      session:ask("AT+SOCKETREAD=1", "AutoDel,1\r\n"))
    assert.are.same(OK, session:ask "AT+SOCKET?")
  end)

  it("autodel-alone deletes without reporting the close; banner-bw16 boots without ready", function()
    local peer = connected "autodel-alone,banner-bw16"
    peer:close()
    assert.are.same("\r\n+EVENT:SocketAutoDel,1\r\n", session:until_ "EVENT[^\n]*\n")
    assert.is_truthy(session:ask("AT+RST", "10:28:28%)\r\n"):find("#calibration_ok:[2:19:11] \r\n\r\nat version:", 1, true))
  end)

  it("no-seed-event reports seeds in AT+SOCKET? only", function()
    session = Session.online { quirks = "no-seed-event", listen = { [8888] = 0 } }
    session:ask "AT+SOCKET=3,8888"
    local peer = session:dial(8888)
    peer:send "x"
    assert.are.same("\r\n+EVENT:SocketDown,2,1\r\n", session:until_ "Down,2,1\r\n")
    assert.is_truthy(session:ask("AT+SOCKET?"):find("\n2,5,3,", 1, true))
  end)

  it("events-anywhere prints events between prompt and OK", function()
    local peer = connected "events-anywhere"
    session:ask("AT+SOCKETRECVCFG=1")
    session:ask("AT+SOCKETSEND=1,3", ">")
    peer:send "x\r\nOK\r\n"
    assert.are.same("\r\n+EVENT:SocketDown,1,7,x\r\nOK\r\n\r\n", session:until_ "OK\r\n\r\n")
    session:type "123"
    assert.are.same(OK, session:until_(OK))
  end)

  it("tt-events prints events in transparent mode and tt-exit-anywhere leaves it at any +++", function()
    local peer = connected "tt-events,tt-exit-anywhere"
    session:ask("AT+SOCKETTT", ">")
    session:type "a+b++c+++"
    assert.are.same(OK, session:until_(OK))
    assert.are.same("a+b++c", peer:receive(6))
    session:ask("AT+SOCKETTT", ">")
    peer:close()
    assert.are.same("\r\n+EVENT:SocketDisconnect,1\r\n", session:until_ "connect,1\r\n")
  end)

  it("pull-loses drops packets while too much data is unread", function()
    local peer = connected "pull-loses"
    for _ = 1, 40 do assert(peer:send(("x"):rep(1000))) end
    peer:close()
    session:until_ "SocketDisconnect,1\r\n"
    local total = 0
    repeat
      local length = tonumber(session:ask("AT+SOCKETREAD=1"):match "^%+SOCKETREAD,1,(%d+)")
      total = total + length
    until length == 0
    assert.is_true(total >= 8192 and total < 10000, tostring(total))
  end)

  it("ca-unchecked connects to servers that the CA has not signed", function()
    local folder = lab.folder()
    local server = Peer.start(folder)
    session = Session.online { quirks = "ca-unchecked", resolve = { [lab.HOST] = "127.0.0.1:" .. server.port } }
    local ca = pki.read(folder .. "/other.pem")
    session:ask(("AT+SSLCRET=1,%d"):format(#ca), ">")
    session:type(ca)
    session:until_(OK)
    server:begin "accept"
    session:ask("AT+SOCKET=7," .. lab.HOST .. ",443")
    assert(server:finish())
    server:close()
  end)

  it("recvcfg-at-open does not change the mode of open connections", function()
    local peer = connected "recvcfg-at-open"
    session:ask "AT+SOCKETRECVCFG=1"
    peer:send "abc"
    assert.are.same("\r\n+EVENT:SocketDown,1,3\r\n", session:until_ "Down,1,3[^\n]*\n")
  end)

  it("names of firmware enable all its quirks", function()
    session = Session.open { quirks = "WB2-P23.2.1" }
    assert.is_truthy(session:ask("AT+GMR"):find("firmware version:V4.18_P23.2.1\r\n", 1, true))
    session:close()
    local peer = connected "WB2-P1.4.4"
    peer:close()
    assert.are.same("\r\n+EVENT:SocketDissconnect,1\r\n\r\n+EVENT:SocketAutoDel,1\r\n", session:until_ "AutoDel,1\r\n")
  end)
end)

describe("The control connection of the emulator", function()
  it("ignores, answers and delays commands, inserts URCs and reboots an Ai-WB2", function()
    local session <close> = Session.open()
    session:control "swallow AT+GMR"
    session:type "AT+GMR\r\nAT\r\n"
    assert.are.same(OK, session:until_(OK))
    session:control [[answer AT+GMR \r\n+GMR:33\r\nERROR\r\n]]
    assert.are.same("\r\n+GMR:33\r\nERROR\r\n", session:ask("AT+GMR", "ERROR\r\n"))
    session:control "hold AT 200"
    session:type "AT\r\nAT\r\n"
    assert.are.same("\r\n[Busy]Cmd running\r\n", session:until_ "running\r\n")
    assert.are.same(OK, session:until_(OK))
    session:control "urc +EVENT:SocketSeed,9,1"
    assert.are.same("\r\n+EVENT:SocketSeed,9,1\r\n", session:until_ "9,1\r\n")
    session:control "reboot"
    session:until_ "ready\r\n"
    assert.is_truthy(session:control("help"):find("wifi drop|back", 1, true))
    session:control "hangup"
  end)

  it("maps ports of listeners on an Ai-WB2 and on Quectel modules", function()
    local port = Process.free_port()
    local emulator <close> = assert(hayes.emulator { listen = { [2020] = port }, echo = false })
    local terminal = require("support.terminal").open(emulator.address)
    terminal:type "AT+QIACT=1\r"
    terminal:until_(OK)
    terminal:type 'AT+QIOPEN=1,0,"TCP LISTENER","127.0.0.1",0,2020,0\r'
    terminal:until_ "%+QIOPEN: 0,0\r\n"
    assert(socket.connect("127.0.0.1", port)):close()
    terminal:close()
  end)
end)
