--- Where the time of a trace went: how long each command took, from the line that was sent to its final result code.

---@class hayes.trace.trip
---@field command hayes.trace.item
---@field seconds number   until the last line before the next command, or before a pause
---@field last integer     index of the item that ended it

local figures = {}

local finals = { OK = true, ERROR = true, ["SEND OK"] = true, ["SEND FAIL"] = true, ["NO CARRIER"] = true }

local function is_final(dialect, text)
  if finals[text] or text:find "^%+CM[ES] ERROR:" then return true end
  for _, final in ipairs(dialect and dialect.finals or {}) do
    if text == final[1] or final.prefix and text:sub(1, #final[1]) == final[1] then return true end
  end
  return false
end

--- The commands of a trace, in order, with how long each took; one that was not answered is not among them.
---@param items hayes.trace.item[]
---@param dialect? hayes.dialect whose final result codes count, too
---@return hayes.trace.trip[]
function figures.round_trips(items, dialect)
  local list, open = {}, nil
  for i, item in ipairs(items) do
    if item.mark == ">" and not item.bytes and item.text:find "^[Aa][Tt]" then
      open = item
    elseif item.mark == "<" and open and not item.bytes and is_final(dialect, item.text) then
      list[#list + 1] = { command = open, seconds = item.elapsed - open.elapsed, last = i }
      open = nil
    end
  end
  return list
end

return figures
