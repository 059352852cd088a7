--- Decides whether an unknown line is an announcement of data that the serial line has damaged.
---
--- If an announcement is lost, its data is missing from a stream, and nothing else reveals the gap. The comparison is
--- strict, because modules have more URCs than a dialect declares, and a text message may contain any line.

local likeness = {}

--- The cost of a lost byte and of an extra one (a changed byte is both), and the highest total cost at which a line
--- still counts as damaged: six bytes lost, or two changed, or three extra.
local LOST, STRANGE, MOST = 1, 2, 6

--- The index in the line at which `head` ends, comparing from byte h of `head` and byte l of the line; nil if the
--- damage would cost more than `most`, or if no number follows.
local function find_end(head, h, line, l, most)
  while h <= #head and head:byte(h) == line:byte(l) do h, l = h + 1, l + 1 end
  if h > #head then return line:find("^%f[%d\0]", l) end
  return most >= LOST and find_end(head, h + 1, line, l, most - LOST)
    or most >= STRANGE and find_end(head, h, line, l + 1, most - STRANGE)
    or nil
end

--- The rest of a line after `head`, if the line begins with `head`, damaged or not, followed by a number or nothing;
--- nil otherwise.
---@param line string
---@param head string `+QIURC: "recv",`
---@return string?
function likeness.behind(line, head)
  local rest = find_end(head, 1, line, 1, MOST)
  return rest and line:sub(rest)
end

return likeness
