--- Fuzzes readers that are written in Lua: tables and files are changed at random, by a seed and a number, so that what
--- goes wrong goes wrong again. Arguments: the target, and -runs=N, -max_total_time=SECONDS, -seed=N as libFuzzer has
--- them; -only=N is that run alone.

local Random = require "simulation.random"

local name = assert(arg[1], "usage: readers.lua TARGET [-runs=N] [-max_total_time=SECONDS] [-seed=N] [-only=N]")
local target = require("fuzz." .. name)
local options = { runs = math.huge, max_total_time = math.huge, seed = 1 }
for i = 2, #arg do
  local key, value = arg[i]:match "^%-([%w_]+)=(%d+)$"
  options[assert(key, arg[i])] = math.tointeger(value)
end

local MOST_STEPS = 2000 -- of a million instructions each

--- An endless loop ends with an error.
local function within_steps(f, ...)
  local steps = 0
  debug.sethook(function()
    steps = steps + 1
    if steps > MOST_STEPS then error("it takes too long", 2) end
  end, "", 1000000)
  local ok, err = xpcall(f, debug.traceback, ...)
  debug.sethook()
  return ok, err
end

local started, number, reached = os.time(), (options.only or 1) - 1, 0
while number < (options.only or options.runs) and os.time() - started < options.max_total_time do
  number = number + 1
  local began = os.clock()
  local random = Random.new(options.seed * 1000003 + number, name)
  local ok, err = within_steps(function() reached = reached + (target(random) or 0) end)
  local seconds = os.clock() - began
  if ok and seconds > 20 then ok, err = false, ("it takes %.1f s"):format(seconds) end
  if not ok then
    print(("%s -seed=%d -only=%d:\n%s"):format(name, options.seed, number, tostring(err)))
    os.exit(1)
  end
end
print(("Done %d runs in %d second(s), of which %d went all the way"):format(number, os.time() - started, reached))
