--- A listening socket of the module, as hayes.server needs it.
---
--- Clients are recorded when they connect, so that nothing of what they send at once is lost; next() gives them out in
--- that order. A dialect's listener extends this one: it puts in the clients, and closes the socket in the module.

local errors = require "hayes.error"
local wait = require "hayes.wait"

---@class hayes.listener
---@field modem hayes.modem
---@field port integer
---@field released boolean          close() was called
---@field ended hayes.error|false   why there will be no more clients
---@field place { gone: boolean, lost: hayes.error|false } the `owner` of its commands (hayes.request): gone once the
---  module no longer has it, and may give its number to another one
---@field package waiting table[]   the connections that nobody has accepted
---@field package arrival hayes.waiter|false
---@field release fun(self): true?, hayes.error?  a dialect's: closes the socket in the module
local Listener = {}
Listener.__index = Listener

---@generic T
---@param listener T a dialect's
---@return T
function Listener.init(listener)
  listener.waiting, listener.arrival, listener.ended, listener.released = {}, false, false, false
  listener.place = { gone = false, lost = false }
  return listener
end

--- Its name in messages.
function Listener:title() return ("the server on port %d"):format(self.port) end

local function notify(self)
  if self.arrival then self.arrival:fire() end
end

--- A client has connected. Nobody wants one whose event comes while the socket is being closed.
---@param connection table
function Listener:put(connection)
  if self.released then return connection:abandon() end
  self.waiting[#self.waiting + 1] = connection
  notify(self)
end

--- No more clients will come.
local function end_waiting(self, err)
  self.ended = self.ended or err
  notify(self)
end

--- The module no longer has it: no more clients will come, and no command about it is sent.
---@param err hayes.error
function Listener:lose(err)
  local place = self.place
  place.gone, place.lost = true, place.lost or err
  end_waiting(self, err)
end

--- A dialect whose modules may not announce a client looks for it here. When to look again; nil: not at all.
---@type fun(self, now: number): number?
Listener.look_if_due = function() end

--- The next client's connection; nil and "timeout" or the error.
---@param deadline? number
---@return table?, any
function Listener:next(deadline)
  while true do
    local connection = table.remove(self.waiting, 1)
    if connection then return connection end
    if self.ended then return nil, self.ended end
    local now = wait.now()
    local look_at = self:look_if_due(now)
    if deadline and deadline <= now then return nil, "timeout" end
    if not self.arrival or self.arrival.fired then self.arrival = wait.waiter() end
    self.arrival:wait(deadline and look_at and math.min(deadline, look_at) or deadline or look_at)
  end
end

--- Closes it, and the clients that nobody has accepted.
---@return true?, hayes.error?
function Listener:close()
  if self.released then return true end
  self.released = true
  local ended = self.ended
  end_waiting(self, errors.closed(self:title()))
  for _, connection in ipairs(self.waiting) do connection:close() end
  self.waiting = {}
  if ended then return true end
  return self:release()
end

--- Closes it in the background, after the server was collected without close().
function Listener:abandon()
  if self.released or self.ended or self.modem.closed_with then return end
  wait.spawn_detached(self.close, self)
end

return Listener
