--- Runs under the shim of tty_shim.c, on a port that libserialport takes for a USB serial line with an emulator behind it.
--- Prints one line of findings each; serial_spec.lua compares them.
--- Usage: serial_check.lua PORT LINES_FILE PTS_NUMBER

local core = require "hayes.core"
local hayes = require "hayes"

local port, lines_file, pts = table.unpack(arg)

local function say(name, ...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  print(name .. ": " .. table.concat(words, " "))
end

local function modem_lines()
  local file = assert(io.open(lines_file, "rb"))
  file:seek("set", 4 * tonumber(pts))
  local value = string.unpack("<i4", file:read(4))
  file:close()
  return (value & 2 ~= 0 and "DTR" or "-") .. "," .. (value & 4 ~= 0 and "RTS" or "-")
end

for _, info in ipairs(hayes.ports()) do
  if info.name == port then
    say("listed", ("%04x:%04x"):format(info.vid, info.pid), info.interface, info.serial, info.model, "role", info.role)
  end
end

local modem = assert(hayes.open(port, { baud = 115200 }))
say("opened", modem.dialect.name)
say("driver", modem.port.fd and "libserialport")
say("answer", assert(modem:at("AT+CSQ")).result)

local other, err = hayes.open(port)
say("second", other, err.name, err.message)

local raw = modem.port
local info = io.open("/proc/self/fdinfo/" .. raw:fd()):read("a")
say("kept from children", tonumber(info:match("flags:%s*(%d+)"), 8) & tonumber("2000000", 8) ~= 0)
say("lines", modem_lines())
raw:dtr(false)
say("dtr off", modem_lines())
raw:dtr(true)
raw:rts(false)
say("rts off", modem_lines())
raw:rts(true)
say("both", modem_lines())
say("baud", raw:baud(9600))

-- The other end goes away.
hayes.run(function()
  local waiting = hayes.spawn(function()
    local response, gone = modem:at("AT+HOLD", { timeout = 20 })
    say("gone", response, gone.name, gone.message)
  end)
  hayes.sleep(0.05)
  print("hangup")
  io.stdout:flush()
  waiting:join()
end)
say("after", core.now() > 0, select(2, modem:at("AT")).name)
