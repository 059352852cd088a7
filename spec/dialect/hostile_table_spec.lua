-- A dialect table may be anything: it is refused with a clear error, in time and memory that are bounded, and nothing of
-- it is called.

local dialects = require "hayes.dialect"
local files = require "support.files"
local folders = require "support.folder"
local hayes = require "hayes"
local Program = require "support.hayes_program"
local raises = require "support.raises"
local schema = require "hayes.declare.schema"
local tables = require "support.dialect_tables"

local EXAMPLE, with = tables.EXAMPLE, tables.example

local function boom() error "called" end

local hostile = {
  { "whose __index raises", function(d) setmetatable(d, { __index = boom }) end, "the dialect has a metatable" },
  { "whose __pairs raises", function(d) setmetatable(d.commands, { __pairs = boom }) end, "commands has a metatable" },
  { "with a list that has no end", function(d)
    d.commands[2].params = setmetatable({}, { __index = function() return { name = "a" } end })
  end, "commands[2].params has a metatable" },
  { "with an endless length", function(d) d.finals = setmetatable({}, { __len = function() return math.maxinteger end }) end,
    "finals has a metatable" },
  { "that hides its metatable", function(d) setmetatable(d.protocol, { __metatable = false, __index = boom }) end,
    "protocol has a metatable" },
  { "with 50,000 commands", function(d)
    for i = 1, 50000 do d.commands[i] = { name = "+C" .. i } end
  end, "the dialect holds more than" },
  { "with 2,000 commands", function(d)
    for i = 1, 2000 do d.commands[i] = { name = "+C" .. i } end
  end, "commands holds 2000 entries; it may hold 1000" },
  { "with a million values", function(d)
    d.lineage = {}
    for i = 1, 1000000 do d.lineage[i] = i end
  end, "the dialect holds more than" },
  { "with 20,000 unknown fields", function(d)
    for i = 1, 20000 do d["field" .. i] = i end
  end, "there is no field" },
  { "with a text of 10 MB", function(d) d.about = ("x"):rep(1e7) end, "about is a text of 10000000 bytes" },
  { "with a name of 10 MB", function(d) d[("x"):rep(1e7)] = 1 end, "is a text of 10000000 bytes" },
  { "that holds itself", function(d) d.commands[2].params = d end, "commands[2] (+CWMODE).params" },
  { "with a name of digits alone", function(d) d[("9"):rep(40)] = 1 end, "there is no field \"999" },
  { "with a time that the engine cannot count", function(d) d.commands[2].timeout = 5000000 end, "from 0 to 4000000" },
  { "with a time that is no number", function(d) d.commands[2].timeout = 0 / 0 end, "it must be a number" },
  { "with a hole in a list", function(d)
    local params = d.commands[3].params
    d.commands[3].params = { params[1], nil, params[2] }
  end, "commands[3] (+CWJAP).params[2] is nil, in the middle of the list" },
  { "with a minimum and no maximum", function(d) d.commands[2].params[1].max = nil end, "min needs a max" },
  { "with values whose keys are of two kinds", function(d) d.commands[2].params[1].values = { [0] = "off", on = "on" } end,
    "its keys are integers, or texts" },
  { "with a meaning that is no text", function(d) d.commands[2].params[1].values = { [0] = {} } end,
    "it must be a string" },
  { "with settings by number", function(d) d.commands[2].keys = { [5] = { summary = "x" } } end,
    "commands[2] (+CWMODE).keys holds 5; its keys are strings" },
  { "with errors by name where they are by number", function(d)
    d.errors = { by_code = { timeout = { name = "timeout", text = "x" } } }
  end, "errors.by_code holds \"timeout\"; its keys are integers" },
  { "with a name of 60 kB", function(d) d.commands[2].name = ("*"):rep(60000) end, ("*"):rep(100) .. "…" },
  { "with a name that is too long for the engine", function(d) d.commands[2].name = "+" .. ("X"):rep(32) end,
    "it must be at most 32 bytes long" },
  { "with control characters in a name", function(d) d.urcs[1].name = "+X\0" end, "without control characters" },
  { "with an empty final result code", function(d) d.finals[2][1] = "" end, "it must be a text" },
  { "with more names than the engine has places", function(d)
    for i = 10, 900 do d.commands[i] = { name = ("+LONGLONGLONGLONG%d"):format(i) } end
  end, "there may be 16000" },
  { "with more result codes than the engine has places", function(d)
    for i = 5, 25 do d.finals[i] = { "RESULT " .. i } end
    d.boot = {}
    for i = 1, 20 do d.boot[i] = "BOOT " .. i end
  end, "finals and boot hold, together, entries" },
}

describe("A hostile dialect table", function()
  for _, case in ipairs(hostile) do
    it(case[1] .. " is refused in a sentence that says what is wrong", function()
      local problems = schema.problems(with(case[2]))
      assert.is_truthy(#problems > 0 and #problems <= 1000)
      assert.is_truthy(table.concat(problems, "\n", 1, math.min(#problems, 20)):find(case[3], 1, true), problems[1]:sub(1, 400))
      local message = raises(function() hayes.open("/dev/no-such-port", { dialect = with(case[2]) }) end)
      assert.is_truthy(#message < 25000 and message:find("the table is no dialect", 1, true), message:sub(1, 400))
    end)
  end

  it("is not taken for one that has been checked because it holds a field `rules`", function()
    assert.is_truthy(raises(function() hayes.open("/dev/no-such-port", { dialect = { rules = true } }) end)
      :find("the table is no dialect", 1, true))
  end)

  it("may leave out what is for people: it is explained with what there is", function()
    local given = with(function(d)
      d.errors = { by_code = {} }
      d.commands[2].summary, d.urcs[1].summary = nil, nil
      d.commands[10] = { name = "+READ", block = { length = 1, after = "," } }
    end)
    local explain = require "hayes.explain"
    local dialect = dialects.get(given)
    for _, text in ipairs { "+CWMODE", "AT+CWMODE=1", "+IPD: 1,2", "+READ: 5,hello", "+READ,5,hello", "timeout", "42" } do
      local found, err = explain(dialect, text)
      assert.is_string(tostring(found or err))
    end
    assert.is_string(require("hayes.explain.reference").page(dialect))
  end)

  it("may be as large as the bounds, and is opened", function()
    local dialect = with(function(d)
      for i = 10, 1000 do d.commands[i] = { name = ("+C%d"):format(i), params = { { name = "a", type = "integer" } } } end
    end)
    local ready = dialects.get(dialect)
    assert.is_truthy(require("hayes.core").engine(ready.rules))
    assert.are.equal(ready, dialects.get(ready))
  end)
end)

describe("A hostile dialect file", function()
  local folder = folders.new "hostile-dialects"

  local function file(text) return files.write(folder .. "/hostile.lua", text) end

  local function check(text, ...) return Program.run { "dialect", "check", file(text), ... } end

  local function assert_refused(text, words)
    local result = check(text)
    assert.are.equal(1, result.status, result.err)
    assert.are.equal("", result.out)
    assert.is_truthy(result.err:find(words, 1, true), result.err:sub(1, 400))
    assert.is_nil(result.err:find("traceback", 1, true))
  end

  it("cannot end the program: os.exit raises", function()
    assert_refused("os.exit(0)", "a dialect must not call os.exit")
    assert_refused("_G.os.exit(true, true)", "a dialect must not call os.exit")
    assert.are.equal(0, check("assert(os.time() and _G.print)\nreturn dofile '" .. EXAMPLE .. "'").status)
    assert.is_not_nil(os.exit)
  end)

  it("leaves the globals of the program as they are", function()
    assert(dialects.load(file("string_of_mine, _G.other = 1, 2\nreturn dofile '" .. EXAMPLE .. "'")))
    assert.is_nil(rawget(_G, "string_of_mine") or rawget(_G, "other"))
  end)

  it("that raises anything at all, or is no program, is told so", function()
    assert_refused("error(setmetatable({}, { __tostring = error }))", "it raises a table")
    assert_refused("error()", "it raises nil")
    assert_refused("local function f() return f() + 1 end f()", "stack overflow")
    assert_refused("error(('x'):rep(1e6))", "xxx …")
    assert_refused("return setmetatable({}, { __index = error, __pairs = error, __len = error })", "has a metatable")
    assert_refused(string.dump(function() return {} end), "attempt to load a binary chunk")
    assert_refused("\0\1\2\255", "is no dialect")
    assert_refused("return {", "unexpected symbol near")
  end)

  it("may have what an editor puts there: a byte order mark, CR LF, a first line for the shell", function()
    local text = files.read(EXAMPLE)
    for _, variant in ipairs { "\xEF\xBB\xBF" .. text, "#!/usr/bin/env lua5.4\n" .. text, (text:gsub("\n", "\r\n")) } do
      assert.are.equal(0, check(variant).status)
    end
  end)

  it("that never ends is ended by Ctrl-C", function()
    local result = Program.run { "dialect", "check", file "while true do end", timeout = 1 }
    assert.are.equal(130, result.status)
  end)
end)
