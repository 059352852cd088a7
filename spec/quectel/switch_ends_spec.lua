-- A change of the access mode over which something comes: data, the end, or no answer.

local hayes = require "hayes"
local script = require "support.script"

describe("A change to push mode", function()
  local commands, port

  before_each(function()
    script.virtual_time()
    commands = {
      ["AT+QISTATE"] = "\r\nOK\r\n", ["AT+QSSLSTATE=0"] = "\r\nOK\r\n", ["AT+QISWTMD=0,1"] = "\r\nOK\r\n",
      ["AT+QIRD=0,1500"] = "\r\n+QIRD: 0\r\n\r\nOK\r\n", ["AT+QICLOSE=0"] = "\r\nOK\r\n",
      ["^AT%+QIOPEN="] = "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n",
    }
  end)
  after_each(script.real_time)

  local function open()
    port = script.port(script.quectel(commands))
    local modem = assert(hayes.open_port(port, "script"))
    return modem, assert(modem.tcp.open("server.example", 7))
  end

  local function closes() return table.concat(port.log):find("AT+QICLOSE=0", 1, true) ~= nil end

  it("reads on when more is announced during its last read", function()
    local reads = 0
    commands["AT+QIRD=0,1500"] = function()
      reads = reads + 1
      return reads == 1 and '\r\n+QIRD: 0\r\n\r\n+QIURC: "recv",0\r\n\r\nOK\r\n'
        or reads == 2 and "\r\n+QIRD: 2\r\nhi\r\n\r\nOK\r\n" or "\r\n+QIRD: 0\r\n\r\nOK\r\n"
    end
    local modem <close>, sock = open()
    assert(sock:switch("push"))
    sock:settimeout(5)
    assert.are.same("hi", sock:receive(2))
    assert.are.same("timeout", select(2, sock:receive(1)))
    assert.are.same(3, reads)
    assert(modem)
  end)

  it("ends the connection when it is not answered; what is pushed until that is closed is no line", function()
    local restarted = false
    commands["AT+QISWTMD=0,1"] = function()
      port:say('\r\n+QIURC: "recv",0,7\r\n\r\nRDY\r\n\r\n', 5.05)
      return ""
    end
    local modem <close>, sock = open()
    modem:listen("reboot", function() restarted = true end)
    sock:settimeout(1000)
    assert.are.same("timeout", select(2, sock:switch("push")).name)
    hayes.sleep(400)
    assert.are.same({ nil, "closed", "\r\nRDY\r\n" }, { sock:receive(8) })
    assert.are.same("timeout", sock:lasterror().name)
    assert.is_true(closes())
    assert.is_false(restarted)
  end)

  it("ends with an error when the connection ends with data that was announced and not read", function()
    commands["AT+QISWTMD=0,1"] = '\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n\r\nOK\r\n'
    local modem <close>, sock = open()
    sock:settimeout(5)
    assert.is_nil(sock:switch("push"))
    assert.are.same({ nil, "closed", "" }, { sock:receive("*a") })
    assert.are.same("short_read", sock:lasterror().name)
    assert(modem)
  end)

  it("ends with an error when the connection ends behind it with data that was announced and has not been pushed", function()
    commands["AT+QISWTMD=0,1"] = '\r\n+QIURC: "recv",0\r\n\r\nOK\r\n'
    local modem <close>, sock = open()
    sock:settimeout(5)
    assert(sock:switch("push"))
    port:say('\r\n+QIURC: "closed",0\r\n')
    assert.are.same({ nil, "closed", "" }, { sock:receive("*a") })
    assert.are.same("short_read", sock:lasterror().name)
    assert(modem)
  end)

  it("loses nothing when the connection ends behind it with data that was announced and has been pushed", function()
    commands["AT+QISWTMD=0,1"] = '\r\n+QIURC: "recv",0\r\n\r\nOK\r\n'
    local modem <close>, sock = open()
    sock:settimeout(5)
    assert(sock:switch("push"))
    port:say('\r\n+QIURC: "recv",0,2\r\nhi\r\n\r\n+QIURC: "closed",0\r\n')
    assert.are.same("hi", sock:receive("*a"))
    assert(modem)
  end)

  it("lets a flush that waits meanwhile know that sending has failed before", function()
    commands["^AT%+QISEND="] = "\r\nERROR\r\n"
    commands["AT+QIRD=0,1500"] = function()
      port:say("\r\n+QIRD: 0\r\n\r\nOK\r\n", 1)
      return ""
    end
    local result
    hayes.run(function()
      local modem <close>, sock = open()
      sock:send("hello")
      hayes.sleep(1)
      local switching = hayes.spawn(sock.switch, sock, "push")
      hayes.sleep(0.5)
      local flushing = hayes.spawn(sock.flush, sock)
      hayes.sleep(30)
      flushing:cancel()
      result = table.pack(flushing:join())
      assert(switching:join())
      assert(modem)
    end)
    assert.are.same({ true, nil, "closed", n = 3 }, result)
  end)

  it("is refused when the connection has ended, and what the module has is read", function()
    local reads = 0
    commands["AT+QIRD=0,1500"] = function()
      reads = reads + 1
      return reads == 1 and '\r\n+QIRD: 0\r\n\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n\r\nOK\r\n'
        or reads == 2 and "\r\n+QIRD: 2\r\nhi\r\n\r\nOK\r\n" or "\r\n+QIRD: 0\r\n\r\nOK\r\n"
    end
    local modem <close>, sock = open()
    sock:settimeout(5)
    assert.are.same("closed", select(2, sock:switch("push")).name)
    assert.are.same("hi", sock:receive("*a"))
    assert(modem)
  end)
end)

describe("A change to buffer mode", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("asks the module for what it has not pushed, which it does not announce again", function()
    local reads = { [1] = "\r\n+QIRD: 0\r\n\r\nOK\r\n", [2] = "\r\n+QIRD: 2\r\nre\r\n\r\nOK\r\n",
      [3] = "\r\n+QIRD: 2\r\nst\r\n\r\nOK\r\n" }
    local read = 0
    local modem <close> = assert(hayes.open_port(script.port(script.quectel {
      ["AT+QISTATE"] = "\r\nOK\r\n", ["AT+QSSLSTATE=0"] = "\r\nOK\r\n", ["AT+QICLOSE=0"] = "\r\nOK\r\n",
      ["^AT%+QIOPEN="] = "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n", ["AT+QISWTMD=0,0"] = "\r\nOK\r\n",
      ["AT+QISWTMD=0,1"] = '\r\nOK\r\n\r\n+QIURC: "recv",0,3\r\nthe\r\n',
      ["AT+QIRD=0,1500"] = function()
        read = read + 1
        return reads[read] or reads[1]
      end,
    }), "script"))
    local sock = assert(modem.tcp.open("server.example", 7))
    assert(sock:switch("push"))
    assert(sock:switch("buffer"))
    sock:settimeout(1)
    assert.are.same("therest", sock:receive(7))
  end)
end)
