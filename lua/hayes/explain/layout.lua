--- Text for a terminal: words wrapped, columns aligned.

local layout = {}

layout.WIDTH = 100

local function width(text) return utf8.len(text) or #text end

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

--- An indented paragraph.
function layout.paragraph(text, indent)
  return (indent or "") .. table.concat(layout.wrap(text, layout.WIDTH - #(indent or "")), "\n" .. (indent or ""))
end

-- Limits a column, so that a long word leaves room for the last column.
local MOST_COLUMN = 36

--- Rows of words under each other, the last column wrapped.
---@param rows string[][]
---@param indent string
---@return string[] lines
function layout.table(rows, indent)
  local widths = {}
  for _, row in ipairs(rows) do
    for i = 1, #row - 1 do widths[i] = math.max(widths[i] or 0, math.min(width(row[i]), MOST_COLUMN)) end
  end
  local lines = {}
  for _, row in ipairs(rows) do
    local head = indent
    for i = 1, #row - 1 do
      head = head .. row[i] .. (" "):rep(widths[i] - width(row[i])) .. "  "
    end
    local room = layout.WIDTH - width(head)
    if room < 24 then
      lines[#lines + 1] = (head:gsub("%s+$", ""))
      head = indent .. "    "
      room = layout.WIDTH - #head
    end
    for i, text in ipairs(layout.wrap(row[#row], room)) do
      lines[#lines + 1] = ((i == 1 and head or (" "):rep(width(head))) .. text):gsub("%s+$", "")
    end
  end
  return lines
end

return layout
