-- What modules say around the life of a connection, in orders that a server on loopback will not produce on demand.

local hayes = require "hayes"
local script = require "support.script"

describe("A TLS connection", function()
  local modem, port

  before_each(function() script.virtual_time() end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(commands)
    commands["^AT%+QSSLCFG="] = "\r\nOK\r\n"
    commands["AT+QSSLSTATE"] = "\r\nOK\r\n"
    commands["^AT%+QSSLCLOSE="] = "\r\nOK\r\n"
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script"))
    return assert(modem.ssl.open("server.example", 443, { verify = "none" }))
  end

  it("delivers what was announced in one breath with its being open", function()
    local reads = { "\r\n+QSSLRECV: 5\r\nhello\r\n\r\nOK\r\n", "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n" }
    local sock = open {
      ["^AT%+QSSLOPEN="] = '\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n\r\n+QSSLURC: "recv",0\r\n',
      ["^AT%+QSSLRECV="] = function() return table.remove(reads, 1) end,
    }
    sock:settimeout(1)
    assert.are.same("hello", sock:receive(5))
  end)

  it("delivers what was announced while it was read to the end", function()
    local reads = { "\r\n+QSSLRECV: 5\r\nhello\r\n\r\nOK\r\n",
      '\r\n+QSSLURC: "recv",0\r\n\r\n+QSSLRECV: 0\r\n\r\nOK\r\n', "\r\n+QSSLRECV: 5\r\nworld\r\n\r\nOK\r\n" }
    local sock = open {
      ["^AT%+QSSLOPEN="] = '\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n\r\n+QSSLURC: "recv",0\r\n',
      ["^AT%+QSSLRECV="] = function() return table.remove(reads, 1) or "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n" end,
    }
    sock:settimeout(2)
    assert.are.same("helloworld", sock:receive(10))
  end)

  it("delivers what was announced in one breath with its end", function()
    local reads = { "\r\n+QSSLRECV: 5\r\nhello\r\n\r\nOK\r\n",
      '\r\n+QSSLURC: "recv",0\r\n\r\n+QSSLURC: "closed",0\r\n\r\n+QSSLRECV: 0\r\n\r\nOK\r\n',
      "\r\n+QSSLRECV: 5\r\nworld\r\n\r\nOK\r\n" }
    local sock = open {
      ["^AT%+QSSLOPEN="] = '\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n\r\n+QSSLURC: "recv",0\r\n',
      ["^AT%+QSSLRECV="] = function() return table.remove(reads, 1) or "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n" end,
    }
    sock:settimeout(2)
    assert.are.same("helloworld", sock:receive "*a")
  end)

  it("is not ended by what is said of its index before it is open", function()
    local reads = { "\r\n+QSSLRECV: 5\r\nhello\r\n\r\nOK\r\n" }
    local sock = open {
      ["^AT%+QSSLOPEN="] = '\r\nOK\r\n\r\n+QSSLURC: "closed",0\r\n\r\n+QSSLOPEN: 0,0\r\n',
      ["^AT%+QSSLRECV="] = function() return table.remove(reads, 1) or "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n" end,
    }
    port:say('\r\n+QSSLURC: "recv",0\r\n', 0.5)
    sock:settimeout(2)
    assert.are.same({ nil, "timeout", "hello" }, { sock:receive(10) })
  end)
end)
