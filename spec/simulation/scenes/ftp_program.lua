--- What actors do with FTP sessions, one call after the other, each judged by what the server has then.

local hayes = require "hayes"
local local_files = require "simulation.scenes.local_files"
local oracle = require "simulation.scenes.ftp_oracle"
local stream = require "simulation.stream"

local Client = {}
Client.__index = Client

--- Other bytes for each path and size, and the same again for the same: so that a later call can go on after an earlier.
local function bytes_of(call) return stream.bytes(("put %s %d"):format(call.path, call.size), 1, call.size) end

function Client:stored(path) return self.run.module.server.files[path] end

local function source_of_bytes(bytes)
  local at = 1
  return function()
    if at > #bytes then return nil end
    local piece = bytes:sub(at, at + 999)
    at = at + #piece
    return piece
  end
end

local does = {}

function does.put(client, call)
  local bytes = bytes_of(call)
  client.given = bytes
  local source
  if call.source == "data" then
    source = { data = bytes }
  elseif call.source == "function" then
    source = source_of_bytes(bytes)
  elseif call.source == "flash" then
    client.run.module.files["source.bin"] = bytes
    source = "UFS:source.bin"
  else
    source = local_files.path(client.run, call.path .. call.size)
    if local_files.read(source) ~= bytes then local_files.write(source, bytes) end
  end
  return client.session:put(source, call.path, { resume = call.resume, verify = call.verify, existing = call.existing,
    piece = call.piece })
end

function does.get(client, call)
  client.got, client.ends = {}, 0
  local sink
  if call.sink == "path" then
    sink = local_files.path(client.run, "got." .. call.path)
    client.target = sink
  elseif call.sink == "flash" then
    client.inside = ("got%d.bin"):format(call.id)
    sink = "UFS:" .. client.inside
  elseif call.sink == "function" then
    sink = function(bytes)
      if bytes then client.got[#client.got + 1] = bytes else client.ends = client.ends + 1 end
      return 1
    end
  end
  return client.session:get(call.path, sink, { verify = call.verify, piece = call.piece })
end

function does.size(client, call) return client.session:size(call.path) end
function does.names(client) return client.session:names() end
function does.entries(client) return client.session:entries() end
function does.pwd(client) return client.session:pwd() end
function does.delete(client, call) return client.session:delete(call.path) end
function does.rename(client, call) return client.session:rename(call.path, "renamed.bin") end

local function note(run, call, results)
  run:note(("call %d (%s %s): %s, %s"):format(call.id, call.name, call.path or "", tostring(results[1]),
    tostring(type(results[2]) == "string" and #results[2] or results[3] and results[3].name or "done")))
  if results[2] == nil and results[3] then run.world:trace("  %s", tostring(results[3])) end
end

--- So long a program tries to close a session: a module may not answer while it waits for its server, seconds.
local PATIENCE = 200

local function use_session(run, actor, planned)
  local call, began = planned.open, run.world.now
  local results = table.pack(run:call(call, function() return run.modem.ftp.open(planned.options) end))
  note(run, call, results)
  if not results[1] then
    run.abandoned = true
    return
  end
  if not results[2] then return oracle.check_refusal(run, call, planned.options.retries, began, results[3]) end
  local client = setmetatable({ run = run, session = results[2], number = actor.number, late = {},
    retries = planned.options.retries }, Client)
  results[2] = nil
  for _, next_call in ipairs(planned.calls) do
    if next_call.pause > 0 then hayes.sleep(next_call.pause) end
    oracle.before(client, next_call)
    results = table.pack(run:call(next_call, function() return does[next_call.name](client, next_call) end))
    note(run, next_call, results)
    oracle.check(client, next_call, table.unpack(results, 1, results.n))
  end
  results = table.pack(run:call(planned.close, function() return client.session:close() end))
  note(run, planned.close, results)
  -- A program that is cancelled closes what it holds on the way out; one that is told that closing failed does so again.
  local closed = results[1] and results[2] or client.session:close()
  local deadline = run.world.now + PATIENCE
  while not closed and run.world.now < deadline do
    hayes.sleep(5)
    closed = client.session:close()
  end
end

local acts = {}

function acts.ftp(run, actor)
  for _, planned in ipairs(actor.sessions) do use_session(run, actor, planned) end
end

return acts
