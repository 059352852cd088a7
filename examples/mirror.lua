--- Brings a folder of an FTP server, with what is below it, into a local folder; what is there with the same size and
--- is not older is left alone.
---
---     lua5.4 examples/mirror.lua -p /dev/ttyUSB2 --apn internet --host files.example.com --user me /pub ./pub
---
--- The password is taken from the environment variable FTP_PASSWORD. --tls explicit|implicit with --ca FILE: FTPS.

local hayes = require "hayes"

local function usage(why)
  io.stderr:write("mirror.lua: ", why,
    "\nusage: mirror.lua -p PORT [--baud N] --host HOST [--ftpport N] [--apn APN] [--user USER]\n",
    "                  [--tls explicit|implicit --ca FILE] FROM TO\n")
  os.exit(2)
end

local known = { p = "text", baud = "number", host = "text", ftpport = "number", apn = "text", user = "text",
  tls = "text", ca = "text" }
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
if not (options.p and options.host) or #words ~= 2 then usage "a port, a host and two folders are wanted" end
local is_kind = { explicit = true, implicit = true }
if options.tls and not is_kind[options.tls] then usage "--tls is explicit or implicit" end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

--- Size and time of a local file; nil when there is none. Lua alone cannot tell a file's time: stat(1) does.
local function look(path)
  local pipe = assert(io.popen("stat -c '%s %Y' -- " .. quote(path) .. " 2>/dev/null"))
  local size, time = pipe:read("n", "n")
  pipe:close()
  return size, time
end

local function fail(err)
  local hint = type(err) == "table" and err.hint
  io.stderr:write(tostring(err), "\n", hint and "What to try: " .. hint .. "\n" or "")
  os.exit(1)
end

--- Ctrl-C: lua raises this, wherever the program is.
local function is_interrupt(raised) return tostring(raised):find("interrupted!", 1, true) ~= nil end

local function check(value, err)
  if value then return value end
  if is_interrupt(err) then error(err, 0) end
  fail(err)
end

local function make_folder(path)
  if not os.execute("mkdir -p -- " .. quote(path)) then os.exit(1) end -- which has said why
end

--- A name of the server's must stay inside the folder, and must not hold what cannot be sent in a command.
local function is_safe(name)
  return name ~= "." and name ~= ".." and not name:find('[/%c"]')
end

local fetched, kept = 0, 0

local function mirror(ftp, from, to)
  make_folder(to)
  for _, entry in ipairs(check(ftp:entries(from))) do
    local theirs, ours = from:gsub("/$", "") .. "/" .. entry.name, to .. "/" .. entry.name
    if not is_safe(entry.name) then
      print(("left out: %q is no name to fetch by"):format(theirs))
    elseif entry.type == "dir" then
      mirror(ftp, theirs, ours)
    elseif entry.type == "file" then
      local size, time = look(ours)
      local modified = entry.modified or ftp:modified(theirs) -- servers without MLSD
      if size == entry.size and time and modified and time >= modified then
        kept = kept + 1
      else
        local done = check(ftp:get(theirs, ours))
        if modified then os.execute(("touch -d @%d -- %s"):format(modified, quote(ours))) end
        fetched = fetched + 1
        print(("%s: %d bytes in %.1f s"):format(theirs, done.bytes, done.seconds))
      end
    end
  end
end

local modem

local function run()
  make_folder(words[2]) -- what is wrong with it is told before the module does anything
  modem = check(hayes.open(options.p, { baud = options.baud or 115200 }))
  if not modem.ftp then fail("the module on " .. options.p .. " has no FTP client") end
  if options.apn then check(modem.network.attach { apn = options.apn }) end
  local ftp <close> = check(modem.ftp.open {
    host = options.host, user = options.user, password = os.getenv "FTP_PASSWORD", port = options.ftpport,
    tls = options.tls or false, ca = options.ca,
  })
  mirror(ftp, words[1], words[2])
end

local function notice(raised)
  if is_interrupt(raised) then io.stderr:write("\ninterrupted; the next run goes on\n") end
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

local ok, raised = xpcall(run, notice)
if not ok and is_interrupt(raised) then leave() end
if not ok then usage((tostring(raised):gsub("^%S+:%d+: ", ""))) end
modem:close()
print(("%d files fetched, %d were as they should be"):format(fetched, kept))
