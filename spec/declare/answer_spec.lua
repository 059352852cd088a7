-- The names of fields, where one command or URC has lines of several shapes.

local hayes = require "hayes"
local script = require "support.script"

describe("Fields are named by their declaration", function()
  local modem, port

  local function open(commands)
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script"))
  end

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("in the query form of AT+QSSLRECV and AT+QIRD", function()
    open { ["AT+QSSLRECV=4,0"] = "\r\n+QSSLRECV: 30,10,20\r\n\r\nOK\r\n", ["AT+QIRD=4,0"] = "\r\n+QIRD: 31,10,21\r\n\r\nOK\r\n" }
    local fields = assert(modem:query("AT+QSSLRECV=4,0"))
    assert.are.same({ 30, 10, 20 }, { fields.total_receive_length, fields.have_read_length, fields.unread_length })
    assert.is_nil(fields.have_readlen)
    assert.are.same(21, assert(modem:query("AT+QIRD=4,0")).unread_length)
  end)

  it("in the read form of AT+QSSLRECV, whose data follows", function()
    open { ["AT+QSSLRECV=4,1500"] = "\r\n+QSSLRECV: 5\r\nhello\r\n\r\nOK\r\n" }
    local response = assert(modem:at("AT+QSSLRECV=4,1500"))
    assert.are.same(5, modem:fields("AT+QSSLRECV=4,1500", response[1]).have_readlen)
    assert.are.same("hello", response.data)
  end)

  it("in deferred results, and their last lines", function()
    open { ['AT+QPING=1,"h",1,1'] = '\r\nOK\r\n\r\n+QPING: 0,"192.0.2.1",32,55,255\r\n\r\n+QPING: 0,1,1,0,55,55,55\r\n' }
    local response = assert(modem:at('AT+QPING=1,"h",1,1'))
    assert.are.same({ 55, 255 }, { modem:fields("AT+QPING=1", response[1]).time, modem:fields("AT+QPING=1", response[1]).ttl })
    assert.are.same({ 1, 0 }, { modem:fields("AT+QPING=1", response[2]).rcvd, modem:fields("AT+QPING=1", response[2]).lost })
    assert.are.same(1, response.deferred)
    assert.are.same('OK\n+QPING: 0,"192.0.2.1",32,55,255\n+QPING: 0,1,1,0,55,55,55', tostring(response))
  end)

  it("in settings, in whatever case the module gives the key", function()
    open { ['AT+QICFG="tcp/sendmode"'] = '\r\n+QICFG: "tcp/sendmode",1\r\n\r\nOK\r\n' }
    assert.are.same(1, assert(modem:query('AT+QICFG="tcp/sendmode"'))["TCP/SendMode"])
  end)

  it("and those that the module leaves out are absent", function()
    open { ["AT+COPS?"] = "\r\n+COPS: 0\r\n\r\nOK\r\n" }
    local fields = assert(modem:query("AT+COPS?"))
    assert.are.same({ 0, 0 }, { fields[1], fields.mode })
    assert.is_nil(fields.oper)
    assert.is_nil(fields.AcT)
  end)

  it("as integers and texts, and what is neither has changed on the line", function()
    open { ["AT+COPS?"] = '\r\n+COPS: 0,0,26201,007\r\n\r\nOK\r\n', ["AT+CSQ"] = "\r\n+CSQ: 2a,99\r\n\r\nOK\r\n" }
    local fields = assert(modem:query("AT+COPS?"))
    assert.are.same({ "26201", 7 }, { fields.oper, fields.AcT })
    assert.are.same({ 0, 0, 26201, "007" }, { table.unpack(fields) })
    local none, err = modem:query("AT+CSQ")
    assert.are.same({ nil, "bad_answer", "the answer to AT+CSQ is damaged (rssi): +CSQ: 2a,99" },
      { none, err.name, tostring(err) })
    local damaged
    fields, damaged = modem:fields("AT+CSQ", "+CSQ: 2a,99")
    assert.are.same({ "2a", 99, 99, "bad_answer" }, { fields[1], fields[2], fields.ber, damaged.name })
    assert.is_nil(fields.rssi)
  end)

  it("as empty ones are absent, and what a caller needs must be there", function()
    open { ["AT+CSQ"] = "\r\n+CSQ: ,99\r\n\r\nOK\r\n" }
    assert.is_nil(assert(modem:query("AT+CSQ")).rssi)
    local _, err = modem:query("AT+CSQ", { "ber", "rssi" })
    assert.are.same("the answer to AT+CSQ is damaged (rssi): +CSQ: ,99", tostring(err))
  end)

  it("not in the answers to test forms", function()
    open { ["AT+CMEE=?"] = "\r\n+CMEE: (0-2)\r\n\r\nOK\r\n" }
    assert.is_nil(assert(modem:query("AT+CMEE=?")).n)
  end)

  it("in URCs, also where one key has lines of two shapes", function()
    open { ['AT+QIDNSGIP=1,"h"'] = '\r\nOK\r\n\r\n+QIURC: "dnsgip",0,1,60\r\n\r\n+QIURC: "dnsgip","192.0.2.1"\r\n' }
    local events = {}
    modem:listen("+QIURC", function(event) events[#events + 1] = event end)
    assert(modem:at('AT+QIDNSGIP=1,"h"'))
    while #events < 2 do assert(modem:step(1)) end
    assert.are.same({ 0, 60 }, { events[1].fields.err, events[1].fields.DNS_ttl })
    modem.port:say('\r\n+QIURC: "dnsgip",0,2a,60\r\n')
    while #events < 3 do assert(modem:step(1)) end
    assert.are.same({ 0, "2a" }, { events[3].fields.err, events[3].fields[3] })
    assert.is_nil(events[3].fields.IP_count)
    assert.are.same("192.0.2.1", events[2].fields.hostIPaddr)
    assert.is_nil(events[2].fields.err)
  end)

  it("in URCs that share their name with an answer", function()
    open { ["AT+CREG?"] = '\r\n+CREG: 2,1,"1A2B","00C3D4E5",7\r\n\r\nOK\r\n\r\n+CREG: 5,"1A2B","00C3D4E6",7\r\n' }
    local event
    modem:listen("+CREG", function(e) event = e end)
    local fields = assert(modem:query("AT+CREG?"))
    assert.are.same({ 2, 1, "00C3D4E5" }, { fields.n, fields.stat, fields.ci })
    while not event do assert(modem:step(1)) end
    assert.are.same({ 5, "00C3D4E6", 7 }, { event.fields.stat, event.fields.ci, event.fields.AcT })
  end)
end)
