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

--- Samples of a file that another run has written. Each takes a data connection.
local MOST_SAMPLES = 12

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
---@param last integer this side has no bytes after it
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

--- Where a file that nobody in this run has written is looked at, beside its end: the offsets after the samples. The
--- first is the file's head; the others are spread evenly, the more the longer the file is.
---@param size integer
---@return integer[]
function proof.places(size)
  local count = math.max(2, math.min(MOST_SAMPLES, math.floor(math.log(math.max(size, 1) / 8192, 2))))
  local places = {}
  for i = 0, count - 1 do
    local place = math.min(size, SAMPLE) + (size - math.min(size, SAMPLE)) * i // count
    if place > 0 and place ~= places[#places] then places[#places + 1] = place end
  end
  return places
end

--- Are the samples of a file of another run, from its head on, the same on both sides? nil and an error if that cannot
--- be told.
---@param read fun(at: integer, length: integer): string?, hayes.error?
---@param size integer
---@return boolean?, hayes.error?
function proof.is_ours(session, path, read, size, doing)
  for _, place in ipairs(proof.places(size)) do
    local from = math.max(0, place - SAMPLE)
    local bytes, err = read(from, place - from)
    if not bytes then return nil, err end
    local same
    same, err = proof.is_same(session, path, place, bytes, doing)
    if not same then return same, err end
  end
  return true
end

--- Bytes of a file that are read back at once.
local READ_BACK = 1 << 16

--- Reads the server's file back. True if it has our bytes; false and the first offset of a piece that differs; nil and
--- the error if it cannot be read.
---@param read fun(at: integer, length: integer): string?, hayes.error?
---@param base integer what of the server's file belongs to our offset 0
---@return boolean?, integer|hayes.error|nil
function proof.read_back(session, path, read, from, last, base, doing)
  for at = from, last - 1, READ_BACK do
    local ours, err = read(at, math.min(READ_BACK, last - at))
    if not ours then return nil, err end
    local same
    same, err = proof.is_same(session, path, base + at + #ours, ours, doing)
    if same == nil then return nil, errors.within(err, "reading back what was carried") end
    if not same then return false, at end
  end
  return true
end

--- The error for a file that has other bytes than were carried.
function proof.differs(doing, at)
  return errors.new { name = "content_differs", origin = "ftp",
    message = ("%s: read back, the two files differ after byte %d"):format(doing, at) }
end

return proof
