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

local ORDER = { "time", "to", "sent", "received", "seconds", "reason", "error" }

--- Tells of a client that has gone: a line on stderr, or an object for programs.
local function tell(out, where, facts)
  if out.json then
    facts.time, facts.to = os.date "!%Y-%m-%dT%H:%M:%SZ", where
    out:value(facts, ORDER)
    out.flush()
  elseif facts.error then
    out:note("%s %s: %s", os.date "%H:%M:%S", where, facts.error)
  else
    out:note("%s %s: %d bytes out, %d bytes in, %.1f s; %s", os.date "%H:%M:%S", where, facts.sent, facts.received,
      facts.seconds, facts.reason)
  end
end

--- Says where the relay listens, and what it does.
---@param out hayes.cli.output
---@param host string
---@param port integer
---@param does string
function carry.announce(out, host, port, does)
  if out.json then
    out:value({ listening = { host = host, port = port } }, { "listening", "host", "port" })
    out.flush()
  else
    out:note("hayes: %s", does)
  end
end

--- What opens a connection for carry.run, by a factory of sockets. Unlike open(), connect() takes a bad name or port
--- for no mistake of the program.
---@param make fun(): hayes.socket
---@param host string
---@param port integer
---@return fun(): hayes.socket?, hayes.error?
function carry.opener(make, host, port)
  return function()
    local made = make()
    if made:connect(host, port) then return made end
    return nil, made:lasterror()
  end
end

--- Opens a connection for a client, moves bytes until one side ends, and tells of it when it is over.
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
  if not socket then return tell(out, where, { error = refused and refused(err) or tostring(err) }) end
  local count = { sent = 0, received = 0, reason = "the client has gone" }
  if not granted or granted() then count = pump.run(client, socket) end
  connections:give_back(socket)
  tell(out, where, { sent = count.sent, received = count.received, seconds = wait.now() - started,
    reason = count.reason })
end

return carry
