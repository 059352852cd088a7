--- What a block of data has swallowed that had fewer bytes than announced: what came behind it was counted as its end.

local swallowed = {}

--- The shortest beginning of an announcement that counts as one where the block ends in the middle of it, bytes.
local SHORTEST = 3

--- Whether the bytes end in the middle of this text.
local function ends_within(bytes, text)
  for length = #text - 1, SHORTEST, -1 do
    if bytes:sub(-length) == text:sub(1, length) then return true end
  end
  return false
end

--- The announcements of other data among these bytes: of each what stands behind `head`, up to the end of its line; ""
--- where the bytes end before that can be told.
---@param event { data: string? } of damage: `long_read`, too, as what ends in the middle of other data seems to be that
---@param head string `+QIURC: "recv",`
---@return string[]
function swallowed.announcements(event, head)
  local found, bytes = {}, event.data
  if not bytes then return found end
  local text, at = "\r\n" .. head, 1
  while true do
    local _, last = bytes:find(text, at, true)
    if not last then break end
    local rest = bytes:match("^[^\r\n]*", last + 1)
    -- A number at the very end may have more digits.
    found[#found + 1] = last + #rest == #bytes and rest:find("^%d*$") and "" or rest
    at = last + 1
  end
  if ends_within(bytes, text) then found[#found + 1] = "" end
  return found
end

return swallowed
