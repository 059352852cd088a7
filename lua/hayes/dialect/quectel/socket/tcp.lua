--- modem.tcp: TCP connections of a Quectel module, for programs that need no TLS (TCP/IP note).

return function(modem)
  local tcp = modem.ip.service("tcp", "TCP", "buffer")
  tcp.sockets = modem.ip.sockets
  return tcp
end
