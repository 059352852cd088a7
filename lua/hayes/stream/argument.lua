--- Arguments of a socket's methods, taken as LuaSocket takes them: numbers may be strings that hold one, fractions are
--- cut off.

local check = require "hayes.check"

local argument = {}

--- A number, or the default where none is given.
---@param where string the function, for errors
---@param name string
---@param value any
---@param default? number
---@param kind? string what it is called in the error
---@return number?
function argument.number(where, name, value, default, kind)
  if value == nil then return default end
  local number = type(value) ~= "table" and tonumber(value)
  if number and number == number then return number end
  return check.value(where, name, value, { type = kind or "number|nil" })
end

--- Towards zero; what is beyond all integers is the last of them.
---@param number number
---@return integer
function argument.whole(number)
  if math.type(number) == "integer" then return number end
  local cut = number < 0 and math.ceil(number) or math.floor(number)
  return math.tointeger(cut) or cut < 0 and math.mininteger or math.maxinteger
end

--- A string; numbers are taken for one.
---@param where string
---@param name string
---@param value any
---@param default? string
---@return string
function argument.text(where, name, value, default)
  if type(value) == "string" then return value end
  if value == nil and default then return default end
  return tostring(check.value(where, name, value, { type = "string|number" }))
end

return argument
