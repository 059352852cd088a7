--- A stand-in for lua-eco 4, with the part of its interface that its documentation describes: run, resume, all, sleep,
--- loop, io(descriptor):wait(events [, seconds]).

local socket = require "socket"

local eco = { READ = 1, WRITE = 4 }

local known, ready, sleeping, waiting = {}, {}, {}, {}

local function go(co, ...)
  local ok, err = coroutine.resume(co, ...)
  if coroutine.status(co) == "dead" then known[co] = nil end
  if not ok then error(debug.traceback(co, err), 0) end
end

function eco.run(f, ...)
  local co = coroutine.create(f)
  known[co] = true
  go(co, ...)
  return co
end

function eco.resume(co) ready[#ready + 1] = co end

function eco.all()
  local list = {}
  for co in pairs(known) do list[#list + 1] = co end
  return list
end

local function sleep_until(at)
  sleeping[coroutine.running()] = at
  return coroutine.yield()
end

function eco.sleep(seconds) sleep_until(socket.gettime() + seconds) end

local IO = {}
IO.__index = IO
function IO:getfd() return self.fd end
function IO.dirty() return false end
function IO:wait(events, seconds)
  assert(events == eco.READ)
  self.co = coroutine.running()
  waiting[self] = true
  if seconds then sleeping[self.co] = socket.gettime() + seconds end
  local came = coroutine.yield()
  waiting[self], sleeping[self.co] = nil, nil
  if came then return true end
  return nil, "timeout"
end

function eco.io(fd) return setmetatable({ fd = fd }, IO) end

function eco.loop()
  while next(known) do
    local list = ready
    ready = {}
    for _, co in ipairs(list) do go(co) end
    local now, seconds, readable = socket.gettime(), ready[1] and 0 or nil, {}
    for _, at in pairs(sleeping) do seconds = math.min(seconds or math.huge, math.max(0, at - now)) end
    for io in pairs(waiting) do readable[#readable + 1] = io end
    if not next(known) then return end
    for _, io in ipairs((socket.select(readable, nil, seconds))) do go(io.co, true) end
    now = socket.gettime()
    local due = {}
    for co, at in pairs(sleeping) do
      if at <= now then due[#due + 1] = co end
    end
    for _, co in ipairs(due) do
      sleeping[co] = nil
      go(co)
    end
  end
end

return eco
