--- Sockets of an Ai-Thinker module. What they do, and what must be true of them, is what holds for those of Quectel.

local faults = require "simulation.faults"
local kind = require "simulation.scenes.aithinker_module"
local plan = require "simulation.plan"
local Random = require "simulation.random"

local aithinker = { acts = {} }

aithinker.kinds, aithinker.gentle = faults.with({}, { ["late answer"] = 8, ["server closes"] = 4 })

local COMMANDS = { "AT+GMR", "AT", "AT", "AT+SOCKET?", "AT+NOSUCH" }

--- One connection at a time in transparent transmission, or several without.
local function limit_modes(random, made)
  local transparent = random:chance(0.35)
  made.data_mode = false
  for i, actor in ipairs(made.actors) do
    if transparent and i > 1 then actor.connections = {} end
    for _, connection in ipairs(actor.connections) do
      if not transparent and connection.mode == "transparent" then
        connection.mode, connection.auto = random:pick { "push", "buffer" }, false
      end
    end
  end
end

function aithinker.plan(seed)
  local random = Random.new(seed, "aithinker plan")
  local made = plan.begin(seed, random)
  made.kind = kind
  made.module.escape_cancels, made.module.prompt = false, random:pick { ">", "\r\n>" }
  made.module.auto_delete = random:chance(0.4)
  for i = 1, random:int(1, 4) do made.actors[i] = plan.sockets(random, made) end
  made.tls = {} -- what may be asked of verification are Quectel's options
  limit_modes(random, made)
  plan.add_companions(random, made)
  for _, actor in ipairs(made.actors) do
    if actor.kind == "commands" then
      for _, call in ipairs(actor.calls) do call.text = random:pick(COMMANDS) end
    end
  end
  made.kinds, made.gentle = aithinker.kinds, aithinker.gentle
  made.faults = faults.choose(Random.new(seed, "aithinker faults"), made)
  return made
end

function aithinker.begin() end
function aithinker.check_rest() end

function aithinker.leftovers(run, modem)
  if next(modem.sockets.connections) then return "a connection" end
  local left
  kind.each(run.module, function(conn) left = conn.host end)
  -- A command that a module takes while it starts is done, and the library counts it as lost.
  if left and run.harm < 2 and run.keeps_module and run.restarts == 0 then return "a connection in the module, to " .. left end
end

return aithinker
