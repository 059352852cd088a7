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

--- Everything up to and with the first match of a Lua pattern; raises once nothing has come for 10 s. What comes is
--- searched whenever the port is silent or it has doubled, so that a long one takes a time in proportion to its length.
function Terminal:until_(pattern)
  local readable = { getfd = function() return self.port:fd() end }
  local pieces, length, searched = { self.seen }, #self.seen, 0
  local came, deadline = true, socket.gettime() + 10
  while true do
    if not came or length < 4096 or length >= 2 * searched then
      self.seen, searched = table.concat(pieces), length
      pieces = { self.seen }
      local _, last = self.seen:find(pattern)
      if last then
        local found = self.seen:sub(1, last)
        self.seen = self.seen:sub(last + 1)
        return found
      end
      if not came and socket.gettime() > deadline then
        error(("%q did not come; this did: %q"):format(pattern, self.seen), 2)
      end
    end
    socket.select({ readable }, nil, came and 0.01 or 1)
    local piece = assert(self.port:read())
    came = piece ~= ""
    if came then
      pieces[#pieces + 1], length, deadline = piece, length + #piece, socket.gettime() + 10
    end
  end
end

function Terminal:close() self.port:close() end

return Terminal
