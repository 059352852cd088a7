--- A listening socket of a declared service.

local Common = require "hayes.stream.listener"
local Connection = require "hayes.links.connection"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local step = require "hayes.links.step"

---@class hayes.links.listener: hayes.listener
local Listener = setmetatable({}, { __index = Common })
Listener.__index = Listener

---@param registry hayes.links.registry
---@param declared hayes.links.link
---@param id integer
---@param port integer
function Listener.new(registry, declared, id, port)
  return Common.init(setmetatable({ registry = registry, modem = registry.modem, declared = declared, id = id,
    port = port }, Listener))
end

local function values_of(self) return { server = self.id, port = self.port } end

---@return true?, hayes.error?
function Listener:open()
  local ok, err = self.registry:prepare(self.declared)
  if not ok then return nil, err end
  local response
  response, err = step.run(self.modem, self.declared.listen.open, values_of(self), { owner = self.place })
  if not response then return nil, errors.within(err, self:title()) end
  return true
end

--- A client has connected; the module has given it this id.
function Listener:on_client(id)
  self.registry:hand_over(id) -- the end of an earlier connection got lost on the line
  local connection = Connection.new(self.registry, self.declared, id, "a client of port", self.port)
  self.registry.by_id[id] = connection
  self:put(connection)
end

function Listener:release()
  local servers = self.registry.servers
  local response, err = step.run(self.modem, self.declared.listen.close, values_of(self), { owner = self.place })
  if self.place.gone then return true end -- a restart has ended it meanwhile
  if response or failure.is_refusal(err) or self.modem.closed_with then
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
  end, { owner = self.place })
end

return Listener
