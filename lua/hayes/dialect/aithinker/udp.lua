--- modem.udp: UDP sockets of an Ai-Thinker module. A send is a datagram, and a receive() without a pattern gives one.

local service = require "hayes.dialect.aithinker.service"

return function(modem)
  return service.new(modem, { name = "udp", kind = "udp", what = "UDP socket", client = 2, server = 1 })
end
