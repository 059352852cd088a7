--- What the declarations find wrong with a command that a module has refused.

local errors = require "hayes.error"

local advice = {}

local function quoted(value)
  return type(value) == "string" and ('"%s"'):format(value) or tostring(value)
end

--- A sentence may begin with a command, as it was typed.
local function sentence(text)
  return text:find "^[Aa][Tt]%A" and text or (text:gsub("^%l", string.upper))
end

--- What is wrong with the parameters of the first command of a line that has something wrong, and what tells more.
local function problems_of(explanation, explain)
  local list = {}
  for _, field in ipairs(explanation.fields or {}) do
    if field.problem and field.value == nil then
      list[#list + 1] = ("%s %s"):format(field.name, field.problem)
    elseif field.problem then
      list[#list + 1] = ("%s %s, and is %s"):format(field.name, field.problem, quoted(field.value))
    end
  end
  if #list > 0 then
    return ("%s. `%s` tells more."):format(table.concat(list, "; "), explain:format(explanation.name))
  end
  for _, other in ipairs(explanation.others or {}) do
    local text = problems_of(other, explain)
    if text then return text end
  end
end

--- The error with a hint that says which parameters are wrong, or which command may have been meant; the error itself
--- where none is.
---@param modem hayes.modem
---@param text string the command
---@param err any
---@param explain? string how the person asks what a command means: `?%s` at the prompt; `hayes explain %s` if not given
---@return any err
function advice.on(modem, text, err, explain)
  if not errors.is(err) or not err.result then return err end
  local found, unknown = modem:explain(text)
  local hint = found and found.kind == "command" and problems_of(found, explain or "hayes explain %s")
  if not found and unknown.known then hint = sentence(unknown.message) .. "." end
  local nearest = not found and not hint and (unknown.nearest or {})[1]
  if nearest and nearest:find "^%p" and not err.code then hint = ("Did you mean AT%s?"):format(nearest) end
  if not hint then return err end
  local better = errors.copy(err)
  better.hint = err.code and err.hint and hint .. " " .. err.hint or hint
  return better
end

return advice
