--- The program of a run: actors that use the library as the plan says, and what they see is judged.

local hayes = require "hayes"
local oracle = require "simulation.oracle"

local program = {}

--- What a call gave, in a few words: a part of what two runs of a plan have in common.
local function words(...)
  local list = {}
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    list[i] = type(value) == "string" and #value > 20 and ("%d bytes"):format(#value)
      or type(value) == "table" and (rawget(value, "name") or "table") or tostring(value)
  end
  return table.concat(list, ", ")
end

local function note(run, call, ...)
  run:note(("call %d (%s): %s"):format(call.id, call.name, words(...)))
  return ...
end

-- Connections

local does = {}

function does.send(_, sock, record, handle)
  sock:settimeout(record.timeout)
  local bytes = handle:next_bytes(record.call.size)
  return sock:send(bytes)
end

function does.flush(_, sock, record)
  sock:settimeout(record.timeout)
  return sock:flush()
end

local function receive(_, sock, record, handle, pattern)
  sock:settimeout(record.timeout)
  record.reads = handle
  local whole, err, partial = sock:receive(pattern)
  handle:got(pattern == "*l" and whole and whole .. "\n" or whole or partial, pattern == "*l")
  return whole, err
end

function does.receive(run, sock, record, handle) return receive(run, sock, record, handle, record.call.size) end
function does.line(run, sock, record, handle) return receive(run, sock, record, handle, "*l") end

function does.all(run, sock, record, handle)
  local bytes, err = receive(run, sock, record, handle, "*a")
  if bytes then handle:ended_cleanly() end
  return bytes, err
end

function does.partial(_, sock, record, handle)
  sock:settimeout(record.timeout)
  record.reads = handle
  local bytes, err, rest = sock:receivepartial(record.call.size)
  handle:got(bytes or rest)
  return bytes, err
end

function does.switch(_, sock, record)
  sock:settimeout(record.timeout)
  return sock:switch(record.call.mode)
end

function does.state(_, sock, record)
  sock:settimeout(record.timeout)
  return sock:state()
end

local function do_lane(run, handle, lane)
  for _, call in ipairs(lane) do
    if call.pause > 0 then hayes.sleep(call.pause) end
    local noticed, port = run.noticed, run.line.port
    local err
    local results = table.pack(run:call(call, function(record)
      local given = table.pack(does[call.name](run, handle.sock, record, handle))
      err = handle.sock:lasterror() -- before a call that goes on beside it puts its own there
      return table.unpack(given, 1, given.n)
    end))
    note(run, call, table.unpack(results, 1, results.n))
    handle:after_call(call, noticed, port, err, table.unpack(results, 1, results.n))
  end
end

local function close(run, handle, call)
  local sock = handle.sock
  local record
  local results = table.pack(run:call(call, function(this)
    record = this
    sock:settimeout(this.timeout)
    if this.dropped then return 1 end
    return sock:close()
  end))
  note(run, call, table.unpack(results, 1, results.n))
  if record and record.dropped then
    run.world:trace("the connection to %s is dropped", handle.host)
    local dropped = setmetatable({ sock }, { __mode = "v" })
    handle.sock = nil
    sock = nil -- luacheck: ignore
    run.dropped = true
    run.collect()
    -- What is under way may still have it; the collector comes again.
    for _, seconds in ipairs { 1, 10, 60, 300, 600 } do
      run.world:after(seconds, function()
        if not dropped[1] then return end
        run.collect()
        run.world:wake()
      end)
    end
    return
  end
  -- A program that is cancelled closes what it holds on the way out.
  if not results[1] then results = table.pack(true, sock:close()) end
  handle:closed(table.unpack(results, 1, results.n))
end

local function use_connection(run, planned)
  local call, modem = planned.open, run.modem
  local given
  local began = run.world.now
  local ok, sock, err = run:call(call, function(record)
    given = record.timeout
    local options = { mode = planned.mode, timeout = record.timeout }
    if planned.mode == "transparent" and planned.auto then options.escape = "auto" end
    if planned.kind == "ssl" then
      options.verify = "none"
      for name, value in pairs(run.plan.tls[planned.host] or {}) do options[name] = value end
    end
    return modem[planned.kind].open(planned.host, planned.kind == "ssl" and 443 or 7, options)
  end)
  note(run, call, ok, sock, err)
  if not ok or not sock then return oracle.check_refusal(run, planned, given, began, ok, ok and err or sock) end
  local handle = oracle.new_handle(run, planned, sock)
  sock = nil -- luacheck: ignore
  local tasks = {}
  for i, lane in ipairs(planned.lanes) do tasks[i] = hayes.spawn(do_lane, run, handle, lane) end
  for _, task in ipairs(tasks) do assert(task:join()) end
  close(run, handle, planned.close)
end

local acts = {}

function acts.sockets(run, actor)
  for _, planned in ipairs(actor.connections) do use_connection(run, planned) end
end

function acts.commands(run, actor)
  for _, call in ipairs(actor.calls) do
    if call.pause > 0 then hayes.sleep(call.pause) end
    local began = run.world.now
    note(run, call, run:call(call, function(record)
      local response, err = run.modem:at(call.text, { timeout = record.timeout })
      if response then oracle.check_response(run, call.text, response, began) end
      return response, err
    end))
  end
end

function acts.handlers(run, actor)
  local count = 0
  run:with_modem(function(modem)
    modem:on("urc", function()
      count = count + 1
      local event = { raises = false }
      run:inject("handler", count, event)
      if event.raises then error("a planned error", 0) end
      if actor.commands and count % 3 == 0 then modem:at("AT+CSQ", { timeout = 5 }) end
    end)
  end)
end

local function act(run, actor)
  if actor.starts and actor.starts > 0 then hayes.sleep(actor.starts) end
  local does_it = acts[actor.kind] or run.plan.scene.acts[actor.kind]
  does_it(run, actor)
end

--- A port is opened until that succeeds, each time in a task of its own that a fault may cancel.
local function open_modem(run)
  local call = run.plan.opening
  for _ = 1, 100 do
    local ok, modem, err = run:call(call, function(record)
      local port, refusal = run.line:reopened(run.line.name)
      if not port then return nil, refusal end
      return hayes.open_port(port, run.line.name, { timeout = record.timeout, trace = run.library_trace })
    end)
    note(run, call, ok, modem and true, err)
    if ok and modem then return modem end
    oracle.check_failed_opening(run, ok, err)
    hayes.sleep(0.5)
    call = { id = 0, name = call.name } -- no fault is meant for it
  end
  run.world:fail("the port cannot be opened")
end

local function take_modem(run)
  local modem = open_modem(run)
  oracle.watch(run, modem)
  modem.again.startup.timeout = 12 -- one that is given up early leaves no time for a module in any state
  modem:listen("reboot", function() run.noticed, run.noticed_at = run.noticed + 1, run.world.now end)
  run.noticed = run.restarts -- what happened before is nobody's business any more
  run:use_modem(modem)
end

--- Opens the port again whenever it has gone; with another modem when it has come back under another name.
local function keep_open(run)
  while true do
    local modem = run.modem
    modem:wait("closed")
    while modem.closed_with do
      hayes.sleep(0.5)
      if run.line.name ~= modem.address then
        modem:close()
        run:count("opened under another name")
        take_modem(run)
        break
      end
      local ok, err = modem:reopen()
      run:note(("reopen: %s"):format(words(ok, err)))
    end
  end
end

function program.main(run)
  if run.plan.opening.under_faults then run:arm() end
  take_modem(run)
  if not run.armed then run:arm() end
  if run.plan.scene then run.plan.scene.begin(run) end
  for i, other in ipairs(run.plan.others) do
    local host = ("other%d.example"):format(i)
    run.plan.servers[host] = other
    run.module.kind.open_other(run.module, other, host)
  end
  local keeper = hayes.spawn(keep_open, run)
  local tasks = {}
  for i, actor in ipairs(run.plan.actors) do tasks[i] = hayes.spawn(act, run, actor) end
  for _, task in ipairs(tasks) do
    local ok, failed = task:join()
    if not ok then run.world:fail("an actor failed: %s", tostring(failed)) end
  end
  run:disarm()
  oracle.check_rest(run)
  keeper:cancel()
  run.modem:close()
end

return program
