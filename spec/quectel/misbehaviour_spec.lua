-- Modules that do not keep to their notes: recorded habits of firmware, most of them quirks of the emulator. The numbers
-- are those of the engine's failure modes.

local hayes = require "hayes"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local script = require "support.script"

describe("A module with the habit", function()
  local peer, ca

  setup(function()
    ca = lab.folder() .. "/root.pem"
    peer = Peer.start(lab.folder())
  end)

  teardown(function() peer:close() end)

  local function open(modem, options)
    options = options or {}
    options.ca = options.ca or ca
    peer:begin("accept")
    local sock, err = modem.ssl.open(lab.HOST, 443, options)
    local ok = peer:finish()
    if sock then sock:settimeout(20) end
    return sock, err, ok
  end

  local function close(modem, emulator)
    modem:close()
    emulator:close()
  end

  local habits = {
    "EG800K", "EC200U", "late-urc-before-recv", "cme-text-mixed", "qfupl-exists-text", "first-command-lost",
    "sms-done-order", "formatcfg-prompt", "info-without-blank-line", "closed-before-drained", "no-space-after-colon",
    "ec200u-push-crlf", "urcport-elsewhere",
  }
  for _, habit in ipairs(habits) do
    for _, mode in ipairs { "buffer", "push" } do
      it(("%s does a whole verified exchange in %s mode"):format(habit, mode), function()
        local modem, emulator = lab.online(peer.port, { quirks = habit })
        local sock = assert(open(modem, { mode = mode }))
        local bytes = ("\r\nOK\r\n+QSSLURC: \"closed\",0\r\n> \0\255"):rep(300)
        sock:send(bytes)
        assert(sock:flush())
        assert.is_true(peer:receive(#bytes) == bytes)
        peer:begin("send", #bytes, bytes)
        assert.is_true(sock:receive(#bytes) == bytes)
        assert(peer:finish())
        assert(peer:send("the end"))
        peer:close_connection()
        assert.are.same("the end", sock:receive("*a"))
        assert.are.same(1, sock:close())
        assert.are.same({}, assert(modem.ssl.sockets()))
        close(modem, emulator)
      end)
    end
  end

  it("that a file which exists is told in words replaces it all the same", function()
    local modem, emulator = lab.modem(nil, { quirks = "qfupl-exists-text" })
    assert(modem.file.upload({ data = "one" }, "UFS:a.txt"))
    local ok, err = modem.file.upload({ data = "two" }, "UFS:a.txt")
    assert.is_nil(ok)
    assert.are.same(407, err.code)
    assert(modem.file.upload({ data = "two" }, "UFS:a.txt", { replace = true }))
    close(modem, emulator)
  end)

  it("that 566 stands for every TLS reason says so", function()
    local modem, emulator = lab.online(peer.port, { quirks = "eg800k-566" })
    local sock, err = open(modem, { ca = lab.folder() .. "/other.pem" })
    assert.is_nil(sock)
    assert.are.same(566, err.code)
    assert.is_truthy(tostring(err):find("every failed handshake and refused certificate", 1, true), tostring(err))
    close(modem, emulator)
  end)

  it("that its stack is exhausted after 20 connections tells what helps, and works after a restart", function()
    local modem, emulator = lab.online(peer.port, { quirks = "eg800k-552" })
    for _ = 1, 20 do
      local sock = assert(open(modem))
      sock:close()
      peer:close_connection()
    end
    local sock, err = modem.ssl.open(lab.HOST, 443, { ca = ca })
    assert.is_nil(sock)
    assert.are.same(552, err.code)
    assert.is_truthy(err.hint:find("AT+CFUN=1,1", 1, true))
    assert(modem:at("AT+CFUN=1,1"))
    assert.is_truthy(modem:wait("ready", 20))
    assert(modem.network.attach { apn = "internet" })
    sock = assert(open(modem))
    peer:begin("accept")
    sock:close()
    close(modem, emulator)
    peer:close()
    peer = Peer.start(lab.folder())
  end)

  it("31. that it announces more than it gives ends the connection with an error, and the modem goes on", function()
    local modem, emulator = lab.online(peer.port, { quirks = "recv-announces-more" })
    local sock = assert(open(modem))
    assert(peer:send("0123456789"))
    local bytes, err = sock:receive(5)
    assert.is_nil(bytes)
    assert.are.same("closed", err)
    assert.are.same("short_read", sock:lasterror().name)
    assert.is_truthy(tostring(sock:lasterror()):find("announced %d+ bytes and gave %d+"), tostring(sock:lasterror()))
    assert.is_truthy(modem:query("AT+CSQ").rssi)
    sock:close()
    peer:close_connection()
    close(modem, emulator)
  end)

  it("33. that it cannot take more (SEND FAIL) is waited for, and nothing is lost or doubled", function()
    local modem, emulator = lab.online(peer.port)
    local sock = assert(open(modem))
    assert(emulator:control("stall 0 on"))
    local fails = 0
    modem.trace = { sent = function() end, remark = function() end, close = function() end,
      seen = function(_, _, text) fails = fails + (text == "SEND FAIL" and 1 or 0) end }
    modem.engine:observe(true)
    local bytes = {}
    for i = 1, 10000 do bytes[i] = ("%07d\n"):format(i) end
    bytes = table.concat(bytes)
    peer:begin("receive", #bytes)
    hayes.run(function()
      hayes.spawn(function()
        while fails < 3 do hayes.sleep(0.01) end
        assert(emulator:control("stall 0 off"))
      end)
      assert.are.same(#bytes, sock:send(bytes))
      assert(sock:flush())
    end)
    assert.are.same(tostring(#bytes), peer:finish())
    assert.is_true(peer.control:receive(#bytes) == bytes)
    peer.control:receive(1)
    assert.is_true(fails >= 3)
    sock:close()
    peer:close_connection()
    close(modem, emulator)
  end)
end)

describe("A module in a script", function()
  local modem, port

  before_each(function() script.virtual_time() end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(commands, mode)
    commands["^AT%+QSSLCFG="] = "\r\nOK\r\n"
    commands["AT+QSSLSTATE"] = "\r\nOK\r\n"
    commands["^AT%+QSSLCLOSE="] = "\r\nOK\r\n"
    commands["^AT%+QSSLOPEN="] = "\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n"
    commands["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n"
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script"))
    local sock = assert(modem.ssl.open("server.example", 443, { verify = "none", mode = mode }))
    sock:settimeout(60)
    return sock
  end

  it("30. that puts a URC in the middle of what it announced: the read fails, and the next answer is whole", function()
    local reads = { "\r\n+QSSLRECV: 5\r\nfirst\r\n\r\nOK\r\n",
      "\r\n+QSSLRECV: 5\r\n\r\n+CREG: 1\r\nhello\r\n\r\nOK\r\n" }
    local sock = open { ["^AT%+QSSLRECV="] = function()
      return table.remove(reads, 1) or "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n"
    end }
    port:say('\r\n+QSSLURC: "recv",0\r\n')
    assert.are.same({ nil, "closed", "first" }, { sock:receive(10) })
    assert.are.same("long_read", sock:lasterror().name)
    sock:send("more")
    assert.are.same({ nil, "closed" }, { sock:flush() })
    assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
  end)

  it("33. that says SEND FAIL and then SEND OK has taken the data: it is not sent twice", function()
    local sent = {}
    local sock = open { ["^AT%+QSSLSEND="] = function(line, at)
      at.wanted = { count = math.tointeger(line:match(",(%d+)$")), reply = function(bytes)
        sent[#sent + 1] = bytes
        return #sent == 1 and "\r\nSEND FAIL\r\n\r\nSEND OK\r\n" or "\r\nSEND OK\r\n"
      end }
      return "\r\n> "
    end }
    sock:send("once")
    assert(sock:flush())
    assert.are.same({ "once" }, sent)
  end)

  it("33. that does not answer when it has the data: it is not sent again, and the error says what is not known", function()
    local sent = {}
    local sock = open { ["^AT%+QSSLSEND="] = function(line, at)
      at.wanted = { count = math.tointeger(line:match(",(%d+)$")), reply = function(bytes)
        sent[#sent + 1] = bytes
        return ""
      end }
      return "\r\n> "
    end }
    sock:send("once")
    local ok, err = sock:flush()
    assert.is_nil(ok)
    assert.are.same("timeout", err)
    assert.are.same({ "once" }, sent)
    assert.are.same(4, sock:lasterror().uncertain)
    sock:send("more")
    assert.are.same({ nil, "closed", 0 }, { sock:send("more") })
    assert.are.same({ "once" }, sent)
  end)

  it("34. that never announces its data is asked", function()
    local reads = { "\r\n+QSSLRECV: 5\r\nhello\r\n\r\nOK\r\n" }
    local sock = open { ["^AT%+QSSLRECV="] = function()
      return table.remove(reads, 1) or "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n"
    end }
    assert.are.same("hello", sock:receive(5))
  end)

  it("34. that says closed while it has data gives the data first", function()
    local reads = { "\r\n+QSSLRECV: 5\r\nhello\r\n\r\nOK\r\n" }
    local sock = open { ["^AT%+QSSLRECV="] = function()
      return table.remove(reads, 1) or "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n"
    end }
    port:say('\r\n+QSSLURC: "recv",0\r\n\r\n+QSSLURC: "closed",0\r\n')
    assert.are.same("hello", sock:receive("*a"))
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
  end)

  it("32. that pushes binary data which looks like its own words, in pieces", function()
    local sock = open({}, "push")
    local bytes = '\r\nOK\r\n+QSSLURC: "closed",0\r\nRDY\r\n> \0\26'
    local urc = ('\r\n+QSSLURC: "recv",0,%d\r\n%s\r\n\r\n+CREG: 1\r\n'):format(#bytes, bytes)
    local seen = 0
    modem:on("+CREG", function() seen = seen + 1 end)
    for cut = 1, #urc do
      port:say(urc:sub(1, cut))
      port:say(urc:sub(cut + 1), 0.01)
      assert.are.same(bytes, sock:receive(#bytes))
    end
    hayes.sleep(1)
    assert.are.same(#urc, seen)
  end)
end)
