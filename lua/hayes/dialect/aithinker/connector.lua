--- AT+SOCKET: tells the module to connect or to listen, and finds out which ConID it has given.
---
--- The ConID stands in front of the result code, on some firmware only in the table of sockets. It may come late, after
--- the library has given the opening up: nobody has that connection then, and it is deleted in the module.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local SocketTable = require "hayes.dialect.aithinker.socket_table"
local wait = require "hayes.wait"

---@class hayes.aithinker.connector
---@field package sockets hayes.aithinker.sockets
---@field pending hayes.aithinker.pending|false  while AT+SOCKET is in flight, and until the ConID is known
---@field package unanswered hayes.aithinker.opening[] what the module may still connect, in the order it was told to
local Connector = {}
Connector.__index = Connector

---@param sockets hayes.aithinker.sockets
---@return hayes.aithinker.connector
function Connector.new(sockets)
  return setmetatable({ sockets = sockets, pending = false, unanswered = {} }, Connector)
end

--- The module has restarted, or the port is closed: what it has not answered it will not connect, and what it has said
--- before is not about an opening that it is still to be told of.
function Connector:lose_all()
  self.unanswered = {}
  local pending = self.pending
  if pending then pending.incomplete, pending.since = false, wait.now() end
end

---@class hayes.aithinker.pending
---@field connector hayes.aithinker.connector
---@field incomplete boolean data was lost that may have been the new connection's
---@field since number what came earlier for its ConID was another connection's
local Pending = {}
Pending.__index = Pending

function Pending:__close()
  self.connector.pending = false
  self.connector.sockets:forget_unclaimed()
end

local function pend(self)
  self.pending = setmetatable({ connector = self, incomplete = false, since = wait.now() }, Pending)
  return self.pending
end

--- The parameters that only some firmware has are left out where they ask for nothing.
local function command_of(wanted)
  local text = wanted.host and ("AT+SOCKET=%d,%s,%d"):format(wanted.type, wanted.host, wanted.port)
    or ("AT+SOCKET=%d,%d"):format(wanted.type, wanted.port)
  local keep_alive, id = wanted.keep_alive or 0, wanted.con_id or 0
  if id ~= 0 then return ("%s,%d,%d"):format(text, keep_alive, id) end
  return keep_alive ~= 0 and ("%s,%d"):format(text, keep_alive) or text
end

-- Finding the ConID

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

--- Whether the first of two rows is rather that of the socket just opened: one that has not ended, or a newer one.
local function is_likelier(row, other)
  local dead, other_dead = SocketTable.is_dead(row) or false, SocketTable.is_dead(other) or false
  if dead ~= other_dead then return other_dead end
  return row.ConID > other.ConID
end

--- Its row in the table, for firmware that answers OK alone (the guide's TCP server).
local function find_row(self, wanted)
  local found
  for _, row in ipairs(self.sockets.table:all_rows() or {}) do
    local same = row.type == wanted.type and (row.local_port == wanted.port or row.remote_port == wanted.port)
    local candidate = same and not self.sockets:is_ours(row.ConID)
    if candidate and (not found or is_likelier(row, found)) then found = row end
  end
  return found
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

--- The ConID is known now: hands over what has come since the module connected.
local function register_new(self, id, wanted, pending)
  local object = self.sockets:register(id, wanted)
  if wanted.listens then return object end
  self.sockets.unclaimed:hand_over(object, pending.since)
  if pending.incomplete and object.mode == "push" then object:on_damage("short_read") end
  return object
end

-- What comes late

--- The module has connected after the library had given that up: nobody has these connections.
---@param ids integer[]
---@param own? integer the ConID of an opening that has not been given up
local function on_late_ids(self, ids, own)
  for _, id in ipairs(ids) do
    if self.unanswered[1] and id ~= own then
      self.sockets:register(id, table.remove(self.unanswered, 1)):abandon()
    end
  end
end

--- A line that nobody has asked for may be the answer to an opening that was given up.
---@param line string
function Connector:on_late_line(line)
  on_late_ids(self, con_ids { line })
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
  on_late_ids(self, ids, own)
  if own then self.sockets:register(own, wanted):abandon() end
end

--- The module has said OK without a ConID.
local function take_from_table(self, wanted, pending)
  local row = find_row(self, wanted)
  if not row then
    return nil, errors.new { name = "no_con_id", origin = "aithinker",
      message = "the module says OK, and neither gives nor lists a ConID" }
  end
  local object = register_new(self, row.ConID, wanted, pending)
  if wanted.listens then return object end
  object.doubtful = true -- earlier announcements could not be assigned to it
  if SocketTable.is_dead(row) then object:on_found_closed() end -- nor could that of its end
  return object
end

--- Connects or listens: the connection or listener; or nil and the error.
---@param wanted hayes.aithinker.opening
---@param hold? hayes.hold the reservation of the line, if there is one; it ends with the command
---@return hayes.aithinker.connection|hayes.aithinker.listener|nil, hayes.error?
function Connector:connect(wanted, hold)
  local object
  local pending <close> = pend(self)
  local unanswered = self.unanswered
  unanswered[#unanswered + 1] = wanted
  local response, err = exchange.run(self.sockets.modem, command_of(wanted), {
    within = hold, ends_hold = hold ~= nil, withdraw = true, partial = true,
    ended = function(answer)
      is_answered(unanswered, wanted)
      local ids = con_ids(answer)
      local id = table.remove(ids) -- the one next to the result code
      on_late_ids(self, ids, id)
      if id then object = register_new(self, id, wanted, pending) end
    end,
  })
  if object then return check_id(object, wanted) end
  if response then return take_from_table(self, wanted, pending) end
  give_up(self, wanted, unanswered, err)
  return nil, err
end

return Connector
