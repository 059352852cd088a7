-- The dialect of examples/dialects/simcom-a76xx.lua against a scripted module that speaks as SIMCom's manual has it.

local exchange = require "hayes.exchange"
local hayes = require "hayes"
local core = require "hayes.core"
local folders = require "support.folder"
local pki = require "support.pki"
local scripted_module = require "support.scripted_module"

local OK, prompt = scripted_module.OK, scripted_module.prompt

describe("The SIMCom A76xx dialect of the examples", function()
  local folder = folders.new "a76xx"
  local answers, module, modem, sessions, contexts, CA

  --- What the far end has sent over a connection: the module keeps it, and tells of it once.
  local function incoming(kind, id, bytes)
    local session = sessions[kind .. id]
    session.data = session.data .. bytes
    if session.told then return end
    session.told = true
    module:say(kind == "tcp" and ("\r\n+CIPRXGET: 1,%d\r\n"):format(id) or ("\r\n+CCHEVENT: %d,RECV EVENT\r\n"):format(id))
  end

  local function take(session, most)
    local bytes = session.data:sub(1, most)
    session.data = session.data:sub(#bytes + 1)
    if session.data == "" then session.told = false end
    return bytes
  end

  local function new_session(kind, id, host)
    sessions[kind .. id] = { host = host, sent = "", data = "", told = false }
  end

  local tcp = {
    ["AT+CIPRXGET=1"] = OK,
    ["AT+NETOPEN"] = OK .. "\r\n+NETOPEN: 0\r\n",
    ["^AT%+CIPOPEN=(%d),\"TCP\",\"([^\"]+)\",(%d+)$"] = function(_, id, host)
      if host == "silent.example" then return OK end
      if host == "unknown.example" then return OK .. ("\r\n+CIPOPEN: %s,11\r\n"):format(id) end
      if sessions["tcp" .. id] then return ("\r\n+CIPOPEN: %s,4\r\n\r\nERROR\r\n"):format(id) end
      new_session("tcp", id, host)
      return OK .. ("\r\n+CIPOPEN: %s,0\r\n"):format(id)
    end,
    ["^AT%+CIPSEND=(%d),(%d+)$"] = prompt(function(bytes, id)
      local session = sessions["tcp" .. id]
      local taken = math.min(#bytes, session.room or #bytes)
      session.room = nil
      session.sent = session.sent .. bytes:sub(1, taken)
      return OK .. ("\r\n+CIPSEND: %s,%d,%d\r\n"):format(id, #bytes, taken)
    end),
    ["^AT%+CIPRXGET=2,(%d),(%d+)$"] = function(_, id, most)
      local session = sessions["tcp" .. id]
      local bytes = session and take(session, tonumber(most)) or ""
      if bytes == "" then return "\r\n+IP ERROR: No data\r\n\r\nERROR\r\n" end
      return ("\r\n+CIPRXGET: 2,%s,%d,%d\r\n%s\r\n%s"):format(id, #bytes, #session.data, bytes, OK)
    end,
    ["^AT%+CIPCLOSE=(%d)$"] = function(_, id)
      if not sessions["tcp" .. id] then return ("\r\n+CIPCLOSE: %s,4\r\n\r\nERROR\r\n"):format(id) end
      sessions["tcp" .. id] = nil
      return OK .. ("\r\n+CIPCLOSE: %s,0\r\n"):format(id)
    end,
    ["^AT%+SERVERSTART=(%d+),(%d)$"] = OK,
    ["^AT%+SERVERSTOP=(%d)$"] = function(_, id) return ("\r\n+SERVERSTOP: %s,0\r\n%s"):format(id, OK) end,
  }

  local tls = {
    ["AT+CCHSET=1,1"] = OK,
    ["AT+CCHSTART"] = OK .. "\r\n+CCHSTART: 0\r\n",
    ["^AT%+CSSLCFG=\"(%w+)\",(%d),\"?([^\"]+)\"?$"] = function(_, name, context, value)
      contexts[context] = contexts[context] or { sslversion = 4, authmode = 0, ignorelocaltime = 1, cacert = "" }
      contexts[context][name] = value
      return OK
    end,
    ["AT+CSSLCFG?"] = function()
      local said = ""
      for context = 0, 9 do
        local has = contexts[tostring(context)] or { sslversion = 4, authmode = 0, ignorelocaltime = 1, cacert = "" }
        said = said .. ('+CSSLCFG: %d,%s,%s,%s,300,"%s","",""\r\n'):format(context, has.sslversion, has.authmode,
          has.ignorelocaltime, has.cacert)
      end
      return "\r\n" .. said .. OK
    end,
    ["^AT%+CCHSSLCFG=%d,%d$"] = OK,
    ["^AT%+CCERTDOWN=\"([^\"]+)\",(%d+)$"] = prompt(function(bytes, name)
      sessions[name] = bytes
      return OK
    end),
    ["^AT%+CCHOPEN=(%d),\"([^\"]+)\",%d+,2$"] = function(_, id, host)
      if host ~= "server.example" then return OK .. ("\r\n+CCHOPEN: %s,15\r\n"):format(id) end
      new_session("ssl", id, host)
      return OK .. ("\r\n+CCHOPEN: %s,0\r\n"):format(id)
    end,
    ["^AT%+CCHSEND=(%d),(%d+)$"] = prompt(function(bytes, id)
      sessions["ssl" .. id].sent = sessions["ssl" .. id].sent .. bytes
      return OK .. ("\r\n+CCHSEND: %s,0\r\n"):format(id)
    end),
    ["^AT%+CCHRECV=(%d),(%d+)$"] = function(_, id, most)
      local said, session = OK, sessions["ssl" .. id]
      for _ = 1, 2 do -- the data may come in several pieces
        local bytes = session and take(session, tonumber(most) // 2) or ""
        if bytes ~= "" then said = ("%s\r\n+CCHRECV: DATA,%s,%d\r\n%s"):format(said, id, #bytes, bytes) end
      end
      return ("%s\r\n+CCHRECV: %s,0\r\n"):format(said, id)
    end,
    ["^AT%+CCHCLOSE=(%d)$"] = function(_, id)
      if not sessions["ssl" .. id] then return ("\r\n+CCHCLOSE: %s,8\r\n\r\nERROR\r\n"):format(id) end
      sessions["ssl" .. id] = nil
      return OK .. ("\r\n+CCHCLOSE: %s,0\r\n"):format(id)
    end,
  }

  setup(function()
    pki.make(folder, "server.example")
    CA = folder .. "/root.pem"
  end)

  before_each(function()
    sessions, contexts = {}, {}
    answers = { ["AT+CMEE=2"] = OK, ["ATI"] = "\r\nManufacturer: SIMCOM INCORPORATED\r\nModel: A7670E-FASE\r\n" .. OK,
      ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK, ["^AT%+CGDCONT="] = OK,
      ["AT+CGMM"] = "\r\nA7670E-FASE\r\n" .. OK, ["AT+CGMR"] = "\r\n+CGMR: A7670M7\r\n" .. OK,
      ["AT+CGSN"] = "\r\n860000000000000\r\n" .. OK }
    for _, list in ipairs { tcp, tls } do
      for line, answer in pairs(list) do answers[line] = answer end
    end
    module, modem = scripted_module.open(answers, "examples/dialects/simcom-a76xx.lua")
  end)

  after_each(function() scripted_module.close(modem) end)

  local function sent(line) return scripted_module.count(module, line) end

  it("is found by its modules' answers, and has them attached and identified", function()
    local dialect = dofile "examples/dialects/simcom-a76xx.lua"
    assert.are.same({ "ATI", "SIMCOM" }, dialect.detect)
    assert(modem.network.attach { apn = "internet" })
    assert.are.same(1, sent 'AT+CGDCONT=1,"IP","internet"')
    assert.are.same("A7670E-FASE", modem:identify().model)
  end)

  it("opens, sends, receives and closes", function()
    local sock = assert(modem.tcp.open("server.example", 80))
    sock:settimeout(60)
    local bytes = ("\r\nOK\r\n>+CIPRXGET: 1,0\r\n\0"):rep(200)
    sock:send(bytes)
    assert(sock:flush())
    assert.is_true(bytes == sessions.tcp0.sent)
    incoming("tcp", 0, bytes)
    assert.is_true(bytes == sock:receive(#bytes))
    incoming("tcp", 0, "a line\n")
    assert.are.same("a line", sock:receive())
    assert.are.same(1, sock:close())
    assert.is_nil(sessions.tcp0)
  end)

  it("opens ten at once, prepares the module once, and uses an id again when it is free", function()
    local socks = {}
    for i = 1, 10 do socks[i] = assert(modem.tcp.open("server.example", 80)) end
    assert.are.same({ 1, 1 }, { sent "AT+NETOPEN", sent "AT+CIPRXGET=1" })
    assert.are.same("no_free_socket", select(2, modem.tcp.open("server.example", 80)).name)
    socks[4]:close()
    assert(modem.tcp.open("server.example", 80))
    assert.are.same(2, sent 'AT+CIPOPEN=3,"TCP","server.example",80')
  end)

  it("closes what an earlier program has left, and takes a network that is open", function()
    new_session("tcp", 0, "left")
    answers["AT+NETOPEN"] = "\r\n+IP ERROR: Network is already opened\r\n\r\nERROR\r\n"
    assert(modem.tcp.open("server.example", 80))
    assert.are.same("server.example", sessions.tcp0.host)
  end)

  it("tells what a refused open means", function()
    local sock, err = modem.tcp.open("unknown.example", 80)
    assert.is_nil(sock)
    assert.are.same({ "dns_parse_failed", 11, "tcpip" }, { err.name, err.code, err.origin })
    assert.is_truthy(tostring(err):find("unknown.example:80", 1, true))
    local create = modem.tcp.factory()
    assert.are.same({ nil, "host or service not provided, or not known" },
      { create():connect("unknown.example", 80) })
    -- The number comes in front of ERROR.
    assert(modem.tcp.open("server.example", 80))
    new_session("tcp", 1, "other")
    answers["AT+CIPCLOSE=1"] = "\r\nERROR\r\n"
    sock, err = modem.tcp.open("server.example", 80)
    assert.is_nil(sock)
    assert.are.same({ "operation_not_supported", 4 }, { err.name, err.code })
  end)

  it("gives up an open that is not answered, and closes it in the module", function()
    local before = hayes.now()
    local sock, err = modem.tcp.open("silent.example", 80, { timeout = 30 })
    assert.are.same({ nil, "timeout", 30 }, { sock, err.name, hayes.now() - before })
    hayes.sleep(200)
    assert.are.same(2, sent "AT+CIPCLOSE=0")
    assert(modem.tcp.open("server.example", 80))
  end)

  it("gives what was unread when the peer closed, and then the end", function()
    local sock = assert(modem.tcp.open("server.example", 80))
    incoming("tcp", 0, ("x"):rep(4000))
    module:say "\r\n+IPCLOSE: 0,1\r\n"
    hayes.sleep(1)
    assert.are.same(("x"):rep(4000), sock:receive "*a")
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same({ nil, "closed", 0 }, { sock:send "y" })
  end)

  it("sends the rest where the module has taken a part", function()
    local sock = assert(modem.tcp.open("server.example", 80))
    sessions.tcp0.room = 3
    sock:send "abcdefgh"
    assert(sock:flush())
    assert.are.same("abcdefgh", sessions.tcp0.sent)
    sessions.tcp0.room = -1
    sock:send "x"
    assert.are.same({ nil, "closed" }, { sock:flush() })
  end)

  it("times out on silence, and keeps the connection", function()
    local sock = assert(modem.tcp.open("server.example", 80))
    sock:settimeout(20)
    assert.are.same({ nil, "timeout", "" }, { sock:receive() })
    incoming("tcp", 0, "late\n")
    assert.are.same("late", sock:receive())
  end)

  it("ends connections with the network and with a restart, and prepares the module anew", function()
    local sock = assert(modem.tcp.open("server.example", 80))
    module:say "\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n"
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.is_truthy(tostring(sock:lasterror()):find("NETWORK CLOSED", 1, true))
    sock:close()
    sessions = {}
    local other = assert(modem.tcp.open("server.example", 80))
    assert.are.same(2, sent "AT+NETOPEN")
    module:say "\r\n*ATREADY: 1\r\n"
    assert.are.same({ nil, "closed", "" }, { other:receive(1) })
    assert.are.same("reboot", other:lasterror().name)
    hayes.sleep(5)
    sessions = {}
    assert(modem.tcp.open("server.example", 80))
    assert.are.same(3, sent "AT+NETOPEN")
  end)

  it("has servers", function()
    local server = assert(modem.tcp.listen(8080))
    assert.are.same({ nil, "timeout" }, { server:accept(5) })
    new_session("tcp", 0, "client")
    module:say "\r\n+CLIENT: 0,0,10.0.0.9:50000\r\n"
    local sock = assert(server:accept(5))
    incoming("tcp", 0, "hello\n")
    assert.are.same("hello", sock:receive())
    sock:send "you too"
    assert(sock:flush())
    assert.are.same("you too", sessions.tcp0.sent)
    sock:close()
    assert.are.same(1, server:close())
    assert.are.same(1, sent "AT+SERVERSTOP=0")
  end)

  it("sends nothing after a result that does not say how much was taken: the line was damaged", function()
    local sock = assert(modem.tcp.open("server.example", 80))
    answers["^AT%+CIPSEND=(%d),(%d+)$"] = prompt(function(bytes, id)
      return OK .. ("\r\n+CIPSEND: %s,%d,\r\n"):format(id, #bytes)
    end)
    sock:send "hello"
    assert.are.same({ nil, "closed" }, { sock:flush() })
    assert.are.same({ "bad_answer", 5 }, { sock:lasterror().name, sock:lasterror().uncertain })
  end)

  it("takes no client whose number no command could name: the line was damaged", function()
    local server = assert(modem.tcp.listen(8080))
    module:say "\r\n+CLIENT: 10,0,10.0.0.9:50000\r\n\r\n+CLIENT: -1,0,10.0.0.9:50000\r\n"
    assert.are.same({ nil, "timeout" }, { server:accept(5) })
    server:close()
  end)

  it("closes a server in the module whose opening was not answered, and is there for the next one", function()
    answers["AT+SERVERSTART=8080,0"] = ""
    local server, err = modem.tcp.listen(8080, { timeout = 2 })
    assert.are.same({ nil, "timeout" }, { server, err.name })
    hayes.sleep(60)
    assert.are.same(1, sent "AT+SERVERSTOP=0")
    answers["AT+SERVERSTART=8080,0"] = nil
    assert(modem.tcp.listen(8080)):close()
  end)

  it("closes no server any more after a restart, where another one may have its number", function()
    local server = assert(modem.tcp.listen(8080))
    local closings
    hayes.run(function()
      local hold <close> = assert(exchange.hold(modem))
      hayes.spawn(server.close, server) -- waits for the line
      hayes.sleep(1)
      module:say "\r\n*ATREADY: 1\r\n"
      hayes.sleep(1)
      hold:__close()
    end)
    server = assert(modem.tcp.listen(8080))
    assert.are.same(0, sent "AT+SERVERSTOP=0")
    answers["AT+SERVERSTOP=0"] = ""
    hayes.run(function()
      assert.is_nil((server:close()))
      local _hold <close> = assert(exchange.hold(modem))
      hayes.sleep(1) -- the next attempt to close it waits for the line
      closings = sent "AT+SERVERSTOP=0"
      module:say "\r\n*ATREADY: 1\r\n"
      hayes.sleep(1)
    end)
    answers["AT+SERVERSTOP=0"] = nil
    hayes.sleep(60)
    assert.are.same(closings, sent "AT+SERVERSTOP=0")
  end)

  it("ends an earlier connection whose number a client gets: its end was lost", function()
    local server = assert(modem.tcp.listen(8080))
    new_session("tcp", 0, "client")
    module:say "\r\n+CLIENT: 0,0,10.0.0.9:50000\r\n"
    local one = assert(server:accept(5))
    module:say "\r\n+CLIENT: 0,0,10.0.0.9:50001\r\n"
    local other = assert(server:accept(5))
    assert.are.same({ nil, "closed", "" }, { one:receive(1) })
    one:close()
    incoming("tcp", 0, "hello\n")
    assert.are.same("hello", other:receive())
    assert.are.same(0, sent "AT+CIPCLOSE=0")
    server:close()
  end)

  it("verifies TLS servers against a CA, which it stores once", function()
    local sock = assert(modem.ssl.open("server.example", 443, { ca = CA }))
    assert.is_true(sock.verified)
    local text = pki.read(CA)
    local name = "h" .. core.sha256(text):sub(1, 16) .. ".pem"
    assert.are.same(text, sessions[name])
    for _, line in ipairs { 'AT+CSSLCFG="authmode",0,1', 'AT+CSSLCFG="cacert",0,"' .. name .. '"',
      'AT+CSSLCFG="ignorelocaltime",0,0', 'AT+CSSLCFG="enableSNI",0,1', "AT+CCHSSLCFG=0,0" } do
      assert.are.same(1, sent(line), line)
    end
    local bytes = ("\r\nOK\r\n+CCHRECV: 0,0\r\n"):rep(300)
    sock:send(bytes)
    assert(sock:flush())
    assert.is_true(bytes == sessions.ssl0.sent)
    incoming("ssl", 0, bytes)
    assert.is_true(bytes == sock:receive(#bytes))
    local other = assert(modem.ssl.open("server.example", 443, { verify = "none" }))
    assert.are.same({ 1, false }, { sent 'AT+CSSLCFG="authmode",1,0', other.verified })
    sock:close()
    assert.is_nil(sessions.ssl0)
    assert(modem.ssl.open("server.example", 443, { ca = CA }))
    assert.are.same(1, sent(('AT+CCERTDOWN="%s",%d'):format(name, #sessions[name])))
  end)

  it("does not connect where a setting that verification depends on is refused", function()
    answers['AT+CSSLCFG="authmode",0,1'] = "\r\nERROR\r\n"
    local sock, err = modem.ssl.open("server.example", 443, { ca = CA })
    assert.are.same({ nil, 'AT+CSSLCFG="authmode",0,1' }, { sock, err.command })
    assert.are.same(0, sent 'AT+CCHOPEN=0,"server.example",443,2')
  end)

  it("does not connect where the module has not kept what verification depends on", function()
    local name = "h" .. core.sha256(pki.read(CA)):sub(1, 16) .. ".pem"
    for _, line in ipairs { 'AT+CSSLCFG="authmode",0,1', 'AT+CSSLCFG="ignorelocaltime",0,0',
      ('AT+CSSLCFG="cacert",0,"%s"'):format(name) } do
      contexts, answers[line] = {}, OK -- OK, and nothing is changed
      local sock, err = modem.ssl.open("server.example", 443, { ca = CA })
      assert.are.same({ nil, "setting_not_kept" }, { sock, err.name }, line)
      answers[line] = nil
    end
    assert.are.same(0, sent 'AT+CCHOPEN=0,"server.example",443,2')
    assert(modem.ssl.open("server.example", 443, { ca = CA }))
  end)

  it("lets no other command come between the look at the settings and the opening", function()
    hayes.run(function()
      local others = hayes.spawn(function()
        while true do modem:at 'AT+CSSLCFG="authmode",0,0' end
      end)
      module.delay = 0.1
      modem.ssl.open("server.example", 443, { ca = CA })
      others:cancel()
    end)
    module.delay = 0
    for i, line in ipairs(module.lines) do
      if line:find "^AT%+CCHOPEN" then
        assert.are.same({ "AT+CSSLCFG?", "AT+CCHSSLCFG=0,0" }, { module.lines[i - 2], module.lines[i - 1] })
      end
    end
  end)

  it("tells why a handshake failed, by the numbers of the TLS chapter", function()
    local _, err = modem.ssl.open("other.example", 443, { ca = CA })
    assert.are.same({ "handshake_error", 15, "ssl" }, { err.name, err.code, err.origin })
  end)

  it("gives what a TLS peer has sent before it closed", function()
    local sock = assert(modem.ssl.open("server.example", 443, { verify = "none" }))
    incoming("ssl", 0, "last words")
    module:say "\r\n+CCH_PEER_CLOSED: 0\r\n"
    hayes.sleep(1)
    assert.are.same("last words", sock:receive "*a")
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    sock:close()
    assert.are.same(2, sent "AT+CCHCLOSE=0")
  end)
end)
