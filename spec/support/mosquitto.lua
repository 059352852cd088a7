--- The MQTT broker mosquitto on this host: one port without TLS, one with.

local folders = require "support.folder"
local Process = require "support.process"

local mosquitto = {}

---@param folder string with chain.pem and server.key
---@return { port: integer, tls_port: integer, close: function }
function mosquitto.start(folder)
  local base, peers = folders.absolute(folder), folders.absolute "build/peers"
  local port, tls_port = Process.free_port(), Process.free_port()
  local configuration = base .. "/mosquitto.conf"
  local file = assert(io.open(configuration, "w"))
  file:write(([[
listener %d 127.0.0.1
allow_anonymous true
listener %d 127.0.0.1
certfile %s/chain.pem
keyfile %s/server.key
allow_anonymous true
user %s
]]):format(port, tls_port, base, base, Process.run({ "id", "-un" }):match("%S+")))
  file:close()
  local process = Process.start({ "sh", "-c",
    ('LD_LIBRARY_PATH=$(echo "%s"/usr/lib/*-linux-gnu*) exec '):format(peers)
      .. Process.quote { peers .. "/usr/sbin/mosquitto", "-c", configuration } }, { log = base .. "/mosquitto.log" })
  Process.wait_for_port(port)
  Process.wait_for_port(tls_port)
  return { port = port, tls_port = tls_port, close = function() process:close() end }
end

return mosquitto
