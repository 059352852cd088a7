-- Every information line belongs to the command in flight, unless a rule knows that it cannot.

local fields = require "hayes.declare.fields"
local hayes = require "hayes"
local script = require "support.script"

describe("A line of the answer", function()
  local modem, port, events

  before_each(function() script.virtual_time() end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(commands)
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script"))
    events = {}
    modem:on("urc", function(event) events[#events + 1] = event.line end)
  end

  it("belongs to a line of several commands where one of them has its name", function()
    open { ["AT+CREG?;+CEREG?;+CSQ"] = "\r\n+CREG: 0,1\r\n\r\n+CEREG: 0,5\r\n\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
    local response = assert(modem:at("AT+CREG?;+CEREG?;+CSQ"))
    assert.are.same({ "+CREG: 0,1", "+CEREG: 0,5", "+CSQ: 22,99" }, { table.unpack(response) })
    hayes.sleep(1)
    assert.are.same({}, events)
    assert.are.same(22, (modem:fields("AT+CREG?;+CEREG?;+CSQ", response[3])).rssi)
    assert.are.same(1, assert(modem:query("AT+CREG?;+CEREG?;+CSQ")).stat)
  end)

  it("belongs to a line of commands, whatever the first of them answers", function()
    open { ["AT+CMEE=1;+cpin?"] = "\r\n+CPIN: READY\r\n\r\nOK\r\n" }
    assert.are.same("+CPIN: READY", assert(modem:at("AT+CMEE=1;+cpin?"))[1])
    assert.are.same("READY", (modem:fields("AT+CMEE=1;+cpin?", "+CPIN: READY")).code)
    hayes.sleep(1)
    assert.are.same({}, events)
  end)

  it("is not the URC between two of them, which is delivered as a URC", function()
    open { ["AT+CREG?;+CSQ"] = '\r\n+CREG: 0,1\r\n\r\n+CREG: 5,"1A2B","01C5",7\r\n\r\n+QIND: PB DONE\r\n\r\n+CSQ: 22,99\r\n'
      .. "\r\nOK\r\n" }
    assert.are.same({ "+CREG: 0,1", "+CSQ: 22,99" }, { table.unpack(assert(modem:at("AT+CREG?;+CSQ"))) })
    hayes.sleep(1)
    assert.are.same({ '+CREG: 5,"1A2B","01C5",7', "+QIND: PB DONE" }, events)
  end)

  for _, name in ipairs { "+QCCID", "+ICCID", "+CCID" } do
    it(("belongs to an undeclared command, though a name of another stands in front: %s"):format(name), function()
      open { ["AT+CCID"] = ("\r\n%s: 89860012345678901234\r\n\r\nOK\r\n"):format(name) }
      assert.are.same(name .. ": 89860012345678901234", assert(modem:at("AT+CCID"))[1])
      hayes.sleep(1)
      assert.are.same({}, events)
    end)
  end

  for _, said in ipairs { "+ICCID: 89860012345678901234", "+CCID: 89860012345678901234", "89860012345678901234" } do
    it(("belongs to a command that is declared, whatever it is called: %s"):format(said), function()
      open { ["AT+QCCID"] = ("\r\n%s\r\n\r\nOK\r\n"):format(said) }
      local response = assert(modem:at("AT+QCCID"))
      assert.are.same({ said }, { table.unpack(response) })
      assert.are.same("89860012345678901234", assert(modem:query("AT+QCCID")).iccid)
      hayes.sleep(1)
      assert.are.same({}, events)
    end)
  end

  it("is an event beside an answer that has its declared name", function()
    open { ["AT+QCCID"] = "\r\n+NEW: 1\r\n\r\n+QCCID: 89860012345678901234\r\n\r\nOK\r\n",
      ["AT+CSQ"] = "\r\n+NEW: 2\r\n\r\nERROR\r\n", ["AT+CMEE=2"] = "\r\n+NEW: 3\r\n\r\nOK\r\n" }
    assert.are.same({ "+QCCID: 89860012345678901234" }, { table.unpack(assert(modem:at("AT+QCCID"))) })
    assert.is_nil((modem:at("AT+CSQ")))
    assert.are.same({}, { table.unpack(assert(modem:at("AT+CMEE=2"))) })
    hayes.sleep(1)
    assert.are.same({ "+NEW: 1", "+NEW: 2", "+NEW: 3" }, events)
  end)

  it("that is too long is told as missing, and is no empty answer", function()
    local long = "+LONG: " .. ("x"):rep(8192)
    open { ["AT+LONG?"] = "\r\n" .. long .. "\r\n\r\nOK\r\n" }
    local response = assert(modem:at("AT+LONG?"))
    assert.is_true(response.truncated)
    local values, err = modem:query("AT+LONG?")
    assert.is_nil(values)
    assert.are.same("bad_answer", err.name)
    assert.is_nil(assert(modem:at("AT")).truncated)
  end)

  local changes = {
    "+CEREG: 5", '+CEREG: 5,"1A2B","01C5A1F7"', '+CEREG: 5,"1A2B","01C5A1F7",7',
    '+CEREG: 5,"1A2B","01C5A1F7",7,,,"00100010","10100101"', "+CEREG: 5,1A2B,01C5A1F7,7", "+CEREG: 5,1234,0099,7",
    '+CEREG: 3,"1A2B","01C5A1F7",7,0,15', '+CEREG: 2,,,7',
  }
  local answers = {
    "+CEREG: 0,1", "+CEREG: 2,10", '+CEREG: 2,1,"1A2B","01C5A1F7",7', "+CEREG: 2,1,1A2B,01C5A1F7,7",
    '+CEREG: 4,1,"1A2B","01C5A1F7",7,,,"00100010","10100101"', "+CEREG: 2,1,1A2B,01C5A1F7",
  }
  for _, answer in ipairs(answers) do
    it(("to AT+CEREG? is told from a changed registration: %s"):format(answer), function()
      for _, change in ipairs(changes) do
        open { ["AT+CEREG?"] = ("\r\n%s\r\n\r\n%s\r\n\r\nOK\r\n"):format(change, answer) }
        local response = assert(modem:at("AT+CEREG?"))
        assert.are.same({ answer }, { table.unpack(response) })
        hayes.sleep(1)
        assert.are.same({ change }, events)
        modem:close()
      end
    end)
  end

  it("has hexadecimal fields in the shapes of the engine and of the declarations", function()
    open {}
    for text, fits in pairs { ["1,1A2B"] = true, ["1,1234"] = true, ["1,12"] = false, ["1,12G4"] = false,
      ['1,"1A2B"'] = false } do
      assert.are.same(fits, fields.match("nx", fields.split(text)), text)
    end
  end)

  local texts = { "RDY", "POWERED DOWN", "+CREG: 5", '+QIURC: "recv",0,5', "+CSQ: 1,1" }
  for _, text in ipairs(texts) do
    it(("that is the text of a message is not parsed: %s"):format(text), function()
      open { ["AT+CMGR=1"] = ('\r\n+CMGR: "REC READ","+49",,"26/11/27,12:00:00+04"\r\n%s\r\n\r\nOK\r\n'):format(text),
        ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
      local rebooted = false
      modem:on("reboot", function() rebooted = true end)
      assert.are.same(text, assert(modem:at("AT+CMGR=1"))[2])
      port:say(('\r\n+CMT: "+49",,"26/11/27,12:00:00+04"\r\n%s\r\n'):format(text))
      hayes.sleep(1)
      assert.are.same(text, events[2])
      assert.are.same({ "+CSQ: 22,99" }, { table.unpack(assert(modem:at("AT+CSQ"))) })
      assert.is_false(rebooted)
    end)
  end

  it("that says RDY in the place of an answer is a restart", function()
    open {}
    port:say("\r\nRDY\r\n")
    assert.are.same("RDY", assert(modem:wait("reboot", 5)).line)
  end)
end)
