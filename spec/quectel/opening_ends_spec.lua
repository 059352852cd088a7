-- What comes of an opening whose result comes early, or not at all.

local hayes = require "hayes"
local script = require "support.script"

describe("The opening of a connection", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("loses nothing that comes between its result and the OK", function()
    local port = script.port(script.quectel {
      ["AT+QISTATE"] = "\r\nOK\r\n",
      ["^AT%+QIOPEN="] = '\r\n+QIOPEN: 0,0\r\n\r\n+QIURC: "recv",0,2\r\nhi\r\n\r\nOK\r\n',
      ["AT+QICLOSE=0"] = "\r\nOK\r\n",
    })
    local modem <close> = assert(hayes.open_port(port, "script"))
    local sock <close> = assert(modem.tcp.open("server.example", 7, { mode = "push" }))
    sock:settimeout(5)
    assert.are.same("hi", sock:receive(2))
  end)

  it("leaves nothing of a result that an ERROR takes back", function()
    local port = script.port(script.quectel {
      ["AT+QISTATE"] = "\r\nOK\r\n", ["^AT%+QICLOSE="] = "\r\nOK\r\n",
      ["AT+QIGETERROR"] = "\r\n+QIGETERROR: 552,invalid parameters\r\n\r\nOK\r\n",
      ["^AT%+QIOPEN="] = function(line)
        return line:find("first", 1, true) and "\r\n+QIOPEN: 0,0\r\n\r\nERROR\r\n" or "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n"
      end,
    })
    local modem <close> = assert(hayes.open_port(port, "script"))
    assert.is_nil(modem.tcp.open("first.example", 7))
    local sock <close> = assert(modem.tcp.open("second.example", 7))
    assert.are.same(0, sock.connection.id)
  end)

  it("is closed in the module as soon as that answers again, and its index is not used before", function()
    local silent, opened, closed = false, {}, {}
    local function unless_silent(answer)
      return function(line)
        if silent then return "" end
        return type(answer) == "string" and answer or answer(line)
      end
    end
    local port = script.port(script.quectel {
      ["AT"] = unless_silent "\r\nOK\r\n",
      ["AT+QISTATE"] = unless_silent "\r\nOK\r\n",
      ["^AT%+QIOPEN="] = unless_silent(function(line)
        local index = line:match("^AT%+QIOPEN=1,(%d)")
        opened[#opened + 1] = index
        silent = index == "0" and #opened == 1
        return silent and "\r\nOK\r\n" or ("\r\nOK\r\n\r\n+QIOPEN: %s,0\r\n"):format(index)
      end),
      ["^AT%+QICLOSE="] = unless_silent(function(line)
        closed[#closed + 1] = line
        return "\r\nOK\r\n"
      end),
    })
    local modem <close> = assert(hayes.open_port(port, "script"))
    hayes.run(function()
      assert.is_nil(modem.tcp.open("first.example", 7))
      hayes.sleep(60)
      silent = false
      modem:at("AT")
      hayes.sleep(60)
      assert.are.same({ "AT+QICLOSE=0" }, closed)
      assert(assert(modem.tcp.open("second.example", 7)):close())
    end)
    assert.are.same({ "0", "0" }, opened)
  end)

  --- A connection is closed in a module whose first answer to that was cut off. What it still has, and the indices used.
  local function close_twice(commands, close)
    local open, opened, refusals = {}, {}, 1
    commands["AT+QISTATE"], commands["AT+QIGETERROR"] = "\r\nOK\r\n", "\r\nERROR\r\n"
    commands["^AT%+QIOPEN="] = function(line)
      local index = line:match("^AT%+QIOPEN=1,(%d)")
      opened[#opened + 1] = index
      open[index] = true
      return commands.opening and commands.opening(index, #opened) or ("\r\nOK\r\n\r\n+QIOPEN: %s,0\r\n"):format(index)
    end
    commands["^AT%+QICLOSE="] = function(line)
      refusals = refusals - 1
      if refusals >= 0 then return "\r\n+CME ERROR: \r\n" end
      open[line:match("%d")] = nil
      return "\r\nOK\r\n"
    end
    hayes.run(function()
      local modem <close> = assert(hayes.open_port(script.port(script.quectel(commands)), "script"))
      close(modem)
      hayes.sleep(60)
      assert.are.same({}, open)
      assert(assert(modem.tcp.open("last.example", 7)):close())
    end)
    return opened
  end

  it("that has failed is closed in the module though the answer to that was cut off", function()
    local commands = { opening = function(index, count)
      return count == 1 and ("\r\nOK\r\n\r\n+QIOPEN: %s,566\r\n"):format(index) or nil
    end }
    assert.are.same({ "0", "0" }, close_twice(commands, function(modem)
      assert.is_nil(modem.tcp.open("first.example", 7))
    end))
  end)

  it("that has succeeded can be closed, too, though the answer to that was cut off", function()
    assert.are.same({ "0", "0" }, close_twice({}, function(modem)
      assert(modem.tcp.open("first.example", 7)):close()
    end))
  end)
end)
