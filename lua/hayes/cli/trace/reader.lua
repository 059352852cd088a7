--- Reads the traces that lua/hayes/trace.lua writes.

---@class hayes.trace.item
---@field line integer       in the file, from 1
---@field time number        seconds since 1970, by the clock of that machine
---@field elapsed number     seconds since the first item; none pass where the clock was set back
---@field date string        `2026-11-27`
---@field clock string       `18:10:28.345678`
---@field mark "<"|">"|"-"   from the module, to it, or a remark
---@field text string        as it was written
---@field bytes? integer     data of that many bytes, in place of text

local errors = require "hayes.error"
local local_file = require "hayes.local_file"

local reader = {}

local LONGEST_LINE = 1 << 20 -- bytes
local MOST_ITEMS = 1000000
local MOST_SKIPPED = 1000000 -- lines that are none
local WITHOUT_ITEM = 1 << 24 -- bytes: what has no line of a trace in these is none, and may have no end

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

local function no_trace(path, words)
  return errors.new { name = "no_trace", message = ("%s %s"):format(path, words),
    hint = "A trace is what hayes.open(port, { trace = PATH }), and --trace of each command, write." }
end

--- Calls f(line, read) for each line of what a source gives, without its end, and with the bytes read so far, until
--- that gives false. Of a line that is too long only the beginning is kept.
---@return true?, hayes.error?
local function each_line(source, f)
  local rest, read = "", 0
  while true do
    local bytes, err = source()
    if err then return nil, err end
    read = read + #(bytes or "")
    local from, stop = 1, (bytes or ""):find("\n", 1, true)
    while stop do
      if not f((rest .. bytes:sub(from, stop - 1)):gsub("\r$", ""), read) then return true end
      rest, from, stop = "", stop + 1, bytes:find("\n", stop + 1, true)
    end
    if #rest <= LONGEST_LINE then rest = rest .. (bytes or ""):sub(from) end
    if not bytes then return rest == "" or f((rest:gsub("\r$", "")), read) or true end
    if read >= WITHOUT_ITEM and not f(nil, read) then return true end
  end
end

--- Notes the time elapsed at each item.
local function measure(items)
  local set_back = 0
  for i, item in ipairs(items) do
    local before = items[i - 1]
    if before and item.time < before.time then set_back = set_back + before.time - item.time end
    -- At least the one before, where the sum is rounded.
    item.elapsed = math.max(item.time + set_back - items[1].time, before and before.elapsed or 0)
  end
end

--- The items of a trace. Lines that are none (a gap in the trace, the end of a file that was cut) are left out; how
--- many is the second value.
---@param path string
---@param most? integer  items; a longer trace is refused (a million)
---@return hayes.trace.item[]?, integer|hayes.error
function reader.read(path, most)
  most = most or MOST_ITEMS
  local source, err = local_file.bytes(path)
  if not source then return nil, err end
  local items, number, skipped = {}, 0, 0
  local _, failure = each_line(source, function(text, read)
    if text then
      number = number + 1
      local item = #text <= LONGEST_LINE and reader.item(text, number) or nil
      if item then items[#items + 1] = item else skipped = skipped + 1 end
    end
    return #items <= most and (#items > 0 or read < WITHOUT_ITEM) and skipped < MOST_SKIPPED
  end)
  if failure then return nil, failure end
  if #items > most then
    return nil, errors.new { name = "file_too_long", message = ("%s has more than %d lines of a trace")
      :format(path, most),
      hint = "Give a part of it: `tail -n 100000 FILE > PART`." }
  end
  if #items == 0 or skipped >= MOST_SKIPPED then return nil, no_trace(path, "holds no line of a trace") end
  measure(items)
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
