local explain = require "hayes.explain"
local dialects = require "hayes.dialect"
local hayes = require "hayes"
local raises = require "support.raises"
local script = require "support.script"

describe("explain()", function()
  local quectel = dialects.get("quectel")

  local function text_of(what)
    local found, err = explain(quectel, what)
    return tostring(assert(found, tostring(err)))
  end

  local function has(text, ...)
    for _, part in ipairs { ... } do
      assert(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
    end
  end

  it("tells a command by its name, with AT or without, in either case, with + or without", function()
    local text = text_of("+QSSLOPEN")
    has(text, "Opens a TLS connection to a server. (SSL note 2.2.2)",
      "AT+QSSLOPEN=<contextID>,<SSL_ctxID>,<clientID>,<serveraddr>,<server_port>[,<access_mode>]", "0 to 11",
      "direct push mode", "Deferred result within 450 s: +QSSLOPEN: <clientID>,<err>", '+QSSLURC: "closed",<clientID>')
    assert.are.same(text, text_of("AT+QSSLOPEN"))
    assert.are.same(text, text_of("at+qsslopen"))
    assert.are.same(text, text_of(" QSSLOPEN "))
  end)

  it("lists the settings of a command, and tells one of them", function()
    has(text_of("+QSSLCFG"), '"seclevel"', '"ignorecertitem"', "Longest time for the handshake.")
    local found = assert(explain(quectel, 'AT+QSSLCFG="seclevel"'))
    assert.are.same({ "+QSSLCFG", "seclevel", "Authentication." }, { found.name, found.key, found.summary })
    assert.are.same({ value = 1, meaning = "of the server" }, found.fields[2].values[2])
    assert.are.same("0, none", found.fields[2].factory)
    assert.are.same(tostring(found), text_of("seclevel"))
  end)

  it("tells what each value of a command line means", function()
    local found = assert(explain(quectel, 'AT+QSSLOPEN=1,0,4,"h",443,2'))
    local values = {}
    for i, field in ipairs(found.fields) do values[i] = { field.name, field.value } end
    assert.are.same({ { "contextID", 1 }, { "SSL_ctxID", 0 }, { "clientID", 4 }, { "serveraddr", "h" },
      { "server_port", 443 }, { "access_mode", 2 } }, values)
    assert.are.same("transparent access mode", found.fields[6].meaning)
    has(tostring(found), 'serveraddr   "h"')
    assert.are.same("TLS_RSA_WITH_AES_256_CBC_SHA",
      assert(explain(quectel, 'AT+QSSLCFG="ciphersuite",1,0x0035')).fields[2].meaning)
    has(text_of("ATE0"), "off")
  end)

  it("takes a sum of flags apart", function()
    assert.are.same("1 it has expired + 4 its name is not that of the server + 2 (not listed)",
      assert(explain(quectel, 'AT+QSSLCFG="ignorecertitem",1,7')).fields[2].meaning)
  end)

  it("says what is wrong with a command line, and what was left out", function()
    local fields = assert(explain(quectel, "AT+QSSLOPEN=1,9,4,h")).fields
    assert.are.same("must be 0 to 5", fields[2].problem)
    assert.is_nil(fields[3].problem)
    assert.are.same("is missing", fields[5].problem)
    assert.are.same("default 0, buffer access mode", fields[6].left_out)
    fields = assert(explain(quectel, "AT+QSSLRECV=1,1500,3")).fields
    assert.are.same("is one too many", fields[3].problem)
    assert.are.same("must be one of 0, 1, 2, 3, 4",
      assert(explain(quectel, 'AT+QSSLCFG="sslversion",1,5')).fields[2].problem)
  end)

  it("tells errors by number, line, name and text, with what to try", function()
    local found = assert(explain(quectel, 579))
    assert.are.same({ "error", 579, "ssl_handshake_fail", "ssl" }, { found.kind, found.code, found.name, found.origin })
    has(tostring(found), "SSL handshake fail", "What to try: In this order: is the CA")
    for _, what in ipairs { "579", "+CME ERROR: 579", "ssl_handshake_fail", "SSL handshake fail" } do
      assert.are.same(tostring(found), text_of(what))
    end
    assert.are.same(10, assert(explain(quectel, "+CME ERROR: SIM not inserted")).code)
    assert.are.same(407, assert(explain(quectel, "file already exist")).code)
  end)

  it("tells all errors of one name", function()
    local found = assert(explain(quectel, "operation_not_allowed"))
    assert.are.same({ 3, 572 }, { found.code, found.others[1].code })
  end)

  it("tells URCs with the names of their fields", function()
    local found = assert(explain(quectel, '+QSSLURC: "closed",4'))
    assert.are.same({ "urc", "closed", "clientID", 4 },
      { found.kind, found.key, found.fields[1].name, found.fields[1].value })
    found = assert(explain(quectel, "+CREG: 5"))
    assert.are.same({ "urc", "stat", "registered, roaming" },
      { found.kind, found.fields[1].name, found.fields[1].meaning })
    found = assert(explain(quectel, '+QIURC: "dnsgip","192.0.2.1"'))
    assert.are.same({ "hostIPaddr", "192.0.2.1" }, { found.fields[1].name, found.fields[1].value })
    assert.are.same("DNS parse failed", assert(explain(quectel, '+QIURC: "dnsgip",565')).fields[1].meaning)
    has(text_of("+QIURC"), '+QIURC: "pdpdeact",<contextID>', '+QIURC: "incoming full"')
  end)

  it("tells answers and deferred results from URCs of the same name", function()
    local found = assert(explain(quectel, '+CREG: 2,1,"1A2B","00C3D4E5",7'))
    assert.are.same({ "answer", "n", "stat", "E-UTRAN" },
      { found.kind, found.fields[1].name, found.fields[2].name, found.fields[5].meaning })
    found = assert(explain(quectel, "+QSSLOPEN: 4,566"))
    assert.are.same("socket connection failed", found.fields[2].meaning)
    assert.is_truthy(found.hint:find("EG800K", 1, true))
    assert.is_nil(assert(explain(quectel, "+QSSLOPEN: 4,0")).hint)
    assert.are.same("unread_length", assert(explain(quectel, "+QSSLRECV: 30,10,20")).fields[3].name)
    assert.are.same("have_readlen", assert(explain(quectel, "+QSSLRECV: 30")).fields[1].name)
    assert.are.same("of the server", assert(explain(quectel, '+QSSLCFG: "seclevel",1,1')).fields[2].meaning)
  end)

  it("tells result codes and lines of a start", function()
    for _, name in ipairs { "OK", "ERROR", "SEND OK", "SEND FAIL", "NO CARRIER", "CONNECT" } do
      local found = assert(explain(quectel, name))
      assert.are.same({ "result", name }, { found.kind, found.name })
    end
    has(text_of("SEND FAIL"), "buffer is full", "What to try")
    assert.are.same("urc", assert(explain(quectel, "RDY")).kind)
    assert.are.same("#calibration_ok", assert(hayes.explain "#calibration_ok P1").name)
    has(text_of("+++"), "At least 1 s", "(SSL note 1.4)")
  end)

  it("gives nil and the nearest known names for what is unknown", function()
    local function near(what)
      local found, err = explain(quectel, what)
      assert.is_nil(found)
      assert.are.same("unknown", err.name)
      return err
    end
    assert.are.same("+QSSLCFG", near("+QSSLCGF").nearest[1])
    assert.are.same('the dialect quectel knows nothing of "AT+QSSLOPNE"; did you mean +QSSLOPEN?', tostring(near("AT+QSSLOPNE")))
    assert.are.same({ "seclevel" }, near('AT+QSSLCFG="secclevel",1,1').nearest)
    assert.are.same({ "574", "579" }, near(577).nearest)
    assert.are.same({ "0", "1" }, near(-1).nearest)
    assert.are.same({}, near(math.maxinteger).nearest)
    assert.are.same("ssl_handshake_fail", near("ssl_handshake_failed").nearest[1])
    assert.are.same({}, near("~").nearest)
    for _, far in ipairs { "foo", "zzz", 99999 } do assert.are.same({}, near(far).nearest) end
    assert.are.same('AT+CSQ=1 is no form of +CSQ: its forms are AT+CSQ=?, AT+CSQ', tostring(near "AT+CSQ=1"))
    has(text_of("AT"), "whether the module listens")
  end)

  it("shows no secret", function()
    for _, line in ipairs { 'AT+CPIN="4711"', 'AT+QICSGP=1,1,"internet","me","4711",1',
      'AT+QSSLCFG="clientkey",1,"UFS:k","4711"' } do
      assert.is_nil(text_of(line):find("4711", 1, true), line)
    end
  end)

  it("keeps to 100 columns, whatever it tells", function()
    local names = { 'AT+QSSLCFG="ignorecertitem",1,7', '+CREG: 2,1,"1A2B","00C3D4E5",7', "AT+QSSLOPEN=1,0,4" }
    for _, declaration in ipairs(quectel.declared) do
      names[#names + 1] = declaration.name
      for key in pairs(declaration.keys or {}) do names[#names + 1] = ('AT%s="%s"'):format(declaration.name, key) end
    end
    for _, urc in ipairs(quectel.urcs) do names[#names + 1] = urc.name end
    for code in pairs(quectel.errors.by_code) do names[#names + 1] = code end
    for _, name in ipairs(names) do
      for line in text_of(name):gmatch("[^\n]+") do
        assert(utf8.len(line) <= 100, ("%s: %s"):format(name, line))
      end
    end
  end)

  it("is a method of a modem, sends nothing, and refuses what is no text", function()
    script.virtual_time()
    finally(script.real_time)
    local port = script.port(script.quectel())
    local modem <close> = assert(hayes.open_port(port, "script"))
    port.log = {}
    assert.are.same("SSL handshake fail", modem:explain(579).summary)
    assert.are.same("modem:explain: the text is a table; it must be string or integer",
      raises(function() modem:explain({}) end))
    assert.are.same({}, port.log)
  end)

  it("tells an event whose fields stand after a comma", function()
    local aithinker = dialects.get("aithinker")
    local function line(text) return tostring(assert(explain(aithinker, text))) end
    has(line("+EVENT:SocketSeed,2,1"), "A client has connected to a server.", "ConID", "server_ConID")
    has(line("+EVENT:SocketDown,1,21"), "A connection has received data", "21 bytes")
    has(line("+EVENT:WIFI_GOT_IP"), "The station has an address.")
    has(line("+EVENT:Something,1"), "Another event.")
  end)

  it("tells the result of an FTP command in words: the module's error, the server's reply", function()
    has(text_of("+QFTPOPEN: 625,530"), "Not logged in", "the account was refused")
    has(text_of("+QFTPGET: 0,1000"), "1000 bytes")
  end)
end)
