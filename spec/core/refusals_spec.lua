-- What hayes.core refuses of a dialect and of a command, and in which words.

local core = require "hayes.core"
local raises = require "support.raises"

local LONG = "+" .. ("X"):rep(40)

--- The rules of a dialect with this line and this command, or this protocol.
local function rules(line, command, protocol)
  return core.rules {
    protocol = protocol or { eol = "\r", prompt = ">", max_line = 64, max_command = 64 },
    lines = { { text = "OK", kind = "final", success = true }, { text = "CONNECT", kind = "connect" },
      { text = "+R:", prefix = true, kind = "urc", block = { length_field = 2, owner_field = 1, after = "\n" } }, line },
    commands = { { name = "+TAKES", info = "any", data_forms = 8 },
      { name = "+TWO", info = "any", deferred = "+TWO", deferred_forms = 8, deferred_param = 1, deferred_field = 1 },
      { name = "+PING", info = "any", deferred = "+PING", deferred_forms = 8 }, command },
  }
end

describe("The core", function()
  for words, given in pairs {
    ["dialect: kind is 'odd', which the engine does not know"] = { { text = "X", kind = "odd" } },
    ["dialect: kind is 'nil', which the engine does not know"] = { { text = "X" } },
    ["dialect: a line rule without a text"] = { { kind = "urc" } },
    ["dialect: info is 'odd', which the engine does not know"] = { nil, { name = "+X", info = "odd" } },
    ["dialect: a command without a name"] = { nil, { info = "any" } },
    ["dialect: " .. LONG .. " is longer than 32 bytes"] = { nil, { name = "+X", info = "any", deferred = LONG } },
    ["dialect: eol is longer than 2 bytes"] = { nil, nil, { eol = "\r\n\r\n" } },
  } do
    it("refuses a dialect: " .. words, function()
      assert.is_truthy(raises(function() rules(table.unpack(given, 1, 3)) end):find(words, 1, true))
    end)
  end

  it("refuses a line rule and a command with an empty name, too", function()
    assert.is_truthy(raises(function() rules { text = "", kind = "urc" } end):find("without a text", 1, true))
    assert.is_truthy(raises(function() rules(nil, { name = "", info = "any" }) end):find("without a name", 1, true))
  end)

  --- A command that is submitted, and answered with OK.
  local function submit(engine, ...)
    local id, refusal = engine:submit({}, ...)
    if not id then return refusal end
    engine:sent(#engine:output(0), 0)
    engine:feed("\r\nOK\r\n")
    repeat until not engine:next_event(0)
  end

  it("says why it does not take a command", function()
    local engine = core.engine(rules())
    assert.are.same("long", submit(engine, "+" .. ("x"):rep(70), 0))
    assert.are.same("name", submit(engine, LONG .. "=1", 0))
    assert.are.same("key", submit(engine, "+TWO=" .. ("9"):rep(20), 0))
    assert.are.same("byte", submit(engine, "+X\r", 0))
    assert.are.same("no data", submit(engine, "+TAKES=1", 0))
    assert.is_nil(submit(engine, "+PING=1", 0))
    assert.are.same("pending", submit(engine, "+PING=2", 0))
    for i = 1, 31 do assert.is_nil(submit(engine, "+TWO=" .. i, 0)) end
    assert.are.same("deferred", submit(engine, "+TWO=99", 0))
    local other = core.engine(rules())
    assert(other:submit({}, "+X", 0))
    assert.are.same("busy", submit(other, "+X", 0))
  end)

  it("takes only so many and so long texts that end data mode, and connections that it knows", function()
    local engine = core.engine(rules())
    assert.is_truthy(raises(function() engine:set_hangups { ("x"):rep(2000) } end):find("the texts are too long", 1, true))
    local many = {}
    for i = 1, 100 do many[i] = "END " .. i end
    assert.is_truthy(raises(function() engine:set_hangups(many) end):find("too many texts", 1, true))
    assert.is_truthy(raises(function() engine:set_hangups { 1, 2 } end):find("not a string", 1, true))
    engine:set_hangups { "CLOSED" }
    for _, owner in ipairs { -1, 32 } do
      assert.is_truthy(raises(function() engine:set_blocks("+R:", owner, true) end):find("0 to 31", 1, true))
    end
    engine:set_blocks("+R:", 31, false)
  end)

  it("releases interrupts as often as they were held, and not more", function()
    core.hold_interrupts()
    core.hold_interrupts()
    for _ = 1, 5 do core.release_interrupts() end
  end)
end)
