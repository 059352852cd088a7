--- The sockets by the name that dialects from outside know (examples/dialects/esp-at.lua).

return require "hayes.stream.socket"
