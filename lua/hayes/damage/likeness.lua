--- Does a line announce something, or did it before the serial line damaged it?
---
--- Asked of unknown lines where data is announced: if an announcement is lost, its data is missing from a stream, and
--- nothing else tells. It is answered strictly: modules have more URCs than a dialect declares, and the line of a text
--- message may say anything.

local likeness = {}

--- What each damage costs, and how much a line may have suffered: six bytes lost, or two changed, or three that do not
--- belong there.
local LOST, STRANGE, MOST = 1, 2, 6

--- Where in the line `head` ends, from its byte h and the line's byte l on; nil: not with so little damage, or there is
--- no number behind it.
local function find_end(head, h, line, l, most)
  while h <= #head and head:byte(h) == line:byte(l) do h, l = h + 1, l + 1 end
  if h > #head then return line:find("^%f[%d\0]", l) end
  return most >= LOST and find_end(head, h + 1, line, l, most - LOST)
    or most >= STRANGE and find_end(head, h, line, l + 1, most - STRANGE)
    or nil
end

--- What the line says behind `head`, when it begins with that, damaged or not, and a number or nothing stands behind
--- it; nil when it says something else.
---@param line string
---@param head string `+QIURC: "recv",`
---@return string?
function likeness.behind(line, head)
  local rest = find_end(head, 1, line, 1, MOST)
  return rest and line:sub(rest)
end

return likeness
