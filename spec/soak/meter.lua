--- What a program holds, measured after each round of a soak test, and what of it has grown at the end.

local builtin = require "hayes.loop.builtin"

local Meter = {}
Meter.__index = Meter

--- What may become more by this much: tables of Lua's own that double, and the allocator's arenas.
local allowed = { heap = 48 * 1024, rss = 3 * 1024 * 1024, descriptors = 0, timers = 0, tasks = 0 }
local names = { "heap", "rss", "descriptors", "timers", "tasks" }

--- Room for what is measured is made now: it must not be what grows.
local MOST_ROUNDS <const> = 10000

---@param more? table<string, integer> other allowances
function Meter.new(more)
  local self = setmetatable({ count = 0, allowed = setmetatable(more or {}, { __index = allowed }) }, Meter)
  for _, name in ipairs(names) do
    self[name] = {}
    for i = 1, MOST_ROUNDS do self[name][i] = 0 end
  end
  return self
end

local function first_number(path, pattern)
  local file = io.open(path)
  if not file then return 0 end
  local text = file:read("a")
  file:close()
  return tonumber(text:match(pattern)) or 0
end

--- Open descriptors; 0 where there is no /proc.
local function descriptors()
  local pipe = assert(io.popen("ls /proc/$PPID/fd 2>/dev/null | wc -l")) -- its own is one more each time
  local count = pipe:read("n")
  pipe:close()
  return count or 0
end

--- Measures; the figures, in bytes or numbers.
function Meter:take()
  for _ = 1, 3 do collectgarbage() end
  local round = {
    heap = math.floor(collectgarbage "count" * 1024),
    rss = first_number("/proc/self/statm", "^%d+ (%d+)") * 4096,
    descriptors = descriptors(),
    timers = builtin.timers(),
    tasks = builtin.tasks(),
  }
  self.count = self.count + 1
  for _, name in ipairs(names) do self[name][self.count] = round[name] end
  return round
end

function Meter.show(round)
  return ("heap %7.1f KiB  rss %6.2f MiB  descriptors %2d  timers %2d  tasks %2d"):format(round.heap / 1024,
    round.rss / 1048576, round.descriptors, round.timers, round.tasks)
end

local function least(list, first, last)
  return math.min(table.unpack(list, first, last))
end

--- What has grown: the least of the last third of the rounds against the least of the first third, the warm-up left
--- out. A list of sentences; nil when there were too few rounds.
---@param warm_up integer rounds
---@return string[]?
function Meter:grown(warm_up)
  local found = {}
  local third = (self.count - warm_up) // 3
  if third < 1 then return nil end
  for _, name in ipairs(names) do
    local before = least(self[name], warm_up + 1, warm_up + third)
    local after = least(self[name], self.count - third + 1, self.count)
    if after - before > self.allowed[name] then
      found[#found + 1] = ("%s: %d, and %d in the end"):format(name, before, after)
    end
  end
  return found
end

return Meter
