--- A queue of bytes: strings are appended at the end, any number of bytes is taken from the front.

---@class hayes.buffer
---@field size integer bytes in it
local Buffer = {}
Buffer.__index = Buffer

---@return hayes.buffer
function Buffer.new()
  return setmetatable({ size = 0, first = 1, last = 0, offset = 0 }, Buffer)
end

---@param bytes string
function Buffer:put(bytes)
  local length = #bytes
  if length == 0 then return end
  local last = self.last + 1
  self[last] = bytes
  self.last = last
  self.size = self.size + length
end

--- Puts bytes that take() has returned back at the front.
---@param bytes string
function Buffer:put_back(bytes)
  if #bytes == 0 then return end
  local first = self.first
  if self.offset > 0 then
    self[first] = self[first]:sub(self.offset + 1)
    self.offset = 0
  end
  self.first = first - 1
  self[first - 1] = bytes
  self.size = self.size + #bytes
end

local function drop_first(self)
  local first = self.first
  self[first] = nil
  self.offset = 0
  if first == self.last then self.first, self.last = 1, 0 else self.first = first + 1 end
end

--- Takes n bytes from the front, or all if there are fewer.
---@param n integer
---@return string
function Buffer:take(n)
  local part = self[self.first]
  if part and #part == n and self.offset == 0 then
    self.size = self.size - n
    drop_first(self)
    return part
  end
  local parts = {}
  n = math.min(n, self.size)
  self.size = self.size - n
  while n > 0 do
    part = self[self.first]
    local offset = self.offset
    local length = math.min(#part - offset, n)
    parts[#parts + 1] = part:sub(offset + 1, offset + length)
    if offset + length == #part then drop_first(self) else self.offset = offset + length end
    n = n - length
  end
  return #parts == 1 and parts[1] or table.concat(parts)
end

--- Number of bytes left of the string at the front; 0 if the queue is empty.
---@return integer
function Buffer:first_length()
  local part = self[self.first]
  return part and #part - self.offset or 0
end

--- Number of bytes up to and including the first LF; nil if there is none.
---@return integer?
function Buffer:line_length()
  local length, offset = 0, self.offset
  for index = self.first, self.last do
    local part = self[index]
    local at = part:find("\n", offset + 1, true)
    if at then return length + at - offset end
    length = length + #part - offset
    offset = 0
  end
end

--- Discards all bytes.
function Buffer:clear()
  for index = self.first, self.last do self[index] = nil end
  self.size, self.first, self.last, self.offset = 0, 1, 0, 0
end

return Buffer
