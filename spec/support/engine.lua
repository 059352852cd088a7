--- The engine with bytes put in and events taken out by hand, in time that passes when told to.

local core = require "hayes.core"
local dialects = require "hayes.dialect"

local Bench = {}
Bench.__index = Bench

--- An engine that is in step, with the rules of a dialect (quectel), or with rules of core.rules.
---@param pieces? fun(bytes: string): string[] how what comes in is cut up
function Bench.new(dialect, pieces)
  local rules = type(dialect) == "userdata" and dialect or dialects.get(dialect or "quectel").rules
  return setmetatable({ engine = core.engine(rules), time = 100, events = {}, pieces = pieces }, Bench)
end

local function collect(self)
  while true do
    local event = table.pack(self.engine:next_event(self.time))
    if event[1] == nil then break end
    event.kind = event[1]
    self.events[#self.events + 1] = event
  end
  -- A loop that is told of a time that is over, with nothing to do, never waits.
  local at = self.engine:deadline(self.time)
  if at and at <= self.time and self.engine:output(self.time) == "" then
    error(("the engine wants to be called at %.6f, and it is %.6f"):format(at, self.time), 2)
  end
end

--- What the engine wants to send now, all of it; the port takes it.
function Bench:output()
  local all = {}
  while true do
    local bytes = self.engine:output(self.time)
    if bytes == "" then return table.concat(all) end
    self.engine:sent(#bytes, self.time)
    all[#all + 1] = bytes
    collect(self)
  end
end

--- Submits a command and sends its line; gives the response table, which fills as the answer comes.
function Bench:command(text, options)
  options = options or {}
  local response = {}
  local id, why = self.engine:submit(response, text, self.time, options.data, options.expect, options.timeout, nil,
    options.online, options.block, options.sink, options.length)
  assert(id, why)
  self.id = id
  self.line = self:output()
  return response
end

--- Bytes come from the module.
function Bench:receive(bytes)
  for _, piece in ipairs(self.pieces and self.pieces(bytes) or { bytes }) do
    self.engine:feed(piece)
    collect(self)
  end
end

--- Time passes; what has fallen due is sent.
function Bench:pass(seconds)
  self.time = self.time + seconds
  collect(self)
end

--- The events since the last call, without those of other kinds if one is given.
function Bench:take(kind)
  local taken = {}
  for _, event in ipairs(self.events) do
    if not kind or event.kind == kind then taken[#taken + 1] = event end
  end
  self.events = {}
  return taken
end

--- The last event of a kind, and for which `fits` says true; nil: there was none.
function Bench:last(kind, fits)
  for i = #self.events, 1, -1 do
    local event = self.events[i]
    if event.kind == kind and (not fits or fits(event)) then return event end
  end
end

--- The kinds of the events since the last call, in order.
function Bench:kinds()
  local kinds = {}
  for i, event in ipairs(self:take()) do kinds[i] = event.kind end
  return kinds
end

--- Plays a module that answers each probe with OK, until the engine is in step.
function Bench:get_in_step()
  local probes = 0
  for _ = 1, 200 do
    local out = self:output()
    for _ in out:gmatch("AT\r") do
      probes = probes + 1
      self:receive("\r\nOK\r\n")
    end
    if self.engine:ready() then return probes end
    self:pass(0.05)
  end
  error("the engine did not get in step", 2)
end

--- Ways in which bytes arrive, by name.
Bench.ways = {
  ["whole"] = function(bytes) return { bytes } end,
  ["one byte at a time"] = function(bytes)
    local list = {}
    for byte in bytes:gmatch(".") do list[#list + 1] = byte end
    return list
  end,
}

return Bench
