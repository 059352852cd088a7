--- hayes socks: a proxy on this machine, whose connections the module makes.

local carry = require "hayes.cli.relay.carry"
local Connections = require "hayes.cli.relay.connections"
local convert = require "hayes.cli.convert"
local server = require "hayes.cli.relay.server"
local requests = require "hayes.cli.relay.socks"
local target = require "hayes.cli.target"

local socks = {}

local DEFAULT_PORT = "1080"

function socks.define(command)
  command:description("A proxy on this machine: SOCKS5, SOCKS4a and HTTP CONNECT on one port. The module resolves the "
    .. "names and makes the connections.")
  command:argument("local", "The port of this machine to listen on."):target "listen":args "?":default(DEFAULT_PORT)
    :convert(convert.integer("the port", 0, 65535))
  target.define_network(command)
  carry.define(command)
  command:epilog [[
Examples:
   hayes socks --apn internet &
   curl -x socks5h://127.0.0.1:1080 https://example.com/
   https_proxy=http://127.0.0.1:1080 git clone https://example.com/project.git]]
end

--- As a line of a log: what clients have sent may be anything.
local function as_line(text)
  return (text:gsub("[^ -~]", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

function socks.run(run)
  local arguments = run.arguments
  local listener <close> = server.listen(arguments.bind, arguments.listen or DEFAULT_PORT)
  local modem = target.go_on_line(run)
  local connections <close> = Connections.new(modem, arguments.wait)
  local make = modem.tcp.factory()
  carry.announce(run.out, arguments.bind, listener:number(),
    ("the proxy is at %s:%d (socks5h://, socks4a:// or http://)"):format(arguments.bind, listener:number()))
  server.run(listener, function(client)
    local request = requests.read(client)
    if not request then return end
    local where = as_line(("%s:%d"):format(request.host, request.port))
    carry.run(run.out, connections, client, where, carry.opener(make, request.host, request.port), function(err)
      request.refused(err)
      return as_line(tostring(err))
    end, request.granted)
  end)
end

return socks
