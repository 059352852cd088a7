--- Texts that may tell of the end of data mode, looked for in what comes: data may hold them, too.

local ending = { OK = "\r\nOK\r\n" }

--- Where in the bytes a text begins that may mean the end: the first whole one; else the beginning of one at their
--- end, nil if there is neither.
---@param texts string[]
---@param bytes string
---@return integer? whole, integer? partial
function ending.find(texts, bytes)
  local whole, partial
  for _, text in ipairs(texts) do
    local at = bytes:find(text, 1, true)
    if at and (not whole or at < whole) then whole = at end
    for length = math.min(#text - 1, #bytes), 1, -1 do
      if bytes:sub(-length) == text:sub(1, length) then
        local start = #bytes - length + 1
        if not partial or start < partial then partial = start end
        break
      end
    end
  end
  return whole, partial
end

--- Where the module's own words begin in what was held back, now that it is known that they are there: data in front
--- of them may look like them.
---@param texts string[] in the order in which they are looked for
---@param bytes string
---@return integer
function ending.last(texts, bytes)
  for _, text in ipairs(texts) do
    local last
    local at = bytes:find(text, 1, true)
    while at do
      last = at
      at = bytes:find(text, at + 1, true)
    end
    if last then return last end
  end
  return #bytes + 1
end

--- Where the last `OK` from here on is that may be the answer to the escape sequence: behind it there is nothing, or a
--- line that begins like this. And whether the latter is the case.
---@param bytes string
---@param from? integer nil: it can not have come yet
---@param behind? string
---@return integer?, boolean?
function ending.answer(bytes, from, behind)
  local found, followed
  local at = from and bytes:find(ending.OK, from, true)
  while at do
    local next_at = at + #ending.OK
    local line = behind ~= nil and bytes:sub(next_at, next_at + #behind - 1) == behind
    if next_at > #bytes or line then found, followed = at, line end
    at = bytes:find(ending.OK, at + 1, true)
  end
  return found, followed
end

return ending
