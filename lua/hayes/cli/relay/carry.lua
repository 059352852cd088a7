--- One client of a relay, from its connection in the module to the line in the log; and the options of relays.

local convert = require "hayes.cli.convert"
local pump = require "hayes.cli.relay.pump"
local wait = require "hayes.wait"

local carry = {}

--- The options that every relay has.
function carry.define(command)
  command:option("--bind", "The address to listen at; 0.0.0.0 lets other machines in."):argname "<address>"
    :default "127.0.0.1"
  command:option("--wait", "Seconds that a client waits when all connections are in use."):argname "<s>"
    :convert(convert.seconds "--wait"):default "60"
end

--- Opens a connection for a client, moves bytes until one side ends, and tells of it on one line of stderr.
---@param out hayes.cli.output
---@param connections hayes.cli.connections
---@param client hayes.cli.peer
---@param where string            the far end, as the log shows it
---@param open fun(): hayes.socket?, hayes.error?
---@param refused? fun(err: hayes.error): string  tells the client why there is no connection; what the log says of it
---@param granted? fun(): boolean tells the client that there is one; false: it has gone
function carry.run(out, connections, client, where, open, refused, granted)
  local started = wait.now()
  local socket, err = connections:take(open)
  if not socket then
    return out:note("%s %s: %s", os.date "%H:%M:%S", where, refused and refused(err) or tostring(err))
  end
  local count = { sent = 0, received = 0, reason = "the client has gone" }
  if not granted or granted() then count = pump.run(client, socket) end
  connections:give_back(socket)
  out:note("%s %s: %d bytes out, %d bytes in, %.1f s; %s", os.date "%H:%M:%S", where, count.sent, count.received,
    wait.now() - started, count.reason)
end

return carry
