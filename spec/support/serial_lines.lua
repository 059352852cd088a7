--- Runs under the shim of tty_shim.c, on a port that libserialport takes for a serial line and that is a pty of far_end.py.
--- Prints one line of findings each; serial_line_spec.lua compares them.
--- Usage: serial_lines.lua PORT PTY_SOCKET LINES_FILE PTS_NUMBER

local core = require "hayes.core"
local Pty = require "support.pty"

local port_name, control, lines_file, pts = table.unpack(arg)
local pty = Pty.connect(control)

local function say(name, ...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  print(name .. ": " .. table.concat(words, " "))
end

local function open(flow, baud) return core.open_port(port_name, baud or 115200, flow or "none") end

local function modem_lines()
  local file <close> = assert(io.open(lines_file, "rb"))
  file:seek("set", 4 * tonumber(pts))
  local value = string.unpack("<i4", file:read(4))
  return (value & 2 ~= 0 and "DTR" or "-") .. "," .. (value & 4 ~= 0 and "RTS" or "-")
end

pty:ask "cook"
for _, flow in ipairs { "none", "rtscts", "xonxoff", "rtscts", "none" } do
  local port <close> = assert(open(flow))
  say(flow, pty:ask "line")
  say(flow .. " lines", modem_lines())
  assert(port)
end

do
  local port <close> = assert(open "rtscts")
  say("rtscts at another speed", port:baud(9600), pty:ask "line")
end

do
  local port <close> = assert(open())
  say("exclusive", pty:ask "exclusive")
  say("second", open())
  for _, baud in ipairs { 9600, 921600, 12345 } do say("baud " .. baud, port:baud(baud), pty:ask "line") end
end
say("exclusive after", pty:ask "exclusive")

pty:send "left over"
do
  local port <close> = assert(open())
  pty:send "fresh"
  say("read", port:read())
  say("read after", port:read())
end

do
  local port <close> = assert(open())
  local bytes, taken = ("x"):rep(10000), 0
  repeat
    local count = port:write(bytes)
    taken = taken + count
  until count == 0
  say("full", #pty:take(taken) == taken, port:write "more", pty:take(4))
end

-- Descriptors that do not fit into a set of select().
local files = {}
while #files < 1100 do files[#files + 1] = assert(io.open "/dev/null") end
do
  local port <close> = assert(open())
  say("high", port:fd() > 1024)
  pty:send "up"
  say("read high", port:read())
  say("write high", port:write "down", pty:take(4))
  say("baud high", port:baud(9600), pty:ask "line")
  say("dtr high", port:dtr(false), modem_lines())
  pty:ask "hangup"
  say("gone", port:read())
  say("gone in writing", port:write "x")
  say("gone line", port:dtr(true) ~= nil)
end
say("unplugged", open())
