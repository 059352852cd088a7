--- modem.tcp: TCP connections of a Quectel module, for programs that need no TLS (TCP/IP note).

return function(modem)
  ---@class hayes.quectel.tcp: hayes.quectel.connections modem.tcp of a Quectel module
  local tcp = modem.ip.service("tcp", "TCP", "buffer")
  tcp.sockets = modem.ip.sockets
  return tcp
end
