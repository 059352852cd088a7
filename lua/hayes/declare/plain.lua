--- A dialect is data, and what a file returns may be anything: before a table is looked at closely, it must be plain
--- and of a bounded size.

local check = require "hayes.check"

local plain = {}

-- The largest dialect of the library holds 9,000 values with 70,000 bytes of text.
local MOST_VALUES = 200000
local MOST_TEXT = 1 << 22  -- bytes in all
local LONGEST_TEXT = 65536 -- bytes

local function named(path, key)
  if type(key) ~= "string" then return ("%s[%s]"):format(path, check.show(key)) end
  if #key > 64 or not key:find "^[%a_][%w_]*$" then return ("%s[%s]"):format(path, check.show(key:sub(1, 64))) end
  return path == "" and key or path .. "." .. key
end

--- What is wrong with a table as such: a sentence; nil if nothing is.
---@param given table
---@return string?
function plain.problem(given)
  local waiting, seen, values, text = { { given, "" } }, { [given] = true }, 0, 0
  local function count(value, path, key)
    values = values + 1
    if type(value) == "string" then
      text = text + #value
      if #value > LONGEST_TEXT then
        return ("%s is a text of %d bytes; one may have %d"):format(named(path, key), #value, LONGEST_TEXT)
      end
    elseif type(value) == "table" and not seen[value] then
      seen[value] = true
      waiting[#waiting + 1] = { value, named(path, key) }
    end
  end
  while #waiting > 0 do
    local of, path = table.unpack(table.remove(waiting))
    if getmetatable(of) ~= nil then
      return ("%s has a metatable; a dialect is plain data"):format(path == "" and "the dialect" or path)
    end
    for key, value in next, of do
      local problem = count(key, path, key) or count(value, path, key)
      if problem then return problem end
      if values > MOST_VALUES or text > MOST_TEXT then
        return ("the dialect holds more than %d values, or more than %d bytes of text"):format(MOST_VALUES, MOST_TEXT)
      end
    end
  end
end

return plain
