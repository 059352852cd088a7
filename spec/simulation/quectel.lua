--- A simulated Quectel module: TCP and TLS connections in buffer, direct push and transparent mode.

local Link = require "simulation.link"
local verification = require "simulation.verification"

--- So long before the OK some modules give the result of an opening, seconds.
local RESULT_AHEAD = 0.5

local OK, ERROR = "\r\nOK\r\n", "\r\nERROR\r\n"

local quectel = {
  name = "quectel", eol = "\r", echo_end = "\r", cancelled = ERROR,
  boot = { "\r\nRDY\r\n", "\r\n+CPIN: READY\r\n", "\r\n+QIND: SMS DONE\r\n" },
  commands = {},
}

local families = {
  tcp = { urc = "+QIURC", open = "+QIOPEN", read = "+QIRD",
    state = '\r\n+QISTATE: %d,"TCP","10.0.0.1",7,0,%d,1,%d,%d,"usbat"\r\n' },
  ssl = { urc = "+QSSLURC", open = "+QSSLOPEN", read = "+QSSLRECV",
    state = '\r\n+QSSLSTATE: %d,"SSLClient","10.0.0.1",443,0,%d,1,%d,%d,"usbat",%d\r\n' },
}

function quectel.clear(module)
  module.connections = { tcp = {}, ssl = {} }
  module.contexts, module.clock_set = {}, false
  if module.boots == 0 then verification.leave_behind(module) end
  module.parked = false -- the connection that ATO returns to
  module.error = 0
end

--- All links of the module break.
function quectel.lose_all(module)
  quectel.each(module, function(conn) conn.link:reset() end)
end

function quectel.each(module, f)
  for _, kind in ipairs { "tcp", "ssl" } do
    for id = 0, 11 do
      local conn = module.connections[kind][id]
      if conn then f(conn, kind, id) end
    end
  end
end

local function numbers_in(rest)
  local list = {}
  for digits in rest:gsub('"[^"]*"', ""):gmatch("%d+") do list[#list + 1] = math.tointeger(tonumber(digits)) end
  return list
end

local function fail(module, code)
  module.error = code
  return ERROR
end

-- What connections say

--- What came from the server goes on to the host as the access mode has it.
local function pass_on(module, conn)
  local link, family = conn.link, families[conn.kind]
  if module.connections[conn.kind][conn.id] ~= conn or not conn.open then return end
  if conn.mode == 2 then
    if module.online ~= conn or link.inbox == "" then return end
    local bytes = link:take(#link.inbox)
    return module:say(bytes, { kind = "data", conn = conn, bytes = #bytes })
  end
  if conn.mode == 0 then
    if link.inbox == "" or conn.told then return end
    conn.told, conn.told_at = true, math.huge -- it may wait for a legal place
    return module:urc(('\r\n%s: "recv",%d\r\n'):format(family.urc, conn.id), { kind = "recv", conn = conn,
      taken_in = function() conn.told_at = module.world.now end })
  end
  while link.inbox ~= "" and module:urcs_may_go() do
    local bytes = link:take(1500)
    module:urc(('\r\n%s: "recv",%d,%d\r\n%s%s'):format(family.urc, conn.id, #bytes, bytes,
      module.habits.push_ends and "\r\n" or ""), { kind = "push", conn = conn, bytes = #bytes })
  end
end

local function report_end(module, conn)
  if conn.end_told or not conn.open or module.connections[conn.kind][conn.id] ~= conn then return end
  if conn.mode == 2 then
    if module.online ~= conn and module.parked ~= conn then return end
    conn.end_told = true
    if module.online ~= conn then return end
    module.online = false
    module:say("\r\nNO CARRIER\r\n", { kind = "closed", conn = conn })
    return module:flush_urcs()
  end
  conn.end_told = true
  module:urc(('\r\n%s: "closed",%d\r\n'):format(families[conn.kind].urc, conn.id), { kind = "closed", conn = conn })
end

--- The link has something to say.
local function on_link(module, conn)
  pass_on(module, conn)
  if conn.link.ended and (conn.link.inbox == "" or conn.mode == 0 and module.habits.closes_early) then
    report_end(module, conn)
  end
end

--- The PDP context goes, and all links with it. Some firmware says so of each connection, too.
function quectel.lose_context(module, says_closed)
  local any, opening = false, false
  if module.online then return false end -- the URC would come much later
  quectel.each(module, function(conn)
    if conn.foreign then return end
    if not conn.open then -- what is being opened fails
      conn.context_lost, opening = true, true
    end
    if not conn.open or conn.link.ended then return end
    any = true
    conn.link.ended, conn.link.lost = true, true
    conn.end_told = not says_closed and conn.mode ~= 2
  end)
  if not any then return opening end
  module:urc('\r\n+QIURC: "pdpdeact",1\r\n', { kind = "pdpdeact" })
  quectel.each(module, function(conn) on_link(module, conn) end)
  return true
end

--- URCs may go again.
function quectel.on_free(module)
  quectel.each(module, function(conn) on_link(module, conn) end)
end

-- Opening

local Connection = {}
Connection.__index = Connection

--- Data mode. The escape sequence counts with a second of silence on both sides.
function Connection:input(bytes)
  local module = self.module
  local now = module.world.now
  local silent = now - self.last_input >= 1
  self.last_input = now
  if self.escaping then
    self.escaping = false
    self.link:give("+++")
  end
  if bytes ~= "+++" or not silent then return self.link:give(bytes) end
  local escaping = {}
  self.escaping = escaping
  module.world:after(1, function()
    if self.escaping ~= escaping then return end
    self.escaping = false
    if module.online ~= self then return end
    module.online, module.parked = false, self
    module:say(OK, { kind = "escaped" })
    module:flush_urcs()
    module:go_on()
  end)
end

local function go_online(module, conn)
  module.online, module.parked = conn, false
  conn.last_input = module.world.now
end

local function connect_online(module, conn, command)
  command.about = { kind = "connect", conn = conn }
  command.after = function()
    go_online(module, conn)
    on_link(module, conn)
  end
  return "\r\nCONNECT\r\n"
end

local function open(module, command, kind, id, host, mode, context)
  local connections, family = module.connections[kind], families[kind]
  if not id or id > 11 or not host or mode > 2 then return fail(module, 552) end
  if connections[id] then return fail(module, 563) end
  local conn = setmetatable({ kind = kind, id = id, mode = mode, module = module, told = false, end_told = false,
    open = false, context = context or 0, last_input = 0, escaping = false }, Connection)
  connections[id] = conn
  if kind == "ssl" then verification.at_open(module, conn, host) end
  conn.link = Link.new(module.run, host, conn, function() on_link(module, conn) end)
  local boot = module.boots
  local function opened()
    if boot ~= module.boots or connections[id] ~= conn then return nil end
    local code = conn.context_lost and 570 or conn.link:connect()
    conn.open = code == 0
    if code ~= 0 then
      connections[id] = nil
      module.error = code
    end
    return code
  end
  local seconds, first = conn.link:connect_seconds(), module.habits.result_first
  if mode == 2 then
    module.world:after(seconds, function()
      if boot ~= module.boots then return end
      local code = opened()
      module:answer(command, code == 0 and connect_online(module, conn, command) or ERROR)
    end)
    module.busy_until = math.max(module.busy_until, module.world.now + seconds)
    return nil
  end
  module.world:after(seconds, function()
    local code = opened()
    if not code then return end
    module:urc(("\r\n%s: %d,%d\r\n"):format(family.open, id, code), { kind = "opened", conn = conn })
    if code == 0 then on_link(module, conn) end
    if first then module.world:after(RESULT_AHEAD, function() module:answer(command, OK) end) end
  end)
  if first then
    module.busy_until = math.max(module.busy_until, module.world.now + seconds + RESULT_AHEAD)
    return nil
  end
  return OK
end

--- A connection that another program has.
function quectel.open_other(module, other, host)
  if module.connections[other.kind][other.id] then return end
  local conn = setmetatable({ kind = other.kind, id = other.id, mode = other.mode, module = module, told = false,
    end_told = false, open = true, context = 5, foreign = true }, Connection)
  module.connections[other.kind][other.id] = conn
  conn.link = Link.new(module.run, host, conn, function() on_link(module, conn) end)
  conn.link:connect()
end

local commands = quectel.commands

commands["+QIOPEN"] = function(module, command, rest)
  local numbers = numbers_in(rest)
  local host = rest:match('"[^"]*","([^"]*)"')
  return open(module, command, "tcp", numbers[2], host, numbers[5] or 0)
end

commands["+QSSLOPEN"] = function(module, command, rest)
  local numbers = numbers_in(rest)
  return open(module, command, "ssl", numbers[3], rest:match('"([^"]*)"'), numbers[5] or 0, numbers[2])
end

-- Reading, sending, closing

--- The library knows which connections there are, unless something it should have heard was not said, or just
--- before it wrote this.
local function is_unknown(module, kind, id, what)
  local run = module.run
  if run.harm < 2 and run.noticed == run.restarts and run.line:written_since() > run.noticed_at then
    run.world:note_failure("%s of connection %s (%s), which the module does not have", what, id, kind)
  end
  return fail(module, 556)
end

local function read(module, command, kind, rest)
  local numbers = numbers_in(rest)
  local conn = module.connections[kind][numbers[1]]
  local name = families[kind].read
  if not conn then return is_unknown(module, kind, numbers[1], "a read") end
  if not conn or not conn.open or conn.mode ~= 0 then return fail(module, 556) end
  module.reads = (module.reads or 0) + 1
  module.run:inject("read", module.reads, command)
  if command.lost then conn.link.end_in_doubt = true end
  local bytes = conn.link:take(math.min(numbers[2] or 1500, 1500, module.habits.most_read))
  if bytes == "" then
    conn.told = false
    if conn.link.ended and module.habits.read_fails_at_end then return fail(module, 566) end
    return { ("\r\n%s: 0\r\n"):format(name), OK }
  end
  command.about = { kind = "block", conn = conn, bytes = #bytes }
  command.after = function() on_link(module, conn) end
  return ("\r\n%s: %d\r\n%s\r\n%s"):format(name, #bytes, bytes, OK)
end

local function send(module, command, kind, rest)
  local numbers = numbers_in(rest)
  local conn = module.connections[kind][numbers[1]]
  if not conn then return is_unknown(module, kind, numbers[1], "a send") end
  if not conn.open or conn.link.ended then return fail(module, 556) end
  if not numbers[2] then return fail(module, 552) end
  module:take_data(command, numbers[2], module.habits.prompt, function(bytes)
    if module.world.now < module.full_until then return "\r\nSEND FAIL\r\n" end
    if conn.link.ended or not conn.link:give(bytes) then return fail(module, 556) end
    return "\r\nSEND OK\r\n"
  end)
end

local function close(module, kind, rest)
  local id = numbers_in(rest)[1]
  local conn = module.connections[kind][id]
  if not conn then return OK end
  module.connections[kind][id] = nil
  if module.parked == conn then module.parked = false end
  conn.link:close()
  return OK
end

--- <socket_state>
local function state_of(conn)
  if not conn.open then return 1 end
  return conn.link.ended and 4 or 2
end

local function list(module, kind, id)
  local words = {}
  quectel.each(module, function(conn, of, index)
    if of ~= kind or id and id ~= index then return end
    words[#words + 1] = families[kind].state:format(index, state_of(conn), index, conn.mode, conn.context)
  end)
  words[#words + 1] = OK
  return words
end

for kind, names in pairs { tcp = { "+QIRD", "+QISEND", "+QICLOSE" }, ssl = { "+QSSLRECV", "+QSSLSEND", "+QSSLCLOSE" } } do
  commands[names[1]] = function(module, command, rest) return read(module, command, kind, rest) end
  commands[names[2]] = function(module, command, rest) return send(module, command, kind, rest) end
  commands[names[3]] = function(module, _, rest) return close(module, kind, rest) end
end

commands["+QISTATE"] = function(module, _, rest) return list(module, "tcp", numbers_in(rest)[2]) end
commands["+QSSLSTATE"] = function(module, _, rest) return list(module, "ssl", numbers_in(rest)[1]) end

commands["+QISWTMD"] = function(module, command, rest)
  local numbers = numbers_in(rest)
  local conn = module.connections.tcp[numbers[1]] or module.connections.ssl[numbers[1]]
  if not conn or not conn.open or not numbers[2] or numbers[2] > 2 then return fail(module, 556) end
  if module.parked == conn then module.parked = false end
  if numbers[2] == 2 then
    conn.mode = 2
    return connect_online(module, conn, command)
  end
  command.after = function() -- what is pushed comes after the answer
    conn.mode = numbers[2]
    on_link(module, conn)
  end
  return OK
end

commands["O"] = function(module, command)
  local conn = module.parked
  if not conn or conn.link.ended and conn.link.inbox == "" then return "\r\nNO CARRIER\r\n" end
  return connect_online(module, conn, command)
end

commands["+QSSLCFG"] = function(module, _, rest) return verification.configure(module, rest) end
commands["+CCLK"] = function(module, _, rest) return verification.clock(module, rest) end

-- The rest

commands["E0"] = function(module)
  module.echo = false
  return OK
end
commands["V1"] = function() return OK end
commands["+CMEE"] = function() return OK end
commands["I"] = function() return { "\r\nQuectel\r\nEC200U\r\nRevision: EC200UCNAAR03A15M08\r\n", OK } end
commands["+QURCCFG"] = function() return { '\r\n+QURCCFG: "urcport","all"\r\n', OK } end
commands["+QICFG"] = function() return OK end
commands["+CSQ"] = function() return { "\r\n+CSQ: 22,99\r\n", OK } end
commands["+CREG"] = function() return { "\r\n+CREG: 0,1\r\n", OK } end
commands["+QIGETERROR"] = function(module)
  return { ("\r\n+QIGETERROR: %d,words\r\n"):format(module.error), OK }
end

--- A URC that concerns no connection.
quectel.other_urcs = { "\r\n+CREG: 1\r\n", "\r\n+QIND: PB DONE\r\n", "\r\nRING\r\n", '\r\n+CTZV: "+08"\r\n',
  '\r\n+CMTI: "SM",3\r\n', "\r\n+QUNHEARD: 1,2\r\n", "\r\n+CEREG: 5\r\n" }

return quectel
