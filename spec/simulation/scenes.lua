--- What the programs of runs are about: sockets of a Quectel module, its files, FTP, or sockets of an Ai-Thinker module.
--- The same seed makes another plan in each scene.
---
--- A scene is { kinds = …, gentle = …, acts = …, plan(seed), begin(run), check_rest(run, modem), leftovers(run, modem) }:
--- the names of its faults, and of those without excuse among them; what its actors do, by their kind; what is to be
--- done when the faults begin and when they are over; and what is left at the end, or nil. That of sockets has none of
--- this: it is what everything else is made for.

local scenes = { names = { "sockets", "files", "ftp", "aithinker" } }

local function get(name)
  return require("simulation.scenes." .. name)
end

---@param name string
---@param seed integer
function scenes.plan(name, seed)
  if name == "sockets" then return require("simulation.plan").make(seed) end
  local made = get(name).plan(seed)
  made.scene = get(name)
  return made
end

--- The names of the faults that it may have.
---@return string[]
function scenes.fault_names(name)
  if name == "sockets" then return require("simulation.faults").names end
  local names = {}
  for _, kind in ipairs(get(name).kinds) do
    if kind ~= names[#names] then names[#names + 1] = kind end
  end
  return names
end

return scenes
