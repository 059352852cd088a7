--- Connections of the module for several clients: who comes when all are in use waits in order.

local errors = require "hayes.error"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

---@class hayes.cli.connections
---@field modem hayes.modem
---@field patience number seconds that a client waits for a free connection
---@field open table<hayes.socket, true>
---@field opening hayes.lock
local Connections = {}
Connections.__index = Connections

---@param modem hayes.modem
---@param patience number
function Connections.new(modem, patience)
  return setmetatable({ modem = modem, patience = patience, open = {}, opening = Lock.new(), waiting = {} },
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

--- Waits until one of ours ends.
local function wait_for_free(self, deadline)
  local waiter = wait.waiter()
  self.waiting[#self.waiting + 1] = waiter
  return waiter:wait(deadline)
end

--- Opens a connection: open(deadline) gives a socket, or nil and the error.
---@param open fun(): hayes.socket?, hayes.error?
---@return hayes.socket?, hayes.error?
function Connections:take(open)
  local deadline = wait.now() + self.patience
  local held <close> = self.opening:take(deadline)
  local tried = false
  while held do
    local socket, err = open()
    if socket then
      self.open[socket] = true
      return socket
    end
    if not tried and is_off_line(self, err) then
      tried = true
      local attached
      attached, err = self.modem.network.reattach { timeout = math.max(deadline - wait.now(), 1) }
      if not attached then return nil, err end
    elseif not is_full(err) or not next(self.open) or not wait_for_free(self, deadline) then
      return nil, err
    end
  end
  return nil, errors.timeout(("all connections of the module were in use for %g s"):format(self.patience))
end

--- A connection that take() gave has ended.
---@param socket hayes.socket
function Connections:give_back(socket)
  self.open[socket] = nil
  socket:close()
  local waiters = self.waiting
  self.waiting = {}
  for _, waiter in ipairs(waiters) do waiter:fire(true) end
end

--- Closes all that are open.
function Connections:__close()
  for socket in pairs(self.open) do
    socket:settimeout(5)
    socket:close()
  end
end

return Connections
