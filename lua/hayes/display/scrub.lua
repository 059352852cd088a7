--- Takes out of what a module says whatever names the one module, its SIM card, its owner or its network.

local scrub = {}

local HIDDEN <const> = "***"

local function count_digits(text) return select(2, text:gsub("%d", "")) end

--- IMEIs, numbers of cards, and telephone numbers without a plus; the longest number of a range has 10 digits.
local function hide_digits(digits)
  return (#digits >= 13 or #digits >= 10 and digits:sub(1, 1) == "0") and HIDDEN or nil
end

--- The same in groups, `35-209900-176148-1`; a range has two of them.
local function hide_groups(text)
  local groups = select(2, text:gsub("%d+", ""))
  return groups >= 3 and count_digits(text) >= 13 and not text:find "[ -][ -]" and HIDDEN or nil
end

local function hide_telephone(text)
  return count_digits(text) >= 7 and "+" .. HIDDEN or nil
end

local function hide_hexadecimal(word)
  return #word == 12 and HIDDEN or nil
end

--- Colons: seven, or two side by side, make an IPv6 address; a time has fewer.
local function hide_ipv6(word)
  local colons = select(2, word:gsub(":", ""))
  return (colons >= 7 or colons >= 2 and word:find("::", 1, true)) and word:find "%x" and HIDDEN or nil
end

--- Is it in the ranges for private networks, or can it be no version for the size of its numbers?
local function is_address(a, b, c, d)
  if a > 255 or b > 255 or c > 255 or d > 255 then return false end
  local private = a == 10 or a == 172 and b >= 16 and b <= 31 or a == 192 and b == 168
  return private or math.max(a, b, c, d) > 31
end

--- Addresses of the Internet, but no versions (`01.001.01.001`).
local function hide_ipv4(text)
  if text:find "%f[%d]0%d" then return nil end
  local a, b, c, d = text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)%f[^%d]"
  return a and is_address(tonumber(a), tonumber(b), tonumber(c), tonumber(d)) and HIDDEN or nil
end

--- A line without serial numbers and numbers of SIM cards (13 digits and more), telephone numbers, hardware and
--- Internet addresses.
---@param line string
---@return string
function scrub.line(line)
  line = line:gsub(("%x%x[:-]"):rep(5) .. "%x%x", HIDDEN)
  line = line:gsub("%f[%w]%x%x%x%x%.%x%x%x%x%.%x%x%x%x%f[%W]", HIDDEN)
  line = line:gsub("%f[%w:][%x:]*:[%x:]+%f[^%w:]", hide_ipv6)
  line = line:gsub("0[xX](%x+)%f[%W]", hide_hexadecimal)
  line = line:gsub("%f[%w]%x+%f[%W]", hide_hexadecimal)
  line = line:gsub("%+(%d[%d ()-]*%d)", hide_telephone)
  line = line:gsub("%d[%d -]*%d", hide_groups)
  line = line:gsub("%d+", hide_digits)
  line = line:gsub('"%d%d%d%d%d%d%d+"', '"' .. HIDDEN .. '"')
  line = line:gsub('"%d+%.%d+%.%d+%.[%d.]+"', '"' .. HIDDEN .. '"')
  line = line:gsub("%f[%w_.]%d+%.%d+%.%d+%.%d[%d.]*%f[^%w_.]", hide_ipv4)
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
