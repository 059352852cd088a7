--- modem.sockets: the connections and servers of this program, of TCP, UDP and TLS together (page, AT+SOCKET). Calling
--- it lists all sockets of the module.

local Connection = require "hayes.dialect.aithinker.connection"
local Connector = require "hayes.dialect.aithinker.connector"
local errors = require "hayes.error"
local Lock = require "hayes.lock"
local likeness = require "hayes.damage.likeness"
local swallowed = require "hayes.damage.swallowed"
local Listener = require "hayes.dialect.aithinker.listener"
local SocketTable = require "hayes.dialect.aithinker.socket_table"
local Unclaimed = require "hayes.dialect.aithinker.unclaimed"
local wait = require "hayes.wait"

local recv_modes = { buffer = 0, push = 1 }

--- Errors that say that something must be freed before anything else can be opened.
local EXHAUSTED = { [33] = true, [37] = true, [96] = true, [103] = true }

local DATA_EVENT = "+EVENT:SocketDown,"

---@class hayes.aithinker.sockets modem.sockets of an Ai-Thinker module: calling it lists them
---@field package modem hayes.modem
---@field package table hayes.aithinker.socket_table
---@field package connections table<integer, hayes.aithinker.connection> by ConID
---@field package listeners table<integer, hayes.aithinker.listener> by ConID
---@field package connector hayes.aithinker.connector
---@field package unclaimed hayes.aithinker.unclaimed what has come for ConIDs that are not known yet
---@field package mode "buffer"|"push"|false the setting of AT+SOCKETRECVCFG, if it is known
---@field package opening hayes.lock held while a global setting of the module is made or read, until the command
---  that depends on it has been answered: AT+SOCKET depends on the mode and the slots for certificates, AT+SOCKETTT on
---  there being one connection
local Sockets = {}
Sockets.__index = Sockets

---@param modem hayes.modem
---@return hayes.aithinker.sockets
function Sockets.new(modem)
  local self = setmetatable({ modem = modem, table = SocketTable.new(modem), connections = {}, listeners = {},
    unclaimed = Unclaimed.new(), mode = false, opening = Lock.new() }, Sockets)
  self.connector = Connector.new(self)
  return self
end

--- The connection or server of this program with this ConID.
---@param id integer
---@return hayes.aithinker.connection|hayes.aithinker.listener|nil
function Sockets:is_ours(id)
  return self.connections[id] or self.listeners[id]
end

--- The module has given this ConID to a connection or server of this program.
---@param id integer
---@param wanted hayes.aithinker.opening
---@return hayes.aithinker.connection|hayes.aithinker.listener
function Sockets:register(id, wanted)
  local before = self:is_ours(id)
  if before then before:on_missing() end
  local class, list = Connection, self.connections
  if wanted.listens then class, list = Listener, self.listeners end
  list[id] = class.new(self.modem, self, id, wanted)
  return list[id]
end

--- Drops what has come for ConIDs that are not known, unless there is a server that may have clients with them.
function Sockets:forget_unclaimed()
  if not next(self.listeners) then self.unclaimed = Unclaimed.new() end
end

--- The module no longer has this connection or server.
---@param object hayes.aithinker.connection|hayes.aithinker.listener
function Sockets:forget(object)
  if self.connections[object.id] == object then self.connections[object.id] = nil end
  if self.listeners[object.id] == object then self.listeners[object.id] = nil end
end

--- Sets how the module announces received data. Only while holding the lock `opening`.
---@param mode "buffer"|"push"
---@return true?, hayes.error?
function Sockets:set_mode(mode)
  if self.mode == mode then return true end
  self.mode = false -- unknown if the task is cancelled, or the module does not answer
  local ok, err = self.modem:call("+SOCKETRECVCFG", "write", { recv_modes[mode] },
    { ended = function() self.mode = mode end })
  if not ok then return nil, err end
  if self.mode ~= mode then return nil, errors.reboot() end -- right behind its answer
  return true
end

-- Who needs the slots for certificates

--- This program's connections and servers that need a content of the slot other than this text.
---@param kind hayes.aithinker.slot
---@param text string
---@return table[]
function Sockets:holders(kind, text)
  local found = {}
  for _, list in ipairs { self.connections, self.listeners } do
    for _, object in pairs(list) do
      local needed = object.slots and object.slots[kind]
      if needed and needed ~= text and not object.deleted then found[#found + 1] = object end
    end
  end
  return found
end

--- Those of them that the module still lists; it may have restarted unnoticed.
---@return table[]?, hayes.error?
function Sockets:needing(kind, text)
  local candidates = self:holders(kind, text)
  if #candidates == 0 then return candidates end
  local list, err = self.table:all_rows()
  if not list then return nil, err end
  local there, found = {}, {}
  for _, row in ipairs(list) do there[row.ConID] = not SocketTable.is_dead(row) and row.type or nil end
  for _, object in ipairs(candidates) do
    if there[object.id] == object.type then found[#found + 1] = object end
  end
  return found
end

-- Opening

--- Frees slots that this program does not use: those of ended connections; if there are none, one of an earlier
--- program.
local function make_room(self)
  local list = self.table:all_rows()
  local dead, foreign = {}, nil
  for _, row in ipairs(list or {}) do
    if not self:is_ours(row.ConID) then
      if SocketTable.is_dead(row) then dead[#dead + 1] = row.ConID else foreign = foreign or row.ConID end
    end
  end
  if #dead == 0 then dead[1] = foreign end
  local freed = false
  for _, id in ipairs(dead) do freed = self.modem:call("+SOCKETDEL", "write", { id }) ~= nil or freed end
  return freed
end

local function prepare_and_connect(self, wanted)
  local ok, err = self:set_mode(wanted.mode)
  if not ok then return nil, err end
  if not wanted.with_slots then return self.connector:connect(wanted) end
  return wanted.with_slots(function(needs, hold)
    wanted.slots = needs
    return self.connector:connect(wanted, hold)
  end)
end

local function try(self, wanted)
  local object, err = prepare_and_connect(self, wanted)
  if object then return object end
  return nil, errors.within(err, wanted.doing)
end

--- The error if a connection is in transparent mode: it must be the module's only one, or the module could not resume
--- it after a command.
local function line_taken(self, wanted)
  if not self.modem.online then return nil end
  return errors.new { name = "busy", message = wanted.doing .. ": another connection is in transparent mode",
    hint = "There is one line: close that connection, or leave transparent mode with socket:switch(\"buffer\")." }
end

--- Opens a connection, or (`listens`) a listener; nil and the error.
---@param wanted hayes.aithinker.opening with `doing` for errors, `listens`, and with_slots(connect), which prepares the
---  slots for certificates and calls connect(needs, hold)
---@return table?, hayes.error?
function Sockets:open(wanted)
  local err = line_taken(self, wanted)
  if err then return nil, err end
  local held <close>, unwanted = self.opening:take_wanted()
  if not held then return nil, unwanted end
  err = line_taken(self, wanted)
  if err then return nil, err end
  local object
  object, err = try(self, wanted)
  if not object and EXHAUSTED[err.code] and make_room(self) then object, err = try(self, wanted) end
  return object, err
end

--- Takes over a connection that the module has made by itself; nil and the error if it lists none that matches.
---@param wanted { type: integer, host: string?, port: integer, what: string, mode: "buffer" }
---@return hayes.aithinker.connection?, hayes.error?
function Sockets:take_over(wanted)
  local _opening <close> = self.opening:take()
  local ok, err = self:set_mode(wanted.mode)
  if not ok then return nil, err end
  local list
  list, err = self.table:all_rows()
  if not list then return nil, err end
  for _, row in ipairs(list) do
    local same = row.type == wanted.type and (row.remote_port == wanted.port or row.local_port == wanted.port)
    if same and SocketTable.is_up(row) and not self:is_ours(row.ConID) then
      local connection = self:register(row.ConID, wanted)
      connection.doubtful = true
      connection:on_data() -- earlier data was announced to nobody
      return connection
    end
  end
  return nil, errors.new { name = "not_connected", origin = "aithinker",
    message = ("the module has not made the %s to port %d, or it is in use already"):format(wanted.what, wanted.port),
    hint = "It does so after a start, once it has joined its access point (AT+WAUTOCONN=1); modem.sockets() lists "
      .. "what there is." }
end

-- Clients of servers

--- The connection with this ConID, if it is a client of a server of this kind; any other has ended unnoticed, since the
--- module has given its ConID to a client.
local function client_of(self, listener, id)
  local known = self.connections[id]
  return known and known.type == listener.wanted.seed_type and known or nil
end

--- Makes a connection for a seed, unless there is one.
local function adopt(self, listener, id)
  local known = client_of(self, listener, id)
  if known and not known.peer_closed then return end
  local connection = self:register(id, listener:seed())
  listener:put(connection)
  self.unclaimed:hand_over(connection)
end

--- Whether it is a client of this server without a connection yet. One that has ended matters only if it has sent
--- something.
local function is_new_seed(self, row, listener)
  return SocketTable.is_seed_of(row, listener.id) and not client_of(self, listener, row.ConID)
    and (not SocketTable.is_dead(row) or self.unclaimed:has(row.ConID))
end

--- The ConIDs in these rows that may be a client's of this program: what comes for others is another program's.
local function claimable(self, list)
  local ids = {}
  for _, row in ipairs(list) do
    if self.connector.pending or self.listeners[row.server_ConID] then ids[row.ConID] = true end
  end
  return ids
end

--- Whether one of these rows is the server's own.
local function lists(list, listener)
  for _, row in ipairs(list) do
    if row.ConID == listener.id and row.type == listener.type then return true end
  end
  return false
end

--- Whether these rows tell of a new client, or lack the server or something that has sent data: the module is asked
--- again then.
local function tells_news(self, list, listener)
  if not lists(list, listener) then return true end
  for _, row in ipairs(list) do
    if is_new_seed(self, row, listener) then return true end
  end
  return not self.unclaimed:are_in(claimable(self, list))
end

--- Finds seeds in the table whose event was not sent (BW20 firmware P1.0.22), and that the server itself is gone, if it
--- is.
---@param listener hayes.aithinker.listener
function Sockets:look_for_seeds(listener)
  local asked = wait.now()
  local list = self.table:rows()
  if list and not tells_news(self, list, listener) then return end
  list = self.table:all_rows()
  local is_ours = self.listeners[listener.id] == listener
  if list and is_ours and not lists(list, listener) then return listener:on_missing() end
  for _, row in ipairs(list or {}) do
    if is_new_seed(self, row, listener) then
      adopt(self, listener, row.ConID)
      local connection = self.connections[row.ConID]
      if self.mode ~= "push" then connection:on_data() end
      if SocketTable.is_dead(row) then connection:on_closed() end
    end
  end
  if list then self.unclaimed:keep(claimable(self, list), asked) end
end

-- Events

--- An announcement of data was damaged, so pushed data is lost: that of the connection with the ConID in it; if there
--- is none, of any connection.
local function on_unreadable(self, text)
  local id = math.tointeger(tonumber(text:match("^(%d+),")))
  if self.connector.pending and not self.connections[id] then self.connector.pending.incomplete = true end
  for known, connection in pairs(self.connections) do
    if connection.mode == "push" and (known == id or not self.connections[id]) then
      connection:on_damage("short_read")
    end
  end
end

local function on_data(self, event)
  local fields = event.fields
  local whole = math.type(fields[1]) == "integer" and math.type(fields[2]) == "integer" and #fields == 2
  if not whole then return on_unreadable(self, event.line:match("^.-,(.*)") or "") end
  local connection = self:is_ours(fields[1])
  if connection and connection.on_data then return connection:on_data(event.data) end
  if connection or not (self.connector.pending or next(self.listeners)) then return end
  self.unclaimed:put(fields[1], event.data)
  for _, listener in pairs(self.listeners) do listener:look_soon() end
end

--- An unknown line: it may be a damaged announcement of data.
local function on_line(self, event)
  if event.unknown then self.connector:on_late_line(event.line) end
  if not event.unknown and event.name ~= "+EVENT" then return end
  local text = likeness.behind(event.line, DATA_EVENT)
  if text then on_unreadable(self, text) end
end

local function on_damage(self, event)
  local connection = event.urc == "+EVENT:SocketDown" and self.connections[event.fields[1]]
  if connection then connection:on_damage(event.kind) end
  for _, text in ipairs(swallowed.announcements(event, DATA_EVENT)) do on_unreadable(self, text) end
end

local function only_listener(self)
  local id = next(self.listeners)
  if id and not next(self.listeners, id) then return self.listeners[id] end
end

--- A client has connected. The event has its ConID and the server's, which is 0 on some firmware.
local function on_seed(self, event)
  local seed, server = event.fields[1], event.fields[2]
  local listener = self.listeners[server] or only_listener(self)
  if listener and math.type(seed) == "integer" then adopt(self, listener, seed) end
end

--- Events about one connection or server, and the methods that handle them.
local told = {
  SocketDisconnect = "on_closed", SocketDissconnect = "on_closed", SocketReconnect = "on_renewed",
  SocketAutoDel = "on_deleted",
}

local function listen(self)
  local modem = self.modem
  modem:listen("urc", function(event) on_line(self, event) end)
  modem:listen("damage", function(event) on_damage(self, event) end)
  modem:listen("late", function(event) self.connector:on_late_line(event.line) end)
  modem:listen("+EVENT:SocketDown", function(event) on_data(self, event) end)
  modem:listen("+EVENT:SocketSeed", function(event) on_seed(self, event) end)
  modem:listen("+Seed", function(event) on_seed(self, event) end)
  for name, method in pairs(told) do
    modem:listen("+EVENT:" .. name, function(event)
      local object = self:is_ours(event.fields[1])
      if object and object[method] then object[method](object, event.data) end
    end)
  end
end

--- The module has restarted, or the port is closed: all connections and servers are lost.
local function lose_all(self, err)
  local lost = err or errors.reboot()
  local connections, listeners = self.connections, self.listeners
  self.connections, self.listeners, self.mode = {}, {}, false
  self.connector:lose_all()
  self.unclaimed = Unclaimed.new()
  for _, connection in pairs(connections) do connection:lose(lost) end
  for _, listener in pairs(listeners) do listener:lose(lost) end
end

--- All sockets of the module, the library's and others: { id, type, state, host, port, local_port, server }. Type and
--- state are words; fields that do not apply are absent.
---
--- Errors: those of modem:at, `bad_answer`.
---
--- Source: TCP/IP AT Command Set, AT+SOCKET.
---@return table[]?, hayes.error?
function Sockets:__call()
  return self.table:describe()
end

return function(modem)
  local sockets = Sockets.new(modem)
  sockets.reset = function(err) lose_all(sockets, err) end
  listen(sockets)
  return sockets
end
