--- A person with a terminal: bytes typed at a port, and what comes back, without the library's engine in between.

local core = require "hayes.core"
local socket = require "socket"

local Terminal = {}
Terminal.__index = Terminal

function Terminal.open(address)
  return setmetatable({ port = assert(core.open_port(address, 115200, "none")), seen = "" }, Terminal)
end

--- Types bytes.
function Terminal:type(bytes)
  while #bytes > 0 do bytes = bytes:sub(assert(self.port:write(bytes)) + 1) end
end

--- The same, and waits until an emulator has them: what comes next, comes after.
function Terminal:put(emulator, bytes)
  local function count() return tonumber(assert(emulator:control "stats"):match "bytes_in=(%d+)") end
  local wanted = count() + #bytes
  self:type(bytes)
  while count() < wanted do socket.sleep(0.001) end
end

--- Everything up to and with the first match of a Lua pattern; raises if it does not come within 10 s.
function Terminal:until_(pattern)
  local readable = { getfd = function() return self.port:fd() end }
  local deadline = socket.gettime() + 10
  while true do
    local _, last = self.seen:find(pattern)
    if last then
      local found = self.seen:sub(1, last)
      self.seen = self.seen:sub(last + 1)
      return found
    end
    if socket.gettime() > deadline then
      error(("%q did not come; this did: %q"):format(pattern, self.seen), 2)
    end
    socket.select({ readable }, nil, 1)
    self.seen = self.seen .. assert(self.port:read())
  end
end

function Terminal:close() self.port:close() end

return Terminal
