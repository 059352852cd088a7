--- modem.clock: the module's clock, by which it checks certificates (AT+CCLK, SSL note 1.5).

local check = require "hayes.check"
local errors = require "hayes.error"
local Lock = require "hayes.lock"
local utc = require "hayes.dialect.quectel.utc"
local wait = require "hayes.wait"

--- A host whose own clock is older than this library has no right time to give (a gateway without a battery).
local PLAUSIBLE = os.time { year = 2024, month = 1, day = 1 }

--- A module writes years with two digits, and those from 70 on are of the last century.
local FIRST, LAST = utc.days(2000, 1, 1) * 86400, utc.days(2070, 1, 1) * 86400 - 1

local QUARTER = 15 * 60

--- `26/08/07,13:54:02+32` as Unix time and the zone in seconds east of UTC; nil if the text is none.
local function parse(text)
  local year, month, day, hour, minute, second, sign, quarters =
    text:match("^(%d%d)/(%d%d)/(%d%d),(%d%d):(%d%d):(%d%d)([+-]?)(%d*)")
  if not year or sign ~= "" and quarters == "" then return nil end
  year, month, day, hour, minute, second = math.tointeger(tonumber(year)), math.tointeger(tonumber(month)),
    math.tointeger(tonumber(day)), math.tointeger(tonumber(hour)), math.tointeger(tonumber(minute)),
    math.tointeger(tonumber(second))
  if month > 12 or day > 31 or hour > 23 or minute > 59 or second > 60 then return nil end
  -- A module whose clock was never set says 70 or 80.
  year = year + (year >= 70 and 1900 or 2000)
  local zone = sign ~= "" and tonumber(sign .. quarters:sub(1, 2)) * QUARTER or 0
  return utc.days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone, zone
end

--- The module has answered, and not with a time.
local function is_unreadable(err)
  return err.result ~= nil or err.name == "bad_answer"
end

return function(modem)
  ---@class hayes.quectel.clock modem.clock of a Quectel module
  local clock = {}

  local setting = Lock.new() -- held while ensure() reads and sets the clock

  --- The module's time: Unix time (UTC), and its zone in seconds east of UTC.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: 27.007 8.15, AT+CCLK; SSL note 1.5.
  ---@return integer?, any
  function clock.get()
    local fields, err = modem:query("AT+CCLK?")
    if not fields then return nil, err end
    local time, zone = parse(tostring(fields.time) .. (fields[2] and "," .. fields[2] or ""))
    if time then return time, zone end
    return nil, errors.new { name = "bad_answer", message = "the module reports its time as " .. tostring(fields.time) }
  end

  local function set(time)
    local response, err = modem:call("+CCLK", "write", { os.date("!%y/%m/%d,%H:%M:%S+00", time) })
    if not response then return nil, err end
    return true
  end

  --- Sets the module's clock, to the host's time when none is given. It is set to UTC. Its years have two digits:
  --- times before 2000 and after 2069 raise.
  ---
  --- Errors: those of modem:at.
  ---
  --- Source: 27.007 8.15, AT+CCLK.
  ---@param time? integer Unix time (the host's)
  ---@return true?, hayes.error?
  function clock.set(time)
    check.value("clock.set", "the time", time, { type = "integer|nil" })
    if time and (time < FIRST or time > LAST) then
      check.fail("clock.set", ("the time is %d; it must be from %d to %d: the module has the years 2000 to 2069")
        :format(time, FIRST, LAST))
    end
    local _setting <close> = setting:take()
    return set(time or wait.wall_clock())
  end

  --- Sets the clock from the host's when it is unset, unreadable or wrong by more than a day, and the host's own can be
  --- right. Gives true, and whether it was set. Where the module has no clock to read or set, that is no error here: a
  --- certificate that it then refuses is.
  ---
  --- Errors: those of modem:at.
  ---
  --- Source: 27.007 8.15, AT+CCLK; SSL note 1.5.
  ---@return boolean?, any
  function clock.ensure()
    local held <close>, unwanted = setting:take_wanted()
    if not held then return nil, unwanted end
    local host = wait.wall_clock()
    local time, err = clock.get()
    if not time and not is_unreadable(err) then return nil, err end
    if time and math.abs(time - host) <= 86400 or host < PLAUSIBLE or host > LAST then return true, false end
    local ok
    ok, err = set(host)
    if ok then return true, true end
    if not time and err.result then return true, false end
    return nil, err
  end

  return clock
end
