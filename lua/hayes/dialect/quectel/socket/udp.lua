--- modem.udp: UDP sockets of a Quectel module with one peer (TCP/IP note). A send is a datagram, and a receive()
--- without a pattern gives one.

return function(modem)
  return modem.ip.service("udp", "UDP", "push")
end
