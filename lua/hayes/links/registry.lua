--- The connections of a modem that share their ids, and the URCs about them.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Listener = require "hayes.links.listener"
local Lock = require "hayes.lock"
local step = require "hayes.links.step"
local swallowed = require "hayes.damage.swallowed"

---@class hayes.links.registry
---@field by_id table<integer, hayes.links.connection>
---@field servers table<integer, hayes.links.listener>
local Registry = {}
Registry.__index = Registry

--- By modem, and by the word that services share.
local all = setmetatable({}, { __mode = "k" })

--- Calls heard(event) for each URC of a notice. `purpose`: services that share ids hear a URC once for each.
---@param notice hayes.links.notice
local function hear(self, purpose, notice, heard)
  local name = ("%s %s %s"):format(purpose, notice.urc, notice.key or "")
  if self.heard[name] then return end
  self.heard[name] = true
  self.modem:listen(notice.urc, function(event)
    if notice.key == nil or event.fields[1] == notice.key then heard(event) end
  end)
end

--- Makes the connections hear what the module says of them.
local function hear_of(self, declared)
  local function connection_of(notice, fields) return self.by_id[fields[notice.id]] end
  for _, data in ipairs(declared.data) do
    hear(self, "data", data, function(event)
      local connection = connection_of(data, event.fields)
      if connection then connection:on_data(event.data) end
    end)
  end
  for _, closed in ipairs(declared.closed) do
    hear(self, "closed", closed, function(event)
      local connection = connection_of(closed, event.fields)
      if connection then connection:on_closed() end
    end)
  end
  for _, down in ipairs(declared.down or {}) do
    hear(self, "down", { urc = down }, function(event) self:on_down(event.line) end)
  end
  local accepted = declared.listen and declared.listen.accepted
  if accepted then
    hear(self, "accepted", accepted, function(event)
      local server = self.servers[event.fields[accepted.server]]
      local id = event.fields[accepted.id]
      -- Any other number is a damaged line, or one that no command could name.
      local known = math.type(id) == "integer" and id >= declared.ids.first and id <= declared.ids.last
      if server and known then server:on_client(id) end
    end)
  end
end

--- Whether this damage concerns the data of a connection: it is that data, or has swallowed some that is pushed.
---@param data hayes.links.notice
local function is_hit(connection, data, event)
  if data.urc == event.urc and event.fields[data.id] == connection.id then return true end
  local urc = connection.modem.dialect.urc_by_name[data.urc]
  return urc ~= nil and urc.block ~= nil and swallowed.announcements(event, data.urc)[1] ~= nil
end

local function hear_damage(self)
  self.modem:listen("damage", function(event)
    for _, connection in pairs(self.by_id) do
      for _, data in ipairs(connection.declared.data) do
        if is_hit(connection, data, event) then connection:on_damage(event.kind) end
      end
    end
  end)
end

---@param modem hayes.modem
---@param declared hayes.links.link
---@param name string
---@return hayes.links.registry
function Registry.of(modem, declared, name)
  local of_modem = all[modem] or {}
  all[modem] = of_modem
  local word = declared.ids.shared or name
  local self = of_modem[word]
  if not self then
    self = setmetatable({ modem = modem, by_id = {}, reserved = {}, cleared = {}, servers = {}, heard = {},
      prepared = {}, preparing = Lock.new() }, Registry)
    of_modem[word] = self
    hear_damage(self)
  end
  hear_of(self, declared)
  return self
end

-- Ids

--- An id that nobody else takes. It is the `owner` of commands that are about the id (hayes.request): they are not sent
--- after a restart of the module, or when a client of a server has got it.
---@class hayes.links.reservation
---@field id integer
---@field gone boolean
---@field lost hayes.error|false
---@field taken boolean a client of a server has got it
---@field package kept boolean
local Reservation = {}
Reservation.__index = Reservation

local function new_reservation(id, reserved)
  return setmetatable({ id = id, gone = false, lost = false, taken = false, kept = false, reserved = reserved },
    Reservation)
end

function Reservation:__close()
  if not self.kept then self:free() end
end

--- It lasts longer than its variable: up to free().
function Reservation:keep() self.kept = true end

function Reservation:free()
  if self.reserved[self.id] == self then self.reserved[self.id] = nil end
end

--- Reserves a free id until the returned value is closed; nil and an error if all are in use.
---@param ids { first: integer, last: integer }
---@param used table<integer, any>
---@return hayes.links.reservation?, hayes.error?
function Registry:take(ids, used, what)
  for id = ids.first, ids.last do
    if not used[id] and not (used == self.by_id and self.reserved[id]) then
      local reservation = new_reservation(id, self.reserved)
      if used == self.by_id then self.reserved[id] = reservation end
      return reservation
    end
  end
  return nil, errors.new { name = "no_free_socket", hint = "Close connections that are not needed.",
    message = ("all %d %ss of the module are in use"):format(ids.last - ids.first + 1, what) }
end

--- What is due before the first connection after a start of the module; and what an earlier program may have left open
--- under this id is closed.
---@param declared hayes.links.link
---@param reservation? hayes.links.reservation of the id
---@return true?, hayes.error?
function Registry:prepare(declared, reservation)
  local _preparing <close>, err = self.preparing:take_wanted()
  if not _preparing then return nil, err end
  local prepared, cleared = self.prepared, self.cleared -- other tables after a restart of the module
  if not prepared[declared] then
    local ok
    ok, err = step.run_all(self.modem, declared.prepare, {})
    if not ok then return nil, err end
    prepared[declared] = true
  end
  local id = reservation and reservation.id
  if not id or cleared[id] then return true end
  local response
  response, err = step.run(self.modem, declared.close, { id = id }, { owner = reservation })
  if not response and not failure.is_refusal(err) then return nil, err end
  cleared[id] = true
  return true
end

--- Closes in the module what has this id, again and again until it answers; the id is not used before.
function Registry:close_later(declared, id)
  local reservation = self.reserved[id] or new_reservation(id, self.reserved)
  self.reserved[id] = reservation
  reservation:keep()
  exchange.insist(self.modem, step.text(self.modem, declared.close, { id = id }), function() reservation:free() end,
    { owner = reservation })
end

--- The module has given this id to a client of a server. What had it before has ended, and what was to have it gets
--- another one: no command about them that is still to be sent may reach the client.
function Registry:hand_over(id)
  local earlier, reservation = self.by_id[id], self.reserved[id]
  if earlier then earlier:lose(errors.closed(earlier:title(), "the peer", { origin = self.modem.dialect.name })) end
  if reservation then
    reservation.gone, reservation.taken = true, true
    reservation.lost = errors.new { name = "closed",
      message = ("the module has given the number %d to a client of a server"):format(id) }
    reservation:free()
  end
  self.cleared[id] = true
  if earlier or reservation then exchange.end_gone(self.modem) end
end

-- Servers

---@return hayes.links.listener?, hayes.error?
function Registry:listen(declared, port)
  local of = declared.listen
  local place, err = self:take(of.ids, self.servers, "server")
  if not place then return nil, err end
  local listener = Listener.new(self, declared, place.id, port)
  self.servers[place.id] = listener
  local ok
  ok, err = listener:open()
  if ok then return listener end
  local may_exist = not failure.is_refusal(err) and not err.queued and err.name ~= "reboot"
  if may_exist and not self.modem.closed_with then
    listener.released = true
    listener:close_later()
  elseif self.servers[place.id] == listener then
    self.servers[place.id] = nil
  end
  return nil, err
end

-- The end

--- No connection is left, and what prepares the first one is due again.
function Registry:on_down(line)
  self.prepared = {}
  for _, connection in pairs(self.by_id) do
    connection.ended_by = connection.ended_by or errors.new { name = "closed",
      message = ("%s has ended with the network: %s"):format(connection:title(), line) }
    connection:on_closed()
  end
end

--- The module has restarted, or the port is closed: it has none of the connections any more.
---@param err? hayes.error
function Registry:reset(err)
  local lost, before, reserved, servers = err or errors.reboot(), self.by_id, self.reserved, self.servers
  self.by_id, self.reserved, self.cleared, self.prepared, self.servers = {}, {}, {}, {}, {}
  for _, reservation in pairs(reserved) do reservation.gone, reservation.lost = true, lost end
  for _, connection in pairs(before) do connection:lose(lost) end
  for _, server in pairs(servers) do server:lose(lost) end
end

return Registry
