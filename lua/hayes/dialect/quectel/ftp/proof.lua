--- How much of a file has crossed the line unharmed: told by a few bytes, the same on this side and on the server.
---
--- A line that has lost or doubled a byte has shifted everything after it. Equal bytes at equal offsets rule that out
--- only where the file does not repeat itself: zeros are equal however far they were shifted.

local carry = require "hayes.dialect.quectel.ftp.carry"
local errors = require "hayes.error"

local proof = {}

--- Bytes compared at once; and how many of them, the last, must not occur a second time within so many bytes on either
--- side. Drivers that lose bytes lose up to a buffer's worth, 4096.
local SAMPLE, KEY, AROUND = 512, 256, 8192

local function occurs_once(text, key)
  local first = text:find(key, 1, true)
  return first ~= nil and not text:find(key, first + 1, true)
end

--- The last bytes in front of an offset, and whether their being equal proves all from `from` to there.
local function sample(read, from, at, last)
  local low = math.max(from, at - AROUND)
  local text, err = read(low, math.min(last, at + AROUND) - low)
  if not text then return nil, err end
  local bytes = text:sub(math.max(1, at - low - SAMPLE + 1), at - low)
  return bytes, at - from <= SAMPLE or occurs_once(text, bytes:sub(-KEY))
end

--- The furthest offset from `from` to `at` that can be proven, as far as a short search tells; always beyond `from`.
--- With it the bytes in front of it, which must then be the same on the server.
---@param read fun(at: integer, length: integer): string?, hayes.error? this side's bytes
---@param from integer all in front of it is right
---@param at integer
---@param last integer this side has no bytes behind it
---@return integer?, string|hayes.error
function proof.find(read, from, at, last)
  local place, back = at, 0
  while true do
    local bytes, proves = sample(read, from, place, last)
    if not bytes then return nil, proves end
    if proves then return place, bytes end
    back = math.max(SAMPLE, back * 2)
    place = math.max(at - back, from + SAMPLE)
  end
end

--- Does the server's file have these bytes in front of this offset? nil and an error if that cannot be told.
---@return boolean?, hayes.error?
function proof.is_same(session, path, at, bytes, doing)
  local theirs, err = carry.read(session, path, at - #bytes, #bytes, doing)
  if not theirs then return nil, err end
  if #theirs == #bytes then return theirs == bytes end
  return nil, errors.new { name = "short_read", origin = "ftp",
    message = ("%s: %d of %d bytes to compare came"):format(doing, #theirs, #bytes) }
end

return proof
