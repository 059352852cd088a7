--- Takes out of what a module says whatever names the one module, its SIM card, its owner or its network.

local scrub = {}

local HIDDEN <const> = "***"

local function hide_digits(digits) return #digits >= 13 and HIDDEN or nil end

local function hide_hexadecimal(word)
  return #word == 12 and word:find "%d" and HIDDEN or nil
end

--- A line without serial numbers and numbers of SIM cards (13 digits and more), telephone numbers, hardware and
--- Internet addresses.
---@param line string
---@return string
function scrub.line(line)
  line = line:gsub(("%x%x[:-]"):rep(5) .. "%x%x", HIDDEN)
  line = line:gsub("%f[%w]%x+%f[%W]", hide_hexadecimal)
  line = line:gsub("%d+", hide_digits)
  line = line:gsub("%+%d%d%d%d%d%d%d+", "+" .. HIDDEN)
  line = line:gsub('"%d+%.%d+%.%d+%.%d+"', '"' .. HIDDEN .. '"')
  return (line:gsub("[%c\127]", "?"))
end

--- The same for lines of one answer, as a new list.
---@param lines string[]
---@return string[]
function scrub.lines(lines)
  local list = {}
  for i, line in ipairs(lines) do list[i] = scrub.line(line) end
  return list
end

return scrub
