--- A connection through the network, from the module to a server: what each end has given and got. The plan says what
--- the server does; servers that it does not name send nothing.

local stream = require "simulation.stream"

local Link = {}
Link.__index = Link

--- on_change() is called when something has come from the server, or the link has ended.
function Link.new(run, host, conn, on_change)
  local self = setmetatable({
    run = run, world = run.world, host = host, conn = conn, on_change = on_change,
    plan = run.plan.servers[host] or { packets = {} },
    inbox = "",     -- come from the server, and not taken by the module
    sent = 0,       -- bytes that the server has sent so far, and the module has got
    told = 0, last_told = 0, -- of these, those that the module has passed on; the last of them
    taken = {}, taken_size = 0, -- what the module has taken for the server
    up = false, ended = false,
    lost = false,   -- it has not been closed by the module
    sure = math.huge, -- so many of them went out before data of data mode was late
    late_to = 0,    -- and so many before that was over
    host_changed = false, -- a byte of the host was
    end_in_doubt = false, -- what was said of it may have got lost
    intact = math.huge, -- so many of the bytes passed on went out before anything was changed on the line
  }, Link)
  run:add_link(self)
  if (run.late_until or 0) > run.world.now then self:doubt() end
  return self
end

function Link:connect_seconds() return self.plan.connect_seconds or 0.1 end

local function next_packet(self, number)
  local packet = self.plan.packets[number]
  if packet then
    self.world:after(packet.after, function()
      if not self.up or self.ended then return end
      local from = self.sent + 1
      self.sent = self.sent + packet.size
      self.inbox = self.inbox .. stream.bytes("to " .. self.host, from, self.sent)
      self.on_change()
      next_packet(self, number + 1)
    end)
  elseif self.plan.closes then
    self.world:after(self.plan.closes, function() self:finish() end)
  end
end

--- The result of opening: 0, or an error of the network.
function Link:connect()
  if self.plan.refuses then return self.plan.refuses end
  self.up = true
  next_packet(self, 1)
  return 0
end

--- Something was changed on the line: what goes on to the host from here, and what was passed on last and may still be on
--- its way, is in doubt.
function Link:spoil()
  self.intact = math.min(self.intact, self.told - self.last_told)
end

--- What goes on to the host from here, and what was passed on last, may have data of data mode in it.
function Link:doubt()
  self.sure = math.min(self.sure, self.told - self.last_told)
  self.late_to = self.told
end

--- What the server has sent that may have come to the host when it had left data mode.
function Link:late_bytes()
  if self.conn.mode ~= 2 or self.late_to <= self.sure then return "" end
  return stream.bytes("to " .. self.host, self.sure + 1, self.late_to)
end

--- The server closes.
function Link:finish()
  if not self.up or self.ended then return false end
  self.ended, self.lost = true, true
  self.on_change()
  return true
end

--- The link breaks, and nobody says so.
function Link:reset()
  self.up, self.ended, self.lost, self.inbox = false, true, true, ""
end

--- The module closes.
function Link:close()
  self.up, self.ended, self.inbox = false, true, ""
end

--- The module passes so many bytes on, or what there is.
function Link:take(most)
  local bytes = self.inbox:sub(1, most)
  self.inbox = self.inbox:sub(#bytes + 1)
  self.told, self.last_told = self.told + #bytes, #bytes
  if (self.run.late_until or 0) > self.world.now then self.late_to = self.told end
  return bytes
end

--- The module takes these bytes for the server. Has it?
function Link:give(bytes)
  if not self.up or self.ended then return false end
  self.taken[#self.taken + 1] = bytes
  self.taken_size = self.taken_size + #bytes
  return true
end

function Link:taken_bytes()
  return table.concat(self.taken)
end

return Link
