--- Dates of the Gregorian calendar, UTC.

local utc = {}

--- Days since 1970-01-01.
---@param year integer
---@param month integer
---@param day integer
function utc.days(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

--- Unix time of `YYYYMMDDHHMMSS`, with or without a fraction (RFC 3659 2.3); nil if the text is none.
---@param text string
---@return integer?
function utc.parse(text)
  local year, month, day, hour, minute, second = text:match("^(%d%d%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)")
  if not year then return nil end
  return math.tointeger(utc.days(tonumber(year), tonumber(month), tonumber(day)) * 86400 + hour * 3600 + minute * 60
    + second)
end

return utc
