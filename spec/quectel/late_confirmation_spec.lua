-- Some modules say SEND FAIL, and then SEND OK after all. That SEND OK names no connection.

local hayes = require "hayes"
local script = require "support.script"

describe("A SEND OK after SEND FAIL, while several connections wait to send again,", function()
  local modem, port, sent

  before_each(function()
    script.virtual_time()
    sent = {}
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- The first `refusals` sends are refused, and after the last of those one SEND OK follows.
  local function open(refusals)
    local function on_send(line, at)
      local kind, length = line:match("^AT%+Q(%u+)=%d+,(%d+)$")
      at.wanted = { count = math.tointeger(length), reply = function(bytes)
        sent[#sent + 1] = bytes
        if #sent == refusals then return "\r\nSEND FAIL\r\n\r\nSEND OK\r\n" end
        return #sent < refusals and "\r\nSEND FAIL\r\n" or "\r\nSEND OK\r\n"
      end }
      return kind and "\r\n> "
    end
    port = script.port(script.quectel {
      ["^AT%+QSSLCFG="] = "\r\nOK\r\n", ["AT+QSSLSTATE"] = "\r\nOK\r\n", ["^AT%+QSSLCLOSE="] = "\r\nOK\r\n",
      ["AT+QISTATE"] = "\r\nOK\r\n", ["^AT%+QICFG="] = "\r\nOK\r\n", ["^AT%+QICLOSE="] = "\r\nOK\r\n",
      ["^AT%+QSSLOPEN="] = function(line)
        return ("\r\nOK\r\n\r\n+QSSLOPEN: %s,0\r\n"):format(line:match("=%d+,%d+,(%d+)"))
      end,
      ["^AT%+QIOPEN="] = function(line)
        return ("\r\nOK\r\n\r\n+QIOPEN: %s,0\r\n"):format(line:match("=%d+,(%d+)"))
      end,
      ["^AT%+QSSLSEND="] = on_send, ["^AT%+QISEND="] = on_send,
    })
    modem = assert(hayes.open_port(port, "script"))
  end

  --- How often each of them was sent, in the end.
  local function send_all(sockets)
    local tasks, counts = {}, {}
    for i, sock in ipairs(sockets) do
      sock:settimeout(30)
      tasks[i] = hayes.spawn(function()
        assert(sock:send("from " .. i))
        assert(sock:flush())
      end)
    end
    for _, task in ipairs(tasks) do task:join() end
    for _, bytes in ipairs(sent) do counts[bytes] = (counts[bytes] or 0) + 1 end
    return counts
  end

  it("confirms one of them", function()
    open(3)
    local sockets = {}
    for i = 1, 3 do sockets[i] = assert(modem.tcp.open("host.example", 80)) end
    assert.are.same({ ["from 1"] = 2, ["from 2"] = 2, ["from 3"] = 1 }, send_all(sockets))
  end)

  it("confirms one of them, be they of one kind or of two", function()
    open(2)
    local sockets = { assert(modem.ssl.open("host.example", 443, { verify = "none" })),
      assert(modem.tcp.open("host.example", 80)) }
    assert.are.same({ ["from 1"] = 2, ["from 2"] = 1 }, send_all(sockets))
  end)

  it("does not count for the send that has not been asked for its data yet", function()
    open(1)
    local first, second = assert(modem.tcp.open("host.example", 80)), assert(modem.tcp.open("host.example", 80))
    local answer, sends = port.answer, 0
    port.answer = function(at, bytes)
      if bytes:find("^AT%+QISEND=") and not at.wanted then
        sends = sends + 1
        if sends == 2 then at:say("\r\nSEND OK\r\n") end
      elseif at.wanted and sends == 1 then
        at.wanted.reply = function(data)
          sent[#sent + 1] = data
          return "\r\nSEND FAIL\r\n"
        end
      end
      return answer(at, bytes)
    end
    assert.are.same({ ["from 1"] = 1, ["from 2"] = 1 }, send_all { first, second })
  end)
end)
