--- hayes forward: a port of this machine that leads to a server, through the module.

local carry = require "hayes.cli.relay.carry"
local check = require "hayes.check"
local Connections = require "hayes.cli.relay.connections"
local hosts = require "hayes.stream.host"
local server = require "hayes.cli.relay.server"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local forward = {}

function forward.define(command)
  command:description "Lead a port of this machine to a server through the module, for any program and many clients."
  command:argument("local:host:port", "A port of this machine, and the server that it leads to."):target "what"
  target.define_network(command)
  target.define_tls(command)
  command:flag("--tcp", "Plain TCP: clients do TLS themselves, or none. Otherwise the module does TLS.")
  carry.define(command)
  command:epilog("Examples:\n   hayes forward --tcp 8443:example.com:443\n"
    .. "   hayes forward --ca ca.pem 8883:broker.example.com:8883       # TLS is the module's")
end

local function parse(text)
  local port, host, far = text:match "^(%d+):(.+):(%d+)$"
  port, far = math.tointeger(tonumber(port)), math.tointeger(tonumber(far))
  if not port or port > 65535 or far < 1 or far > 65535 then
    stop.wrong_use("%s: write it as LOCAL:HOST:PORT, such as 8443:example.com:443", text)
  end
  host = host:match "^%[(.*)%]$" or host
  local problem = check.problem(check.value, "", "the host", host, hosts.RULE)
  if problem then stop.wrong_use("%s: %s", text, problem) end
  return port, host, far
end

function forward.run(run)
  local arguments = run.arguments
  local port, host, far = parse(arguments.what)
  local options = not arguments.tcp and target.tls(arguments,
    "; or --tcp where clients do TLS themselves, or none")
  local listener <close> = server.listen(arguments.bind, port)
  local modem = target.go_on_line(run)
  -- Given what it cannot use, it raises here and not for each client.
  local make = (options and modem.ssl or modem.tcp).factory(options or nil)
  local connections <close> = Connections.new(modem, arguments.wait)
  local where = ("%s:%d"):format(host, far)
  carry.announce(run.out, arguments.bind, listener:number(), ("%s:%d leads to %s"):format(arguments.bind,
    listener:number(), where))
  server.run(listener, function(client)
    carry.run(run.out, connections, client, where, carry.opener(make, host, far))
  end)
end

return forward
