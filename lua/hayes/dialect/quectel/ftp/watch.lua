--- Looks at a transfer over the port while it is under way: tells how far it is, and finds the end of data that is
--- shorter than announced, or of unknown length.

local trailer = require "hayes.dialect.quectel.ftp.trailer"
local wait = require "hayes.wait"

--- Seconds between two looks.
local EVERY = 0.03

--- Silence behind a trailer whose number is right, seconds; behind one that tells of a failure, which has no such
--- number; behind what may be the beginning of one.
local SURE_QUIET, DOUBTFUL_QUIET, BROKEN_QUIET = 0.05, 0.5, 2

local Watch = {}
Watch.__index = Watch

---@param modem hayes.modem
---@param name string      of the command, `+QFTPGET`
---@param request hayes.request
---@param moved fun(bytes: integer) how much of this command's data has passed; must neither wait nor raise
function Watch.start(modem, name, request, moved)
  local self = setmetatable({ modem = modem, name = name, request = request, moved = moved, timer = false,
    seen = -1, since = 0, length = request.data and (request.length or #request.data), block = request.block,
    was_cut = false }, Watch)
  wait.schedule(self, wait.now() + EVERY)
  return self
end

local function end_of_data(self, now, received)
  local engine, quiet = self.modem.engine, now - self.since
  if quiet < SURE_QUIET then return end
  local tail = engine:tail()
  if not tail then return end
  if received == self.block then
    -- All has come, and nothing behind it: the module's words may be the last of what should have been data.
    if quiet >= BROKEN_QUIET and trailer.may_begin(tail, self.name) then
      engine:cancel(self.modem.exchanges.holder.id, now)
      self.modem:turn(now)
    end
    return
  end
  local count, sure = trailer.find(tail, self.name, received, self.modem.dialect.boot)
  if count and (sure or quiet >= DOUBTFUL_QUIET) then
    self.was_cut = true
    engine:cut(count)
    self.modem:turn(now)
  end
end

function Watch:due(now)
  local modem = self.modem
  if self.over or modem.closed_with then return end
  local holder = modem.exchanges.holder
  if holder and holder.request == self.request then
    local left, received = modem.engine:progress()
    local passed = self.length and self.length - left or received
    if passed ~= self.seen then
      self.seen, self.since = passed, now
      self.moved(passed)
    end
    if self.block then end_of_data(self, now, received) end
  end
  if not self.over then wait.schedule(self, now + EVERY) end
end

function Watch:__close()
  self.over = true
  self.timer = false
end

return Watch
