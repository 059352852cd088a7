--- What has come for connections that are not known yet: firmware that does not announce the clients of a server (BW20
--- P1.0.22) announces their data all the same, which in push mode comes but once.

local wait = require "hayes.wait"

local Unclaimed = {}
Unclaimed.__index = Unclaimed

--- So much is kept, of all connections together, bytes.
local MOST = 262144

---@class hayes.aithinker.unclaimed
---@field entries table<integer, { data: string[], announced: boolean, incomplete: boolean, since: number }>
---  by ConID
---@field size integer bytes of data in all of them
function Unclaimed.new()
  return setmetatable({ entries = {}, size = 0 }, Unclaimed)
end

--- Data of a connection that nobody knows: in push mode the bytes; nil: the module has them.
---@param id integer
---@param bytes? string
function Unclaimed:put(id, bytes)
  local entry = self.entries[id] or { data = {}, announced = false, incomplete = false, since = wait.now() }
  self.entries[id] = entry
  if not bytes then
    entry.announced = true
  elseif self.size + #bytes > MOST then
    entry.incomplete = true
  elseif not entry.incomplete then
    self.size = self.size + #bytes
    entry.data[#entry.data + 1] = bytes
  end
end

--- Has anything come for it?
function Unclaimed:has(id)
  return self.entries[id] ~= nil
end

--- Are all that something has come for among these?
---@param listed table<integer, any>
function Unclaimed:are_in(listed)
  for id in pairs(self.entries) do
    if not listed[id] then return false end
  end
  return true
end

--- Forgets what has come for it.
---@param id integer
function Unclaimed:drop(id)
  local entry = self.entries[id]
  if not entry then return end
  for _, bytes in ipairs(entry.data) do self.size = self.size - #bytes end
  self.entries[id] = nil
end

--- Forgets all but those that the module lists, and those that came after it was asked.
---@param listed table<integer, any>
---@param asked number
function Unclaimed:keep(listed, asked)
  for id, entry in pairs(self.entries) do
    if not listed[id] and entry.since <= asked then self:drop(id) end
  end
end

--- Hands a connection, whose ConID is known now, what has come for it.
---@param connection hayes.aithinker.connection
---@param since? number a time of wait.now: what came before it may have been another connection's, which had the ConID
---  then
function Unclaimed:hand_over(connection, since)
  local entry = self.entries[connection.id]
  if not entry then return end
  self:drop(connection.id)
  local has_bytes = entry.data[1] or entry.incomplete
  if since and entry.since < since and has_bytes then return connection:on_damage("short_read") end
  for _, bytes in ipairs(entry.data) do connection:on_data(bytes) end
  if entry.announced then
    -- With `since` it may have been announced for the other connection: the module is asked, and need not have any.
    if since then connection.doubtful = true else connection:on_data() end
  end
  if entry.incomplete then connection:on_damage("short_read") end
end

return Unclaimed
