--- Text for a terminal: words wrapped, columns aligned.

local core = require "hayes.core"

local layout = {}

local MOST, LEAST <const> = 100, 40 -- characters in a line

local STDOUT <const> = 1

--- The characters that a text on standard output may be wide: the terminal's columns, within reason; 100 elsewhere.
---@param most? integer in place of 100
---@return integer
function layout.width(most)
  most = most or MOST
  return math.max(LEAST, math.min(most, core.terminal_columns(STDOUT) or most))
end

--- How wide a text is when it is shown: colours take no room.
local function width(text)
  text = text:gsub("\27%[[%d;]*m", "")
  return utf8.len(text) or #text
end

layout.width_of = width

--- Breaks words that are longer than a line after commas; a word without commas stays whole.
local function cut(text, most)
  return (text:gsub("%S+", function(word)
    if width(word) <= most then return nil end
    local parts, line = {}, ""
    for piece in word:gmatch("[^,]*,?") do
      if line ~= "" and width(line .. piece) > most then
        parts[#parts + 1] = line
        line = ""
      end
      line = line .. piece
    end
    parts[#parts + 1] = line
    return table.concat(parts, " ")
  end))
end

--- Wraps a text into lines of at most `most` characters.
---@param text string
---@param most integer
---@return string[]
function layout.wrap(text, most)
  local lines, line = {}, ""
  for word in cut(text, most):gmatch("%S+") do
    if line ~= "" and width(line) + 1 + width(word) > most then
      lines[#lines + 1] = line
      line = word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return lines
end

local LEAST_ROOM <const> = 20 -- for the last column

--- What stands before the last column of a line, or before its text: where it goes on in the next line.
local function head_of(line, columns)
  local head = line:match "^(.*%S  +)%S.*$" or line:match "^%s*%-%- +" or line:match "^%s*"
  return width(head) <= columns - LEAST_ROOM and head or line:match "^%s*"
end

--- A line that is too long, broken between words; those of the first column stay as they are.
local function broken(line, columns)
  local style, text = line:match "^(\27%[[%d;]*m)(.*)$"
  style, text = style or "", text or line
  local head = head_of(text, columns)
  local lines, now = {}, style .. head
  local is_first = true
  for word in text:sub(#head + 1):gmatch "%S+" do
    if not is_first and width(now) + 1 + width(word) > columns then
      lines[#lines + 1] = now
      now, is_first = (" "):rep(width(head)), true
    end
    now, is_first = now .. (is_first and "" or " ") .. word, false
  end
  lines[#lines + 1] = now
  return table.concat(lines, "\n")
end

--- A text of our own for the terminal that a descriptor is: its lines that are too long are broken between words. For
--- anything but a terminal it stays as it is.
---@param text string
---@param descriptor? integer (standard output)
---@return string
function layout.fit(text, descriptor)
  local columns = core.terminal_columns(descriptor or STDOUT)
  if not columns or columns < LEAST then return text end
  return (text:gsub("[^\n]+", function(line) return width(line) > columns and broken(line, columns) or nil end))
end

--- An indented paragraph.
function layout.paragraph(text, indent)
  return (indent or "") .. table.concat(layout.wrap(text, layout.width() - #(indent or "")), "\n" .. (indent or ""))
end

-- Limits a column, so that a long word leaves room for the last column: characters, and a part of the line.
local MOST_COLUMN, COLUMN_SHARE = 36, 0.4

--- Rows of words under each other, the last column wrapped.
---@param rows string[][]
---@param indent string
---@return string[] lines
function layout.table(rows, indent)
  local lines, widths, most = {}, {}, layout.width()
  local widest = math.min(MOST_COLUMN, math.floor(COLUMN_SHARE * most))
  for _, row in ipairs(rows) do
    for i = 1, #row - 1 do widths[i] = math.max(widths[i] or 0, math.min(width(row[i]), widest)) end
  end
  for _, row in ipairs(rows) do
    local head = indent
    for i = 1, #row - 1 do
      head = head .. row[i] .. (" "):rep(widths[i] - width(row[i])) .. "  "
    end
    local room = most - width(head)
    if room < 24 then
      lines[#lines + 1] = (head:gsub("%s+$", ""))
      head = indent .. "    "
      room = most - #head
    end
    for i, text in ipairs(layout.wrap(row[#row], room)) do
      lines[#lines + 1] = ((i == 1 and head or (" "):rep(width(head))) .. text):gsub("%s+$", "")
    end
  end
  return lines
end

return layout
