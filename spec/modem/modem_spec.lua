local hayes = require "hayes"
local raises = require "support.raises"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("A modem:", function()
  local modem, port

  local function open(commands, options)
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script", options))
  end

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  describe("at()", function()
    it("gives the information lines, the final result code, and prints as the module did", function()
      open { ["AT+QFLST"] = '\r\n+QFLST: "UFS:a",1\r\n+QFLST: "UFS:b",2\r\n\r\nOK\r\n' }
      local response = assert(modem:at("AT+QFLST"))
      assert.are.same(2, #response)
      assert.are.same('+QFLST: "UFS:b",2', response[2])
      assert.are.same("OK", response.result)
      assert.are.same('+QFLST: "UFS:a",1\n+QFLST: "UFS:b",2\nOK', tostring(response))
    end)

    it("asks whether a command was meant that the dialect knows, where the module does not know what was sent", function()
      open { ["AT+CSQQ"] = "\r\nERROR\r\n", ["ATCSQ"] = "\r\nERROR\r\n", ["AT+CSQ"] = "\r\nERROR\r\n",
        ["AT+QSSLSTAET"] = "\r\nERROR\r\n" }
      local meant = { ["AT+CSQQ"] = "AT+CSQ", CSQ = "AT+CSQ", ["AT+QSSLSTAET"] = "AT+QSSLSTATE" }
      for sent, known in pairs(meant) do
        local _, err = modem:at(sent)
        assert.are.same(("Did you mean %s?"):format(known), err.hint:match "^.-%?")
      end
      assert.is_nil(select(2, modem:at("AT+CSQ")).hint:find("Did you mean", 1, true))
    end)

    it("takes the command with or without AT, in either case", function()
      open { ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n", ["AT+csq"] = "\r\n+CSQ: 21,99\r\n\r\nOK\r\n" }
      assert.are.same("+CSQ: 22,99", modem:at("+CSQ")[1])
      assert.are.same("+CSQ: 22,99", modem:at("AT+CSQ")[1])
      assert.are.same("+CSQ: 21,99", modem:at("at+csq")[1])
    end)

    it("gives nil and an error that tells command, code and hint", function()
      open { ["AT+CPIN?"] = "\r\n+CME ERROR: 10\r\n" }
      local response, err = modem:at("AT+CPIN?")
      assert.is_nil(response)
      assert.are.same("sim_not_inserted", err.name)
      assert.are.same(10, err.code)
      assert.are.same("cme", err.origin)
      assert.are.same("AT+CPIN?", err.command)
      assert.are.same("+CME ERROR: 10", err.result)
      assert.is_truthy(err.hint)
      assert.are.same("AT+CPIN? failed: SIM not inserted (10)", tostring(err))
      assert.are.same("so: AT+CPIN? failed: SIM not inserted (10)!", "so: " .. err .. "!")
    end)

    it("gives an error of that name for a code that says nothing: a restart has cut it off, or the line", function()
      for _, code in ipairs { "+CME ERROR:", "+CME ERROR: ", "+CMS ERROR: -" } do
        open { ["AT+CPIN?"] = "\r\n" .. code .. "\r\n" }
        local response, err = modem:at("AT+CPIN?")
        assert.are.same({ nil, "bad_answer", code }, { response, err.name, err.result })
      end
    end)

    it("sends data at the prompt, and after CONNECT", function()
      open {
        ["AT+QSSLSEND=0,5"] = function(_, at)
          at.wanted = { count = 5, reply = function(data) return "\r\nSEND OK\r\n" .. (data == "hello" and "" or "?") end }
          return "\r\n> "
        end,
        ['AT+QFUPL="a",3'] = function(_, at)
          at.wanted = { count = 3, reply = function() return "\r\n+QFUPL: 3,6100\r\n\r\nOK\r\n" end }
          return "\r\nCONNECT\r\n"
        end,
      }
      assert.are.same("SEND OK", assert(modem:at("AT+QSSLSEND=0,5", { data = "hello" })).result)
      assert.are.same("+QFUPL: 3,6100", assert(modem:at('AT+QFUPL="a",3', { data = "abc" }))[1])
    end)

    it("says so when a command did not take the data that it was given", function()
      open { ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
      local response, err = modem:at("AT+CSQ", { data = "hello" })
      assert.is_nil(response)
      assert.are.same("data_not_taken", err.name)
      assert.are.same(0, err.sent)
      assert.is_truthy(tostring(err):find("0 of 5 bytes", 1, true))
    end)

    it("waits for a deferred result, declared or asked for", function()
      open {
        ['AT+QSSLOPEN=1,0,4,"h",443,0'] = "\r\nOK\r\n\r\n+QSSLOPEN: 4,566\r\n",
        ['AT+QMTOPEN=0,"h",1883'] = "\r\nOK\r\n\r\n+QMTOPEN: 0,-1\r\n",
      }
      local response = assert(modem:at('AT+QSSLOPEN=1,0,4,"h",443,0'))
      assert.are.same("+QSSLOPEN: 4,566", response[response.deferred])
      assert.are.same("OK\n+QSSLOPEN: 4,566", tostring(response))
      response = assert(modem:at('AT+QMTOPEN=0,"h",1883', { expect = "+QMTOPEN" }))
      assert.are.same("+QMTOPEN: 0,-1", response[1])
    end)

    it("tells a deferred result that does not come", function()
      open { ['AT+QMTOPEN=0,"h",1883'] = "\r\nOK\r\n" }
      local response, err = modem:at('AT+QMTOPEN=0,"h",1883', { expect = "+QMTOPEN", timeout = 3 })
      assert.is_nil(response)
      assert.are.same("timeout", err.name)
      assert.is_truthy(modem:at("AT"))
    end)

    it("says what it waited for and how long", function()
      open { ["AT+CFUN=1"] = "" }
      local _, err = modem:at("AT+CFUN=1", { timeout = 2 })
      assert.are.same("no answer to AT+CFUN=1 within 2 s", tostring(err))
    end)

    it("never shows a secret in an error", function()
      open { ["^AT%+QICSGP"] = "\r\nERROR\r\n", ["^AT%+CPIN="] = "\r\n+CME ERROR: 16\r\n" }
      local _, err = modem:at('AT+QICSGP=1,1,"internet","me","s3cret",1')
      assert.are.same('AT+QICSGP=1,1,"internet","me","***",1', err.command)
      assert.is_nil(tostring(err):find("s3cret", 1, true))
      _, err = modem:at('AT+CPIN="1234"')
      assert.are.same('AT+CPIN="***"', err.command)
    end)

    it("refuses wrong use where it was written", function()
      open()
      assert.are.same("modem:at: the command is nil; it must be string", raises(function() modem:at() end))
      assert.are.same('modem:at: no option is called "timeuot" (did you mean timeout?)',
        raises(function() modem:at("AT", { timeuot = 1 }) end))
      assert.are.same('modem:at: no option is called "time" (did you mean timeout?)', -- which begins so
        raises(function() modem:at("AT", { time = 1 }) end))
      assert.are.same("modem:at: AT+QSSLSEND=1,5 waits for data; give { data = … }",
        raises(function() modem:at("AT+QSSLSEND=1,5") end))
      assert.are.same("modem:at: the command holds CR at byte 3; a command is one line without control characters",
        raises(function() modem:at("AT\r") end))
      assert.is_truthy(raises(function() modem:at("AT+" .. ("X"):rep(5000)) end):find("5003 bytes long", 1, true))
    end)

    it("lets a command that only asks go without data", function()
      open { ["AT+QISEND=0,0"] = "\r\n+QISEND: 10,10,0\r\n\r\nOK\r\n" }
      assert.are.same("+QISEND: 10,10,0", assert(modem:at("AT+QISEND=0,0"))[1])
    end)
  end)

  describe("query()", function()
    it("gives fields by index, and by name where they are declared", function()
      open {
        ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n",
        ['AT+QSSLCFG="sni",1'] = '\r\n+QSSLCFG: "sni",1,0\r\n\r\nOK\r\n',
        ["AT+WHAT?"] = '\r\n+WHAT: "a,b",007,12,,-3\r\n\r\nOK\r\n',
        ["AT+CGSN"] = "\r\n866758041234567\r\n\r\nOK\r\n",
      }
      local fields = assert(modem:query("AT+CSQ"))
      assert.are.same({ 22, 99, 22, 99 }, { fields[1], fields[2], fields.rssi, fields.ber })
      fields = assert(modem:query('AT+QSSLCFG="sni",1'))
      assert.are.same({ "sni", 1, 0, 0 }, { fields[1], fields[2], fields[3], fields.SNI })
      assert.are.same({ "a,b", "007", 12, "", -3 }, assert(modem:query("AT+WHAT?")))
      assert.are.same(866758041234567, assert(modem:query("AT+CGSN"))[1])
    end)

    it("says so when there is no information", function()
      open { ["AT+QIACT?"] = "\r\nOK\r\n" }
      local fields, err = modem:query("AT+QIACT?")
      assert.is_nil(fields)
      assert.are.same("no_information", err.name)
    end)
  end)

  describe("call()", function()
    it("checks arguments by the declaration before anything is sent", function()
      open()
      local before = #port.log
      assert.are.same("AT+QSSLCFG: SSL_ctxID is 7; it must be from 0 to 5",
        raises(function() modem:call("+QSSLCFG", "write", { "sslversion", 7, 3 }) end))
      assert.are.same("AT+QSSLCFG: SSL_version is 9; it must be one of 0, 1, 2, 3, 4",
        raises(function() modem:call("+QSSLCFG", "write", { "sslversion", 1, 9 }) end))
      assert.are.same('AT+QSSLCFG: there is no setting "sslverion" (did you mean "sslversion"?)',
        raises(function() modem:call("+QSSLCFG", "write", { "sslverion", 1, 3 }) end))
      assert.are.same("AT+QSSLCLOSE: the parameter clientID is missing",
        raises(function() modem:call("+QSSLCLOSE", "write", {}) end))
      assert.are.same("AT+QSSLCLOSE: 3 parameters given; there are 2",
        raises(function() modem:call("+QSSLCLOSE", "write", { 1, 2, 3 }) end))
      assert.are.same('AT+QFDEL: filename is 81 bytes long; it must be at most 80',
        raises(function() modem:call("+QFDEL", "write", { ("x"):rep(81) }) end))
      assert.are.same('modem:call: the dialect declares no command "+NOPE"',
        raises(function() modem:call("+NOPE", "read") end))
      assert.are.same(before, #port.log)
    end)

    it("encodes arguments as the declaration says, and leaves out those at the end", function()
      local seen = {}
      open { ["^AT"] = function(line)
        seen[#seen + 1] = line
        return "\r\nOK\r\n"
      end }
      seen = {}
      modem:call("+QSSLCFG", "write", { "ciphersuite", 1, "0X0035" })
      modem:call("+QICSGP", "write", { 1, 1, "internet" })
      modem:call("+QIDNSCFG", "write", { 1, nil, "8.8.8.8" })
      modem:call("+QIACT", "read")
      modem:call("+QIACT", "test")
      modem:call("+QSSLSTATE", "execute")
      assert.are.same({ 'AT+QSSLCFG="ciphersuite",1,0X0035', 'AT+QICSGP=1,1,"internet"', 'AT+QIDNSCFG=1,,"8.8.8.8"',
        "AT+QIACT?", "AT+QIACT=?", "AT+QSSLSTATE" }, seen)
    end)
  end)

  describe("events:", function()
    it("on() calls a handler with name, fields, line and time", function()
      open()
      local seen
      modem:on("+QSSLURC", function(event) seen = event end)
      port:say('\r\n+QSSLURC: "recv",4,5\r\nhello\r\n')
      hayes.sleep(0.1)
      assert.are.same("+QSSLURC", seen.name)
      assert.are.same({ "recv", 4, 5 }, seen.fields)
      assert.are.same('+QSSLURC: "recv",4,5', seen.line)
      assert.are.same("hello", seen.data)
      assert.is_true(math.abs(seen.time - hayes.now()) <= 0.11)
    end)

    it("urc stands for all of them, unknown ones included", function()
      open()
      local seen = {}
      modem:on("urc", function(event) seen[#seen + 1] = event.line end)
      port:say("\r\n+CREG: 1\r\n\r\n+NEWS: 1\r\n\r\nSomething\r\n")
      hayes.sleep(0.1)
      assert.are.same({ "+CREG: 1", "+NEWS: 1", "Something" }, seen)
    end)

    it("wait() gives the next event, or nil and timeout", function()
      open()
      port:say("\r\n+CREG: 5\r\n", 2)
      local event = assert(modem:wait("+CREG", 10))
      assert.are.same(5, event.fields[1])
      assert.are.same({ n = 2, nil, "timeout" }, table.pack(modem:wait("+CREG", 1)))
    end)

    it("handlers and commands of other tasks go on while a plain script waits", function()
      open { ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
      local seen
      modem:on("+CREG", function() seen = modem:at("AT+CSQ")[1] end)
      port:say("\r\n+CREG: 1\r\n", 0.5)
      assert.are.same({ n = 2, nil, "timeout" }, table.pack(modem:wait("RING", 2)))
      assert.are.same("+CSQ: 22,99", seen)
    end)

    it("a misspelt event of the library's own raises", function()
      open()
      assert.is_truthy(raises(function() modem:on("rebot", print) end):find("must be one of", 1, true))
      assert.is_truthy(raises(function() modem:on("+CREG", 7) end):find("the handler is 7; it must be callable", 1, true))
    end)
  end)

  describe("the queue:", function()
    it("commands of several tasks go out one after the other, in the order of the calls", function()
      local open_commands = 0
      local seen = {}
      open { ["^AT%+TASK="] = function(line, at)
        open_commands = open_commands + 1
        assert(open_commands == 1)
        seen[#seen + 1] = line
        at:say("\r\nOK\r\n", 0.1)
        open_commands = 0
      end }
      hayes.run(function()
        for i = 1, 20 do hayes.spawn(function() assert(modem:at("AT+TASK=" .. i)) end) end
      end)
      for i = 1, 20 do assert.are.same("AT+TASK=" .. i, seen[i]) end
    end)

    it("a task that is cancelled gives its command up, and the next one gets its own answer", function()
      open { ["AT+SLOW"] = function(_, at) at:say("\r\n+SLOW: 1\r\n\r\nOK\r\n", 1) end,
        ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
      hayes.run(function()
        local slow = hayes.spawn(function() modem:at("AT+SLOW") end)
        hayes.sleep(0.1)
        slow:cancel()
        assert.are.same({ "+CSQ: 22,99" }, { table.unpack(assert(modem:at("AT+CSQ"))) })
      end)
    end)

    it("any number of tasks are cancelled while they wait for a deferred result", function()
      open { ["AT+LATE"] = "\r\nOK\r\n", ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
      hayes.run(function()
        for _ = 1, 50 do
          local late = hayes.spawn(function() modem:at("AT+LATE", { expect = "+LATE", timeout = 60 }) end)
          hayes.sleep(0.1)
          late:cancel()
          late:join()
        end
        assert.is_nil(next(modem.exchanges.deferred))
        assert.are.same({ "+CSQ: 22,99" }, { table.unpack(assert(modem:at("AT+CSQ"))) })
      end)
    end)

    it("a task that is cancelled in the queue leaves it", function()
      local seen = {}
      open { ["^AT%+TASK="] = function(line, at)
        seen[#seen + 1] = line
        at:say("\r\nOK\r\n", 0.1)
      end }
      hayes.run(function()
        local tasks = {}
        for i = 1, 3 do tasks[i] = hayes.spawn(function() modem:at("AT+TASK=" .. i) end) end
        hayes.sleep(0.05)
        tasks[2]:cancel()
      end)
      assert.are.same({ "AT+TASK=1", "AT+TASK=3" }, seen)
    end)

    it("after a time-out the library gets in step before the next command, and tells so", function()
      open { ["AT+SLOW"] = function(_, at) at:say("\r\n+SLOW: 1\r\n\r\nOK\r\n", 3) end,
        ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
      local told = {}
      for _, name in ipairs { "desync", "resync" } do
        modem:on(name, function(event) told[#told + 1] = event.name end)
      end
      local _, err = modem:at("AT+SLOW", { timeout = 1 })
      assert.are.same("timeout", err.name)
      assert.are.same({ "+CSQ: 22,99" }, { table.unpack(assert(modem:at("AT+CSQ"))) })
      assert.are.same({ "desync", "resync" }, told)
    end)

    it("when the module is silent for good, commands fail instead of waiting for ever; and work again once it is back", function()
      local silent = false
      local commands = script.quectel { ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
      port = script.port(function(at, bytes)
        if silent then return "" end
        return commands(at, bytes)
      end)
      modem = assert(hayes.open_port(port, "script"))
      silent = true
      local _, err = modem:at("AT+CSQ", { timeout = 1 })
      assert.are.same("timeout", err.name)
      _, err = modem:at("AT+CSQ")
      assert.are.same("no_answer", err.name)
      assert.is_truthy(err.hint)
      silent = false
      assert.is_truthy(modem:wait("resync", 60))
      assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
    end)
  end)

  describe("the end:", function()
    it("close() may be called any number of times, and commands fail afterwards", function()
      open()
      local told
      modem:on("closed", function() told = true end)
      assert.is_true(modem:close())
      assert.is_true(modem:close())
      hayes.sleep(0.1)
      assert.is_true(told)
      local response, err = modem:at("AT")
      assert.is_nil(response)
      assert.are.same("closed", err.name)
      assert.is_true(port.closed)
    end)

    it("works with <close>", function()
      open()
      do
        local held <close> = modem
        assert(held:at("AT"))
      end
      assert.is_true(port.closed)
    end)

    it("ends everything that waits when the port goes away, with the reason", function()
      open { ["AT+SLOW"] = "" }
      local errs = {}
      hayes.run(function()
        hayes.spawn(function() errs[1] = select(2, modem:at("AT+SLOW")) end)
        hayes.spawn(function() errs[2] = select(2, modem:at("AT")) end)
        hayes.spawn(function() errs[3] = select(2, modem:wait("+CREG")) end)
        hayes.sleep(0.5)
        port:hang_up()
      end)
      for i = 1, 3 do assert.are.same("port_gone", errs[i].name) end
      assert.is_truthy(tostring(errs[1]):find("hung up", 1, true))
    end)
  end)

  describe("line_errors()", function()
    local function counts()
      local list = {}
      for name, count in pairs(modem:line_errors()) do list[name] = count end
      return list
    end

    local none = { damaged_blocks = 0, unknown_lines = 0, overlong_lines = 0, noise = 0, desyncs = 0 }

    --- A port on which garbage stands in front of the first answer, as behind a change of speed.
    local function noisy()
      local answered = false
      local made = script.port(script.quectel { ["AT"] = function()
        local noise = answered and "" or "\1\2what a line\r\n"
        answered = true
        return noise .. "\r\nOK\r\n"
      end, ["AT+SLOW"] = "" })
      made.again = noisy
      port = made
      return made
    end

    it("is all zeros when hayes.open returns, whatever came during the start-up", function()
      modem = assert(hayes.open_port(noisy(), "script"))
      assert.are.same(none, counts())
    end)

    it("counts what comes later, keeps that when the port is opened again, and leaves its start-up out", function()
      modem = assert(hayes.open_port(noisy(), "script"))
      port:say "\r\n\1\2what else\r\n"
      hayes.sleep(0.1)
      modem:at("AT+SLOW", { timeout = 1 })
      assert(modem:wait("resync", 60))
      local found = counts()
      assert.are.same({ 1, 1 }, { found.unknown_lines, found.desyncs })
      assert.is_true(found.noise > 0)
      port:hang_up()
      hayes.sleep(0.1)
      assert(modem:reopen())
      assert.are.same(found, counts())
      port:say "\r\nwhat again\r\n"
      hayes.sleep(0.1)
      assert.are.same(2, counts().unknown_lines)
    end)

    it("counts a restart of the module", function()
      open()
      port:say "\r\nRDY\r\n"
      assert(modem:wait("resync", 60))
      assert.are.same(1, counts().desyncs)
    end)
  end)

  it("starts with a dialect whose start uses the calls that programs use", function()
    local sent = {}
    local function start(of)
      assert(of:at("AT+ONE"))
      assert(of:query("AT+TWO?"))
      return true
    end
    port = script.port(script.quectel {
      ["AT+ONE"] = function()
        sent[#sent + 1] = "one"
        return OK
      end,
      ["AT+TWO?"] = function()
        sent[#sent + 1] = "two"
        return "\r\n+TWO: 2\r\n" .. OK
      end,
    })
    local dialect = { name = "own", protocol = { eol = "\r" }, finals = { { "OK", success = true }, { "ERROR" } },
      boot = { "RDY" }, commands = {}, start = start }
    modem = assert(hayes.open_port(port, "script", { dialect = dialect }))
    assert.are.same({ "one", "two" }, sent)
    port:say("\r\nRDY\r\n")
    assert(modem:wait("ready", 10))
    assert.are.same({ "one", "two", "one", "two" }, sent)
  end)

  describe("identify() and tostring", function()
    it("tell what module this is", function()
      open { ["AT+CGSN"] = "\r\n866758041234567\r\n\r\nOK\r\n" }
      assert.are.same({ manufacturer = "Quectel", model = "EC200U", revision = "EC200UCNAAR03A15M08",
        imei = "866758041234567" }, modem:identify())
      assert.are.same("hayes.modem: script (quectel)", tostring(modem))
    end)
  end)
end)
