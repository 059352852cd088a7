--- make mutants: makes each small wrong change of list/ in a copy of the checkout, and runs the specs that fit, which have
--- to notice. Prints those that survive. Arguments: Lua patterns, for the changes whose names or fragments have one of
--- them. JOBS: how many go on side by side, each in a copy of its own; HAYES_PORTS: the first TCP port of the specs.

local list = require "mutants.list"
local Process = require "support.process"

local BUILD = Process.run({ "pwd" }):match "[^\n]+" .. "/" .. (os.getenv "HAYES_BUILD" or "build")
local JOBS = tonumber(os.getenv "JOBS") or 2
local PORTS = tonumber(os.getenv "HAYES_PORTS") or 24000
local PORTS_EACH = 400
local LEAST_SECONDS = 30 -- time limit of specs that need none

local function run(command, ...)
  return os.execute(command:format(...)) and true or false
end

local function is_wanted(mutant)
  for _, pattern in ipairs(arg) do
    if mutant.name:find(pattern) or mutant.fragment:find(pattern) then return true end
  end
  return #arg == 0
end

local function wanted()
  local mutants = {}
  for _, mutant in ipairs(list.all()) do
    if is_wanted(mutant) then mutants[#mutants + 1] = mutant end
  end
  table.sort(mutants, function(a, b) -- those with the same specs need the time of these once
    if a.specs ~= b.specs then return a.specs < b.specs end
    return a.name < b.name
  end)
  return mutants
end

--- A copy of the checkout with what is built; only what changes is compiled again.
local function copy_checkout(folder)
  local built = BUILD .. "/obj " .. BUILD .. "/hayes " .. BUILD .. "/hayes-emulator " .. BUILD .. "/bin " .. BUILD .. "/peers"
  assert(run("rm -rf %s && mkdir -p %s/build && tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C %s", folder,
    folder, folder))
  run("cp -a %s %s/build 2>/dev/null", built, folder)
  assert(run("make -s -C %s all >/dev/null", folder), "the copy of the checkout cannot be built")
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

--- Do the specs pass in this copy, within so many seconds?
local function pass(folder, ports, specs, seconds)
  return run("cd %s && eval \"$(make -s env)\" && HAYES_BUILD=build HAYES_PORTS=%d HAYES_COUNTS=/dev/null timeout -k 5 %d "
    .. "lua5.4 /usr/bin/busted --no-keep-going -o spec/support/quiet.lua %s >%s.log 2>&1 </dev/null", folder, ports, seconds,
    specs, folder)
end

--- Every JOBS-th change, from this one on. What becomes of each is one line of output.
local function work(job)
  local folder, ports = ("%s/%d"):format(os.getenv "MUTANTS_FOLDER", job), PORTS + (job - 1) * PORTS_EACH
  local limits = {}
  copy_checkout(folder)
  local function time_limit(specs)
    if limits[specs] == nil then
      local from = os.time()
      limits[specs] = pass(folder, ports, specs, 600) and LEAST_SECONDS + 4 * (os.time() - from) or false
    end
    return limits[specs]
  end
  --- "noticed", "survived", or why that cannot be told.
  local function try(mutant)
    local path = folder .. "/" .. mutant.file
    local text = list.read(path)
    local count, at = list.occurrences(text, mutant.fragment)
    if count ~= 1 then return "does not apply" end
    local limit = time_limit(mutant.specs)
    if not limit then return "has specs that fail without it" end
    write(path, text:sub(1, at - 1) .. mutant.replacement .. text:sub(at + #mutant.fragment))
    local built = run("make -s -C %s core >%s.log 2>&1", folder, folder)
    local passed = built and pass(folder, ports, mutant.specs, limit)
    write(path, text)
    if mutant.file:find("^csrc/") then assert(run("make -s -C %s core >/dev/null", folder)) end
    return not built and "does not build" or passed and "survived" or "noticed"
  end
  local mutants = wanted()
  local share = (#mutants + JOBS - 1) // JOBS -- neighbours have the same specs
  for i = (job - 1) * share + 1, math.min(job * share, #mutants) do
    print(i, try(mutants[i]))
    io.stdout:flush()
  end
end

local function start_job(folder, job)
  local words = {}
  for i, word in ipairs(arg) do words[i] = "'" .. word:gsub("'", "'\\''") .. "'" end
  return assert(io.popen(("MUTANTS_FOLDER='%s' MUTANTS_JOB=%d exec lua5.4 spec/mutants/main.lua %s"):format(folder, job,
    table.concat(words, " "))))
end

local function main()
  local mutants, pipes, counts, troubles = wanted(), {}, { noticed = 0, survived = 0 }, 0
  if #mutants == 0 then
    io.stderr:write("no change is called like this: ", table.concat(arg, " "), "; spec/mutants/list has them all\n")
    os.exit(2)
  end
  local folder = Process.run({ "mktemp", "-d", "-p", BUILD, "mutants.XXXXXX" }):match "[^\n]+"
  for job = 1, JOBS do pipes[job] = start_job(folder, job) end
  for job = 1, JOBS do
    for line in pipes[job]:lines() do
      local number, result = line:match("^(%d+)\t(.*)$")
      local mutant = mutants[tonumber(number)]
      if counts[result] then counts[result] = counts[result] + 1 else troubles = troubles + 1 end
      if result ~= "noticed" then
        print(("%s %s: %s -> %s"):format(mutant.name, result, mutant.fragment, mutant.replacement))
        if result == "survived" then print("  " .. (mutant.reason or "NO REASON IS KNOWN")) end
        if result == "survived" and not mutant.reason then troubles = troubles + 1 end
      elseif mutant.reason then
        print(("%s is noticed, and has a reason why it is not"):format(mutant.name))
      end
      io.stdout:flush()
    end
    if not pipes[job]:close() then troubles = troubles + 1 end
  end
  run("rm -rf %s", folder)
  print(("%d noticed, %d survived"):format(counts.noticed, counts.survived))
  os.exit(troubles == 0)
end

local job = tonumber(os.getenv "MUTANTS_JOB" or "")
if job then work(job) else main() end
