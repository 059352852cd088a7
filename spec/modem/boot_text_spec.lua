-- A line like that of a restart counts only where a restart can be: in the middle of an answer of which nothing is declared
-- it may be text, and the rest of the answer tells.

local hayes = require "hayes"
local script = require "support.script"

describe("A boot line in the middle of an answer of which nothing is declared", function()
  local modem, port, reboots

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(commands, dialect)
    reboots = {}
    if dialect then
      commands.AT, commands.ATE0 = "\r\nOK\r\n", "\r\nOK\r\n"
      port = script.port(script.commands(commands))
    else
      port = script.port(script.quectel(commands))
    end
    modem = assert(hayes.open_port(port, "script", { dialect = dialect }))
    modem:on("reboot", function(event) reboots[#reboots + 1] = event.line end)
  end

  for _, text in ipairs { "RDY", "POWERED DOWN", "NORMAL POWER DOWN" } do
    for _, pause in ipairs { 0, 0.8 } do
      it(("is text when the answer goes on %g s later: %s"):format(pause, text), function()
        open { ["AT+NOTES"] = function(_, at)
          at:say("\r\n+NOTES: 1\r\n" .. text .. "\r\n")
          at:say(text .. "\r\nmore\r\n", pause)
          at:say("\r\nOK\r\n", 2 * pause)
        end }
        assert.are.same({ "+NOTES: 1", text, text, "more" }, { table.unpack(assert(modem:at("AT+NOTES"))) })
        hayes.sleep(5)
        assert.are.same({}, reboots)
      end)
    end
  end

  it("is text in what an Ai-Thinker module has fetched", function()
    open({ ["AT+HTTPCLIENTLINE=1"] = "\r\nResponse length:5\r\nready\r\n\r\nOK\r\n" }, "aithinker")
    assert.are.same("ready", assert(modem:at("AT+HTTPCLIENTLINE=1"))[2])
    assert.are.same({}, reboots)
  end)

  it("is a restart when the answer does not go on", function()
    open { ["AT+NOTES"] = "\r\n+NOTES: 1\r\n\r\nRDY\r\n" }
    local response, err = modem:at("AT+NOTES")
    assert.is_nil(response)
    assert.are.same({ "reboot", "RDY" }, { err.name, reboots[1] or (hayes.sleep(1) or reboots[1]) })
    assert(modem:at("AT"))
  end)

  it("is a restart also when its command is over before that is known", function()
    open { ["AT+NOTES"] = function(_, at)
      at:say("\r\n+NOTES: 1\r\n", 2.5)
      at:say("\r\nRDY\r\n", 2.5)
    end }
    assert.is_nil((modem:at("AT+NOTES", { timeout = 3 })))
    hayes.sleep(5)
    assert.are.same({ "RDY" }, reboots)
  end)

  it("is a restart at once where the answer is declared, or has not begun", function()
    open { ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nRDY\r\n", ["AT+NOTES"] = "\r\nRDY\r\n" }
    for _, text in ipairs { "AT+CSQ", "AT+NOTES" } do
      hayes.sleep(5)
      local from = script.now()
      assert.are.same("reboot", select(2, modem:at(text)).name)
      assert.is_true(script.now() - from < 0.5)
    end
  end)
end)
