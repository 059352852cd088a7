-- Services that a dialect declares (`links`): what goes wrong between a program and a module must not lose data, ids or
-- connections. The module has the numbers 0 and 1, and says "there is data" once.

local exchange = require "hayes.exchange"
local hayes = require "hayes"
local scripted_module = require "support.scripted_module"

local OK, prompt = scripted_module.OK, scripted_module.prompt

local function dialect()
  local id = { name = "id", type = "integer", min = 0, max = 1 }
  local length = { name = "length", type = "integer", min = 1, max = 100 }
  return {
    name = "linked", protocol = { eol = "\r", prompt = ">", cancel = "\27", crlf_after_block = true },
    finals = { { "OK", success = true }, { "ERROR" } }, boot = { "RDY" },
    urcs = {
      { name = "+RD", summary = "data", shape = "'new'n", answer = { { name = "what", type = "bare" }, { name = "id" } } },
      { name = "+GONE", summary = "end", answer = { { name = "id" } } },
      { name = "+PUSH", summary = "data", answer = { { name = "id" }, { name = "length" } },
        block = { length = 2, fields = 2 } },
    },
    commands = {
      { name = "+PREP", execute = true, timeout = 5 },
      { name = "+OP", params = { id, { name = "host", type = "string" } }, timeout = 5,
        deferred = { key = "id", timeout = 60, answer = { { name = "id" }, { name = "err", error = true } } } },
      { name = "+SET", params = { id }, timeout = 5 },
      { name = "+SD", params = { id, length }, data = { length = "length" }, timeout = 5 },
      { name = "+RD", params = { id, length }, answer = { { name = "id" }, { name = "length" } },
        block = { length = 2, fields = 2, shape = "nn" }, timeout = 5 },
      { name = "+CL", params = { id }, timeout = 5 },
    },
    links = {
      tcp = {
        kind = "tcp", ids = { first = 0, last = 1 }, prepare = { { "+PREP" } },
        open = { { "+OP", "$id", "$host" } }, opened = { { "+SET", "$id" } },
        send = { "+SD", "$id", "$length", most = 100 }, read = { "+RD", "$id", "$length", most = 100 },
        close = { "+CL", "$id" }, data = { { urc = "+RD", id = "id" }, { urc = "+PUSH", id = "id" } },
        closed = { { urc = "+GONE", id = "id" } },
      },
    },
  }
end

describe("A declared connection", function()
  local answers, module, modem, kept, sent

  local function take(id, most)
    local bytes = (kept[id] or ""):sub(1, most)
    kept[id] = (kept[id] or ""):sub(#bytes + 1)
    return bytes
  end

  before_each(function()
    kept, sent = {}, {}
    answers = {
      ["AT+PREP"] = OK, ["^AT%+SET="] = OK, ["^AT%+CL="] = OK,
      ["^AT%+OP=(%d),(%S+)$"] = function(_, id) return OK .. ("\r\n+OP: %s,0\r\n"):format(id) end,
      ["^AT%+SD=(%d),(%d+)$"] = prompt(function(bytes, id)
        sent[id] = (sent[id] or "") .. bytes
        return OK
      end),
      ["^AT%+RD=(%d),(%d+)$"] = function(_, id, most)
        local bytes = take(id, tonumber(most))
        return ("\r\n+RD: %s,%d\r\n%s%s"):format(id, #bytes, bytes ~= "" and bytes .. "\r\n" or "", OK)
      end,
    }
    module, modem = scripted_module.open(answers, dialect())
  end)

  after_each(function() scripted_module.close(modem) end)

  local function times(line) return scripted_module.count(module, line) end

  --- Both ids are free: two can be opened, and no third.
  local function both_are_free()
    local one, other = assert(modem.tcp.open("h", 1)), assert(modem.tcp.open("h", 1))
    local _, err = modem.tcp.open("h", 1)
    assert.are.same("no_free_socket", err.name)
    one:close()
    other:close()
  end

  it("is closed in the module when nobody waits for its opening any more", function()
    answers["^AT%+OP=(%d),(%S+)$"] = function(at, id)
      at:say(("\r\n+OP: %s,0\r\n"):format(id), 20)
      return OK
    end
    hayes.run(function()
      local task = hayes.spawn(function() return modem.tcp.open("h", 1) end)
      hayes.sleep(5)
      task:cancel()
      hayes.sleep(60)
    end)
    assert.are.same(2, times "AT+CL=0") -- once before the first use of the number
    answers["^AT%+OP=(%d),(%S+)$"] = function(_, id) return OK .. ("\r\n+OP: %s,0\r\n"):format(id) end
    both_are_free()
  end)

  it("gets a number of its own when two are opened at once, after the preparations were made once", function()
    hayes.run(function()
      local tasks = {}
      for i = 1, 2 do tasks[i] = hayes.spawn(function() return modem.tcp.open("h", 1) end) end
      for i = 1, 2 do assert(select(2, assert(tasks[i]:join()))) end
    end)
    assert.are.same({ 1, 1, 1 }, { times "AT+PREP", times 'AT+OP=0,"h"', times 'AT+OP=1,"h"' })
  end)

  it("fails where the preparations do, which are then made again", function()
    answers["AT+PREP"] = "\r\nERROR\r\n"
    assert.are.same("AT+PREP", select(2, modem.tcp.open("h", 1)).command)
    answers["AT+PREP"] = OK
    assert(modem.tcp.open("h", 1))
  end)

  it("has the preparations made again after a restart that comes right after them", function()
    answers["AT+PREP"] = OK .. "\r\nRDY\r\n"
    assert.are.same("reboot", select(2, modem.tcp.open("h", 1)).name)
    answers["AT+PREP"] = OK
    assert(modem.tcp.open("h", 1))
    assert.are.same({ 2, 1 }, { times "AT+PREP", times 'AT+OP=0,"h"' })
  end)

  it("is closed again where what comes after its opening is refused", function()
    answers["^AT%+SET="] = "\r\nERROR\r\n"
    local sock, err = modem.tcp.open("h", 1)
    assert.are.same({ nil, "AT+SET=0" }, { sock, err.command })
    hayes.sleep(1)
    assert.are.same(2, times "AT+CL=0")
    answers["^AT%+SET="] = OK
    both_are_free()
  end)

  it("hears of data that comes right after its opening", function()
    answers["^AT%+OP=(%d),(%S+)$"] = function(_, id)
      kept[id] = "early\n"
      return OK .. ("\r\n+OP: %s,0\r\n\r\n+RD: new,%s\r\n"):format(id, id)
    end
    assert.are.same("early", assert(modem.tcp.open("h", 1)):receive())
  end)

  it("does not end with an earlier connection of its number", function()
    answers["^AT%+OP=(%d),(%S+)$"] = function(_, id) return ("\r\n+GONE: %s\r\n%s\r\n+OP: %s,0\r\n"):format(id, OK, id) end
    local sock = assert(modem.tcp.open("h", 1))
    sock:send "x"
    assert(sock:flush())
    assert.are.same("connected", sock:state())
  end)

  it("takes data that comes with the URC, in its order with data that is read", function()
    local sock = assert(modem.tcp.open("h", 1))
    module:say "\r\n+PUSH: 0,3\r\na\r\n\r\n"
    assert.are.same("a", sock:receive())
    kept["0"] = "b\n"
    module:say "\r\n+RD: new,0\r\n"
    assert.are.same("b", sock:receive())
  end)

  it("keeps what a cancelled read has asked for", function()
    local sock = assert(modem.tcp.open("h", 1))
    kept["0"] = "data\n"
    module.delay = 2
    hayes.run(function()
      local task = hayes.spawn(function() return sock:receive() end)
      module:say("\r\n+RD: new,0\r\n", 0)
      hayes.sleep(1)
      task:cancel()
      hayes.sleep(5)
    end)
    module.delay = 0
    assert.are.same("data", sock:receive())
  end)

  it("tells a call that waits for data that the peer has closed it, as soon as the module says so", function()
    local sock = assert(modem.tcp.open("h", 1))
    sock:settimeout(600)
    local before = hayes.now()
    module:say("\r\n+GONE: 0\r\n", 2)
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same(before + 2, hayes.now())
  end)

  it("ends where the line has lost bytes of a read", function()
    local sock = assert(modem.tcp.open("h", 1))
    answers["^AT%+RD=(%d),(%d+)$"] = "\r\n+RD: 0,20\r\ntoo short\r\n\r\nOK\r\n"
    module:say "\r\n+RD: new,0\r\n"
    sock:settimeout(60)
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same("short_read", sock:lasterror().name)
  end)

  it("ends where the line has changed what stands in front of the bytes of a read, or has lost it", function()
    for _, answer in ipairs { "\r\n+RX: 0,5\r\nhello\r\n", "\r\n+RD: 0;5\r\nhello\r\n", "\r\n+RD: 0,\r\nhello\r\n",
      "\r\nhello\r\n", "" } do
      local sock = assert(modem.tcp.open("h", 1))
      answers["^AT%+RD=(%d),(%d+)$"] = answer .. OK
      module:say "\r\n+RD: new,0\r\n"
      sock:settimeout(60)
      assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
      assert.are.same("short_read", sock:lasterror().name)
      sock:close()
    end
  end)

  it("goes on after an OK alone where the declaration says that it means: nothing", function()
    modem:close()
    local other = dialect()
    other.links.tcp.read.empty = "ok"
    modem = assert(module:open { dialect = other })
    answers["^AT%+RD=(%d),(%d+)$"] = function(_, id, most)
      local bytes = take(id, tonumber(most))
      return bytes == "" and OK or ("\r\n+RD: %s,%d\r\n%s\r\n%s"):format(id, #bytes, bytes, OK)
    end
    local sock = assert(modem.tcp.open("h", 1))
    for _, line in ipairs { "one", "two" } do
      kept["0"] = line .. "\n"
      module:say "\r\n+RD: new,0\r\n"
      assert.are.same(line, sock:receive())
    end
    module:say("\r\n+GONE: 0\r\n", 1)
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same("closed", sock:lasterror().name)
  end)

  it("does not end as if it was complete where the module drops what it has announced when the peer closes", function()
    local sock = assert(modem.tcp.open("h", 1))
    answers["^AT%+RD=(%d),(%d+)$"] = "\r\nERROR\r\n"
    module:say "\r\n+RD: new,0\r\n\r\n+GONE: 0\r\n"
    hayes.sleep(1)
    assert.are.same({ nil, "closed", "" }, { sock:receive "*a" })
    assert.are.same("short_read", sock:lasterror().name)
  end)

  it("is complete where the module refuses a read of nothing after the peer has closed", function()
    local sock = assert(modem.tcp.open("h", 1))
    kept["0"] = "all of it"
    local reads = 0
    answers["^AT%+RD=(%d),(%d+)$"] = function(at, id, most)
      reads = reads + 1
      if reads > 1 then return "\r\nERROR\r\n" end
      at:say "\r\n+RD: new,0\r\n" -- of what this read gives
      local bytes = take(id, tonumber(most))
      return ("\r\n+RD: %s,%d\r\n%s\r\n%s\r\n+GONE: 0\r\n"):format(id, #bytes, bytes, OK)
    end
    module:say "\r\n+RD: new,0\r\n"
    assert.are.same("all of it", sock:receive "*a")
    assert.are.same("closed", sock:lasterror().name)
  end)

  it("sends nothing more after a send that was not answered", function()
    local sock = assert(modem.tcp.open("h", 1))
    answers["^AT%+SD=(%d),(%d+)$"] = prompt(function(bytes, id) sent[id] = (sent[id] or "") .. bytes end)
    sock:send(("x"):rep(150))
    assert.are.same({ nil, "timeout" }, { sock:flush() })
    assert.are.same({ nil, "closed", 0 }, { sock:send "y" })
    assert.are.same({ 100, 100 }, { #sent["0"], sock:lasterror().uncertain })
    assert.are.same(0, times "AT+SD=0,50")
  end)

  it("is closed again and again where the module does not answer, and its number is not used before", function()
    local sock = assert(modem.tcp.open("h", 1))
    answers["^AT%+CL="] = ""
    sock:close()
    answers["^AT%+CL="] = OK
    local other = assert(modem.tcp.open("h", 1))
    hayes.sleep(60)
    other:close()
    both_are_free()
  end)

  it("is not closed after a restart of the module, where another one may have its number", function()
    local sock, closings = assert(modem.tcp.open("h", 1)), nil
    answers["^AT%+CL="] = ""
    hayes.run(function()
      sock:close()
      local _hold <close> = assert(exchange.hold(modem))
      hayes.sleep(1) -- the next attempt to close it waits for the line
      closings = times "AT+CL=0"
      module:say "\r\nRDY\r\n"
      hayes.sleep(1)
    end)
    answers["^AT%+CL="] = OK
    hayes.sleep(60)
    assert.are.same(closings, times "AT+CL=0")
    both_are_free()
  end)

  it("ends with a restart of the module, in the middle of anything", function()
    local sock = assert(modem.tcp.open("h", 1))
    answers["^AT%+SD=(%d),(%d+)$"] = "\r\nRDY\r\n"
    sock:send "x"
    assert.are.same({ nil, "closed" }, { sock:flush() })
    assert.are.same("reboot", sock:lasterror().name)
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    sock:close()
    hayes.sleep(20)
    both_are_free()
    assert.are.same(2, times "AT+PREP")
  end)

  it("fails with a restart of the module while it is opened", function()
    answers["^AT%+OP=(%d),(%S+)$"] = function(at)
      at:say("\r\nRDY\r\n", 3)
      return OK
    end
    assert.are.same("reboot", select(2, modem.tcp.open("h", 1)).name)
    answers["^AT%+OP=(%d),(%S+)$"] = function(_, id) return OK .. ("\r\n+OP: %s,0\r\n"):format(id) end
    hayes.sleep(20)
    both_are_free()
  end)

  it("is closed in the module when its socket is collected", function()
    assert(modem.tcp.open("h", 1))
    for _ = 1, 3 do collectgarbage() end
    hayes.sleep(5)
    assert.are.same(2, times "AT+CL=0")
  end)

  it("ends with the port", function()
    local sock = assert(modem.tcp.open("h", 1))
    module:hang_up()
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same("port_gone", sock:lasterror().name)
    assert.are.same("port_gone", select(2, modem.tcp.open("h", 1)).name)
  end)

  it("tells URCs of one name apart by their first field", function()
    modem:close()
    local keyed = dialect()
    keyed.urcs[#keyed.urcs + 1] = { name = "+EV", summary = "event", keys = {
      recv = { answer = { { name = "id" } } }, closed = { answer = { { name = "id" } } } } }
    keyed.links.tcp.data = { { urc = "+EV", key = "recv", id = "id" } }
    keyed.links.tcp.closed = { { urc = "+EV", key = "closed", id = "id" } }
    modem = assert(module:open { dialect = keyed })
    local sock = assert(modem.tcp.open("h", 1))
    kept["0"] = "first\nsecond\n"
    module:say '\r\n+EV: "recv",0\r\n'
    assert.are.same("first", sock:receive())
    module:say '\r\n+EV: "closed",1\r\n\r\n+EV: "closed",0\r\n'
    assert.are.same("second\n", sock:receive "*a")
    keyed.links.tcp.closed[1].key = "clsed"
    assert.is_false(pcall(module.open, module, { dialect = keyed }))
  end)

  it("opens and closes any number of times", function()
    for _ = 1, 200 do assert(modem.tcp.open("h", 1)):close() end
    both_are_free()
  end)

  it("has a service that says what it offers, and refuses wrong use before anything is sent", function()
    assert.is_truthy(tostring(modem.tcp):find("modem.tcp: factory, open", 1, true))
    assert.is_truthy(tostring(assert(modem:help "tcp.open")):find("open", 1, true))
    local before = #module.lines
    for _, case in ipairs { { {}, 1 }, { "h", 0 }, { "http://h/", 80 }, { "h", 1, { tiemout = 5 } } } do
      assert.is_false(pcall(modem.tcp.open, table.unpack(case)))
    end
    assert.are.same(before, #module.lines)
  end)
end)
