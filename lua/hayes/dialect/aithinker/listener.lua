--- A listening socket of an Ai-Thinker module. Its notes call the clients "seeds".

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Lock = require "hayes.lock"
local Common = require "hayes.stream.listener"
local wait = require "hayes.wait"

--- Seconds between two polls of the table of sockets: a seed's event may be missing (BW20 firmware P1.0.22).
local LOOK_AFTER = 5

--- The error code where the module does not have this ConID.
local NO_SUCH_SOCKET = 110

---@class hayes.aithinker.listener: hayes.listener
local Listener = setmetatable({}, { __index = Common })
Listener.__index = Listener

---@param registry hayes.aithinker.sockets
---@param wanted table as for sockets:open: type, port, mode, kind ("tcp" or "SSL"), seed_type, what
function Listener.new(modem, registry, id, wanted)
  return Common.init(setmetatable({ modem = modem, registry = registry, id = id, type = wanted.type, port = wanted.port,
    wanted = wanted, slots = wanted.slots or false, looked_at = wait.now(), looking = Lock.new(), look_again = false },
    Listener))
end

--- What to open a seed's connection with.
function Listener:seed()
  return { type = self.wanted.seed_type, what = self.wanted.what, host = "a client of port", port = self.port,
    mode = self.wanted.mode }
end

--- The module has ended it.
function Listener:on_closed()
  self:lose(errors.closed(self:title(), "the module", { origin = "aithinker" }))
end

function Listener:on_deleted()
  self.registry:forget(self)
  self:on_closed()
end

--- The module no longer has it, and has not said so.
Listener.on_missing = Listener.on_deleted

--- Looks for clients in the table of sockets as a task of its own.
local function look(self)
  self.looked_at = wait.now()
  wait.spawn_detached(function(held)
    local _looking <close> = held
    repeat
      self.look_again = false
      self.registry:look_for_seeds(self)
    until not self.look_again or self.ended
  end, self.looking:take())
end

--- Something has come that may be of a client which was not announced.
function Listener:look_soon()
  self.look_again = true
  if not (self.looking.held or self.ended or self.modem.online) then look(self) end
end

--- When it is time to look; calls of next() share it, as each may be short.
function Listener:look_if_due(now)
  local at = self.looked_at + LOOK_AFTER
  if now < at then return at end
  self:look_soon()
  return now + LOOK_AFTER
end

--- Deletes it in the module. A module that does not answer is told again later, and the ConID is taken for this
--- server's until then.
function Listener:release()
  self.deleted = true
  local text, request = "AT+SOCKETDEL=" .. self.id, { owner = self.place }
  local function forget() self.registry:forget(self) end
  local response, err = exchange.run(self.modem, text, request)
  local over = response or self.place.gone or err.code == NO_SUCH_SOCKET
  if over or failure.is_refusal(err) or self.modem.closed_with then
    forget()
  else
    exchange.insist(self.modem, text, forget, request)
  end
  if over then return true end
  return nil, err
end

return Listener
