-- Bytes follow `+QIURC: "recv",<id>,<length>` in direct push mode alone, whatever another program has set in the module.

local hayes = require "hayes"
local script = require "support.script"

describe("A length in the recv URC", function()
  local modem, port, unread

  before_each(function()
    script.virtual_time()
    unread = ""
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function read(name)
    return function()
      local bytes = unread
      unread = ""
      if bytes == "" then return ("\r\n+%s: 0\r\n\r\nOK\r\n"):format(name) end
      return ("\r\n+%s: %d\r\n%s\r\n\r\nOK\r\n"):format(name, #bytes, bytes)
    end
  end

  local function open_module(commands)
    local all = {
      ["^AT%+QSSLCFG="] = "\r\nOK\r\n", ["AT+QSSLSTATE"] = "\r\nOK\r\n", ["^AT%+QSSLCLOSE="] = "\r\nOK\r\n",
      ["AT+QISTATE"] = "\r\nOK\r\n", ["^AT%+QICFG="] = "\r\nOK\r\n", ["^AT%+QICLOSE="] = "\r\nOK\r\n",
      ["^AT%+QISTATE=1"] = "\r\nOK\r\n", ["^AT%+QSSLSTATE="] = "\r\nOK\r\n", ["^AT%+QISWTMD="] = "\r\nOK\r\n",
      ["^AT%+QSSLOPEN="] = "\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n", ["^AT%+QIOPEN="] = "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n",
      ["^AT%+QSSLRECV="] = read "QSSLRECV", ["^AT%+QIRD="] = read "QIRD",
      ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n",
    }
    for line, reply in pairs(commands or {}) do all[line] = reply end
    port = script.port(script.quectel(all))
    modem = assert(hayes.open_port(port, "script"))
  end

  local kinds = {
    tcp = { urc = "+QIURC", open = function(mode) return modem.tcp.open("host.example", 80, { mode = mode }) end },
    ssl = { urc = "+QSSLURC", open = function(mode)
      return modem.ssl.open("host.example", 443, { mode = mode, verify = "none" })
    end },
  }

  for kind, its in pairs(kinds) do
    it(("announces no bytes in buffer mode (%s)"):format(kind), function()
      open_module()
      local sock = assert(its.open "buffer")
      sock:settimeout(30)
      unread = "what the server said"
      port:say(('\r\n%s: "recv",0,20\r\n'):format(its.urc))
      port:say("\r\n+CREG: 5\r\n")
      local registered = false
      modem:on("+CREG", function() registered = true end)
      assert.are.same("what the server said", sock:receive(20))
      hayes.sleep(1)
      assert.is_true(registered)
      assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
    end)

    it(("announces bytes in push mode (%s)"):format(kind), function()
      open_module()
      local sock = assert(its.open "push")
      sock:settimeout(30)
      port:say(('\r\n%s: "recv",0,7\r\n\r\nRDY\r\n\r\n'):format(its.urc))
      assert.are.same("\r\nRDY\r\n", sock:receive(7))
    end)

    it(("announces bytes while the connection is being switched to push mode (%s)"):format(kind), function()
      open_module { ["^AT%+QISWTMD="] = function()
        return ('\r\n%s: "recv",0,5\r\nhello\r\n\r\nOK\r\n'):format(its.urc)
      end }
      local sock = assert(its.open "buffer")
      sock:settimeout(30)
      assert(sock:switch "push")
      assert.are.same("hello", sock:receive(5))
    end)

    it(("announces none where the switch to push mode was refused (%s)"):format(kind), function()
      open_module { ["^AT%+QISWTMD="] = "\r\nERROR\r\n" }
      local sock = assert(its.open "buffer")
      sock:settimeout(30)
      assert.is_nil((sock:switch "push"))
      unread = "again"
      port:say(('\r\n%s: "recv",0,5\r\n'):format(its.urc))
      assert.are.same("again", sock:receive(5))
    end)

    it(("means what the mode says that the connection was switched to (%s)"):format(kind), function()
      open_module()
      local sock = assert(its.open "buffer")
      sock:settimeout(30)
      assert(sock:switch "push")
      port:say(('\r\n%s: "recv",0,5\r\nhello\r\n'):format(its.urc))
      assert.are.same("hello", sock:receive(5))
      assert(sock:switch "buffer")
      unread = "again"
      port:say(('\r\n%s: "recv",0,5\r\n'):format(its.urc))
      assert.are.same("again", sock:receive(5))
    end)
  end

  it("announces bytes of connections that are not the library's", function()
    open_module()
    assert(kinds.tcp.open "buffer")
    local events = {}
    modem:on("+QIURC", function(event) events[#events + 1] = event.data end)
    port:say('\r\n+QIURC: "recv",7,5\r\nhello\r\n')
    hayes.sleep(1)
    assert.are.same({ "hello" }, events)
  end)

  it("is no matter where the firmware does not know the setting", function()
    open_module { ["^AT%+QICFG="] = "\r\nERROR\r\n" }
    assert(kinds.tcp.open "buffer")
  end)

  it("cannot be told where the firmware keeps another form of received data: nothing is opened", function()
    open_module { ['AT+QICFG="viewmode",0'] = "\r\nERROR\r\n",
      ['AT+QICFG="viewmode"'] = '\r\n+QICFG: "viewmode",1\r\n\r\nOK\r\n' }
    local sock, err = kinds.tcp.open "buffer"
    assert.is_nil(sock)
    assert.are.same("setting_not_kept", err.name)
    assert.is_truthy(err.message:find('"viewmode" at 1', 1, true))
  end)
end)
