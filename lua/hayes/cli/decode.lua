--- Lines of a module with their fields in words.

local decode = {}

local function fields_of(modem, line)
  local found = line:find "^[%+%^%$#%*%%]" and modem:explain(line)
  return found and found.has_values and found.fields or nil
end

--- The fields of a line by name; nil: nothing is declared of it.
---@param modem hayes.modem
---@param line string
---@return table?
function decode.values(modem, line)
  local fields = fields_of(modem, line)
  if not fields then return nil end
  local values = {}
  for _, field in ipairs(fields) do values[field.name] = field.value end
  return values
end

--- Prints the line, and below it each field with its value and what that means.
---@param out hayes.cli.output
---@param modem hayes.modem
---@param line string
function decode.print(out, modem, line)
  out:line("%s", line)
  local rows = {}
  for i, field in ipairs(fields_of(modem, line) or {}) do
    local value = field.value == nil and "-" or tostring(field.value)
    rows[i] = { field.name, value .. (field.unit and " " .. field.unit or ""), field.meaning or field.doc or "" }
  end
  out:table(rows, "  ")
end

return decode
