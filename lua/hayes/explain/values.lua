--- Parameters and fields in words, with the values that were given.

local describe = require "hayes.explain.text"

local explained = {}

local function one(described)
  return {
    name = described.name, unit = described.unit, range = describe.range(described),
    values = described.values and describe.values(described) or nil, left_out = describe.left_out(described),
    factory = describe.factory(described),
    doc = described.doc or (described.error and "0, or the number of an error") or nil,
  }
end

--- What each of these may be.
---@return hayes.explained[]
function explained.all(list)
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
  result.problem = checked and describe.problem(described, value) or nil
  result.meaning = describe.meaning(dialect, described, value)
  result.value, result.quoted = value, field.quoted
  if described.secret then hide(result) end
  return result
end

--- What each of these was given as; `checked`: they are parameters, and may be wrong. `shown` is the list with secrets
--- masked.
---@return hayes.explained[]
function explained.values(dialect, declared, list, checked, shown)
  local result = {}
  if shown and #shown ~= #list then list = shown end
  local last = checked and #declared or #list
  for i = 1, math.max(last, #list) do
    if declared[i] then
      result[i] = with_value(dialect, declared[i], list[i], checked)
      if shown and shown[i] and shown[i].text == "***" then hide(result[i]) end
    else
      local field = shown and shown[i] or list[i]
      result[i] = { name = "(" .. i .. ")", value = field.text, quoted = field.quoted,
        problem = checked and "is one too many" or nil, meaning = "not declared" }
    end
  end
  return result
end

--- Lines as describe gives them, their fields explained.
function explained.lines(list)
  for _, line in ipairs(list) do line.fields = explained.all(line.answer) end
  return list
end

--- Without the first field, where that is a key.
function explained.after_key(list, keyed)
  return keyed and table.move(list, 2, #list, 1, {}) or list
end

return explained
