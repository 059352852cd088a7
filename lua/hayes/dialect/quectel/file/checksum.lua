--- The checksum of the FILE note: the exclusive or of a file's big-endian 16-bit words, an odd last byte being the high
--- one, as AT+QFUPL prints it (checked against EG800K, EC25, BG96 and BG95).

local check = require "hayes.check"

local Checksum = {}
Checksum.__index = Checksum

--- The checksum of bytes, as the module counts it.
---
--- Source: FILE note, QFUPL.
---@param bytes string all of them
---@return integer
function Checksum.of(bytes)
  if type(bytes) ~= "string" then check.value("file.checksum", "the bytes", bytes, { type = "string" }) end
  local sum, at = 0, 1
  local pairs_of_bytes = #bytes // 2
  while at + 15 <= #bytes do
    local a, b = string.unpack(">I8I8", bytes, at)
    local word = a ~ b
    word = word ~ (word >> 32)
    sum = sum ~ word ~ (word >> 16)
    at = at + 16
  end
  while at < pairs_of_bytes * 2 do
    sum = sum ~ string.unpack(">I2", bytes, at)
    at = at + 2
  end
  if #bytes % 2 == 1 then sum = sum ~ (bytes:byte(-1) << 8) end
  return sum & 0xffff
end

--- A checksum as the module prints it: hexadecimal, without leading zeros.
---@param sum integer
function Checksum.text(sum)
  return ("%x"):format(sum)
end

--- One that grows with what comes in, in pieces of any length.
function Checksum.new()
  return setmetatable({ sum = 0, odd = false }, Checksum)
end

---@param bytes string
function Checksum:add(bytes)
  if #bytes == 0 then return end
  if self.odd then
    self.sum = self.sum ~ bytes:byte(1)
    bytes = bytes:sub(2)
  end
  self.odd = (#bytes % 2 == 1)
  self.sum = self.sum ~ Checksum.of(bytes)
end

function Checksum:__tostring()
  return Checksum.text(self.sum)
end

return Checksum
