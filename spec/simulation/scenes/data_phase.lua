--- Data from the host behind CONNECT: so many bytes, or less when the host is silent for too long, or says `+++` with
--- silence around it.

local DataPhase = {}
DataPhase.__index = DataPhase

local GUARD = 1 -- seconds

---@param options { count: integer?, silence: number, bound: number?, acknowledges: boolean?,
---  taken: (fun(bytes: string): integer?)?, done: fun(bytes: string, how: string) }  count: none: until `+++`; bound: see
---  watch_host(); taken() is called with what comes, and may stop() and say how much of it was data; how: "whole",
---  "silent", "escaped"; done() answers the command
function DataPhase.begin(module, options)
  local self = setmetatable({ module = module, count = options.count or math.huge, silence = options.silence,
    acknowledges = options.acknowledges, done = options.done, taken = options.taken, parts = {}, size = 0,
    last_input = module.world.now, escaping = false, over = false }, DataPhase)
  module.online = self
  self:watch()
  if options.bound then self:watch_host(options.bound) end
  module:go_on()
  return self
end

--- No more of it: what comes now is for command lines.
function DataPhase:stop()
  self.over = true
  if self.module.online == self then self.module.online = false end
end

function DataPhase:finish(how)
  if self.over then return end
  self:stop()
  self.done(table.concat(self.parts), how)
end

--- Silence ends it.
function DataPhase:watch()
  local module, boot = self.module, self.module.boots
  local wait = self.last_input + self.silence - module.world.now
  module.world:after(wait, function()
    if self.over or boot ~= module.boots then return end
    if self.last_input + self.silence > module.world.now + 1e-6 then return self:watch() end
    self:finish("silent")
  end)
end

--- A host that has given all that it has must not wait for longer than this: it can say `+++`. One that has not heard
--- CONNECT has a second more.
function DataPhase:watch_host(bound)
  local world, module = self.module.world, self.module
  local since, jumped, boot = self.last_input, world.jumped, module.boots
  world:after(self.size > 0 and bound or bound + 1, function()
    if self.over or boot ~= module.boots then return end
    local excused = jumped ~= world.jumped or module.line.full_until > since
      or module.line.stalled_until >= since or module.run.unplugged -- what comes behind a stall has no silence in front
      or self.half_escape
    if self.last_input == since and not excused then
      world:note_failure("the host waits for more than %d s while the module waits for data", bound)
    end
    self:watch_host(bound)
  end)
end

local function take(self, bytes)
  local before = self.size // 1024
  self.parts[#self.parts + 1] = bytes
  self.size = self.size + #bytes
  if self.acknowledges and self.size // 1024 > before then
    self.module:say(("A"):rep(self.size // 1024 - before), { kind = "acknowledged" })
  end
  local used = self.taken and self.taken(bytes, self)
  if used and self.over then self.module.input_bytes = bytes:sub(used + 1) .. self.module.input_bytes end
end

local function escape(self)
  local escaping = {}
  self.escaping = escaping
  self.module.world:after(GUARD, function()
    if self.escaping == escaping then self:finish "escaped" end
  end)
end

function DataPhase:input(bytes)
  local module = self.module
  local world = module.world
  local silent = world.now - self.last_input >= GUARD
  -- The line has lost or changed some of `+++`, or a jump of the clock was the silence in front of it.
  self.half_escape = #bytes <= 3 and bytes ~= "+++" and bytes:find("+", 1, true) ~= nil
    or bytes == "+++" and not silent and world.now - world.jumped_at < GUARD
  self.last_input = world.now
  if self.escaping then
    self.escaping = false
    bytes = "+++" .. bytes
  elseif bytes == "+++" and silent then
    return escape(self)
  end
  local rest = self.count - self.size
  if #bytes < rest then return take(self, bytes) end
  module.input_bytes = bytes:sub(rest + 1) .. module.input_bytes
  take(self, bytes:sub(1, rest))
  if not self.over then self:finish("whole") end
end

return DataPhase
