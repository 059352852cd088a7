--- A listening socket of a declared service, as hayes.server wants one (hayes.listener). Clients are noted when they
--- connect, so that nothing of what they send at once is lost.

local Connection = require "hayes.links.connection"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local step = require "hayes.links.step"
local wait = require "hayes.wait"

---@class hayes.links.listener: hayes.listener
local Listener = {}
Listener.__index = Listener

---@param registry hayes.links.registry
---@param declared hayes.links.link
---@param id integer
---@param port integer
function Listener.new(registry, declared, id, port)
  return setmetatable({ registry = registry, modem = registry.modem, declared = declared, id = id, port = port,
    waiting = {}, arrival = false, ended = false, released = false }, Listener)
end

function Listener:title() return ("the server on port %d"):format(self.port) end

local function values_of(self) return { server = self.id, port = self.port } end

---@return true?, hayes.error?
function Listener:open()
  local ok, err = self.registry:prepare(self.declared)
  if not ok then return nil, err end
  local response
  response, err = step.run(self.modem, self.declared.listen.open, values_of(self))
  if not response then return nil, errors.within(err, self:title()) end
  return true
end

local function notify(self)
  if self.arrival then self.arrival:fire() end
end

--- A client has connected; the module has given it this id.
function Listener:on_client(id)
  local earlier = self.registry.by_id[id]
  if earlier then earlier:on_closed() end -- its end got lost on the line
  local connection = Connection.new(self.registry, self.declared, id, "a client of port", self.port)
  self.registry.by_id[id], self.registry.cleared[id] = connection, true
  if self.released then return connection:abandon() end
  self.waiting[#self.waiting + 1] = connection
  notify(self)
end

function Listener:lose(err)
  self.ended = self.ended or err
  notify(self)
end

function Listener:next(deadline)
  while true do
    local connection = table.remove(self.waiting, 1)
    if connection then return connection end
    if self.ended then return nil, self.ended end
    if deadline and deadline <= wait.now() then return nil, "timeout" end
    if not self.arrival or self.arrival.fired then self.arrival = wait.waiter() end
    self.arrival:wait(deadline)
  end
end

function Listener:close()
  if self.released then return true end
  self.released = true
  local gone = self.ended
  self:lose(errors.closed(self:title()))
  for _, connection in ipairs(self.waiting) do connection:close() end
  self.waiting = {}
  local servers = self.registry.servers
  if gone then return true end
  local response, err = step.run(self.modem, self.declared.listen.close, values_of(self))
  if response or step.is_refusal(err) or self.modem.closed_with then
    if servers[self.id] == self then servers[self.id] = nil end
    return response and true, err
  end
  self:close_later()
  return nil, err
end

--- Closes it in the module until that answers; its number is not used before.
function Listener:close_later()
  local servers = self.registry.servers
  exchange.insist(self.modem, step.text(self.modem, self.declared.listen.close, values_of(self)), function()
    if servers[self.id] == self then servers[self.id] = nil end
  end)
end

function Listener:abandon()
  if self.released or self.ended or self.modem.closed_with then return end
  wait.spawn_detached(self.close, self)
end

return Listener
