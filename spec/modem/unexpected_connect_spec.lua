-- CONNECT, or a prompt, in the answer to a command sent by hand. What follows is no line of the module, whatever it looks
-- like, and no command is sent to the far end.

local check = require "hayes.check"
local hayes = require "hayes"
local lookalikes = require "vectors.lookalikes"
local script = require "support.script"

describe("CONNECT in the answer to a command of which nothing is declared", function()
  local modem, port, events

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(commands)
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script"))
    events = {}
    for _, name in ipairs { "urc", "reboot" } do
      modem:on(name, function(event) events[#events + 1] = event.line end)
    end
  end

  local bodies = { "", ("0123456789"):rep(1000) }
  table.move(lookalikes, 1, #lookalikes, #bodies + 1, bodies)
  for _, body in ipairs(bodies) do
    it("begins a body that is given as data, and never parsed: " .. check.show(body:sub(1, 30)), function()
      for _, cut in ipairs { false, true } do
        open { ["AT+QHTTPREAD=80"] = function(_, at)
          if cut then at.pieces = function(_, bytes) return bytes:gmatch "." end end
          return "\r\nCONNECT\r\n" .. body .. "\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n"
        end, ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
        local response = assert(modem:at("AT+QHTTPREAD=80"))
        assert.are.same({ "CONNECT", body, "OK" }, { response[1], response.data or "", response.result })
        assert.are.same({ "+CSQ: 22,99" }, { table.unpack(assert(modem:at("AT+CSQ"))) })
        assert.are.same({ "+QHTTPREAD: 0" }, events)
        modem:close()
      end
    end)
  end

  it("may be followed by a result that the caller expects", function()
    open { ["AT+QHTTPREAD=80"] = "\r\nCONNECT\r\nhello\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n" }
    local response = assert(modem:at("AT+QHTTPREAD=80", { expect = "+QHTTPREAD" }))
    assert.are.same({ "CONNECT", "+QHTTPREAD: 0", data = "hello", result = "OK", deferred = 2 },
      setmetatable(response, nil))
  end)

  it("may tell a speed", function()
    open { ["AT+GET"] = "\r\nCONNECT 115200\r\nhello\r\nOK\r\n" }
    assert.are.same("hello", assert(modem:at("AT+GET")).data)
  end)

  it("begins a body that an error ends", function()
    open { ["AT+GET"] = "\r\nCONNECT\r\nhello\r\n+CME ERROR: 701\r\n" }
    local response, err = modem:at("AT+GET")
    assert.is_nil(response)
    assert.are.same({ "+CME ERROR: 701", "hello" }, { err.result, err.response.data })
  end)

  it("that begins data mode is left before anything else is sent", function()
    local online, far = false, ""
    open { ["ATD*99#"] = function(_, at)
      online = true
      at:say("\r\nCONNECT 150000000\r\n")
      at:say("from the far end\r\nOK\r\n", 3)
    end, ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
    local answer = port.answer
    port.answer = function(at, bytes)
      if not online then return answer(at, bytes) end
      if bytes == "+++" then
        online = false
        at:say("\r\nOK\r\n", 1.15)
        return ""
      end
      far = far .. bytes
      return ""
    end
    local response, err = modem:at("ATD*99#")
    assert.is_nil(response)
    assert.is_truthy(err.response.data:find("from the far end", 1, true))
    assert.are.same({ "+CSQ: 22,99" }, { table.unpack(assert(modem:at("AT+CSQ"))) })
    assert.are.same("", far)
  end)
end)

describe("A prompt in the answer to a command of which nothing is declared", function()
  local modem, port, typed

  before_each(function()
    script.virtual_time()
    typed = false
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- `leaves` takes what is typed at the prompt, and gives what the module says once it has left that.
  local function open(dialect, leaves)
    local commands = { ["AT"] = "\r\nOK\r\n", ["ATE0"] = "\r\nOK\r\n", ["AT+FREE"] = function()
      typed = ""
      return "\r\n> "
    end }
    local answer = dialect and script.commands(commands) or script.quectel(commands)
    port = script.port(function(at, bytes)
      if not typed then return answer(at, bytes) end
      typed = typed .. bytes
      local said = leaves(typed)
      if said then
        at:say(said, 1.2)
        port.typed, typed = typed, false
      end
      return ""
    end)
    modem = assert(hayes.open_port(port, "script", { dialect = dialect }))
  end

  it("is cancelled before anything else is sent", function()
    open(nil, function(bytes) return bytes:find("\27", 1, true) and "\r\nOK\r\n" end)
    local response, err = modem:at("AT+FREE")
    assert.is_nil(response)
    assert.are.same(">", err.result)
    assert(modem:at("AT"))
    assert.are.same("\27", port.typed)
  end)

  it("is left by the escape sequence where nothing cancels it", function()
    open("aithinker", function(bytes) return bytes == "+++" and "\r\nOK\r\n" end)
    assert.are.same(">", select(2, modem:at("AT+FREE")).result)
    assert(modem:at("AT"))
    assert.are.same("+++", port.typed)
  end)

  it("is none when the line goes on", function()
    open(nil, function() end)
    port.answer = script.quectel { ["AT+FREE"] = function(_, at)
      at:say("\r\n> ")
      at:say("text\r\n\r\nOK\r\n", 0.5)
    end }
    assert.are.same("> text", assert(modem:at("AT+FREE"))[1])
  end)
end)
