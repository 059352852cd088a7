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

--- It is known now: hands it what has come for it.
---@param connection table
---@param since? number when its ConID was another connection's, if it was: which of what has come since then is whose
---  cannot be told
function Unclaimed:hand_over(connection, since)
  local entry = self.entries[connection.id]
  if not entry then return end
  self:drop(connection.id)
  local has_bytes = entry.data[1] or entry.incomplete
  if since and entry.since < since and has_bytes then return connection:on_damage("short_read") end
  for _, bytes in ipairs(entry.data) do connection:on_data(bytes) end
  -- The module knows whose the data is that it has announced, and need not have any.
  if entry.announced and since then connection.doubtful = true end
  if entry.announced and not since then connection:on_data() end
  if entry.incomplete then connection:on_damage("short_read") end
end

return Unclaimed
