--- The engine's tables have room for a limited number of names.

local room = {}

local MOST_TEXT = 16000 -- bytes of the engine's look-up tables
local MOST_ENDINGS, MOST_ENDING_TEXT = 30, 900 -- AT_ENDINGS_MAX and AT_ENDING_BYTES, with room for those of a download

--- Do all names of a dialect without other mistakes find their places in the engine's tables?
---@param given table
---@param problems string[]  what is wrong is added
function room.check(given, problems)
  local commands, lines, endings, ending_text = 0, 0, 0, 0
  local function line(text) lines = lines + #text + 2 end
  for _, declaration in ipairs(given.commands) do
    commands = commands + #declaration.name
    line(declaration.deferred and (declaration.deferred.prefix or declaration.name) or "")
    local block = declaration.block
    for _, text in ipairs(block and (block.texts or { block.text or declaration.prefix or declaration.name }) or {}) do
      line(text)
    end
  end
  for _, urc in ipairs(given.urcs or {}) do line(urc.text or urc.name) end
  for _, list_of in ipairs { given.texts or {}, given.connects or {} } do
    for _, text in ipairs(list_of) do line(text) end
  end
  for _, list_of in ipairs { given.finals, given.boot or {} } do
    for _, one in ipairs(list_of) do
      local text = type(one) == "table" and one[1] or one
      line(text)
      endings, ending_text = endings + 1, ending_text + #text + 4
    end
  end
  local function limit(count, most, what)
    if count > most then problems[#problems + 1] = ("%s %d; there may be %d"):format(what, count, most) end
  end
  limit(commands, MOST_TEXT, "the bytes in the names of all commands are")
  limit(lines, MOST_TEXT, "the bytes in the texts of all URCs, results and result codes are")
  limit(endings, MOST_ENDINGS, "finals and boot hold, together, entries:")
  limit(ending_text, MOST_ENDING_TEXT, "the bytes in the texts of finals and boot, and four for each, are")
end

return room
