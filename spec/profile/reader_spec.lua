-- The two readers of profiles, the library's and the emulator's: what they take and refuse, and that they agree on
-- files that nobody has written.

local folder = require "support.folder"
local Process = require "support.process"
local profiles = require "hayes.profile"
local writer = require "hayes.profile.writer"

local PROGRAM <const> = (os.getenv "HAYES_BUILD" or "build") .. "/hayes-emulator"

local GOOD <const> = [[
-- A comment.
return {
  profile = 1,
  made_by = "hayes 0.1.0", -- another one
  dialect = "quectel", manufacturer = "Quectel", model = "EC25", revision = "EC25\069FAR06A\"\\\195\164",
  habits = { space_after_colon = true, urc_port = "usbat", pdp_contexts = 5, other = -7, },
  answers = {
    { "AT+CSQ=?", "+CSQ: (0-31,99),(0-7,99)", "OK" },
    { "AT+QSSLCFG=?", "+QSSLCFG: \"sni\",(0-5),(0,1)", "+QSSLCFG: \"seclevel\",(0-5),(0-2)", "OK" },
    { "ATI", "Quectel", "EC25", "Revision: EC25", "OK" },
  },
  takes = { "AT+CMEE?" },
}
]]

--- What the emulator says of each text: true when it takes it, else its complaint.
local function emulator_says(texts)
  local dir = folder.new "profiles"
  for i, text in ipairs(texts) do
    local file <close> = assert(io.open(("%s/%05d"):format(dir, i), "wb"))
    file:write(text)
  end
  local script = ('for f in %s/?????; do words=$(%s --profile "$f" --version 2>&1); echo "$? $words" | head -n 1; done')
    :format(dir, PROGRAM)
  local says = {}
  for line in Process.run({ "sh", "-c", script }, { ours = true }):gmatch "[^\n]+" do
    local status, words = line:match "^(%d+) (.*)$"
    assert(status == "0" or status == "2", line) -- it neither crashes nor starts
    says[#says + 1] = status == "0" or words
  end
  assert.are.equal(#texts, #says)
  return says
end

describe("A profile", function()
  it("is read as it was written, by both readers", function()
    local made = assert(profiles.parse(GOOD))
    assert.are.same({ "quectel", "EC25", 'EC25EFAR06A"\\ä' }, { made.dialect, made.model, made.revision })
    assert.are.same({ space_after_colon = true, urc_port = "usbat", pdp_contexts = 5, other = -7 }, made.habits)
    assert.are.same({ "AT+CSQ=?", "+CSQ: (0-31,99),(0-7,99)", "OK" }, made:answer "AT+CSQ=?")
    assert.are.same({ sni = true, seclevel = true }, made:keys "+QSSLCFG")
    local again = assert(profiles.parse(writer.text(made)))
    assert.are.same(made, again)
    assert.are.same({ true, true }, emulator_says { GOOD, writer.text(made) })
  end)

  local hostile = {
    ["that is Lua code"] = { "return os.execute 'true'", "line 1: it does not begin with `return {`" },
    ["with a call in it"] = { 'return { profile = 1, dialect = string.rep("x", 1e9) }', "string is no value" },
    ["with a statement before it"] = { "os.exit()\nreturn {}", "line 1: it does not begin" },
    ["with a statement behind it"] = { 'return { profile = 1, dialect = "q" }\nwhile true do end',
      "line 2: there is more after the table" },
    ["of other tables in tables"] = { "return " .. ("{"):rep(100000), "nested more than 3 deep" },
    ["of tables one deeper than it may have"] = { 'return { profile = 1, dialect = "quectel", answers = { { {} } } }',
      "nested more than 3 deep" },
    ["with an escape of no byte"] = { [[return { dialect = "\256" }]], "\\256 is no byte" },
    ["that is too long"] = { GOOD .. ("-"):rep(300000), "longer than 262144 bytes" },
    ["with a text that is too long"] = { 'return { dialect = "' .. ("x"):rep(3000) .. '" }', "longer than 2000 bytes" },
    ["with a line end in a text"] = { 'return { dialect = "a\nb" }', "line 1: a text does not end on its line" },
    ["with an escaped line end in a text"] = { [[return { dialect = "AT\013AT+CFUN=1" }]], "a control character" },
    ["with a long comment"] = { "--[[ return {} ]] return {}", "comments of several lines" },
    ["with a fraction"] = { "return { profile = 1.5 }", "a whole one" },
    ["of another form"] = { 'return { profile = 2, dialect = "q" }', "reads 1" },
    ["without a dialect"] = { "return { profile = 1 }", "the field `dialect`" },
    ["with a misspelt field"] = { 'return { profile = 1, dialect = "q", habit = {} }', "did you mean habits" },
    ["with a field twice"] = { 'return { profile = 1, profile = 1, dialect = "q" }', "profile is there twice" },
    ["that answers with what is set"] = { 'return { profile = 1, dialect = "quectel", answers = { { "AT+CFUN=1", "OK" } } }',
      'answers[1] is about "AT+CFUN=1", which is no such command' },
    ["that answers one command twice"] = { 'return { profile = 1, dialect = "quectel", answers = { { "ATI", "OK" }, '
      .. '{ "ATI", "OK" } } }', "answers[2] answers ATI a second time" },
    ["with an answer without a result"] = { 'return { profile = 1, dialect = "quectel", answers = { { "ATI" } } }',
      "answers[1] is no list of texts" },
    ["that is empty"] = { "", "line 1: it does not begin" },
    ["of bytes of no text"] = { "\0\255\254\0return {", "line 1: it does not begin" },
  }

  it("may be 262,144 bytes long, and not a byte longer", function()
    local longest = GOOD .. ("-"):rep(262144 - #GOOD)
    assert(profiles.parse(longest))
    assert.is_nil((profiles.parse(longest .. "-")))
    local says = emulator_says { longest, longest .. "-" }
    assert.is_true(says[1])
    assert.is_truthy(says[2] ~= true and says[2]:find("longer than 262144 bytes", 1, true), tostring(says[2]))
  end)

  for what, case in pairs(hostile) do
    it(what .. " is refused with what is wrong, by both readers", function()
      local made, problem = profiles.parse(case[1])
      assert.is_nil(made)
      assert.is_truthy(problem:find(case[2], 1, true), problem)
      local said = emulator_says({ case[1] })[1]
      assert.is_truthy(said ~= true and said:find("is no profile of a module: ", 1, true), tostring(said))
    end)
  end

  it("of a dialect for which the emulator has no module is refused with that reason", function()
    local said = emulator_says({ 'return { profile = 1, dialect = "esp-at" }' })[1]
    assert.is_truthy(said ~= true and said:find("its dialect is none of a module of the emulator", 1, true), said)
  end)

  --- Numbers that are the same in every run.
  local function random_from(seed)
    return function(most)
      seed = (seed * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
      return (seed >> 33) % most + 1
    end
  end

  local pieces = { '"', "{", "}", ",", "=", "\\", "--", "\n", "\0", "\127", "\\010", "\\300", "return", "true", "1",
    "999999999999999999", "-", "profile = 1,", "answers = {", '{ "ATI", "OK" },', '["x"] = ', "é", "--[[", "AT", "?" }

  local function mutated(text, random)
    for _ = 1, random(3) do
      local at, kind = random(#text), random(4)
      local piece = kind == 1 and "" or kind == 2 and pieces[random(#pieces)] or kind == 3 and text:sub(at, at + random(40))
        or string.char(random(256) - 1)
      text = text:sub(1, at - 1) .. piece .. text:sub(at + random(kind == 3 and 1 or 8) - 1)
      if text == "" then text = "x" end
    end
    return text
  end

  it("that was changed at random is taken by both readers, or refused by both", function()
    local random, texts, ours, taken = random_from(20261127), {}, {}, 0
    for i = 1, 600 do
      texts[i] = mutated(GOOD, random)
      local made, problem = profiles.parse(texts[i])
      ours[i] = made and made.dialect or false
      assert.is_truthy(made or type(problem) == "string")
    end
    for i, said in ipairs(emulator_says(texts)) do
      local takes = said == true or said:find("its dialect is none", 1, true) ~= nil
      assert.are.equal(ours[i] ~= false, takes, ("%s\n%s"):format(tostring(said), texts[i]))
      if takes then taken = taken + 1 end
    end
    assert.is_true(taken > 50 and taken < 550) -- both happen
  end)
end)
