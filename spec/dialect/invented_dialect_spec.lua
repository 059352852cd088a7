-- A dialect that no vendor has: adding a command is adding its declaration, here once and nowhere else.

local complete = require "hayes.explain.completion"
local dialects = require "hayes.dialect"
local hayes = require "hayes"
local raises = require "support.raises"
local reference = require "hayes.explain.reference"
local script = require "support.script"

local function made_up()
  return {
    name = "made-up", title = "Made-up modules", about = "There are none.",
    protocol = { eol = "\r", quote = "needed" },
    finals = {
      { "OK", success = true }, { "FAILED", summary = "the command has failed" },
      { "BUSY", summary = "something else is under way", hint = "Try again." },
    },
    urcs = {
      { name = "#DOOR", summary = "Somebody is at a door.", source = "Made-up note 3",
        keys = {
          open = { summary = "It was opened.", answer = { { name = "door" }, { name = "by", type = "string" } } },
          shut = { summary = "It was shut.", answer = { { name = "door" } } },
        } },
    },
    commands = {
      {
        name = "#BREW", summary = "Brews a drink.", source = "Made-up note 2.1",
        params = {
          { name = "cup", type = "integer", min = 1, max = 4, doc = "Where it is to stand." },
          { name = "kind", type = "integer", values = { [0] = "tea", [1] = "coffee" } },
          { name = "name", type = "string", max = 8, optional = true, omitted = "nobody is called" },
          { name = "code", type = "string", max = 8, optional = true, default = "", secret = true },
        },
        read = { answer = { { name = "cup" }, { name = "degrees", unit = "K" } } },
        test = true, timeout = 5, urcs = { '#DOOR: "open"' },
        deferred = { key = "cup", timeout = 60, answer = { { name = "cup" }, { name = "err", error = true } } },
        remark = "Hot.",
      },
    },
    errors = {
      by_code = { [7] = { code = 7, origin = "brew", name = "no_water", text = "no water", hint = "Fill it up." } },
      by_text = {},
    },
    remarks = { { title = "Water", text = "It takes *water*." } },
  }
end

describe("A command that is only declared", function()
  local modem, port

  local function open(commands)
    local lines = { ["AT"] = "\r\nOK\r\n", ["ATE0"] = "ATE0\r\r\nOK\r\n", ["ATV1"] = "\r\nOK\r\n" }
    for line, reply in pairs(commands or {}) do lines[line] = reply end
    port = script.port(script.commands(lines))
    modem = assert(hayes.open_port(port, "script", { dialect = made_up() }))
    port.log = {}
  end

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  it("has its arguments checked before anything is sent", function()
    open()
    assert.are.same("AT#BREW: cup is 5; it must be from 1 to 4",
      raises(function() modem:call("#BREW", "write", { 5, 0 }) end))
    assert.are.same("AT#BREW: kind is 2; it must be one of 0, 1",
      raises(function() modem:call("#BREW", "write", { 1, 2 }) end))
    assert.are.same("AT#BREW: the parameter kind is missing", raises(function() modem:call("#BREW", "write", { 1 }) end))
    assert.are.same("AT#BREW: name is 9 bytes long; it must be at most 8",
      raises(function() modem:call("#BREW", "write", { 1, 0, "Persephon" }) end))
    assert.are.same({}, port.log)
  end)

  it("is encoded, waits for its deferred result, and has named fields", function()
    open { ["AT#BREW=2,1,Ada"] = "\r\nOK\r\n\r\n#BREW: 1,0\r\n\r\n#BREW: 2,7\r\n",
      ["AT#BREW?"] = "\r\n#BREW: 2,363\r\n\r\nOK\r\n" }
    local response = assert(modem:at("AT#BREW=2,1,Ada"))
    assert.are.same("OK\n#BREW: 2,7", tostring(response))
    local fields = modem:fields("AT#BREW=2,1,Ada", response[response.deferred])
    assert.are.same({ 2, 7 }, { fields.cup, fields.err })
    assert.are.same("no_water", select(2, modem:call("#BREW", "write", { 2, 1, "Ada" })).name)
    assert.are.same(363, assert(modem:query("AT#BREW?")).degrees)
  end)

  it("has URCs whose fields have names", function()
    open { ["AT#BREW=1,0"] = '\r\n#DOOR: "open",3,"Bob"\r\n\r\nOK\r\n\r\n#BREW: 1,0\r\n' }
    local event
    modem:listen("#DOOR", function(e) event = e end)
    assert(modem:at("AT#BREW=1,0"))
    assert.are.same("Bob", event.fields.by)
    assert.are.same(3, event.fields.door)
    assert.is_nil(event.fields.nothing)
    assert.are.same({ "open", 3, "Bob" }, { event.fields[1], event.fields[2], event.fields[3] })
  end)

  it("keeps its secrets", function()
    open { ["^AT#BREW"] = "\r\nFAILED\r\n" }
    local _, err = modem:at("AT#BREW=1,0,Ada,1234")
    assert.are.same("AT#BREW=1,0,Ada,***", err.command)
    assert.is_nil(tostring(modem:explain("AT#BREW=1,0,Ada,1234")):find("1234", 1, true))
  end)

  it("is explained", function()
    open()
    local found = assert(modem:explain("#BREW"))
    assert.are.same({ "command", "Brews a drink." }, { found.kind, found.summary })
    assert.are.same("AT#BREW=<cup>,<kind>[,<name>[,<code>]]", found.forms[3].syntax)
    found = assert(modem:explain("AT#BREW=2,1,Ada"))
    assert.are.same({ "coffee", "Ada" }, { found.fields[2].meaning, found.fields[3].value })
    assert.are.same('#DOOR: "open",<door>,"<by>"', found.urcs[1].pattern)
    assert.are.same("It was shut.", assert(modem:explain('#DOOR: "shut",3')).summary)
    assert.are.same("Fill it up.", assert(modem:explain("#BREW: 2,7")).hint)
    assert.are.same("no_water", assert(modem:explain(7)).name)
    assert.are.same("Try again.", assert(modem:explain("BUSY")).hint)
    assert.are.same({}, port.log)
  end)

  it("is completed", function()
    local dialect = dialects.define(made_up())
    assert.are.same("#BREW", complete(dialect, "AT#B").candidates[1].text)
    assert.are.same({ { text = "0", kind = "value", meaning = "tea" }, { text = "1", kind = "value", meaning = "coffee" } },
      complete(dialect, "AT#BREW=1,").candidates)
    assert.are.same("name", complete(dialect, "AT#BREW=1,0,").param.name)
  end)

  it("stands in the reference", function()
    local page = reference.page(dialects.define(made_up()))
    for _, text in ipairs { "# Made-up modules\n", "### AT#BREW\n", "Brews a drink. *Made-up note 2.1*",
      "| `cup` | integer | 1 to 4 | Where it is to stand. | no |", "`0` tea<br>`1` coffee", "Deferred result, within 60 s",
      '`#DOOR: "open",<door>,"<by>"` It was opened.', "| 7 | brew | `no_water` | no water | Fill it up. |",
      "## Water\n\nIt takes *water*." } do
      assert.is_truthy(page:find(text, 1, true), text)
    end
  end)

  it("is found by what the dialect says of its modules", function()
    local dialect = made_up()
    dialect.detect = { "ATI", "Made-up" }
    dialects.define(dialect)
    assert.is_true(dialects.is(dialect, function(text) return text == "ATI" and "Made-up 1000" or nil end))
    assert.is_false(dialects.is(dialect, function() return "Quectel" end))
    assert.is_false(dialects.is(dialect, function() return nil end))
  end)
end)
