--- Runs seeds one after the other, each in a library of its own if the one before has failed.

local simulate = {
  scene = "sockets", -- of seeds for which no other is given: see scenes.lua
}

--- The library's own state may be anything after a failure: all of it is loaded again.
local function forget_library()
  for name in pairs(package.loaded) do
    if name:find("^simulation%.") and name ~= "simulation.simulate" or name:find("^hayes") and name ~= "hayes.core" then
      package.loaded[name] = nil
    end
  end
end

--- One run. Gives it, and what was wrong or nil.
---@param seed integer
---@param options? { only: table?, trace: function?, scene: string? }
function simulate.run(seed, options)
  options = options or {}
  collectgarbage("stop")
  local plan = require("simulation.scenes").plan(options.scene or simulate.scene, seed)
  local Run = require "simulation.run"
  local run = Run.new(plan, options)
  local failure = run:go()
  if failure then forget_library() end
  collectgarbage("restart")
  return run, failure
end

--- The fewest of a failing seed's faults with which it still fails.
function simulate.shrink(seed, run)
  local only, count = {}, 0
  for number in pairs(run.injected) do only[number], count = true, count + 1 end
  local _, failure = simulate.run(seed, { only = only })
  if not failure then
    only = {}
    for _, fault in ipairs(run.plan.faults) do only[fault.number] = true end
  end
  local shrunk
  repeat
    shrunk = false
    for number = 1, #run.plan.faults do
      if only[number] then
        only[number] = nil
        local _, still = simulate.run(seed, { only = only })
        if still then
          shrunk, failure = true, still
        else
          only[number] = true
        end
      end
    end
  until not shrunk
  local list = {}
  for number in pairs(only) do list[#list + 1] = number end
  table.sort(list)
  return list, failure
end

local function describe(seed, run, failure)
  local faults = require "simulation.faults"
  local list, last = simulate.shrink(seed, run)
  print(("seed %d: %s"):format(seed, failure))
  print(("  small: make simulate SCENE=%s SEED=%d ONLY=%s TRACE=1"):format(simulate.scene, seed,
    #list > 0 and table.concat(list, ",") or "0"))
  if last and last ~= failure then print("  then: " .. last) end
  for _, number in ipairs(list) do print("  " .. faults.describe(run.plan.faults[number])) end
end

-- How often each kind of fault has taken place, and how often that has mattered: without it the host would have written
-- something else, or a call would have given something else. Each fault that is tried takes one more run.

local function new_counts()
  return setmetatable({}, { __index = function(counts, name)
    counts[name] = { injected = 0, tried = 0, mattered = 0 }
    return counts[name]
  end })
end

local function without(run, left_out)
  local only = {}
  for _, fault in ipairs(run.plan.faults) do only[fault.number] = fault.number ~= left_out or nil end
  return only
end

local function count_faults(counts, seed, run, tries)
  for _, fault in ipairs(run.plan.faults) do
    if run.injected[fault.number] then
      local entry = counts[fault.kind]
      entry.injected = entry.injected + 1
      if tries then
        local other = simulate.run(seed, { only = without(run, fault.number) })
        entry.tried = entry.tried + 1
        if other.digest ~= run.digest then entry.mattered = entry.mattered + 1 end
      end
    end
  end
end

--- The same of what is checked beside faults.
local function count_checks(checks, run)
  for what, count in pairs(run.counts) do checks[what] = (checks[what] or 0) + count end
end

local function print_checks(checks)
  local names = {}
  for what in pairs(checks) do names[#names + 1] = what end
  table.sort(names)
  for _, what in ipairs(names) do print(("%-48s %7d"):format(what, checks[what])) end
end

local function print_counts(counts)
  for _, name in ipairs(require("simulation.scenes").fault_names(simulate.scene)) do
    local entry = counts[name]
    print(("%-16s injected %6d%s"):format(name, entry.injected,
      entry.tried > 0 and (", mattered in %d of %d"):format(entry.mattered, entry.tried) or ""))
  end
end

--- Ends the program by an error that main catches: a variable that cannot be what was meant.
local function refuse(text, ...) error({ refused = text:format(...) }, 0) end

--- A whole number of the environment; nil: it is not given.
local function whole_number(get, name, least)
  local text = get(name) or ""
  if text == "" then return nil end
  local number = text:find "^%d+$" and math.tointeger(tonumber(text))
  if not number or number < least then refuse("%s is %s; it must be a whole number from %d on", name, text, least) end
  return number
end

--- Which of a plan's faults are to take place, of a text such as 2,5; 0 is none of them. nil: all.
local function chosen_faults(text, seed)
  if text == "" then return nil end
  if not ("," .. text):find "^[,%d]+$" or ("," .. text .. ","):find ",," then
    refuse("ONLY is %s; it must be numbers of faults, such as 2,5, or 0 for none of them", text)
  end
  local only, count = {}, #require("simulation.scenes").plan(simulate.scene, seed).faults
  for digits in text:gmatch "%d+" do
    local number = math.tointeger(tonumber(digits))
    if not number or number > count then
      refuse("ONLY names fault %s; seed %d of the scene %s has %s", digits, seed, simulate.scene,
        count == 0 and "none" or ("the faults 1 to %d"):format(count))
    end
    only[number] = true
  end
  return only
end

local function choose_scene(name)
  if name == "" then return end
  local names = require("simulation.scenes").names
  for _, known in ipairs(names) do
    if known == name then simulate.scene = name end
  end
  if simulate.scene ~= name then refuse("SCENE is %s; it must be one of %s", name, table.concat(names, ", ")) end
end

local function run_one(seed, only, traces)
  local trace = traces and function(line) print(line) end or nil
  local run, failure = simulate.run(seed, { only = only, trace = trace })
  if trace then
    require("simulation.scenes").fault_names(simulate.scene) -- those of the scene are known to `faults` then
    local faults = require "simulation.faults"
    print("planned:")
    for _, fault in ipairs(run.plan.faults) do
      print("  " .. faults.describe(fault) .. (run.injected[fault.number] and "" or " (not injected)"))
    end
  end
  print(("seed %d: %s (digest %016x, %d steps, %.1f s)"):format(seed, failure or "clean", run.digest, run.world.steps,
    run.world.now - 1000))
  return not failure
end

local function is_given(get, name) return (get(name) or "") ~= "" end

--- Variables that mean nothing beside what else is given are refused: nobody would notice that they are not heeded.
local function refuse_ignored(get, seed)
  for _, name in ipairs(seed and { "SEEDS", "FIRST", "MATTERED" } or { "ONLY", "TRACE" }) do
    if is_given(get, name) then
      refuse(seed and "%s is for many seeds, and SEED chooses one: give one of them"
        or "%s is for one seed: give SEED, too", name)
    end
  end
end

local function run_many(get, first, count)
  local failed, began, counts, checks = 0, os.clock(), new_counts(), {}
  local tries = is_given(get, "MATTERED")
  for number = first, first + count - 1 do
    local run, failure = simulate.run(number)
    count_faults(counts, number, run, tries and not failure)
    count_checks(checks, run)
    if failure then
      failed = failed + 1
      if is_given(get, "STOP") then
        print(("seed %d: %s"):format(number, failure))
        return 1
      end
      describe(number, run, failure)
    end
  end
  print_counts(counts)
  print_checks(checks)
  print(("%d seeds, %d failed, %.1f s"):format(count, failed, os.clock() - began))
  return failed == 0 and 0 or 1
end

local function run_wanted(get)
  choose_scene(get "SCENE" or "")
  local seed = whole_number(get, "SEED", 0)
  local first, count = whole_number(get, "FIRST", 0) or 1, whole_number(get, "SEEDS", 1) or 2000
  refuse_ignored(get, seed)
  if not seed then return run_many(get, first, count) end
  return run_one(seed, chosen_faults(get "ONLY" or "", seed), is_given(get, "TRACE")) and 0 or 1
end

--- By the variables of the environment: SEED, ONLY, TRACE; or SEEDS, FIRST, MATTERED, STOP; SCENE. Gives the exit code.
function simulate.main(get)
  local ok, result = pcall(run_wanted, get)
  if ok then return result end
  if type(result) ~= "table" or not result.refused then error(result, 0) end
  io.stderr:write(result.refused, "\n")
  return 2
end

return simulate
