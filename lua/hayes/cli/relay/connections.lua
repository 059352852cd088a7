--- Connections of the module for several clients. They open theirs at once, as one server may take minutes to answer;
--- who comes when all are in use waits in order.

local errors = require "hayes.error"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

---@class hayes.cli.connections
---@field modem hayes.modem
---@field patience number seconds that a client waits for a free connection
---@field open table<hayes.socket, true>
---@field count integer  of those that are open or being opened
---@field ended integer  how often one has ended: each time one more may be opened
---@field line hayes.lock of those who wait for a free one: the first of them has it
---@field first? hayes.waiter
local Connections = {}
Connections.__index = Connections

---@param modem hayes.modem
---@param patience number
function Connections.new(modem, patience)
  return setmetatable({ modem = modem, patience = patience, open = {}, count = 0, ended = 0, line = Lock.new() },
    Connections)
end

--- What a dialect says when all its connections are in use.
local function is_full(err)
  return err.name == "no_free_socket" or err.name == "no_free_context" or err.code == 96
end

--- Whether the module has lost the data connection: it has restarted, or the network has taken it away.
local function is_off_line(self, err)
  local network = self.modem.network
  return network and network.reattach and (err.code == 561 or err.name == "pdp_context_deactivated")
end

--- One has ended.
local function end_one(self)
  self.count, self.ended = self.count - 1, self.ended + 1
  if self.first then self.first:fire(true) end
end

--- Being opened. Given up or failed, it has ended.
local Opening = {}
function Opening:__close()
  if not self.over then end_one(self.connections) end
end

local function try(self, open)
  self.count = self.count + 1
  local opening <close> = setmetatable({ connections = self, over = false }, Opening)
  local socket, err = open()
  if socket then
    self.open[socket], opening.over = true, true
  elseif is_full(err) then -- it was none
    self.count, opening.over = self.count - 1, true
  end
  return socket, err
end

--- Waits, behind those who came earlier, until one of ours has ended since there were `ended`. False: none did in time.
local function wait_for_free(self, ended, deadline)
  local place <close> = self.line:take(deadline)
  if not place then return false end
  if self.ended ~= ended then return true end
  self.first = wait.waiter()
  return self.first:wait(deadline) or false
end

--- Opens a connection: open() gives a socket, or nil and the error.
---@param open fun(): hayes.socket?, hayes.error?
---@return hayes.socket?, hayes.error?
function Connections:take(open)
  local deadline = wait.now() + self.patience
  local tried = false
  while true do
    local ended = self.ended
    local socket, err = try(self, open)
    if socket then return socket end
    if not tried and is_off_line(self, err) then
      tried = true
      local attached
      attached, err = self.modem.network.reattach { timeout = math.max(deadline - wait.now(), 1) }
      if not attached then return nil, err end
    elseif not is_full(err) or self.count == 0 then
      return nil, err
    elseif not wait_for_free(self, ended, deadline) then
      return nil, errors.timeout(("all connections of the module were in use for %g s"):format(self.patience))
    end
  end
end

--- A connection that take() gave has ended.
---@param socket hayes.socket
function Connections:give_back(socket)
  self.open[socket] = nil
  socket:close()
  end_one(self)
end

--- Closes all that are open.
function Connections:__close()
  for socket in pairs(self.open) do
    socket:settimeout(5)
    socket:close()
  end
end

return Connections
