--- Virtual time, and what is to happen in it. A world takes the place of the host's clock and of the wait for ports.

local builtin = require "hayes.loop.builtin"
local wait = require "hayes.wait"

local World = {}
World.__index = World

--- No run takes more rounds of the loop, nor more of them without time, unless something goes round for ever.
local MOST_STEPS, MOST_IDLE = 60000, 3000

function World.new()
  return setmetatable({
    now = 1000, jumped = 0, jumped_at = 0, agenda = {}, size = 0, number = 0,
    steps = 0, idle_since = 0, -- the step at which time went on last
    woken = false,             -- tasks may be ready to go on
    stirring = {},             -- ports with input, or with room again
    waiting = function() return "" end, -- who waits, for messages
    on_step = false,           -- is called after each step
    tracing = false,           -- gets each line of the trace
  }, World)
end

local function is_before(a, b)
  return a.at < b.at or a.at == b.at and a.number < b.number
end

--- Calls f after so many seconds. What is due at the same time happens in the order of these calls.
function World:after(seconds, f)
  self.number = self.number + 1
  local entry = { at = self.now + seconds, number = self.number, f = f }
  local heap, i = self.agenda, self.size + 1
  self.size = i
  while i > 1 and is_before(entry, heap[i // 2]) do
    heap[i] = heap[i // 2]
    i = i // 2
  end
  heap[i] = entry
end

local function pop(self)
  local heap, size = self.agenda, self.size
  local top, last = heap[1], heap[size]
  heap[size] = nil
  self.size = size - 1
  if size == 1 then return top end
  local i = 1
  while 2 * i < size do
    local child = 2 * i
    if child + 1 < size and is_before(heap[child + 1], heap[child]) then child = child + 1 end
    if not is_before(heap[child], last) then break end
    heap[i] = heap[child]
    i = child
  end
  heap[i] = last
  return top
end

--- The loop has to look at this port.
function World:stir(port)
  self.stirring[port] = true
end

--- The loop has to look at its tasks.
function World:wake()
  self.woken = true
end

--- Time goes on by so many seconds, and what was due in them is late.
function World:jump(seconds)
  self.now = self.now + seconds
  self.jumped, self.jumped_at = self.jumped + seconds, self.now
end

local function advance(self, time)
  if time <= self.now then return end
  self.now = time
  self.idle_since = self.steps
end

local function run_until_stirred(self, deadline)
  self.woken = false
  while next(self.stirring) == nil and not self.woken do
    local first = self.agenda[1]
    if first and (not deadline or first.at <= math.max(deadline, self.now)) then
      advance(self, first.at)
      pop(self).f()
    elseif deadline then
      return advance(self, deadline)
    else
      self:fail("everything waits, and nothing is to come" .. self.waiting())
    end
  end
end

local function take_stirred(self, ready)
  local count = 0
  for modem in pairs(builtin.attached()) do
    if self.stirring[modem.port] then
      count = count + 1
      ready[count] = modem
    end
  end
  self.stirring = {}
  return count
end

function World:step(deadline, ready)
  self.steps = self.steps + 1
  if self.steps > MOST_STEPS then self:fail("the run does not come to its end") end
  if self.steps - self.idle_since > MOST_IDLE then self:fail("the loop goes round without time") end
  if self.on_step and self.on_step() then deadline = 0 end
  run_until_stirred(self, deadline)
  return take_stirred(self, ready), self.now
end

--- From now on the library lives in this world.
function World:enter()
  wait.set_clock {
    now = function() return self.now end,
    wait = function(deadline, ready) return self:step(deadline, ready) end,
  }
end

function World.leave()
  wait.set_clock(nil)
end

--- A sentence that was false. It ends the run.
function World:fail(text, ...)
  if select("#", ...) > 0 then text = text:format(...) end
  self.failure = self.failure or text
  self:trace("FAILED: " .. text)
  error({ failure = text }, 0)
end

--- The same for those whose errors somebody may catch: the run ends with the next step.
function World:note_failure(text, ...)
  if self.failure then return end
  self.failure = text:format(...)
  self:trace("FAILED: " .. self.failure)
end

function World:trace(text, ...)
  if not self.tracing then return end
  if select("#", ...) > 0 then text = text:format(...) end
  self.tracing(("%10.4f %5d  %s"):format(self.now - 1000, self.steps, text))
end

local names = { ["\r"] = "\\r", ["\n"] = "\\n", ["\\"] = "\\\\" }

--- Bytes, as they stand in the trace: a long run of them cut off.
function World.show(bytes)
  local shown = bytes:sub(1, 200):gsub("[\r\n\\]", names):gsub("[^ -~]", function(byte)
    return ("\\x%02x"):format(byte:byte())
  end)
  return #bytes > 200 and ("%s… (%d bytes)"):format(shown, #bytes) or shown
end

return World
