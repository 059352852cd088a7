--- The fields of a line with their positions and quotes. core.fields converts them to values.

local fields = {}

---@class hayes.field
---@field text string    without quotes and the spaces around it
---@field quoted boolean
---@field from integer   its first byte, quote included
---@field to integer     its last byte; from - 1 when it is empty

--- Splits a text at its commas, except those in quotes. An empty text has no fields.
---@param text string
---@return hayes.field[]
function fields.split(text)
  local list, at = {}, 1
  if not text:find("%S") then return list end
  while at <= #text + 1 do
    local from = text:find("[^ ]", at) or #text + 1
    local inner = text:match('^"([^"]*)', from)
    local stop = text:find(",", inner and from + 1 + #inner or from, true) or #text + 1
    local raw = text:sub(from, stop - 1):match("^(.-)%s*$")
    list[#list + 1] = { text = inner or raw, quoted = inner ~= nil, from = from, to = from + #raw - 1 }
    at = stop + 1
  end
  return list
end

local function fits(kind, field)
  if kind == "a" then return true end
  if kind == "s" then return field.quoted end
  if field.quoted or field.text == "" or field.text:sub(1, 1) == "(" then return false end
  if kind == "x" then return field.text:find("^%x%x%x%x+$") ~= nil end
  return kind ~= "d" or field.text:find("^%d+$") ~= nil
end

local function fits_alternative(shape, list)
  local i, at = 0, 1
  while at <= #shape do
    local kind = shape:sub(at, at)
    if kind == "*" then return true end
    i = i + 1
    local field = list[i]
    if not field then return false end
    local word = shape:match("^'([^']*)'?", at)
    if word then
      if field.text ~= word then return false end
      at = at + #word + 1
    elseif not fits(kind, field) then
      return false
    end
    at = at + 1
  end
  return i == #list
end

--- Do fields have this shape? The letters are those of at_fields_match (csrc/at/at.h): `n` bare, `d` digits, `x`
--- four hexadecimal digits or more, `s` quoted, `a` any, `'word'`, `*` for any further ones, `|` between alternatives.
---@param shape string
---@param list hayes.field[]
---@return boolean
function fields.match(shape, list)
  for alternative in (shape .. "|"):gmatch("([^|]*)|") do
    if fits_alternative(alternative, list) then return true end
  end
  return false
end

return fields
