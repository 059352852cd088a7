--- modem.sockets: the connections and servers of this program, of TCP, UDP and TLS together (page, AT+SOCKET). Calling
--- it lists all sockets of the module.

local Connection = require "hayes.dialect.aithinker.connection"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
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
---@field package unclaimed hayes.aithinker.unclaimed what has come for ConIDs that are not known yet
---@field package unanswered hayes.aithinker.opening[] what the module may still connect, in the order it was told to
---@field package mode "buffer"|"push"|false the setting of AT+SOCKETRECVCFG, if it is known
---@field package opening hayes.lock held while a global setting of the module is made or read, until the command
---  that depends on it has been answered: AT+SOCKET depends on the mode and the slots for certificates, AT+SOCKETTT on
---  there being one connection
local Sockets = {}
Sockets.__index = Sockets

---@param modem hayes.modem
---@return hayes.aithinker.sockets
function Sockets.new(modem)
  return setmetatable({ modem = modem, table = SocketTable.new(modem), connections = {}, listeners = {},
    unclaimed = Unclaimed.new(), mode = false, opening = Lock.new(), pending = false, unanswered = {} }, Sockets)
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
  local ok, err = self.modem:call("+SOCKETRECVCFG", "write", { recv_modes[mode] })
  if not ok then return nil, err end
  self.mode = mode
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

local function is_ours(self, id)
  return self.connections[id] or self.listeners[id]
end

--- Frees slots that this program does not use: those of ended connections; if there are none, one of an earlier
--- program.
local function make_room(self)
  local list = self.table:all_rows()
  local dead, foreign = {}, nil
  for _, row in ipairs(list or {}) do
    if not is_ours(self, row.ConID) then
      if SocketTable.is_dead(row) then dead[#dead + 1] = row.ConID else foreign = foreign or row.ConID end
    end
  end
  if #dead == 0 then dead[1] = foreign end
  local freed = false
  for _, id in ipairs(dead) do freed = self.modem:call("+SOCKETDEL", "write", { id }) ~= nil or freed end
  return freed
end

--- The ConIDs in lines like `connect success ConID=1`; the vendor's texts differ in the spaces.
---@return integer[]
local function con_ids(response)
  local ids = {}
  for _, line in ipairs(response) do
    local id = line:match("[Cc]on[Ii][Dd]%s*=%s*(%d+)")
    ids[#ids + 1] = id and math.tointeger(tonumber(id))
  end
  return ids
end

--- The ConID for firmware that answers OK alone (the guide's TCP server): the newest matching row.
local function find_id(self, wanted)
  local found
  for _, row in ipairs(self.table:all_rows() or {}) do
    local same = row.type == wanted.type and (row.local_port == wanted.port or row.remote_port == wanted.port)
    if same and not is_ours(self, row.ConID) then found = math.max(found or 0, row.ConID) end
  end
  return found
end

local function register(self, id, wanted)
  local before = is_ours(self, id)
  if before then before:on_missing() end
  if wanted.listens then
    self.listeners[id] = Listener.new(self.modem, self, id, wanted)
    return self.listeners[id]
  end
  self.connections[id] = Connection.new(self.modem, self, id, wanted)
  return self.connections[id]
end

--- The parameters that only some firmware has are left out where they ask for nothing.
local function command_of(wanted)
  local text = wanted.host and ("AT+SOCKET=%d,%s,%d"):format(wanted.type, wanted.host, wanted.port)
    or ("AT+SOCKET=%d,%d"):format(wanted.type, wanted.port)
  local keep_alive, id = wanted.keep_alive or 0, wanted.con_id or 0
  if id ~= 0 then return ("%s,%d,%d"):format(text, keep_alive, id) end
  return keep_alive ~= 0 and ("%s,%d"):format(text, keep_alive) or text
end

--- The object, if it has the ConID that was asked for: firmware without that parameter gives another.
local function check_id(object, wanted)
  local id = wanted.con_id or 0
  if id == 0 or object.id == id then return object end
  object:abandon()
  return nil, errors.new { name = "con_id_not_given", origin = "aithinker",
    message = ("ConID %d was asked for, and the module gave %d"):format(id, object.id),
    hint = "This firmware chooses ConIDs by itself: leave the option con_id out." }
end

--- While AT+SOCKET is in flight, and until the ConID is known.
---@class hayes.aithinker.pending
---@field incomplete boolean data was lost that may have been the new connection's
---@field since number what came earlier for its ConID was another connection's
local Pending = {}
Pending.__index = Pending

function Pending:__close()
  local sockets = self.sockets
  sockets.pending = false
  if not next(sockets.listeners) then sockets.unclaimed = Unclaimed.new() end
end

local function pend(self)
  self.pending = setmetatable({ sockets = self, incomplete = false, since = wait.now() }, Pending)
  return self.pending
end

--- The ConID is known now: hands over what has come since the module connected.
local function register_new(self, id, wanted, pending)
  local object = register(self, id, wanted)
  if wanted.listens then return object end
  self.unclaimed:hand_over(object, pending.since)
  if pending.incomplete and object.mode == "push" then object:on_damage("short_read") end
  return object
end

--- The module has connected after the library had given that up: nobody has these connections.
---@param ids integer[]
---@param own? integer the ConID of an opening that has not been given up
local function on_late_answer(self, ids, own)
  for _, id in ipairs(ids) do
    if self.unanswered[1] and id ~= own then register(self, id, table.remove(self.unanswered, 1)):abandon() end
  end
end

--- The module will not connect this any more.
---@param unanswered hayes.aithinker.opening[]
local function is_answered(unanswered, wanted)
  if unanswered[#unanswered] == wanted then unanswered[#unanswered] = nil end
end

--- An opening has failed. What the module has said of connections in its answer is about others where it has refused;
--- where it has not answered in time the last one may be its own, of which only the `OK` has not come.
local function give_up(self, wanted, unanswered, err)
  local is_refused = err.result or err.queued
  if is_refused then is_answered(unanswered, wanted) end
  -- After a restart of the module, and on a port that has gone, nobody has them (lose_all).
  if self.unanswered ~= unanswered or not err.response then return end
  local ids = con_ids(err.response)
  local own = not is_refused and table.remove(ids) or nil
  if own then is_answered(unanswered, wanted) end
  on_late_answer(self, ids, own)
  if own then register(self, own, wanted):abandon() end
end

--- Sends AT+SOCKET. hold: the reservation of the line, if there is one; it ends with the command.
local function connect(self, wanted, hold)
  local object
  local pending <close> = pend(self)
  local unanswered = self.unanswered
  unanswered[#unanswered + 1] = wanted
  local response, err = exchange.run(self.modem, command_of(wanted), {
    within = hold, ends_hold = hold ~= nil, withdraw = true, partial = true,
    ended = function(answer)
      is_answered(unanswered, wanted)
      local ids = con_ids(answer)
      local id = table.remove(ids) -- the one next to the result code
      on_late_answer(self, ids, id)
      if id then object = register_new(self, id, wanted, pending) end
    end,
  })
  if object then return check_id(object, wanted) end
  if not response then
    give_up(self, wanted, unanswered, err)
    return nil, err
  end
  local id = find_id(self, wanted)
  if not id then
    return nil, errors.new { name = "no_con_id", origin = "aithinker",
      message = "the module says OK, and neither gives nor lists a ConID" }
  end
  object = register_new(self, id, wanted, pending)
  if not wanted.listens then object.doubtful = true end -- earlier announcements could not be assigned to it
  return object
end

local function prepare_and_connect(self, wanted)
  local ok, err = self:set_mode(wanted.mode)
  if not ok then return nil, err end
  if not wanted.with_slots then return connect(self, wanted) end
  return wanted.with_slots(function(needs, hold)
    wanted.slots = needs
    return connect(self, wanted, hold)
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
    if same and SocketTable.is_up(row) and not is_ours(self, row.ConID) then
      local connection = register(self, row.ConID, wanted)
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
  local connection = register(self, id, listener:seed())
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
    if self.pending or self.listeners[row.server_ConID] then ids[row.ConID] = true end
  end
  return ids
end

--- Whether these rows tell of a new client, or lack something that has sent data: that is looked at twice.
local function tells_news(self, list, listener)
  for _, row in ipairs(list) do
    if is_new_seed(self, row, listener) then return true end
  end
  return not self.unclaimed:are_in(claimable(self, list))
end

--- Finds seeds in the table whose event was not sent (BW20 firmware P1.0.22).
---@param listener hayes.aithinker.listener
function Sockets:look_for_seeds(listener)
  local asked = wait.now()
  local list = self.table:rows()
  if list and not tells_news(self, list, listener) then return end
  list = self.table:all_rows()
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
  if self.pending and not self.connections[id] then self.pending.incomplete = true end
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
  local connection = is_ours(self, fields[1])
  if connection and connection.on_data then return connection:on_data(event.data) end
  if connection or not (self.pending or next(self.listeners)) then return end
  self.unclaimed:put(fields[1], event.data)
  for _, listener in pairs(self.listeners) do listener:look_soon() end
end

--- An unknown line: it may be a damaged announcement of data.
local function on_line(self, event)
  if event.unknown then on_late_answer(self, con_ids { event.line }) end
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
  modem:listen("late", function(event) on_late_answer(self, con_ids { event.line }) end)
  modem:listen("+EVENT:SocketDown", function(event) on_data(self, event) end)
  modem:listen("+EVENT:SocketSeed", function(event) on_seed(self, event) end)
  modem:listen("+Seed", function(event) on_seed(self, event) end)
  for name, method in pairs(told) do
    modem:listen("+EVENT:" .. name, function(event)
      local object = is_ours(self, event.fields[1])
      if object and object[method] then object[method](object, event.data) end
    end)
  end
end

--- The module has restarted, or the port is closed: all connections and servers are lost.
local function lose_all(self, err)
  local lost = err or errors.reboot()
  local connections, listeners = self.connections, self.listeners
  self.connections, self.listeners, self.mode, self.unanswered = {}, {}, false, {}
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
