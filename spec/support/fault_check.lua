--- Runs under the shim of fault_shim.c: a use of hayes.core, by name, in which a call of the system fails, each in turn and
--- for several reasons. Prints how many places there were, and what went wrong: the use may fail, with words; it leaves no
--- descriptor open, and the next one works.
--- Usage: fault_check.lua USE ADDRESS

local core = require "hayes.core"
local unix = require "socket.unix"

local name, address = assert(arg[1]), assert(arg[2])

--- EINTR, EIO, EAGAIN, ENOMEM, EACCES, EBUSY, ENODEV, EMFILE, ECONNREFUSED of Linux.
local REASONS = { 4, 5, 11, 12, 13, 16, 19, 24, 111 }

--- What a use did not do: what came in place of it. A verb gives nil (or false, as a line that it has not), and says why.
local function must(value, ...)
  if value == nil or value == false then error({ value, ... }, 0) end
  return value, ...
end

--- Opens, writes, reads, sets the lines and the speed.
local function use_port(at)
  local port <close> = must(core.open_port(at, 115200, "none"))
  must(port:fd() >= 0)
  must(port:write "AT\r")
  must(port:read())
  port:dtr(true)
  port:rts(true)
  port:baud(9600)
  port:baud(12345)
  must(port:write "AT\r")
  return true
end

local function use_file(path, mode, target)
  local file <close> = must(core.file(path, mode, target))
  must(file:fd() >= 0)
  if mode ~= "read" and mode ~= "private" then
    must(file:write "0123456789")
    if target then must(file:copy_permissions(target)) end
    must(file:sync())
  end
  must(file:size())
  must(file:modified())
  must(file:seek(0))
  if mode == "part" or mode == "read" then
    must(file:read(0, 5))
    must(file:read_some(5) ~= nil)
    must(file:digest(5) ~= nil)
  end
  if mode == "part" then must(file:truncate(3)) end
  return true
end

local listeners = {}

local uses = {
  tcp = function()
    local listener = listeners.tcp or assert(core.listen("127.0.0.1", "0"))
    listeners.tcp = listener
    repeat -- those of earlier uses
      local peer = listener:accept()
      if peer then peer:close() end
    until not peer
    return use_port("tcp:localhost:" .. listener:number())
  end,
  unix = function()
    if not listeners.unix then
      listeners.unix = unix()
      os.remove(address)
      assert(listeners.unix:bind(address))
      assert(listeners.unix:listen(5))
      listeners.unix:settimeout(0)
    end
    for _ = 1, 9 do
      local peer = listeners.unix:accept() -- of an earlier use
      if peer then peer:close() end
    end
    return use_port("unix:" .. address)
  end,
  listen = function()
    local other <close> = must(core.listen("localhost", "0")) -- of IPv6, where there is that
    must(other:number())
    local listener <close> = must(core.listen("127.0.0.1", "0"))
    local port <close> = must(core.open_port("tcp:[127.0.0.1]:" .. must(listener:number()), 9600))
    local client <close> = must(listener:accept())
    must(client:write "hello")
    must(port:read())
    return true
  end,
  tty = function()
    for _, flow in ipairs { "rtscts", "xonxoff" } do must(core.open_port(address, 115200, flow)):close() end
    return use_port(address)
  end,
  pty = function()
    local module <close>, path = core.open_pty()
    must(module, path)
    local port <close> = must(core.open_port(path, 9600))
    must(port:write "AT")
    must(module:read())
    must(module:write "OK")
    must(port:read())
    return true
  end,
  ports = function()
    must(core.list_ports())
    return true
  end,
  waiting = function()
    local signal, set = core.signal(), core.pollset()
    must(signal and signal:fd() >= 0)
    signal:set(true)
    set:add(signal:fd(), signal)
    set:wait(core.now() + 0.01, {})
    signal:set(false)
    signal:close()
    return true
  end,
  files = function()
    use_file(address, "append")
    use_file(address, "read")
    use_file(address, "private")
    use_file(address, "existing")
    use_file(address .. ".part", "part", address)
    use_file(address .. ".new", "new")
    must(core.inspect(address))
    must(core.inspect(address .. ".link"))
    return true
  end,
}

--- The number that the next descriptor will get.
local function next_descriptor()
  local signal = core.signal()
  local number = signal:fd()
  signal:close()
  return number
end

--- Does it while the call after so many fails for a reason. The name of the call, and what is wrong.
local function try(after, reason)
  os.getenv(("FAULT_SHIM:%d:%d"):format(after, reason))
  local ok, err = pcall(uses[name])
  local call = os.getenv "FAULT_SHIM:-1:0"
  if ok or type(err) == "table" then return call end
  return call, not tostring(err):find "poll: " and tostring(err)
end

local function check(after, reason)
  collectgarbage()
  local before = next_descriptor()
  local call, wrong = try(after, reason)
  collectgarbage()
  if wrong then print(("wrong: %s for %d at %d: %s"):format(call, reason, after, wrong)) end
  if next_descriptor() ~= before then print(("wrong: %s for %d at %d: a descriptor stays open"):format(call, reason, after)) end
  local ok, err = pcall(uses[name])
  if not ok then
    err = type(err) == "table" and tostring(err[2]) .. ", " .. tostring(err[3]) or err
    print(("wrong after %s for %d at %d: %s"):format(call, reason, after, err))
  end
  return call ~= "none"
end

pcall(uses[name]) -- what it makes once is there
local places = 0
for _, reason in ipairs(REASONS) do
  local after = 0
  while check(after, reason) do after = after + 1 end
  places = places + after
end
print("places " .. places)
