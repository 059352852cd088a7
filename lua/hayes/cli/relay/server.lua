--- Serves clients on a port of this machine, each in a task of its own.

local core = require "hayes.core"
local Peer = require "hayes.cli.relay.peer"
local stop = require "hayes.cli.stop"
local wait = require "hayes.wait"

local server = {}

local problems = {
  port_busy = "another program listens on %s:%s",
  permission_denied = "ports below 1024 are root's: %s:%s",
}

--- Listens; ends the run where that fails.
---@param host string
---@param port integer|string
---@return userdata
function server.listen(host, port)
  local listener, name, words = core.listen(host, tostring(port))
  if listener then return listener end
  local message = (problems[name] or "listening on %s:%s is not possible"):format(host, port)
  stop.with(stop.REFUSED, problems[name] and message or message .. ": " .. words)
end

local function serve_one(serve, port)
  local client <close> = Peer.new(port)
  serve(client)
end

--- A task of its own for each client.
local function accept(listener, one)
  while true do
    local port = listener:accept()
    if port then wait.spawn(one, port) else wait.descriptor(listener:fd(), false) end
  end
end

--- Calls serve(client) for each client; the client is closed after that. Does not return; it raises what ends the run,
--- such as that standard output takes no more, also when serve has raised it.
---@param listener userdata
---@param serve fun(client: hayes.cli.peer)
function server.run(listener, serve)
  local over = wait.waiter()
  local function one(port)
    local ok, raised = pcall(serve_one, serve, port)
    if not ok and stop.is(raised) then over:fire(raised) elseif not ok then error(raised, 0) end
  end
  local accepting = wait.spawn(function()
    local _, raised = pcall(accept, listener, one)
    over:fire(raised)
  end)
  local _cancel <close> = setmetatable({}, { __close = function() accepting:cancel() end })
  error(over:wait(), 0)
end

return server
