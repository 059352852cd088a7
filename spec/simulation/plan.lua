--- What a run will be: made of its seed alone, before anything happens.

local faults = require "simulation.faults"
local Random = require "simulation.random"
local verification = require "simulation.verification"

local plan = {}

local function new_call(made, call)
  made.calls = made.calls + 1
  call.id = made.calls
  made.words = made.words + 2
  return call
end

local function some_seconds(random, chance, most)
  return random:chance(chance) and random:real() ^ 2 * most or 0
end

--- What a server sends, in packets.
local function plan_server(random, transparent)
  local server = { packets = {}, connect_seconds = 0.02 + some_seconds(random, 0.3, 20) }
  for i = 1, random:small(9) - 1 do
    server.packets[i] = { after = some_seconds(random, 0.7, 3), size = random:small(transparent and 4000 or 3000) }
  end
  if random:chance(0.5) then server.closes = some_seconds(random, 0.6, 8) end
  if random:chance(0.04) then server.refuses = random:pick { 566, 565, 569 } end
  return server
end

local function reading(random)
  local name = random:pick { "receive", "receive", "partial", "line" }
  return { name = name, size = random:small(4000), timeout = 0.05 + random:real() ^ 3 * 40 }
end

local function writing(random)
  if random:chance(0.2) then return { name = "flush", timeout = random:chance(0.5) and random:real() * 20 or nil } end
  return { name = "send", size = random:small(6000), timeout = random:chance(0.5) and random:real() * 30 or nil }
end

local function plan_lane(random, made, count, choices)
  local lane = {}
  for i = 1, count do
    local make = random:pick(choices)
    local call = new_call(made, make(random))
    call.pause = some_seconds(random, 0.4, 2)
    lane[i] = call
  end
  return lane
end

local function switching(random) return { name = "switch", mode = random:pick { "buffer", "push" } } end
local function asking(random) return { name = "state", timeout = random:chance(0.5) and 5 or nil } end

local function plan_connection(random, made)
  made.hosts = made.hosts + 1
  local host = ("s%d.example"):format(made.hosts)
  local connection = { host = host, kind = random:pick { "tcp", "ssl" } }
  connection.mode = random:pick { "buffer", "buffer", "push", "push", random:chance(0.5) and "transparent" or "buffer" }
  local transparent = connection.mode == "transparent"
  made.data_mode = made.data_mode or transparent
  made.transparent = made.data_mode -- some connection is in data mode; data_mode: beside others
  connection.auto = transparent and random:chance(0.7)
  made.servers[host] = plan_server(random, transparent)
  if connection.kind == "ssl" then made.tls[host] = verification.plan_options(random, made.module) end
  connection.open = new_call(made, { name = "open", timeout = random:chance(0.5) and 1 + random:real() * 60 or nil })
  local count = random:small(8)
  if random:chance(0.5) then
    connection.lanes = { plan_lane(random, made, count, { reading }),
      plan_lane(random, made, random:small(8), { writing }) }
  else
    local choices = { reading, writing, reading, writing, asking }
    if random:chance(0.4) and not transparent then choices[#choices + 1] = switching end
    connection.lanes = { plan_lane(random, made, count, choices) }
  end
  if random:chance(0.6) then
    local rest = new_call(made, { name = "all", timeout = 1 + random:real() * 60 })
    rest.pause = 0
    table.insert(connection.lanes[1], rest)
  end
  connection.close = new_call(made, { name = "close", timeout = random:chance(0.3) and random:real() * 5 or nil })
  return connection
end

local function plan_sockets(random, made)
  local actor = { kind = "sockets", starts = some_seconds(random, 0.7, 3), connections = {} }
  for i = 1, random:pick { 1, 1, 2, 3 } do actor.connections[i] = plan_connection(random, made) end
  return actor
end

local COMMANDS = { "AT+CSQ", "AT+CSQ", "AT", "ATI", "AT+CREG?", "AT+QISTATE", "AT+NOSUCH" }

local function commanding(random)
  return { name = "at", text = random:pick(COMMANDS), timeout = random:chance(0.3) and random:real() * 3 or nil }
end

local function plan_commands(random, made)
  return { kind = "commands", starts = some_seconds(random, 0.7, 5),
    calls = plan_lane(random, made, random:small(8), { commanding }) }
end

local function plan_handlers(random)
  return { kind = "handlers", commands = random:chance(0.5) }
end

local function plan_module(random)
  return {
    urcs_wait = random:chance(0.3), push_ends = random:chance(0.5), closes_early = random:chance(0.5),
    read_fails_at_end = random:chance(0.3), most_read = random:pick { 1500, 1500, 1460, 100 },
    prompt = random:chance(0.8) and "\r\n> " or "> ", escape_cancels = random:chance(0.5),
    result_first = random:chance(0.1), -- of an opening, then the OK
    pauses = random:chance(0.5) and random:pick { 0.004, 0.004, 0.3 }, -- between the lines of an answer: at most, seconds
  }
end

--- Sockets of another program on another port of the module.
local function plan_others(random)
  local others = {}
  if random:chance(0.8) then return others end
  for i = 1, random:int(1, 3) do
    others[i] = { kind = random:pick { "tcp", "ssl" }, id = random:int(0, 11), mode = random:int(0, 1),
      packets = { { after = random:real() * 10, size = random:small(300) }, { after = random:real() * 10, size = 7 } } }
  end
  return others
end

--- The engine holds 4 kB back behind what may be the end of data mode; what others push meanwhile is less here.
local function limit_pushes(made)
  for _, actor in ipairs(made.actors) do
    for _, connection in ipairs(actor.connections or {}) do
      local packets = made.servers[connection.host].packets
      for i, packet in ipairs(packets) do
        if connection.mode ~= "transparent" then packet.size = i <= 4 and math.min(packet.size, 200) or 0 end
      end
    end
  end
end

--- The opening of the port: in half of the plans it is under faults, too.
local function plan_opening(random, made)
  made.opening = new_call(made, { name = "hayes.open", timeout = random:chance(0.3) and 2 + random:real() * 20 or nil })
  made.opening.under_faults = random:chance(0.5)
end

--- Connections in buffer mode are switched to push mode while there is data that nobody has read, and some reads are
--- answered too late or not at all.
local function add_switches(random, made)
  for _, actor in ipairs(made.actors) do
    for _, connection in ipairs(actor.connections or {}) do
      if connection.mode == "buffer" then
        local call = new_call(made, { name = "switch", mode = "push", pause = random:real() * 3 })
        table.insert(connection.lanes[1], random:int(1, 2), call)
        local rest = new_call(made, { name = "all", timeout = 30 + random:real() * 60, pause = 0 })
        table.insert(connection.lanes[1], rest)
      end
    end
  end
  faults.add_reads(random, made.faults)
end

plan.lane, plan.call, plan.sockets = plan_lane, new_call, plan_sockets

--- A plan without actors: line and module.
function plan.begin(seed, random)
  local made = { seed = seed, calls = 0, words = 0, hosts = 0, servers = {}, tls = {}, actors = {}, others = {} }
  made.line = { style = random:pick { "whole", "whole", "whole", "pieces", "bytes" },
    pace = random:chance(0.3) and 11520,
    greedy = random:chance(0.5) }
  made.module = plan_module(random)
  verification.plan_habits(random, made.module)
  plan_opening(random, made)
  return made
end

--- Actors that give commands and hear URCs beside the others.
function plan.add_companions(random, made)
  if random:chance(0.5) then made.actors[#made.actors + 1] = plan_commands(random, made) end
  if random:chance(0.5) then made.actors[#made.actors + 1] = plan_handlers(random) end
end

---@param seed integer
function plan.make(seed)
  local random = Random.new(seed, "plan")
  local made = plan.begin(seed, random)
  made.others = plan_others(random)
  made.talks = random:chance(0.2) -- commands, and few connections or none
  for i = 1, made.talks and random:int(0, 1) or random:int(1, 4) do made.actors[i] = plan_sockets(random, made) end
  for _ = 1, made.talks and random:int(1, 3) or 0 do
    made.actors[#made.actors + 1] = plan_commands(random, made)
  end
  -- A connection that is alone may have any words in data mode.
  if made.hosts == 1 and #made.others == 0 then made.data_mode = false end
  if made.data_mode then limit_pushes(made) end
  plan.add_companions(random, made)
  made.faults = faults.choose(Random.new(seed, "faults"), made)
  local switches = Random.new(seed, "switches")
  if switches:chance(0.1) then add_switches(switches, made) end
  return made
end

return plan
