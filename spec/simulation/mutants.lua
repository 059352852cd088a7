--- make simulate-mutants: puts each bug of mutants/ back into a copy of the library, and looks for it by simulation.
--- Arguments: names of patches, for these alone.

--- Bugs that 2,000 seeds do not show, with the reason; specs hold them. They are run when they are named.
local unseen = {
  flush_unwoken_by_switch = "a flush has to begin while a connection whose sending has failed is being switched",
  ftp_login_left = "a transfer has to be cancelled while it logs in again, and no later one may log in",
  late_ok_counts = "two clean rounds of AT follow, and hide it",
  reads_in_push_mode = "the modules of the plans announce their data, and receive() asks in buffer mode alone",
  result_as_information = "no plan opens a connection in data mode while another's result is outstanding",
  reused_ticket = "a caller has to leave in the step in which its command has ended and another waits with its ticket",
  sends_after_restart = "a restart that is noticed has emptied the queue already",
  weakened_when_open = "a module has to restart unnoticed between the confirmation and the opening",
}

local SEEDS = tonumber(os.getenv "SEEDS") or 2000

local function run(command, ...)
  return os.execute(command:format(...)) and true or false
end

local function output(command, ...)
  local pipe = assert(io.popen(command:format(...)))
  local text = pipe:read("a")
  local ok = pipe:close()
  return text, ok
end

--- A copy of the checkout's sources with the patch applied, built.
local function build(name)
  local folder = "build/mutants/" .. name
  local ok = run("rm -rf %s && mkdir -p %s && cp -R lua csrc spec Makefile rockspec %s", folder, folder, folder)
    and run("patch -s -p1 -d %s <spec/simulation/mutants/%s.patch", folder, name)
  if not ok then return nil end
  -- What the patch leaves alone is not compiled again.
  if run("grep -q '^+++ b/csrc' spec/simulation/mutants/%s.patch", name) then
    return run("make -s -C %s core >/dev/null", folder) and folder
  end
  return run("mkdir -p %s/build && cp -R build/hayes %s/build", folder, folder) and folder
end

--- The scene in which a bug is looked for: that with which its name begins.
local function scene_of(name)
  for _, scene in ipairs { "files", "ftp", "aithinker" } do
    if name:sub(1, #scene + 1) == scene .. "_" then return scene end
  end
  return "sockets"
end

local function simulate(folder, name, settings)
  return output("cd %s && eval \"$(make -s env)\" && SCENE=%s %s timeout 300 lua5.4 spec/simulation/main.lua 2>&1", folder,
    scene_of(name), settings)
end

--- The number of the first seed that finds it, and what it says; nil: none does. One that fails without the bug finds
--- nothing.
local function find(folder, name)
  local first = 1
  while first <= SEEDS do
    local text = simulate(folder, name, ("STOP=1 FIRST=%d SEEDS=%d"):format(first, SEEDS - first + 1))
    local seed, words = text:match("seed (%d+): ([^\n]*)")
    if not seed then return nil end
    local _, clean = simulate(".", name, "SEED=" .. seed)
    if clean then return tonumber(seed), words end
    first = tonumber(seed) + 1
  end
end

local all = output("ls spec/simulation/mutants")

--- Ends the program where no bug has this name.
local function check_name(name)
  for known in all:gmatch("(%S+)%.patch") do
    if known == name then return end
  end
  io.stderr:write(("no bug is called %s; there are %s\n"):format(name, all:gsub("%.patch%s*", " "):gsub("%s+$", "")))
  os.exit(2)
end

local names = { table.unpack(arg) }
for _, name in ipairs(names) do check_name(name) end
if #names == 0 then
  for name in all:gmatch("(%S+)%.patch") do
    if unseen[name] then
      print(("%-28s not to be seen: %s"):format(name, unseen[name]))
    else
      names[#names + 1] = name
    end
  end
end

local survivors = 0
for _, name in ipairs(names) do
  local folder = build(name)
  local seed, words
  if folder then seed, words = find(folder, name) end
  if not seed then survivors = survivors + 1 end
  print(("%-28s %s"):format(name, not folder and "the patch does not apply" or seed and ("seed %d: %s"):format(seed, words)
    or "NOT FOUND"))
  run("rm -rf build/mutants/%s", name)
end
print(("%d bugs, %d found"):format(#names, #names - survivors))
os.exit(survivors == 0)
