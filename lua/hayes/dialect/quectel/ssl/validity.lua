--- Dates of certificates against the module's clock, by which it judges them, and against this host's.

local pem_blocks = require "hayes.tls.pem_blocks"
local utc = require "hayes.dialect.quectel.utc"
local wait = require "hayes.wait"

local validity = {}

--- Clocks that differ by less agree.
local TOLERANCE = 300

--- The element at a place of DER: its tag, where its content begins and ends; nil if it is none.
local function element(bytes, at)
  local tag, length = bytes:byte(at, at + 1)
  if not length then return nil end
  local start = at + 2
  if length >= 0x80 then
    local count = length - 0x80
    if count < 1 or count > 4 or #bytes < start + count - 1 then return nil end
    length, start = string.unpack(">I" .. count, bytes, start)
  end
  if start + length - 1 > #bytes then return nil end
  return tag, start, start + length - 1
end

local SEQUENCE, UTC_TIME, GENERALIZED_TIME, VERSION = 0x30, 0x17, 0x18, 0xA0

--- A time of a certificate (RFC 5280 4.1.2.5), and where it ends.
local function time_at(bytes, at)
  local tag, start, stop = element(bytes, at)
  if tag ~= UTC_TIME and tag ~= GENERALIZED_TIME then return nil end
  local text = bytes:sub(start, stop)
  if tag == UTC_TIME then
    local year = tonumber(text:sub(1, 2))
    if not year then return nil end
    text = (year >= 50 and "19" or "20") .. text
  end
  return utc.parse(text), stop
end

--- From when to when a certificate is valid, Unix time; nil if that cannot be read (RFC 5280 4.1).
---@param der string
---@return integer? from, integer? to
function validity.of_der(der)
  local _, certificate = element(der, 1)
  local tag, at = element(der, certificate or #der)
  if tag ~= SEQUENCE then return nil end
  local first = element(der, at)
  -- Version (if there is one), serial number, algorithm, issuer.
  for _ = 1, first == VERSION and 4 or 3 do
    local found, _, stop = element(der, at)
    if not found then return nil end
    at = stop + 1
  end
  local found, start = element(der, at)
  if found ~= SEQUENCE then return nil end
  local from, stop = time_at(der, start)
  local to = from and time_at(der, stop + 1)
  return to and from, to
end

local function date(time) return os.date("!%Y-%m-%d %H:%M UTC", time) end

local function span(seconds)
  local unit, name = 86400, "days"
  if seconds < 7200 then
    unit, name = 60, "min"
  elseif seconds < 2 * 86400 then
    unit, name = 3600, "h"
  end
  return ("%.0f %s"):format(seconds / unit, name)
end

--- The first certificate given as a local file or text that is not valid at this time, in words.
local function find_invalid(options, time)
  for _, option in ipairs { "ca", "certificate" } do
    local given = options[option]
    for _, block in ipairs(given and given.pem and pem_blocks.split(given.pem) or {}) do
      local der = pem_blocks.decode(block.base64)
      local from, to = validity.of_der(der or "")
      if from and (time < from or time > to) then
        return ("%s (%s) is valid from %s to %s"):format(option, given.name, date(from), date(to))
      end
    end
  end
end

---@class hayes.quectel.clocks
---@field off integer      seconds by which the module's clock is ahead of this host's
---@field words? string    what is wrong with it: it differs from this host's, or from the dates of a certificate

--- Compares the module's clock with this host's and with the dates of the certificates that were given; nil if the
--- module does not tell the time.
---@param modem hayes.modem
---@param options table checked
---@return hayes.quectel.clocks?
function validity.compare(modem, options)
  local time = modem.clock.get()
  if not time then return nil end
  local off = time - wait.wall_clock()
  local far = math.abs(off) > TOLERANCE
  local invalid = find_invalid(options, time)
  if not far and not invalid then return { off = off } end
  local words = "the module's clock, by which certificates are checked, says " .. date(time)
  if far then
    words = ("%s, %s %s this host's (modem.clock.set() sets it)"):format(words, span(math.abs(off)),
      off < 0 and "behind" or "ahead of")
  end
  if invalid then words = words .. ", and " .. invalid end
  return { off = off, words = words }
end

return validity
