--- What ser2net does: a TCP port that leads to a tty. One client after the other.
--- Usage: tcp_relay.lua TCP_PORT TTY

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = (os.getenv("HAYES_BUILD") or "build") .. "/?.so;" .. package.cpath

local core = require "hayes.core"
local socket = require "socket"

local listener = assert(socket.bind("127.0.0.1", arg[1]))
local tty = assert(core.open_port(arg[2], 115200, "none"))
local tty_readable = { getfd = function() return tty:fd() end }

while true do
  local client = assert(listener:accept())
  client:settimeout(0)
  client:setoption("tcp-nodelay", true)
  local open = true
  while open do
    local ready = socket.select({ client, tty_readable })
    for _, stirring in ipairs(ready) do
      if stirring == client then
        local bytes, err, partial = client:receive(4096)
        bytes = bytes or partial
        open = err ~= "closed"
        while #bytes > 0 do bytes = bytes:sub(tty:write(bytes) + 1) end
      else
        client:send(tty:read())
      end
    end
  end
  client:close()
end
