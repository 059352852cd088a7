--- Socket indices of a Quectel module: twelve for TLS, twelve for TCP and UDP (SSL note 2.2.2, TCP/IP note QIOPEN).
--- Some may still be in use by an earlier program, or by one on another port of the module.
---
--- AT+QISWTMD takes an index without saying which twelve it belongs to. So no kind of connection takes an index that
--- another kind uses, as long as others are free.

local errors = require "hayes.error"

local COUNT = 12

---@class hayes.quectel.indices
---@field connections table<integer, table> the library's own, by index
---@field kin hayes.quectel.indices[] of the other kinds of connection of the same module

--- By modem: the indices of all kinds.
local by_modem = setmetatable({}, { __mode = "k" })
local Indices = { COUNT = COUNT }
Indices.__index = Indices

--- list() returns the indices in use in the module, or nil and an error; close(index) closes one and returns whether it
--- succeeded.
---@param modem hayes.modem
---@param what string "TLS connections"
---@param list fun(): integer[]?, hayes.error?
---@param close fun(index: integer): boolean
---@param count? integer how many there are; 12 when not given, and at most
function Indices.new(modem, what, list, close, count)
  local kin = by_modem[modem] or {}
  by_modem[modem] = kin
  local self = setmetatable({ what = what, list = list, close = close, connections = {}, reserved = {}, foreign = nil,
    kin = kin, count = math.min(COUNT, count or COUNT) }, Indices)
  kin[#kin + 1] = self
  return self
end

local function is_used(self, index)
  return self.connections[index] or self.reserved[index] or self.foreign and self.foreign[index]
end

local function is_used_by_kin(self, index)
  for _, other in ipairs(self.kin) do
    if other ~= self and is_used(other, index) then return true end
  end
  return false
end

--- Whether another program or another kind of connection uses it.
---@param index integer
function Indices:is_others(index)
  return self.foreign and self.foreign[index] or is_used_by_kin(self, index)
end

--- The lowest free index, if possible one that no other kind of connection uses.
local function choose(self)
  local shared
  for index = 0, self.count - 1 do
    if not is_used(self, index) then
      if not is_used_by_kin(self, index) then return index end
      shared = shared or index
    end
  end
  return shared
end

local function find_foreign(self)
  local used, err = self.list()
  if not used then return nil, err end
  self.foreign = {}
  for _, index in ipairs(used) do
    if not (self.connections[index] or self.reserved[index]) then self.foreign[index] = true end
  end
  return true
end

--- No index is free: closes a connection that an earlier program has left open.
local function close_foreign(self)
  for index in pairs(self.foreign) do
    self.foreign[index] = nil
    if self.close(index) then return index end
  end
end

local Reservation = {}
Reservation.__index = Reservation

function Reservation:__close()
  if not self.kept then self:free() end
end

--- It lasts longer than its variable: up to free().
function Reservation:keep() self.kept = true end

function Reservation:free()
  self.indices.reserved[self.index] = nil
end

local function reserve(self, index)
  self.reserved[index] = true
  return setmetatable({ indices = self, index = index, kept = false }, Reservation)
end

--- Reserves a free index, until the returned value, { index }, is closed. nil and an error if all are in use.
function Indices:take()
  if not self.foreign then
    local ok, err = find_foreign(self)
    if not ok then return nil, err end
  end
  local index = choose(self) or close_foreign(self)
  if index then return reserve(self, index) end
  return nil, errors.new { name = "no_free_socket", origin = "ssl", hint = "Close connections that are not needed.",
    message = ("all %s %s of the module are in use"):format(self.count == COUNT and "twelve" or self.count,
      self.what) }
end

--- The module has reported that the index is in use (error 563): others may be, too, be it that it has refused to close
--- them, or that another program has opened some.
function Indices:mark_foreign(index)
  if not self.foreign then return end
  find_foreign(self)
  if self.foreign then self.foreign[index] = true end -- else the module has restarted meanwhile
end

--- The module has restarted: all indices are free. Returns the connections that it has lost.
function Indices:reset()
  local lost = self.connections
  self.connections, self.foreign = {}, nil
  return lost
end

return Indices
