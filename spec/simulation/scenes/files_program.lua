--- What actors do with the files of the module, one call after the other, each judged by what the module has then.

local hayes = require "hayes"
local local_files = require "simulation.scenes.local_files"
local oracle = require "simulation.scenes.files_oracle"
local stream = require "simulation.stream"

local does = {}

function does.upload(user, call)
  local bytes, source = user:next_bytes(call.size), user:path("source")
  if call.source == "path" then
    local_files.write(source, bytes)
  else
    source = { data = bytes }
  end
  user.given = bytes
  return user.run.modem.file.upload(source, user.name,
    { replace = call.replace, timeout = call.silence, acknowledge = call.acknowledge })
end

function does.download(user, call)
  user.got, user.ends = {}, 0
  if call.sink == "string" then return user.run.modem.file.download(user.name) end
  if call.sink == "path" then
    user.target = user:path("target")
    return user.run.modem.file.download(user.name, user.target)
  end
  return user.run.modem.file.download(user.name, function(bytes, words)
    if bytes then user.got[#user.got + 1] = bytes else user.ends, user.failed = user.ends + 1, words end
    return 1
  end)
end

function does.read(user, call) return user.run.modem.file.read(user.name, call.offset, call.length) end

function does.write(user, call)
  local size = #(user.before or "")
  user.offset = math.floor(call.place * (size + 1))
  user.given = user:next_bytes(call.size)
  return user.run.modem.file.write(user.name, user.offset, user.given)
end

function does.delete(user) return user.run.modem.file.delete(user.name) end
function does.list(user) return user.run.modem.file.list() end
function does.size(user) return user.run.modem.file.size(user.name) end
function does.space(user) return user.run.modem.file.space() end

local User = {}
User.__index = User

--- Other bytes each time.
function User:next_bytes(size)
  self.written = self.written + 1
  return stream.bytes(("%s %d"):format(self.file, self.written), 1, size)
end

function User:path(name) return local_files.path(self.run, self.file .. "." .. name) end

--- What the module has.
function User:stored() return self.run.module.files[self.file] end

local acts = {}

function acts.files(run, actor)
  local user = setmetatable({ run = run, file = actor.file, name = actor.prefix .. actor.file, written = 0,
    whole = {}, in_parts = actor.in_parts }, User)
  run.file_users = run.file_users or {}
  table.insert(run.file_users, user)
  for _, call in ipairs(actor.calls) do
    if call.pause > 0 then hayes.sleep(call.pause) end
    oracle.before(user)
    local results = table.pack(run:call(call, function() return does[call.name](user, call) end))
    run:note(("call %d (%s %s): %s, %s"):format(call.id, call.name, user.name, tostring(results[1]),
      tostring(type(results[2]) == "string" and #results[2] or results[3] and results[3].name or results[2] and "done")))
    if results[2] == nil and results[3] then run.world:trace("  %s", tostring(results[3])) end
    oracle.check(user, call, table.unpack(results, 1, results.n))
  end
end

return acts
