--- Reads the traces that lua/hayes/trace.lua writes.

---@class hayes.trace.item
---@field line integer       in the file, from 1
---@field time number        seconds since 1970
---@field date string        `2026-11-27`
---@field clock string       `18:10:28.345678`
---@field mark "<"|">"|"-"   from the module, to it, or a remark
---@field text string        as it was written
---@field bytes? integer     data of that many bytes, in place of text

local errors = require "hayes.error"

local reader = {}

local LINE = "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d%.%d+)Z ([<>-]) (.*)$"

local DAYS_BEFORE = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 }

--- Seconds since 1970 for a time in UTC, which os.time takes for local time.
local function seconds_of(year, month, day, hour, minute, second)
  local leap_years = (month > 2 and year or year - 1)
  local days = (year - 1970) * 365 + leap_years // 4 - leap_years // 100 + leap_years // 400 - 477
    + (DAYS_BEFORE[month] or 0) + day - 1
  return days * 86400 + hour * 3600 + minute * 60 + second
end

---@param text string
---@param number integer
---@return hayes.trace.item?
function reader.item(text, number)
  local year, month, day, hour, minute, second, mark, rest = text:match(LINE)
  if not year then return nil end
  return {
    line = number, mark = mark, text = rest, bytes = math.tointeger(tonumber(rest:match "^%[(%d+) bytes%]$")),
    date = ("%s-%s-%s"):format(year, month, day), clock = ("%s:%s:%s"):format(hour, minute, second),
    time = seconds_of(math.tointeger(year), math.tointeger(month), math.tointeger(day), math.tointeger(hour),
      math.tointeger(minute), tonumber(second)),
  }
end

--- The items of a trace. Lines that are none (a gap in the trace, the end of a file that was cut) are left out; how
--- many is the second value.
---@param path string
---@return hayes.trace.item[]?, integer|hayes.error
function reader.read(path)
  local file, err = io.open(path, "r")
  if not file then
    return nil, errors.new { name = "no_such_file", message = ("the trace cannot be read: %s"):format(err) }
  end
  local items, number, skipped = {}, 0, 0
  for text in file:lines() do
    number = number + 1
    local item = reader.item(text, number)
    if item then items[#items + 1] = item else skipped = skipped + 1 end
  end
  file:close()
  if #items == 0 then
    return nil, errors.new { name = "no_trace", message = ("%s holds no line of a trace"):format(path),
      hint = "A trace is what hayes.open(port, { trace = PATH }), and --trace of each command, write." }
  end
  return items, skipped
end

--- The bytes that a line stands for: `\x0d` is one.
---@param text string
---@return string
function reader.bytes_of(text)
  return (text:gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- The name of the dialect that the trace was made with, as far as it tells.
---@param items hayes.trace.item[]
---@return string?
function reader.dialect(items)
  local name
  for _, item in ipairs(items) do
    if item.mark == "-" then name = item.text:match "^dialect ([%w_%-]+)$" or name end
  end
  return name
end

return reader
