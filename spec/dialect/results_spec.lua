-- What a module says of a failure: a number in the deferred result, a number or words in a line in front of ERROR; and a
-- URC that has the name of a command whose answer brings a block. A dialect declares these and has no code for them.

local script = require "hayes.testing"

local OK = "\r\nOK\r\n"

local function dialect()
  local link = { name = "link", type = "integer", min = 0, max = 9 }
  local result = { { name = "link" }, { name = "err", error = true } }
  return {
    name = "results", finals = { { "OK", success = true }, { "ERROR" } },
    urcs = { { name = "+RXGET", summary = "Data has come.", shape = "'1'n", answer = { { name = "mode" }, { name = "link" } } } },
    commands = {
      { name = "+OPEN", params = { link }, deferred = { key = "link", timeout = 10, answer = result }, timeout = 3 },
      { name = "+TLS", params = { link }, timeout = 3,
        deferred = { key = "link", timeout = 10, answer = { { name = "link" }, { name = "err", error = "tls" } } } },
      { name = "+LISTEN", params = { link }, answer = result, timeout = 3 },
      { name = "+NET", execute = true, prefix = "+IP ERROR", timeout = 3 },
      { name = "+RXGET", params = { { name = "mode", type = "integer" }, link, { name = "length", type = "integer" } },
        answer = { { name = "mode" }, { name = "link" }, { name = "length" }, { name = "left" } },
        block = { length = 3, fields = 4, shape = "'2'nnn" }, timeout = 3 },
    },
    errors = {
      by_code = { [4] = { code = 4, origin = "results", name = "refused", text = "the server refused" } },
      sets = { tls = { [4] = { code = 4, origin = "results", name = "peer_closed", text = "the peer has closed" } } },
      by_text = { no_data = { origin = "results", name = "no_data", text = "there is no data" } },
    },
  }
end

describe("A dialect that declares how its modules tell of failure", function()
  local answers, module, modem

  before_each(function()
    script.virtual_time()
    answers = {}
    module = script.module(answers)
    modem = assert(module:open { dialect = dialect() })
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function fails(name, expected)
    local response, err = modem:call(name, "write", { 0 })
    assert.is_nil(response)
    assert.are.same(expected, { err.name, err.code, err.command })
    return err
  end

  it("has modem:call fail where the deferred result holds an error's number", function()
    answers["AT+OPEN=0"] = OK .. "\r\n+OPEN: 0,4\r\n"
    local err = fails("+OPEN", { "refused", 4, "AT+OPEN=0" })
    assert.are.same("+OPEN: 0,4", err.result)
    assert.is_truthy(tostring(err):find("the server refused (4)", 1, true))
    answers["AT+OPEN=0"] = OK .. "\r\n+OPEN: 0,77\r\n"
    fails("+OPEN", { "error_77", 77, "AT+OPEN=0" })
    for _, damaged in ipairs { "0", "0,", "0,x", "0,99999999999999999999" } do
      answers["AT+OPEN=0"] = OK .. "\r\n+OPEN: " .. damaged .. "\r\n"
      fails("+OPEN", { "bad_answer", nil, "AT+OPEN=0" })
    end
    answers["AT+OPEN=0"] = OK .. "\r\n+OPEN: 0,000\r\n"
    assert(modem:call("+OPEN", "write", { 0 }))
    answers["AT+OPEN=0"] = OK .. "\r\n+OPEN: 0,0\r\n"
    assert.are.same("+OPEN: 0,0", modem:call("+OPEN", "write", { 0 })[1])
  end)

  it("has the same number mean something else where the vendor counts from 1 again", function()
    answers["AT+TLS=0"] = OK .. "\r\n+TLS: 0,4\r\n"
    fails("+TLS", { "peer_closed", 4, "AT+TLS=0" })
    assert.are.same("the peer has closed", modem:explain("+TLS: 0,4").fields[2].meaning)
    assert.are.same("the server refused", modem:explain("+OPEN: 0,4").fields[2].meaning)
  end)

  it("has modem:at give the lines as they are", function()
    answers["AT+OPEN=0"] = OK .. "\r\n+OPEN: 0,4\r\n"
    assert.are.same("+OPEN: 0,4", modem:at("AT+OPEN=0")[1])
  end)

  it("takes the number from a line in front of ERROR", function()
    answers["AT+OPEN=0"] = "\r\n+OPEN: 0,4\r\n\r\nERROR\r\n"
    fails("+OPEN", { "refused", 4, "AT+OPEN=0" })
    assert.are.same("refused", select(2, modem:at("AT+OPEN=0")).name)
    answers["AT+TLS=0"] = "\r\n+TLS: 0,4\r\n\r\nERROR\r\n"
    fails("+TLS", { "peer_closed", 4, "AT+TLS=0" })
    answers["AT+LISTEN=0"] = "\r\n+LISTEN: 0,4\r\n\r\nERROR\r\n"
    fails("+LISTEN", { "refused", 4, "AT+LISTEN=0" })
    answers["AT+OPEN=0"] = "\r\nERROR\r\n"
    fails("+OPEN", { "error", nil, "AT+OPEN=0" })
  end)

  it("takes words from a line in front of ERROR, where it knows them", function()
    answers["AT+NET"] = "\r\n+IP ERROR: No data\r\n\r\nERROR\r\n"
    local _, err = modem:call("+NET", "execute")
    assert.are.same({ "no_data", "AT+NET failed: there is no data" }, { err.name, err.message })
    answers["AT+NET"] = "\r\n+IP ERROR: Something else\r\n\r\nERROR\r\n"
    assert.are.same("error", select(2, modem:call("+NET", "execute")).name)
  end)

  it("has a URC of the name of a command whose answer brings a block", function()
    local events = {}
    modem:listen("+RXGET", function(event) events[#events + 1] = event.fields.link end)
    answers["AT+RXGET=2,0,100"] = "\r\n+RXGET: 1,5\r\n\r\n+RXGET: 2,0,7,0\r\n+RXGET:\r\n" .. OK
    local response = assert(modem:call("+RXGET", "write", { 2, 0, 100 }))
    assert.are.same({ "+RXGET:", "+RXGET: 2,0,7,0" }, { response.data, response[1] })
    module:say "\r\n+RXGET: 1,6\r\n"
    module:say("\r\n+RXGET: 1,7\r\n", 1)
    assert(modem:wait("+RXGET", 5))
    assert.are.same({ 5, 6 }, { events[1], events[2] })
  end)
end)
