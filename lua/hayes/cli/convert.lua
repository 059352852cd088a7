--- Words of a command line as values: for argparse, which prints what the second result says is wrong.

local convert = {}

local function number_in(name, word, least, most, unit, integer)
  local value = tonumber(word)
  if integer then value = math.tointeger(value) end
  if value and value >= least and value <= most then return value end
  return nil, ("%s is %q; it must be a number%s from %s to %s"):format(name, word, unit, least, most)
end

--- A time in seconds, of the option with this name.
---@param name string
---@return fun(word: string): number?, string?
function convert.seconds(name)
  return function(word) return number_in(name, word, 0, 86400, " of seconds") end
end

---@param name string
---@param least integer
---@param most integer
---@return fun(word: string): integer?, string?
function convert.integer(name, least, most)
  return function(word) return number_in(name, word, least, most, "", true) end
end

return convert
