--- Explains parameters and fields, and the values given for them.

local texts = require "hayes.explain.text"

local values = {}

local function one(described)
  return {
    name = described.name, unit = described.unit, range = texts.range(described),
    values = described.values and texts.values(described) or nil, left_out = texts.left_out(described),
    factory = texts.factory(described),
    doc = described.doc or (described.error and "0, or the number of an error") or nil,
  }
end

--- Explains each parameter or field, without a value.
---@return hayes.explained[]
function values.describe(list)
  local result = {}
  for i, described in ipairs(list or {}) do result[i] = one(described) end
  return result
end

local function value_of(field)
  if field.quoted then return field.text end
  return math.tointeger(tonumber(field.text)) or field.text
end

local function hide(field)
  field.value, field.quoted, field.meaning = "***", false, nil
end

--- One field that was given, with what it means; `checked`: it is a parameter, and may be wrong.
local function with_value(dialect, described, field, checked)
  local result = one(described)
  if not field or (field.text == "" and not field.quoted) then
    if checked and not described.optional then result.problem = "is missing" end
    return result
  end
  local value = (described.type or "integer") == "integer" and value_of(field) or field.text
  result.problem = checked and texts.problem(described, value) or nil
  result.meaning = texts.meaning(dialect, described, value)
  result.value, result.quoted = value, field.quoted
  if described.secret then hide(result) end
  return result
end

--- What each of these was given as; `checked`: they are parameters, and may be wrong. `shown` is the list with secrets
--- masked.
---@return hayes.explained[]
function values.given(dialect, declared, list, checked, shown)
  local result = {}
  if shown and #shown ~= #list then list = shown end
  local last = checked and #declared or #list
  for i = 1, math.max(last, #list) do
    if declared[i] then
      local masked = shown and shown[i]
      local hidden = masked and masked.text == "***"
      local field = masked and not hidden and list[i] and masked.text ~= list[i].text and masked or list[i]
      result[i] = with_value(dialect, declared[i], field, checked)
      if hidden then hide(result[i]) end
    else
      local field = shown and shown[i] or list[i]
      result[i] = { name = "(" .. i .. ")", value = field.text, quoted = field.quoted,
        problem = checked and "is one too many" or nil, meaning = "not declared" }
    end
  end
  return result
end

--- Adds explanations of the fields to these lines (of text.lua).
function values.lines(list)
  for _, line in ipairs(list) do line.fields = values.describe(line.answer) end
  return list
end

--- The fields without the first one, if that is a key.
function values.after_key(list, keyed)
  return keyed and table.move(list, 2, #list, 1, {}) or list
end

return values
