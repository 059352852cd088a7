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

--- Is any of the fields declared? The others have their place as a name, and no meaning.
local function any_declared(fields)
  for i, field in ipairs(fields) do
    if field.name ~= "(" .. i .. ")" then return true end
  end
  return false
end

--- Texts of equal columns: each field with its value and what that means. None where no field is declared, as in a line
--- of titles: they would say no more than the line does.
---@return string[]
function decode.rows(modem, line)
  local rows, widths = {}, { 0, 0 }
  local fields = fields_of(modem, line) or {}
  if not any_declared(fields) then return rows end
  for i, field in ipairs(fields) do
    local value = field.value == nil and "-" or tostring(field.value)
    rows[i] = { field.name, value .. (field.unit and " " .. field.unit or ""), field.meaning or field.doc or "" }
    for column = 1, 2 do widths[column] = math.max(widths[column], #rows[i][column]) end
  end
  for i, row in ipairs(rows) do
    for column = 1, 2 do row[column] = row[column] .. (" "):rep(math.min(widths[column], 90) - #row[column]) end
    rows[i] = table.concat(row, "  "):gsub("%s+$", "")
  end
  return rows
end

--- Prints the line, and below it each field with its value and what that means.
---@param out hayes.cli.output
---@param modem hayes.modem
---@param line string
function decode.print(out, modem, line)
  out:line("%s", line)
  for _, row in ipairs(decode.rows(modem, line)) do out:say(out:style("dim", "  " .. row)) end
end

return decode
