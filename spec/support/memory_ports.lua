--- Runs under the shim of alloc_shim.c: what the core takes from the system is opened, used and closed, and so many
--- allocations in a row fail, from each place on in turn. Prints how many places there were, and what went wrong: each
--- gives an error or raises for want of memory, and no descriptor is left over. Arguments: how many allocations fail, and
--- a folder for files.

local check = require "hayes.check"
local core = require "hayes.core"
local socket = require "socket"

local width, folder = assert(math.tointeger(tonumber(arg[1]))), assert(arg[2])

local server = assert(socket.bind("127.0.0.1", 0))
local _, number = server:getsockname()
local emulator = assert(require("hayes").emulator {})

local function read_and_write(port)
  port:write "AT\r"
  port:read()
  port:close()
end

local function open(address)
  return function()
    local port, name, words = core.open_port(address, 115200, "none")
    if not port then return nil, name .. ": " .. words end
    read_and_write(port)
    return true
  end
end

local uses = {
  tcp = open("tcp:127.0.0.1:" .. number), named = open("tcp:localhost:" .. number), tty = open(emulator.address),
  unix = open("unix:" .. emulator.control_path), missing = open "/dev/no-such-port", list = function()
    return core.list_ports() ~= nil or nil, "no list"
  end,
  listen = function()
    local listener, name, words = core.listen("127.0.0.1", "0")
    if not listener then return nil, name .. ": " .. words end
    local client = core.open_port("tcp:127.0.0.1:" .. listener:number(), 0, "none")
    local port = client and listener:accept()
    if port then read_and_write(port) end
    if client then client:close() end
    listener:close()
    return true
  end,
  file = function()
    local file, words = core.file(folder .. "/file", "part")
    if not file then return nil, words or "no file" end
    file:write "0123456789"
    local sum = file:digest(0, 10)
    file:close()
    return sum ~= nil
  end,
  pollset = function()
    local set = core.pollset()
    local objects = {}
    for i = 1, 20 do
      objects[i] = {}
      set:add(0, objects[i], false)
    end
    for i = 1, 20 do set:remove(0, objects[i]) end
    return true
  end,
  engine = function()
    local engine = core.engine(require("hayes.dialect").get("quectel").rules)
    engine:submit({}, "AT+CSQ", 100)
    engine:output(100)
    engine:feed "\r\n+CSQ: 1,2\r\n\r\nOK\r\n"
    while engine:next_event(100) do end
    return true
  end,
}

local function descriptors()
  collectgarbage()
  collectgarbage()
  local count = 0
  for fd = 0, 63 do
    local file = io.open("/proc/self/fdinfo/" .. fd)
    if file then
      file:close()
      count = count + 1
    end
  end
  return count
end

--- How many places there are in this use.
local function all_places(name, use)
  assert(use() or name == "missing" or name == "list" or name == "unix", name)
  local before, place, reached = descriptors(), 0, true
  while reached do
    collectgarbage()
    collectgarbage "stop"
    local setting = ("ALLOC_SHIM:%d:%d"):format(place, width)
    local ok, result, words = pcall(function()
      os.getenv(setting)
      return use()
    end)
    reached = os.getenv("ALLOC_SHIM:-1:0") == "failed"
    collectgarbage "restart"
    if not ok and not tostring(result):find("memory", 1, true) then
      print(("wrong %s %d: %s"):format(name, place, tostring(result)))
    elseif ok and not result and type(words) ~= "string" then
      print(("wrong %s %d: no words"):format(name, place))
    end
    local now = descriptors()
    if now ~= before then print(("wrong %s %d: %d descriptors, and %d before"):format(name, place, now, before)) end
    before = now
    if name ~= "missing" and name ~= "list" and name ~= "unix" then assert(use(), name) end
    place = place + 1
  end
  return place
end

local places = 0
for _, name in ipairs(check.names(uses)) do
  local here = all_places(name, uses[name])
  places = places + here
  if arg[3] then print(name, here) end
end
emulator:close()
print("places " .. places)
