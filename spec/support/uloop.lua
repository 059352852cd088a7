--- A stand-in for libubox's uloop, with the part of its interface that its documentation and examples show: init, run,
--- cancel, fd_add(descriptor, callback, flags), timer(callback [, milliseconds]) with set and cancel.

local socket = require "socket"

local uloop = { ULOOP_READ = 1, ULOOP_WRITE = 2 }

local watches, timers, cancelled = {}, {}, false

function uloop.init() end
function uloop.cancel() cancelled = true end

local Watch = {}
Watch.__index = Watch
function Watch:delete() watches[self] = nil end
function Watch:getfd() return self.fd end
function Watch.dirty() return false end

function uloop.fd_add(fd, callback, flags)
  assert(math.type(fd) == "integer" and flags == uloop.ULOOP_READ)
  local watch = setmetatable({ fd = fd, callback = callback }, Watch)
  watches[watch] = true
  return watch
end

local Timer = {}
Timer.__index = Timer
function Timer:set(milliseconds)
  assert(math.type(milliseconds) == "integer")
  self.at = socket.gettime() + milliseconds / 1000
  timers[self] = true
end
function Timer:cancel() timers[self] = nil end

function uloop.timer(callback, milliseconds)
  local timer = setmetatable({ callback = callback }, Timer)
  if milliseconds then timer:set(milliseconds) end
  return timer
end

function uloop.run()
  cancelled = false
  while not cancelled do
    local readable, now, seconds = {}, socket.gettime(), nil
    for watch in pairs(watches) do readable[#readable + 1] = watch end
    for timer in pairs(timers) do
      local left = math.max(0, timer.at - now)
      seconds = math.min(seconds or left, left)
    end
    for _, watch in ipairs((socket.select(readable, nil, seconds))) do
      if watches[watch] then watch.callback(watch, uloop.ULOOP_READ) end
    end
    now = socket.gettime()
    local due = {}
    for timer in pairs(timers) do
      if timer.at <= now then due[#due + 1] = timer end
    end
    for _, timer in ipairs(due) do
      if timers[timer] and timer.at <= now then
        timers[timer] = nil
        timer.callback()
      end
    end
  end
end

return uloop
