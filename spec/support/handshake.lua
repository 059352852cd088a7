--- TLS handshakes of one modem with many servers on this host, each on its port.

local lab = require "support.lab"
local handshake = {}

--- A modem for which lab.HOST is this host, at whatever port is asked for. The options are those of hayes.emulator.
function handshake.modem(options, open_options)
  options = options or {}
  options.resolve = { [lab.HOST] = "127.0.0.1" }
  return lab.online(nil, options, open_options)
end

--- Opens a connection to a peer. The socket, or nil and the error; and what the peer saw (nil and its own error).
function handshake.with(modem, peer, options)
  peer:begin("accept")
  local sock, err = modem.ssl.open(lab.HOST, peer.port, options)
  local seen, why = peer:finish()
  if sock then sock:settimeout(10) end
  return sock, err, seen, why
end

--- The same, closed at once: what the server saw, or nil and the module's error.
function handshake.outcome(modem, peer, options)
  local sock, err, seen = handshake.with(modem, peer, options)
  if not sock then return nil, err end
  sock:close()
  peer:close_connection()
  return seen
end

return handshake
