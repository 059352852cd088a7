--- Uploads a file over a link that breaks: it goes on where the server stands, also in the next run of this script.
---
---     lua5.4 examples/upload_log.lua -p /dev/ttyUSB2 --apn internet --ca ca.pem log.bin ftpes://me@example.com/log.bin
---
--- The password is taken from the environment variable FTP_PASSWORD. ftpes: TLS that is asked for; ftps: TLS from the
--- beginning (port 990); ftp: none.

local hayes = require "hayes"

local function usage(why)
  io.stderr:write("upload_log.lua: ", why,
    "\nusage: upload_log.lua -p PORT [--baud N] [--apn APN] [--ca FILE] [--piece BYTES] FILE URL\n")
  os.exit(2)
end

local known = { p = "text", baud = "number", apn = "text", ca = "text", piece = "number" }
local options, words = {}, {}
local i = 1
while arg[i] do
  local name = arg[i]:match("^%-%-(%l+)$") or arg[i]:match("^%-(p)$")
  if name or arg[i]:find("^%-") then
    local kind = known[name] or usage("there is no option " .. arg[i])
    local value = arg[i + 1] or usage(arg[i] .. " wants a value")
    if kind == "number" then value = math.tointeger(tonumber(value)) or usage(arg[i] .. " wants a number") end
    options[name] = value
    i = i + 2
  else
    words[#words + 1] = arg[i]
    i = i + 1
  end
end
if not options.p or #words ~= 2 then usage "a port, a file and a URL are wanted" end
local path, url = words[1], words[2]
local is_scheme = { ftp = true, ftps = true, ftpes = true }
if not is_scheme[url:match("^(%l+)://")] then usage "the URL is to begin with ftp://, ftps:// or ftpes://" end

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
  local hint = type(err) == "table" and err.hint
  io.stderr:write("\n", tostring(err), "\n", hint and "What to try: " .. hint .. "\n" or "")
  os.exit(1)
end

local modem

--- What is wrong with the file is told before the module does anything.
local function look_at_file()
  local file, why = io.open(path, "rb")
  if not file then return nil, why end
  local _, failed = file:read(0)
  file:close()
  return not failed, failed and path .. ": " .. failed
end

local function upload()
  local ok, err = look_at_file()
  if not ok then return nil, err end
  modem, err = hayes.open(options.p, { baud = options.baud or 115200 })
  if not modem then return nil, err end
  if not modem.ftp then return nil, "the module on " .. options.p .. " has no FTP client" end
  if options.apn then
    ok, err = modem.network.attach { apn = options.apn }
    if not ok then return nil, err end
  end
  return modem.ftp.put(url, path, {
    password = os.getenv "FTP_PASSWORD", ca = options.ca, progress = show, retries = 1000, piece = options.piece,
    on_retry = function(failed, _, pause)
      io.stderr:write(("\n%s; again in %.2g s\n"):format(failed, pause))
    end,
  })
end

--- Ctrl-C: lua raises this, wherever the program is.
local function is_interrupt(raised) return tostring(raised):find("interrupted!", 1, true) ~= nil end

local function notice(raised)
  if is_interrupt(raised) then io.stderr:write("\ninterrupted; the next run goes on where the server stands\n") end
  return raised
end

--- What was under way is given up. The module may still be in data mode: the escape sequence that leads out of it
--- demands a second of silence on either side, which is as long as this waits.
local function leave()
  if modem then
    local _, _, err = pcall(modem.at, modem, "AT", { timeout = 3 })
    pcall(modem.close, modem)
    -- Met in the middle of its own work, the library has closed the modem as it was.
    if type(err) == "table" and err.name == "internal_error" then pcall(hayes.open, options.p, { timeout = 3 }) end
  end
  os.exit(130)
end

local ok, done, err = xpcall(upload, notice)
if is_interrupt(not ok and done or err) then leave() end
if not ok then usage((tostring(done):gsub("^%S+:%d+: ", ""))) end
if not done then fail(err) end
print(("\n%s is on the server: %d bytes in %.1f s%s"):format(path, done.bytes, done.seconds,
  done.resumed_at and (", resumed at byte %d"):format(done.resumed_at) or ""))
modem:close()
