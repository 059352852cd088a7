--- Makes sockets. Whether one carries datagrams or a stream of bytes is a property of its connection, not of the
--- service that opened it: UDP carries datagrams, and so does DTLS.

local Datagram = require "hayes.stream.datagram"
local Socket = require "hayes.stream.socket"

local make = {}

--- A socket over a connection.
---@param kind "SSL"|"tcp"|"udp"
---@param connection hayes.connection
---@return hayes.socket
function make.over(kind, connection, host, port)
  return (connection.datagrams and Datagram or Socket).new(kind, connection, host, port)
end

--- A socket that its opener connects when connect() is called (Socket.new).
---@param kind "SSL"|"tcp"|"udp"
---@param datagrams boolean
---@return hayes.socket
function make.unconnected(kind, datagrams, opener)
  return (datagrams and Datagram or Socket).new(kind, nil, nil, nil, opener)
end

return make
