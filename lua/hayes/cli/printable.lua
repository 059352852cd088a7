--- What is shown on a terminal. Colours are the program's own; the same escape sequences in a text from elsewhere are
--- shown as `\x1b`.

local base = require "hayes.display.printable"

local printable = {}

--- Nobody can know it beforehand, so no text from elsewhere can be taken for a colour.
local MARK = ("\27<%x>"):format(math.random(0))
local MARKED = MARK .. "(%d+)m"

local function plain(text, raw)
  if not raw then text = text:gsub("\r\n", "\n") end
  return base.text(text, raw and "[%z\1-\8\11\12\14-\31\127]" or "[%z\1-\8\11-\31\127]")
end

--- A part of a text in a style of terminals (SGR), as printable.text shows it.
---@param code integer
---@param text string
---@return string
function printable.styled(code, text)
  return ("%s%dm%s%s0m"):format(MARK, code, text, MARK)
end

--- The text with control characters, but for line ends and tabs, and bytes that are no UTF-8 as `\x1b`.
---@param text string
---@param raw? boolean        CR stays, too
---@param colourless? boolean styles are left out
---@return string
function printable.text(text, raw, colourless)
  local parts, at = {}, 1
  while true do
    local first, last, code = text:find(MARKED, at)
    parts[#parts + 1] = plain(text:sub(at, (first or #text + 1) - 1), raw)
    if not first then return table.concat(parts) end
    if not colourless then parts[#parts + 1] = ("\27[%sm"):format(code) end
    at = last + 1
  end
end

--- The first bytes of a character at the end of a text, which what follows may complete.
local function begun(text)
  local at = text:find("[\xC2-\xF4][\x80-\xBF]*$")
  if not at or #text - at > 2 then return "" end
  local lead = text:byte(at)
  local length = lead >= 0xF0 and 4 or lead >= 0xE0 and 3 or 2
  return #text - at + 1 < length and text:sub(at) or ""
end

--- For a text that comes in pieces, which may end inside a character: a function that gives what can be shown of it so
--- far; nil is its end.
---@param raw? boolean CR stays, too
---@return fun(piece: string?): string
function printable.stream(raw)
  local held = ""
  return function(piece)
    local text = held .. (piece or "")
    held = piece and begun(text) or ""
    return printable.text(text:sub(1, #text - #held), raw)
  end
end

return printable
