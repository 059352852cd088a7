--- The serial line between the library and a simulated module: a port as hayes.open_port takes it, and the way of each
--- byte. The module speaks in words; a word arrives whole, unless the plan or a fault cuts it up.

local Line = {}
Line.__index = Line

--- From one end to the other, seconds.
local LATENCY = 0.0005

--- `style`: how words are cut ("whole", "pieces", "bytes"); `pace`: bytes a second, false: as fast as they come; `greedy`:
--- all that has come is read at once.
---@param run table
---@param habits { style: string, pace: number|false }
function Line.new(run, habits)
  return setmetatable({
    run = run, world = run.world, random = run.random("line"), style = habits.style, pace = habits.pace,
    greedy = habits.greedy, -- all that has come is read at once
    words = 0,      -- that the module has said
    blocks = 0,     -- of data of connections and files, among them
    writes = 0,     -- of the host
    arrives_at = 0, -- when the last byte on its way to the host arrives
    held = false,   -- a word that waits for the next one
    port = false,   -- the end in use
    next_fd = -10,
    name = "simulation", -- under which it is opened
    ports = {},     -- all ends so far
    full_until = 0,
    stalled_from = 0, -- nothing passes from here
    stalled_until = 0, -- to here
    changed = false, -- a byte on its way to the host was changed
  }, Line)
end

-- The port

local Port = {}
Port.__index = Port

--- Another end of the line, as when it is opened again.
function Line:open()
  self.next_fd = self.next_fd - 1
  self.port = setmetatable({ line = self, world = self.world, descriptor = self.next_fd, inbox = {}, gone = false,
    name = self.name, closed = false, full = false }, Port)
  self.ports[#self.ports + 1] = self.port
  return self.port
end

function Port:fd() return self.descriptor end

function Port:close()
  self.closed = true
  if self.line.port == self then self.line.port = false end
end

--- hayes.open_port: what the modem continues with.
function Port:again() return self.line:reopened(self.name) end

--- What fills a prompt comes in many small pieces; they are one write.
local FILLING = ("\r"):rep(32)

local function flush_output(self, now)
  local filling = 0
  while not self.full and not self.gone do
    local bytes = self.engine:output(now)
    if bytes == FILLING then
      filling = filling + 1
    elseif filling > 0 then
      self.line:written(FILLING:rep(filling))
      filling = 0
    end
    if #bytes == 0 then return end
    self.engine:sent(#bytes, now)
    if bytes ~= FILLING then self.line:written(bytes) end
  end
end

function Port:push(_, now)
  flush_output(self, now)
  return self.full, self.engine:deadline(now)
end

--- Gives the engine what has come, or a part of it. False: there is nothing.
local function feed(self)
  if not self.inbox[1] then return false end
  if self.line.greedy then
    self.engine:feed(table.concat(self.inbox))
    self.inbox = {}
  else
    self.engine:feed(table.remove(self.inbox, 1))
  end
  return true
end

--- The next event, or nil when there is nothing more to do now. As the pump of csrc/lua it reads what has come before it
--- looks at deadlines.
function Port:pump(_, now)
  local engine = self.engine
  if self.idle then
    self.idle = false
    feed(self)
  end
  while true do
    local event = table.pack(engine:next_event(now))
    if event[1] then return table.unpack(event, 1, event.n) end
    flush_output(self, now)
    if not feed(self) then
      if self.gone then return "closed", self.gone end
      event = table.pack(engine:next_event(now))
      if event[1] then return table.unpack(event, 1, event.n) end
      self.idle = true
      return nil, self.full, engine:deadline(now)
    end
  end
end

--- The port takes no output for so many seconds.
function Line:fill_up(seconds)
  local port = self.port
  if not port then return false end
  port.full = true
  self.full_until = self.world.now + seconds
  self.world:after(seconds, function()
    port.full = false
    self.world:stir(port)
  end)
  return true
end

--- The cable is pulled for so many seconds. False: it was out already.
function Line:unplug(reason, seconds)
  local port = self.port
  if not port or port.gone then return false end
  self.unplugged_until = self.world.now + seconds
  self.run.unplugged = true
  port.gone = reason
  self.world:stir(port)
  return true
end

--- It will come back under another name.
function Line:rename()
  self.name = ("simulation%d"):format(#self.ports)
end

--- Opens it under this name; nil and the error if there is no such port now.
function Line:reopened(name)
  if self.unplugged_until and self.world.now < self.unplugged_until or name ~= self.name then
    return nil, self.run.errors.new { name = "no_such_port", origin = "port", message = "there is no port" }
  end
  self.held, self.arrives_at = false, self.stalled_until
  return self:open()
end

--- Nothing passes in either direction for so many seconds: the module, or a relay, is busy with something else.
function Line:stall(seconds)
  if self.world.now >= self.stalled_until then self.stalled_from = self.world.now end
  self.stalled_until = math.max(self.stalled_until, self.world.now + seconds)
  self.arrives_at = math.max(self.arrives_at, self.stalled_until)
end

--- What the module acts on now was written by the host then, or later.
function Line:written_since()
  local now = self.world.now
  return now < self.stalled_until + 1 and self.stalled_from or now - 0.05
end

-- From the module

--- `whole`: what the trace says of it; false: a piece that is not the last.
local function arrive(self, bytes, at, whole)
  local port, world = self.port, self.world
  if not port then return end
  at = math.max(at, self.arrives_at, world.now)
  if self.pace then at = at + #bytes / self.pace end
  self.arrives_at = at
  world:after(at - world.now, function()
    if port.closed or port.gone then return end
    port.inbox[#port.inbox + 1] = bytes
    if world.tracing and whole then world:trace("<- %s", world.show(whole)) end
    world:stir(port)
  end)
end

--- Cuts a word at random places; they arrive a moment after each other.
local function cut(self, bytes, at, most)
  local from = 1
  while from <= #bytes do
    local length = self.random:int(1, most)
    local last = from + length - 1
    arrive(self, bytes:sub(from, last), at, last >= #bytes and bytes)
    from = from + length
    at = self.arrives_at + self.random:real() * 0.003
  end
end

local function send_out(self, word)
  local bytes, at = word.bytes, self.world.now + LATENCY + word.delay
  if bytes == "" then return end
  if word.pieces then return cut(self, bytes, at, math.max(1, #bytes // 2)) end
  if self.style == "bytes" and #bytes < 60 then return cut(self, bytes, at, 1) end
  if self.style == "pieces" and #bytes > 1 then return cut(self, bytes, at, #bytes) end
  arrive(self, bytes, at, bytes)
end

--- The module says this. `about` tells what it is: { kind = "answer"|"urc"|"prompt"|"push"|"banner"|"data", … }.
function Line:say(bytes, about)
  if bytes == "" then return end
  self.words = self.words + 1
  local word = { bytes = bytes, about = about, number = self.words, delay = 0, pieces = false, held = false }
  self.run:inject("word", self.words, word)
  if about.kind == "push" or about.kind == "block" then
    self.blocks = self.blocks + 1
    self.run:inject("block", self.blocks, word)
  end
  if about.taken_in then about.taken_in(word) end
  if self.held then
    word.bytes = self.held .. word.bytes
    self.held = false
  end
  if not word.held then return send_out(self, word) end
  self.held = word.bytes
  self.world:after(0.3, function() self:let_go() end)
end

--- A word that waited for the next one arrives without.
function Line:let_go()
  if not self.held then return end
  local bytes = self.held
  self.held = false
  send_out(self, { bytes = bytes, delay = 0 })
end

-- From the host

function Line:written(bytes)
  self.writes = self.writes + 1
  local chunk = { bytes = bytes }
  self.run:inject("write", self.writes, chunk)
  if self.world.tracing then self.world:trace("-> %s", self.world.show(chunk.bytes)) end
  self.run:note_written(bytes)
  local seconds = math.max(LATENCY, self.stalled_until - self.world.now)
  local stalled = seconds > LATENCY
  self.world:after(seconds, function()
    if stalled and self.run.module:is_transferring() then self.run:harmed "damage" end -- it comes without a silence
    self.run.module:input(chunk.bytes)
  end)
end

return Line
