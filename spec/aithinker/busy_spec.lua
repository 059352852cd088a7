-- Every command that the module was too busy to take is sent again; in virtual time.

local hayes = require "hayes"
local script = require "support.script"

describe("A command of a module that is busy", function()
  local modem, asked

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- A module that is busy so many times when it is asked for its version.
  local function open(times, words)
    asked = 0
    local commands = {
      ["AT"] = "\r\nOK\r\n", ["ATE0"] = "\r\nOK\r\n", ["AT+GMR"] = "\r\nat version:release/V4.18_P1.4.5\r\n\r\nOK\r\n",
      ["AT+WJAP?"] = function()
        asked = asked + 1
        return asked <= times and words or "\r\n+WJAP:3,ap,***,aa:bb:cc:dd:ee:ff,4,-40\r\n\r\nOK\r\n"
      end,
      ["AT+TEMP"] = "\r\n+TEMP:20\r\n\r\nOK\r\n",
    }
    modem = assert(hayes.open_port(script.port(script.commands(commands)), "script", { dialect = "aithinker" }))
  end

  for _, words in ipairs { "\r\n[Busy]Cmd running\r\n", "busy p...\r\n" } do
    it(("is sent again: %s"):format(words:match("%C+")), function()
      open(3, words)
      assert.are.same("+WJAP:3,ap,***,aa:bb:cc:dd:ee:ff,4,-40", assert(modem:at("AT+WJAP?"))[1])
      assert.are.same(4, asked)
    end)
  end

  it("keeps its turn", function()
    open(3, "[Busy]Cmd running\r\n")
    local order = {}
    local first = hayes.spawn(function()
      assert(modem:at("AT+WJAP?"))
      order[#order + 1] = "first"
    end)
    local second = hayes.spawn(function()
      assert(modem:at("AT+TEMP"))
      order[#order + 1] = "second"
    end)
    first:join()
    second:join()
    assert.are.same({ "first", "second" }, order)
  end)

  it("fails in the end", function()
    open(1000, "[Busy]Cmd running\r\n")
    local response, err = modem:at("AT+WJAP?")
    assert.is_nil(response)
    assert.are.same({ "busy", "[Busy]Cmd running" }, { err.name, err.result })
    assert.are.same(26, asked)
    assert(modem:at("AT+TEMP"))
  end)

  it("fails within its time-out", function()
    open(1000, "[Busy]Cmd running\r\n")
    local from = script.now()
    assert.are.same("busy", select(2, modem:at("AT+WJAP?", { timeout = 1 })).name)
    assert.is_true(script.now() - from <= 1)
  end)

  it("is sent no more when its caller has left, and others go", function()
    open(1000, "[Busy]Cmd running\r\n")
    local task = hayes.spawn(function() return modem:at("AT+WJAP?") end)
    hayes.sleep(0.5)
    local before = asked
    task:cancel()
    assert(modem:at("AT+TEMP"))
    hayes.sleep(1)
    assert.are.same(before, asked)
  end)
end)
