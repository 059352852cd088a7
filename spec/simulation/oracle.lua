--- What must be true of a run: of each stream, of each answer, and of what is left.

local hayes = require "hayes"
local stream = require "simulation.stream"
local verification = require "simulation.verification"

local oracle = {}

local SLOW, LOSS, DAMAGE = 1, 2, 3

--- A module answers a command within this, once the faults are over, seconds.
local BOUND = 10

--- Most bytes that one send gives the module.
local CHUNK = 1460

-- Streams

local Handle = {}
Handle.__index = Handle

--- What a program knows of one connection.
function oracle.new_handle(run, planned, sock)
  local handle = setmetatable({ run = run, planned = planned, host = planned.host, sock = sock, link = run:link_to(planned.host),
    received = 0, restarts = run.restarts, noticed = run.noticed, modem_opened = run.line.port, spoilt = false }, Handle)
  if not handle.link then
    handle.spoilt = true
    if run.harm < DAMAGE then run.world:note_failure("%s is open, and the module has no connection to it", planned.host) end
  end
  run.handles[#run.handles + 1] = handle
  oracle.watch(run, sock)
  oracle.watch(run, sock.connection)
  verification.check_opened(run, planned.host, handle.link)
  return handle
end

--- The next bytes for the server: those behind what the socket has taken.
function Handle:next_bytes(size)
  local from = self.sock.queued + 1
  self.wrote = math.max(self.wrote or 0, self.sock.queued)
  return stream.bytes("from " .. self.host, from, from + size - 1)
end

--- Where data mode was late, another connection's data may be the host's commands. In data mode itself, the answer to the
--- escape sequence may come in pieces with a long pause between them, and be data.
local function may_be_late(self, bytes, before, without_cr)
  if self.planned.mode ~= "transparent" then return true end
  local right, answer = stream.bytes("to " .. self.host, before + 1, self.link.told), "\r\nOK\r\n"
  if without_cr then right, answer = right:gsub("\r", ""), "\nOK\n" end
  local behind = bytes:sub(#right + 1)
  local is_more = behind ~= "" or without_cr -- which may be all of it
  return bytes:sub(1, #right) == right and is_more and answer:find(behind, 1, true) ~= nil
end

--- Bytes have come to the program. Lines come without their CRs.
function Handle:got(bytes, without_cr)
  if not bytes or bytes == "" and not without_cr or self.spoilt then return end
  local link, run = self.link, self.run
  local name = "to " .. self.host
  local before = self.received
  local right = stream.bytes(name, before + 1, before + #bytes)
  if without_cr then
    -- All of the line is out of the socket's input, its CRs, too.
    self.received = self.sock.received
    right = stream.bytes(name, before + 1, self.received)
    right = right:gsub("\r", "")
  else
    self.received = self.received + #bytes
  end
  if right == bytes and self.received <= link.sent then return end
  run.world:trace("wrong: %s in place of %s", run.world.show(bytes), run.world.show(right))
  if link.intact < self.received or link.sure < self.received and may_be_late(self, bytes, before, without_cr) then
    self.spoilt = true
    return
  end
  run.world:note_failure("%s: the program got %d bytes, up to %d, that are not what the server has sent (%d so far)",
    self.host, #bytes, self.received, link.sent)
end

--- Nobody can tell whether it has ended: what says so was lost, or may be data of data mode that was late.
local function is_end_in_doubt(self)
  if self.link.end_in_doubt then return true end
  local text = ('"closed",%d'):format(self.link.conn.id)
  for _, link in ipairs(self.run.links) do
    if link:late_bytes():find(text, 1, true) then return true end
  end
  return false
end

--- receive("*a") gave what there was, as all of it.
function Handle:ended_cleanly()
  local link, run = self.link, self.run
  if self.spoilt or run.harm >= DAMAGE or is_end_in_doubt(self) then return end
  if not link.ended then run.world:note_failure("%s: receive gave the end, and there is none", self.host) end
  if self.received ~= link.sent then
    run.world:note_failure("%s: receive gave the end after %d bytes of %d", self.host, self.received, link.sent)
  end
end

local CLOSED = { closed = true }

--- Handles from before a restart that the library has noticed, or of a port that has gone.
local function check_after_restart(self, call, result, why)
  local run = self.run
  run:count("calls of handles from before a restart")
  -- What waits for the line has to have its turn before it is over.
  local waits = call.name == "state" or call.name == "flush" or call.timeout and call.timeout < 5
  if call.name == "send" and result or not result and why ~= "closed" and not waits then
    run.world:note_failure("%s: call %d (%s) after the restart gave %s", self.host, call.id, call.name,
      tostring(result or why))
  end
end

--- An error that says how much was lost says so of one connection.
local function check_own(self, err)
  if not err or not err.unsent then return end
  local owners = self.run.error_owners
  local owner = owners[err] or self
  owners[err] = owner
  if owner ~= self then
    self.run.world:note_failure("%s and %s have one error, which says how much was lost", owner.host, self.host)
  end
end

--- Data of which the module has told is read within this, seconds.
local TOLD_FOR = 2

--- Whether the library has the line to itself, and has nothing to say.
local function is_idle(run)
  local modem = run.modem
  local exchanges = modem.exchanges
  if run.harm >= LOSS or run.plan.data_mode or modem.closed_with or not modem.exchanges.free then return false end
  return not exchanges.holder and not exchanges.tickets[1] and not exchanges.hold
end

--- A call waits for data: the module has not told of any that nobody reads.
function Handle:check_told(record)
  local run, link, now = self.run, self.link, self.run.world.now
  local conn = link and link.conn
  local failed = self.sock.receive_error -- what follows a read that was not answered is not read
  if not conn or conn.mode ~= 0 or not conn.told or link.ended or failed or not is_idle(run) then
    record.idle_since = nil
    return
  end
  record.idle_since = record.idle_since or now
  local idle_for = now - math.max(record.idle_since, conn.told_at, run.line.arrives_at, run.world.jumped_at)
  if idle_for <= TOLD_FOR then return end
  run.world:note_failure("%s: the module has told of data %.1f s ago (%d bytes), and nobody reads them", self.host, idle_for,
    #link.inbox)
end

--- Bytes that send() did not take, because the connection has ended.
local function note_refused(self, call, why)
  if call.name == "send" and why == "closed" then self.refused = self.refused or call.size end
end

--- noticed, port: how many restarts the library had noticed before the call, and the port that was in use. err:
--- lasterror() right after the call.
function Handle:after_call(call, noticed, port, err, ok, result, why)
  local run, link = self.run, self.link
  local from_before = noticed > self.noticed or port and port ~= self.modem_opened
  if ok and from_before and call.name ~= "switch" then check_after_restart(self, call, result, why) end
  if not ok or result then return end
  note_refused(self, call, why)
  if self.spoilt then return end
  check_own(self, err)
  if why ~= "closed" or run.harm >= DAMAGE or is_end_in_doubt(self) then return end
  local reading = call.name ~= "send" and call.name ~= "flush"
  if not err then return run.world:note_failure("%s: call %d ended with closed, and lasterror() is nil", self.host, call.id) end
  local gone = self.restarts ~= run.restarts or self.modem_opened ~= run.line.port
  if not gone and not link.ended and (CLOSED[err.name] or run.harm < SLOW) then
    run.world:note_failure("%s: call %d (%s) gave closed (%s), and the connection is up", self.host, call.id, call.name,
      tostring(err))
  end
  if reading and not gone and CLOSED[err.name] and self.received ~= link.sent then
    run.world:note_failure("%s: the end came after %d bytes of %d", self.host, self.received, link.sent)
  end
end

--- close() has ended.
function Handle:closed(ok, result, why)
  local run, link, sock = self.run, self.link, self.sock
  if not link or link.host_changed then return end
  local taken, queued = link:taken_bytes(), sock.queued
  -- A module that waits for the data of a send that was given up is given CRs in place of it.
  local failed = sock.send_error
  local certain = taken
  -- One that is given up in data mode is asked there whether it is in command mode.
  if self.planned.mode == "transparent" and sock.receive_error then certain = taken:sub(1, queued) end
  if failed and failed.unsent then certain = taken:sub(1, math.max(0, queued - failed.unsent)) end
  -- close() has run out of time before it was known what becomes of a send that was given up.
  if not failed and why == "timeout" and sock.sending.held then certain = taken:sub(1, sock.done) end
  local wrong = stream.first_wrong("from " .. self.host, certain)
  if wrong then
    return run.world:note_failure("%s: the module took %d bytes, and the one at %d is not the program's", self.host,
      #taken, wrong)
  end
  if #certain > queued then
    return run.world:note_failure("%s: the module took %d bytes, and the program gave %d", self.host, #taken, queued)
  end
  -- In data mode nothing tells how much of what was sent the module had taken when the connection ended.
  local port = self.modem_opened -- false where that had gone when opening returned
  if self.planned.mode == "transparent" and (link.lost or not port or port.gone) then return end
  if ok and result == 1 and #certain ~= queued then
    return run.world:note_failure("%s: close() succeeded, and the module took %d bytes of %d", self.host, #taken, queued)
  end
  local err = sock.send_error and sock:lasterror()
  if not ok or result or why ~= "closed" or not err then return end
  local unsent = err.unsent
  if not unsent then
    return run.world:note_failure("%s: sending failed, and nothing says how much was lost: %s", self.host, err)
  end
  -- What the first call gave that was refused counts as lost, too.
  local least = queued - unsent
  -- A module that enters data mode late takes what the library asks for a sign of life for data, too.
  local strange = self.planned.mode == "transparent" and stream.first_wrong("from " .. self.host, taken)
  local took = strange and strange - 1 or #taken
  if took < least or took > least + CHUNK + (self.refused or 0) then
    run.world:note_failure("%s: %d bytes of %d were lost by the error, and the module took %d (%s)", self.host, unsent,
      queued, #taken, tostring(err))
  end
end

-- Calls

--- Opening the port has failed: it is closed again, and an error says why.
function oracle.check_failed_opening(run, ok, err)
  for _, port in ipairs(run.line.ports) do
    if not port.closed then run.world:note_failure("a port that could not be opened is left open") end
  end
  if ok and (type(err) ~= "table" or not err.name or tostring(err) == "") then
    run.world:note_failure("hayes.open failed without an error: %s", tostring(err))
  end
end

--- The collector has to be able to take this once the run is over.
function oracle.watch(run, object)
  run.watched[object] = true
end

--- Opening has failed; it had this time-out, or none.
function oracle.check_refusal(run, planned, timeout, began, ok, err)
  if not ok then return end
  if type(err) ~= "table" or not err.name or tostring(err) == "" then
    return run.world:note_failure("opening %s failed without an error: %s", planned.host, tostring(err))
  end
  local link = run:link_to(planned.host)
  -- A server may close before the module has been asked which SSL context the connection has.
  if err.name == "closed" and link and link.ended and run.plan.tls[planned.host] then return end
  local excused = planned.mode == "transparent" and link and link.ended or run:excuses(began)
    or run.plan.servers[planned.host].refuses
  -- What another program sets while a connection is being opened may weaken it, or the next one: it is closed.
  local weakened = err.name == "setting_not_kept" and run.weakened
  local late = err.name == "timeout" and (timeout or err.queued or run.plan.data_mode)
  local silent = err.name == "no_answer" and run.module.busy -- with what it has not answered yet
  if not excused and not weakened and not late and not silent and err.name ~= "busy" then
    run.world:note_failure("opening %s failed: %s", planned.host, tostring(err))
  end
end

local lines = { ["AT+CSQ"] = "+CSQ: 22,99", ["AT+CREG?"] = "+CREG: 0,1", ["AT"] = "" }

--- Lines that nobody can tell from those of the answer to a command: a banner's, also when it is garbled, URCs that the
--- library does not know, and what a restart has cut, before the echo.
local function is_nobodys(run, line, command)
  if run.banner_lines[line] or line:find("^%+QUNHEARD") or line:find("^%+EVENT") or run.cut_lines[line] then return true end
  return line:sub(-#command) == command and run.cut_lines[line:sub(1, -#command - 1)]
end

--- Each answer is that of its command.
function oracle.check_response(run, text, response, began)
  if run.harm >= DAMAGE then return end
  local right = lines[text]
  if not right then return end
  local own = {}
  for _, line in ipairs(response) do
    if line == right or not is_nobodys(run, line, text) then own[#own + 1] = line end
  end
  local line = table.concat(own, "\n")
  if line == right then return end
  if run.block_cut and line == right:sub(-#line) then return end -- the block took the beginning of it
  -- A module that has restarted unnoticed echoes, and has run data as commands.
  if line:find "^AT" and run.world.now < (run.garbled_until or 0) then return end
  -- Nobody can tell whose an `OK` is, when answers got lost or were late just before.
  if line == "" and (run:harm_since(began - BOUND) or 0) >= SLOW then return end
  run.world:note_failure("%s was answered with %q", text, line)
end

-- The end

local function wait_until(run, seconds, f)
  local deadline = run.world.now + seconds
  while not f() and run.world.now < deadline do hayes.sleep(0.25) end
  return f()
end

--- A command is answered within its bound after the module is able to.
local function check_answers(run, modem)
  if run.dropped then
    run.collect()
    hayes.sleep(5)
  end
  local able = math.max(run.module:able_at(), run.line.full_until, run.line.stalled_until, run.world.now)
  while run.world.now < able do hayes.sleep(able - run.world.now) end
  -- What the module has not heard, or has answered in vain, ends with its time-out; so does what it has forgotten in a
  -- restart that nobody has heard of.
  if run.harm >= LOSS or run.banner_lost then
    wait_until(run, 480, function() return not modem.exchanges.holder and not modem.exchanges.tickets[1] end)
  end
  local from = run.world.now
  local answered, err
  repeat
    if run.dropped then run.collect() end
    answered, err = modem:at("AT", { timeout = BOUND })
    if not answered then hayes.sleep(0.1) end
  until answered or run.world.now > from + 120
  from = math.max(from, run.module:able_at()) -- an answer that is late may have begun to be late meanwhile
  if not answered then return run.world:fail("the library does not recover: %s", tostring(err)) end
  -- In which state a module is left when the port goes nobody knows.
  if run.world.now - from > (run.unplugged and 2 or 1) * BOUND then
    run.world:note_failure("a command was answered %.1f s after the last fault", run.world.now - from)
  end
end

local function is_empty(t) return next(t) == nil end

local function count_connections(run)
  local count = 0
  run.module.kind.each(run.module, function(conn) if not conn.foreign then count = count + 1 end end)
  return count
end

local function leftovers(run, modem)
  local state = modem.exchanges
  if state.tickets[1] then return state.tickets[1].text .. " in the queue" end
  if state.holder then return (state.holder.text or "data mode") .. " under way" end
  if state.hold then return "a reservation of the line" end
  local _, ticket = next(state.deferred)
  if ticket then return "the result of " .. ticket.text end
  if modem.online or modem.data_claim then return "data mode" end
  if run.plan.scene then return run.plan.scene.leftovers(run, modem) end
  return oracle.leftover_sockets(run, modem)
end

--- A jump of the clock has ended data mode for the library, so that a server's data stood where a module's lines stand,
--- and told of a restart: the library does not look for connections behind one.
local function took_data_for_restart(run)
  if run.noticed <= run.restarts or run.world.jumped == 0 then return false end
  for _, link in ipairs(run.links) do
    local data = link.conn.mode == 2 and stream.bytes("to " .. link.host, 1, link.told) or ""
    for _, line in ipairs(run.module.kind.boot) do
      if data:find(line:match "%w+", 1, true) then return true end
    end
  end
  return false
end

--- What Quectel's services have left of sockets.
function oracle.leftover_sockets(run, modem)
  for _, name in ipairs { "ip", "ssl" } do
    local service = rawget(modem, name)
    local indices = service and oracle.indices(service)
    if indices and not (is_empty(indices.connections) and is_empty(indices.reserved)) then return "a socket index" end
  end
  local ssl = rawget(modem, "ssl")
  for _, context in pairs(ssl and ssl.context_pool.list or {}) do
    if context.users > 0 or context.under_way > 0 then return "an SSL context" end
  end
  local may_be_left = run.harm >= LOSS or not run.keeps_module or took_data_for_restart(run)
  if not may_be_left and count_connections(run) > 0 then return "a connection in the module" end
  return nil
end

--- The socket indices of a service: they are nobody's business but a test's.
function oracle.indices(service)
  for i = 1, 10 do
    local name, value = debug.getupvalue(service.reset, i)
    if name == "opener" then return (value.opener or value).indices end
  end
end

--- One connection: nil; or what is wrong.
local function try_again(run, modem, host)
  local seed = run.plan.seed
  local kind, mode = seed % 2 == 0 and "tcp" or "ssl", seed % 3 == 0 and "push" or "buffer"
  local sock, err = modem[kind].open(host, 443, { mode = mode, verify = kind == "ssl" and "none" or nil, timeout = 60 })
  if not sock then return "the next connection failed: " .. tostring(err) end
  sock:settimeout(60) -- the buffer of the module may be full for 30 s
  local handle = oracle.new_handle(run, { host = host, mode = mode }, sock)
  local sent, why = sock:send(handle:next_bytes(30))
  if sent then sent, why = sock:flush() end
  local bytes
  if sent then bytes, why = sock:receive(60) end
  if not bytes then
    why = tostring(sock:lasterror() or why)
    sock:close()
    return "the next connection does not work: " .. why
  end
  handle:got(bytes)
  local closed
  closed, why = sock:close()
  if not closed then return "closing the next connection failed: " .. tostring(why) end
  handle:closed(true, closed, why)
end

--- So many connections may fail where bytes were changed: what the library has learned from a wrong answer about the
--- module (how blocks end) is outvoted by others.
local MISTAKEN = 3

--- Faults are over: what one has left does not keep the next connection from working.
local function use_again(run, modem)
  -- Where a changed byte has ended an answer too early, each command gets that of the one before until the line is idle.
  if run.harm >= DAMAGE then hayes.sleep(BOUND) end
  local wrong
  for i = 1, run.harm >= DAMAGE and MISTAKEN + 1 or 1 do
    local host = ("last%d.example"):format(i)
    run.plan.servers[host] = { packets = { { after = 0.1, size = 40 }, { after = 0.1, size = 20 } } }
    wrong = try_again(run, modem, host)
    if not wrong then return end
  end
  run.world:note_failure("%s", wrong)
end

--- The faults are over and the actors have ended.
function oracle.check_rest(run)
  wait_until(run, 120, function() return not run.modem.closed_with end)
  local modem = run.modem
  check_answers(run, modem)
  if run.plan.scene then run.plan.scene.check_rest(run, modem) end
  run.keeps_module = not run.unplugged
  wait_until(run, 480, function()
    if run.dropped then run.collect() end
    return not leftovers(run, modem)
  end)
  local left = leftovers(run, modem)
  if left then run.world:fail("%s is left", left) end
  use_again(run, modem)
end

local function upvalue(f, wanted)
  for i = 1, 60 do
    local name, value = debug.getupvalue(f, i)
    if name == wanted then return value end
  end
end

--- The program has ended.
function oracle.check_end(run, builtin)
  if not is_empty(builtin.attached()) then run.world:fail("the loop still serves a modem") end
  hayes.run(hayes.sleep, BOUND) -- work in the background finds that the modem is closed
  if upvalue(builtin.resume, "first_ready") then run.world:fail("a task is left that is ready to go on") end
  if builtin.timers() > 0 then run.world:fail("%d timers are left", builtin.timers()) end
  for _, port in ipairs(run.line.ports) do
    if not port.closed then run.world:fail("a port is left open") end
  end
end

--- How many runs it takes to look for memory once: to collect all of it takes longer than a run.
local MEMORY_EVERY = 20

--- Nothing that the program has had is kept by the library.
function oracle.check_memory(run)
  if run.plan.seed % MEMORY_EVERY ~= 0 then return end
  run.modem, run.users, run.file_users, run.handles, run.calls, run.error_owners = nil, {}, {}, {}, {}, {}
  collectgarbage()
  collectgarbage()
  run:count("memory looked through")
  local object = next(run.watched)
  if object then run.world:fail("the library keeps %s", tostring(object)) end
end

return oracle
