--- An FTP server as the simulated module sees it: its files, and what is peculiar to it. It outlives everything.

local check = require "hayes.check"
local stream = require "simulation.stream"

local Server = {}
Server.__index = Server

--- `habits`: latency (seconds to each reply), rate (bytes a second), no_rest, no_size, no_times, no_mlsd, no_overwrite
--- (renaming over a file is refused), truncates (writing at an offset ends the file there), holds (seconds for which a
--- file stays locked after a session that broke); files: sizes of those that are there, by name.
function Server.new(world, habits)
  local self = setmetatable({ world = world, habits = habits, files = {}, held = {}, silent_until = 0, down_until = 0 },
    Server)
  for name, size in pairs(habits.files) do self.files[name] = stream.bytes("there " .. name, 1, size) end
  return self
end

--- Seconds to a reply.
function Server:delay()
  return self.habits.latency + math.max(0, self.silent_until - self.world.now)
end

--- An upload from this offset on begins. nil and the reply: it must not.
function Server:begin(path, start)
  if (self.held[path] or 0) > self.world.now then return nil, 550 end
  if start > 0 and self.habits.no_rest then return nil, 502 end
  local before = self.files[path] or ""
  if start == 0 then
    self.files[path] = ""
  elseif self.habits.truncates then
    self.files[path] = before:sub(1, start)
  end
  return true
end

function Server:write(path, at, bytes)
  local file = self.files[path] or ""
  if #file < at then file = file .. ("\0"):rep(at - #file) end
  self.files[path] = file:sub(1, at) .. bytes .. file:sub(at + #bytes + 1)
end

--- A session that wrote to it broke.
function Server:hold(path)
  self.held[path] = self.world.now + (self.habits.holds or 0)
end

function Server:names()
  local lines = {}
  for i, name in ipairs(check.names(self.files)) do lines[i] = name .. "\r\n" end
  return table.concat(lines)
end

function Server:entries()
  local lines = {}
  for i, name in ipairs(check.names(self.files)) do
    lines[i] = ("type=file;size=%d;modify=20260101000000; %s\r\n"):format(#self.files[name], name)
  end
  return table.concat(lines)
end

function Server:list()
  local lines = {}
  for i, name in ipairs(check.names(self.files)) do
    lines[i] = ("-rw-r--r-- 1 ftp ftp %d Jan 01 00:00 %s\r\n"):format(#self.files[name], name)
  end
  return table.concat(lines)
end

-- Single commands: the module's number, and what stands behind it.

local does = {}
Server.does = does

local MISSING = { 627, "550" }

function does.SIZE(self, path)
  if self.habits.no_size then return { 622, "502" } end
  local file = self.files[path]
  return file and { 0, tostring(#file) } or MISSING
end

function does.MDTM(self, path)
  if self.habits.no_times then return { 622, "502" } end
  return self.files[path] and { 0, '"20260101000000"' } or MISSING
end

function does.DEL(self, path)
  if not self.files[path] or (self.held[path] or 0) > self.world.now then return MISSING end
  self.files[path] = nil
  return { 0, "0" }
end

function does.RENAME(self, from, to)
  if not self.files[from] or self.habits.no_overwrite and self.files[to] then return MISSING end
  self.files[to], self.files[from] = self.files[from], nil
  return { 0, "0" }
end

function does.PWD() return { 0, '"/home"' } end

return Server
