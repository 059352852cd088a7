--- Brings a folder of an FTP server, with what is below it, into a local folder; what is there with the same size and
--- is not older is left alone.
---
---     lua5.4 examples/mirror.lua -p /dev/ttyUSB2 --apn internet --host files.example.com --user me /pub ./pub
---
--- The password is taken from the environment variable FTP_PASSWORD. --tls explicit|implicit with --ca FILE: FTPS.

local hayes = require "hayes"

local function usage(why)
  io.stderr:write(why, "\nusage: mirror.lua -p PORT [--baud N] --host HOST [--ftpport N] [--apn APN] [--user USER]\n",
    "                  [--tls explicit|implicit --ca FILE] FROM TO\n")
  os.exit(2)
end

local options, words = {}, {}
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
if not (options.port and options.host) or #words ~= 2 then usage "a port, a host and two folders are wanted" end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

--- Size and time of a local file; nil when there is none. Lua alone cannot tell a file's time: stat(1) does.
local function look(path)
  local pipe = assert(io.popen("stat -c '%s %Y' " .. quote(path) .. " 2>/dev/null"))
  local size, time = pipe:read("n", "n")
  pipe:close()
  return size, time
end

local function check(value, err)
  if value then return value end
  io.stderr:write(tostring(err), "\n", err.hint and "What to try: " .. err.hint .. "\n" or "")
  os.exit(1)
end

--- A name of the server's must stay inside the folder, and must not hold what cannot be sent in a command.
local function is_safe(name)
  return name ~= "." and name ~= ".." and not name:find('[/%c"]')
end

local fetched, kept = 0, 0

local function mirror(ftp, from, to)
  os.execute("mkdir -p " .. quote(to))
  for _, entry in ipairs(check(ftp:entries(from))) do
    local theirs, ours = from:gsub("/$", "") .. "/" .. entry.name, to .. "/" .. entry.name
    if not is_safe(entry.name) then
      print(("left out: %q is no name to fetch by"):format(theirs))
    elseif entry.type == "dir" then
      mirror(ftp, theirs, ours)
    elseif entry.type == "file" then
      local size, time = look(ours)
      if size == entry.size and time and entry.modified and time >= entry.modified then
        kept = kept + 1
      else
        local done = check(ftp:get(theirs, ours))
        if entry.modified then os.execute(("touch -d @%d %s"):format(entry.modified, quote(ours))) end
        fetched = fetched + 1
        print(("%s: %d bytes in %.1f s"):format(theirs, done.bytes, done.seconds))
      end
    end
  end
end

local modem <close> = check(hayes.open(options.port, { baud = math.tointeger(tonumber(options.baud or "115200")) }))
if options.apn then check(modem.network.attach { apn = options.apn }) end
local ftp <close> = check(modem.ftp.open {
  host = options.host, user = options.user, password = os.getenv "FTP_PASSWORD",
  port = math.tointeger(tonumber(options.ftpport or "")), tls = options.tls or false, ca = options.ca,
})
mirror(ftp, words[1], words[2])
print(("%d files fetched, %d were as they should be"):format(fetched, kept))
