--- Writes a profile as its readers take it.

local check = require "hayes.check"
local habits = require "hayes.profile.habits"
local scrub = require "hayes.display.scrub"

local HEAD = [[
-- A profile of a serial AT module: what it is, what it takes and what it does, as `hayes probe` has found it.
--
-- It is data: a Lua table of texts in double quotes, whole numbers, true and false. hayes parses it, and executes
-- nothing of it.
--
--   profile    version of this format
--   made_by    the program that has written it
--   dialect    the dialect in which the module was asked
--   manufacturer, model, revision   what it says that it is
--   habits     what was seen of it, by name; the comment says what it means that it is true, or that it has this value
--   answers    { a command, the lines of its answer, the result code }; AT+NAME=? asks which values a command takes
--   takes      commands that were answered with what is set in the module, which is not kept
--
-- Numbers of 13 digits and more, telephone numbers, addresses of hardware and network, and texts that are declared
-- secret have been replaced by ***. Look through it all the same before you pass it on.
--
-- hayes.open(PORT, { profile = FILE }) then knows this module, `hayes-emulator --profile FILE` answers like it.
]]

local writer = {}

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("[\128-\255]", function(byte)
    return ("\\%03d"):format(byte:byte())
  end) .. '"'
end

local function literal(value)
  return type(value) == "string" and quoted(scrub.line(value)) or tostring(value)
end

local WIDTH <const> = 120

--- A row of answers: as many texts on a line as fit.
local function row_of(row)
  local lines, line = {}, "    {"
  for i, text in ipairs(row) do
    local word = literal(text) .. (i < #row and "," or " },")
    if #line + 1 + #word > WIDTH and i > 1 then
      lines[#lines + 1] = line
      line = "     "
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

--- The text of a profile.
---@param made hayes.profile
---@return string
function writer.text(made)
  local lines = { HEAD .. "return {", ("  profile = %d,"):format(made.profile) }
  for _, name in ipairs { "made_by", "dialect", "manufacturer", "model", "revision" } do
    if made[name] then lines[#lines + 1] = ("  %s = %s,"):format(name, literal(made[name])) end
  end
  lines[#lines + 1] = "  habits = {"
  for _, name in ipairs(check.names(made.habits or {})) do
    local known = habits[name]
    lines[#lines + 1] = ("    %s = %s,%s"):format(name, literal(made.habits[name]), known and " -- " .. known.doc or "")
  end
  lines[#lines + 1] = "  },\n  answers = {"
  for _, row in ipairs(made.answers or {}) do lines[#lines + 1] = row_of(row) end
  lines[#lines + 1] = "  },\n  takes = {"
  for _, command in ipairs(made.takes or {}) do lines[#lines + 1] = ("    %s,"):format(literal(command)) end
  lines[#lines + 1] = "  },\n}\n"
  return table.concat(lines, "\n")
end

return writer
