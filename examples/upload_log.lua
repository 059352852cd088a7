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

local function upload()
  -- What is wrong with the file is to be told before the module does anything.
  local file, why = io.open(path, "rb")
  if not file then return nil, why end
  file:close()
  local err
  modem, err = hayes.open(options.p, { baud = options.baud or 115200 })
  if not modem then return nil, err end
  if options.apn then
    local ok
    ok, err = modem.network.attach { apn = options.apn }
    if not ok then return nil, err end
  end
  return modem.ftp.put(url, path, {
    password = os.getenv "FTP_PASSWORD", ca = options.ca, progress = show, retries = 1000, piece = options.piece,
    on_retry = function(failed, _, pause)
      io.stderr:write(("\n%s; again in %.0f s\n"):format(failed, pause))
    end,
  })
end

--- Ctrl-C: lua raises this. The module is brought back into command mode, which takes the two seconds of silence that
--- its escape sequence demands.
local function interrupted()
  io.stderr:write("\ninterrupted; the next run goes on where the server stands\n")
  if modem then
    pcall(modem.at, modem, "AT", { timeout = 5 })
    pcall(modem.close, modem)
  end
  os.exit(130)
end

local ok, done, err = xpcall(upload, function(raised) return raised end)
if not ok and tostring(done):find("interrupted!", 1, true) then interrupted() end
if not ok then usage(tostring(done)) end
if not done then fail(err) end
print(("\n%s is on the server: %d bytes in %.1f s%s"):format(path, done.bytes, done.seconds,
  done.resumed_at and (", resumed at byte %d"):format(done.resumed_at) or ""))
modem:close()
