--- A listening socket of the module, as hayes.server needs it.
---
--- Clients ("seeds") are recorded when they connect, so that nothing of what they send at once is lost; next() gives
--- them out in that order.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local wait = require "hayes.wait"

--- Seconds between two polls of the table of sockets: a seed's event may be missing (BW20 firmware P1.0.22).
local LOOK_AFTER = 5

---@class hayes.aithinker.listener: hayes.listener
local Listener = {}
Listener.__index = Listener

---@param registry hayes.aithinker.sockets
---@param wanted table as for sockets:open: type, port, mode, kind ("tcp" or "SSL"), seed_type, what
function Listener.new(modem, registry, id, wanted)
  return setmetatable({ modem = modem, registry = registry, id = id, type = wanted.type, port = wanted.port,
    wanted = wanted, slots = wanted.slots or false, waiting = {}, arrival = false, ended = false,
    looked_at = wait.now(), looking = false, look_again = false }, Listener)
end

--- Its name in messages.
function Listener:title()
  return ("the server on port %d"):format(self.port)
end

--- What to open a seed's connection with.
function Listener:seed()
  return { type = self.wanted.seed_type, what = self.wanted.what, host = "a client of port", port = self.port,
    mode = self.wanted.mode }
end

local function notify(self)
  if self.arrival then self.arrival:fire() end
end

function Listener:on_seed(connection)
  self.waiting[#self.waiting + 1] = connection
  notify(self)
end

--- The module has ended it.
function Listener:on_closed()
  self:lose(errors.closed(self:title(), "the module", { origin = "aithinker" }))
end

function Listener:on_deleted()
  self.registry:forget(self)
  self:on_closed()
end

function Listener:lose(err)
  self.ended = self.ended or err
  notify(self)
end

--- Looks for clients in the table of sockets as a task of its own.
local function look(self)
  self.looking, self.looked_at = true, wait.now()
  wait.spawn_detached(function()
    repeat
      self.look_again = false
      self.registry:look_for_seeds(self)
    until not self.look_again or self.ended
    self.looking = false
  end)
end

--- Something has come that may be of a client which was not announced.
function Listener:look_soon()
  self.look_again = true
  if not (self.looking or self.ended or self.modem.online) then look(self) end
end

--- When it is time to look; calls of next() share it, as each may be short.
local function look_if_due(self, now)
  local at = self.looked_at + LOOK_AFTER
  if now < at then return at end
  self:look_soon()
  return now + LOOK_AFTER
end

--- The next client's connection; nil and "timeout" or the error.
function Listener:next(deadline)
  while true do
    local connection = table.remove(self.waiting, 1)
    if connection then return connection end
    if self.ended then return nil, self.ended end
    local now = wait.now()
    local look_at = look_if_due(self, now)
    if deadline and deadline <= now then return nil, "timeout" end
    if not self.arrival or self.arrival.fired then self.arrival = wait.waiter() end
    self.arrival:wait(deadline and math.min(deadline, look_at) or look_at)
  end
end

function Listener:close()
  if self.released then return true end
  self.released = true
  local gone = self.ended
  self:lose(errors.closed(self:title()))
  for _, connection in ipairs(self.waiting) do connection:close() end
  self.waiting = {}
  if gone then return true end
  self.deleted = true
  local response, err = exchange.run(self.modem, "AT+SOCKETDEL=" .. self.id)
  self.registry:forget(self)
  if response then return true end
  return nil, err
end

function Listener:abandon()
  if self.released or self.ended or self.modem.closed_with then return end
  wait.spawn_detached(self.close, self)
end

return Listener
