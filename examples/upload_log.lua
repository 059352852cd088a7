--- Uploads a file over a link that breaks: it goes on where the server stands, also in the next run of this script.
---
---     lua5.4 examples/upload_log.lua -p /dev/ttyUSB2 --apn internet --ca ca.pem log.bin ftpes://me@example.com/log.bin
---
--- The password is taken from the environment variable FTP_PASSWORD. ftpes: TLS that is asked for; ftps: TLS from the
--- beginning (port 990); ftp: none.

local hayes = require "hayes"

local function usage(why)
  io.stderr:write(why, "\nusage: upload_log.lua -p PORT [--baud N] [--apn APN] [--ca FILE] [--piece BYTES] FILE URL\n")
  os.exit(2)
end

local options, words = { baud = "115200" }, {}
local i = 1
while arg[i] do
  local name = arg[i]:match("^%-%-(%l+)$") or arg[i] == "-p" and "port"
  if name then
    options[name] = arg[i + 1] or usage(arg[i] .. " wants a value")
    i = i + 2
  else
    words[#words + 1] = arg[i]
    i = i + 1
  end
end
if not options.port or #words ~= 2 then usage "a port, a file and a URL are wanted" end

--- A bar that redraws itself on a terminal, a line now and then elsewhere.
local on_terminal = os.execute "test -t 1"
local last_shown = -10
local function show(done, total, rate)
  local share = total > 0 and done / total or 1
  if not on_terminal and share < 1 and hayes.now() - last_shown < 10 then return end
  last_shown = hayes.now()
  local bar = ("#"):rep(math.floor(share * 30)) .. ("."):rep(30 - math.floor(share * 30))
  local left = rate > 0 and (total - done) / rate or 0
  io.write(("%s[%s] %5.1f %% of %.1f MiB, %.0f KiB/s, %d:%02d left %s"):format(on_terminal and "\r" or "", bar,
    share * 100, total / 2 ^ 20, rate / 1024, left // 60, math.floor(left % 60), on_terminal and "" or "\n"))
  io.flush()
end

local function fail(err)
  io.stderr:write("\n", tostring(err), "\n", err.hint and "What to try: " .. err.hint .. "\n" or "")
  os.exit(1)
end

local modem, err = hayes.open(options.port, { baud = math.tointeger(tonumber(options.baud)) })
if not modem then fail(err) end
if options.apn then
  local ok
  ok, err = modem.network.attach { apn = options.apn }
  if not ok then fail(err) end
end
local done
done, err = modem.ftp.put(words[2], words[1], {
  password = os.getenv "FTP_PASSWORD", ca = options.ca, progress = show, retries = 1000,
  piece = options.piece and math.tointeger(tonumber(options.piece)) or nil,
})
if not done then fail(err) end
print(("\n%s is on the server: %d bytes in %.1f s%s"):format(words[1], done.bytes, done.seconds,
  done.resumed_at and (", resumed at byte %d"):format(done.resumed_at) or ""))
modem:close()
