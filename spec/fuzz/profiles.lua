--- Profile files that anybody may have written: they are read, and say what they say when they are written again, or are
--- refused with the reason; nothing is executed.

local profiles = require "hayes.profile"
local reader = require "hayes.profile.reader"
local writer = require "hayes.profile.writer"

local SEED = [[
-- what hayes probe found
return {
  profile = 1, made_by = "hayes 0.1.0", dialect = "quectel", manufacturer = "Quectel", model = "EC200U",
  revision = "EC200UCNAAR03A15M08",
  habits = { space_after_colon = true, slots = 12, text = "a\\b\"\233" },
  answers = {
    { "AT+CSQ=?", "+CSQ: (0-31,99),(0-7,99)", "OK" },
    { "AT+QFTPLEN=?", "OK" },
    { "ATI", "Quectel", "EC200U", "Revision: EC200UCNAAR03A15M08", "OK" },
  },
  takes = { "AT+WMODE?" },
}
]]

local PIECES = { "{", "}", ",", "=", '"', "\\", "\\0", "\\300", "--", "--[[", "]]", "\n", "\r", "\0", "\255", "true", "false",
  "nil", "1e9", "-", "-0", ("9"):rep(16), ("{"):rep(300), ('"a",'):rep(20000), "os.exit()", "profile", "answers", "habits",
  "takes", 'profile = 1,', '{ "AT+CSQ=?", "OK" },', '"AT",', ("x"):rep(60), '"' .. ("y"):rep(2100) .. '"' }

return function(random)
  local text = SEED
  for _ = 1, random:small(12) do
    local at, count = random:int(1, #text + 1), random:small(40) - 1
    local put = random:pick { random:pick(PIECES), string.char(random:int(0, 255)), "" }
    text = text:sub(1, at - 1) .. put .. text:sub(at + count)
  end
  local made, problem = reader.parse(text)
  assert(made or type(problem) == "string" and #problem < 500, problem)
  local profile, why = profiles.parse(text)
  if not profile then
    assert(type(why) == "string")
    return 0
  end
  for _, row in ipairs(profile.answers or {}) do assert(profiles.answer(profile, row[1])) end
  local written = writer.text(profile)
  local again, complaint = profiles.parse(written)
  -- Digits that may be somebody's number are masked, in a command, too.
  assert(again or written:find("***", 1, true), complaint)
  assert(not again or writer.text(again) == written)
  return 1
end
