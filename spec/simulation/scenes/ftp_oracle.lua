--- What must be true of files on the server and of those that were fetched: a call that succeeds has carried all of it,
--- nothing is doubled or mixed, and one that fails says so.

local errors = require "hayes.error"
local hayes = require "hayes"
local local_files = require "simulation.scenes.local_files"

local oracle = {}

local LOSS, DAMAGE = 2, 3

--- Longest time to a result, seconds.
local RESULT = 200

--- How long a module may be in the state that a fault has left, seconds.
local BOUND = 10

local function show(bytes) return bytes and ("%d bytes"):format(#bytes) or "no file" end

local function fail(client, call, text, ...)
  client.run.world:note_failure("%s: call %d (%s): %s", call.path or "ftp", call.id, call.name, text:format(...))
end

--- The harm of what can still be felt during the client's call.
local function harm(client) return client.run:harm_since(client.began - BOUND) or 0 end

--- Nothing has happened that makes the call fail.
local function is_calm(client) return not client.run:excuses(client.began) end

--- Opening has failed; it was to be tried again so many times.
function oracle.check_refusal(run, call, retries, began, err)
  if not errors.is(err) or tostring(err) == "" then
    return run.world:note_failure("call %d (open): failed with %s", call.id, tostring(err))
  end
  -- A data connection that is lost stays so until an attempt after the first brings it back.
  local offline = err.code == 605 and retries == 0 and not run.module.active
  if not run:excuses(began) and err.name ~= "busy" and not offline then
    run.world:note_failure("call %d (open): failed: %s", call.id, tostring(err))
  end
end

--- What the next call finds.
function oracle.before(client, call)
  client.before = call.path and client:stored(call.path)
  client.given, client.got, client.target = nil, nil, nil
  client.restarts, client.began = client.run.restarts, client.run.world.now
end

-- Uploads

--- How much of it is the source's, if the rest is what was there before; nil: it is neither.
local function is_part(bytes, given, before)
  local low, high = 0, math.min(#bytes, #given)
  while low < high do
    local middle = (low + high + 1) // 2
    if bytes:sub(1, middle) == given:sub(1, middle) then low = middle else high = middle - 1 end
  end
  local rest = bytes:sub(low + 1)
  return rest == "" or before ~= nil and rest == before:sub(low + 1)
end

local function uploaded(client, call, result)
  local stored = client:stored(call.path)
  local certain = harm(client) < DAMAGE
  if certain and stored ~= client.given then
    fail(client, call, "succeeded with %s, and the server has %s", show(client.given), show(stored))
  end
  -- What is read back is compared whole, and a name that the line has changed has another file.
  if not certain and call.verify == "content" and stored and stored ~= client.before and stored ~= client.given then
    fail(client, call, "read back %s, and the server has %s", show(client.given), show(stored))
  end
  if result.bytes ~= #client.given then fail(client, call, "gave %s for %s", tostring(result.bytes), show(client.given)) end
  if is_calm(client) and not client.run.had_failures and client:stored(call.path .. ".part") then
    fail(client, call, "its part is left on the server")
  end
end

local function not_uploaded(client, call)
  local stored = client:stored(call.path)
  if stored == client.before or harm(client) >= DAMAGE or client.late[call.path] then return end
  local given = client.given or ""
  if not stored then
    if client:stored(call.path .. ".hayes-old") ~= client.before and client:stored(call.path .. ".part") ~= given then
      fail(client, call, "failed, and the file that was there is gone")
    end
    return
  end
  -- What the library asks when the port is back goes into the file of an upload that the module has not ended.
  if not is_part(stored, given, client.before) and not client.run.unplugged then
    fail(client, call, "failed, and the server has %s, which are no part of %s", show(stored), show(given))
  end
end

-- Downloads

local function fetched(client, call, result, told)
  local got = result
  if call.sink == "function" then got = table.concat(client.got) end
  if call.sink == "path" then got = local_files.read(client.target) end
  if call.sink == "flash" then
    got = client.run.module.files[client.inside]
    client.run.got_whole = client.run.got_whole or {}
    client.run.got_whole[got or ""] = true
  end
  if call.sink == "function" and client.ends ~= 1 then
    fail(client, call, "the sink was told %d times that it is over", client.ends)
  end
  -- What an earlier run has left in a part was taken over, and compared in places.
  local since = math.min(client.began, call.sink == "path" and client.part_since or client.began)
  client.part_since = nil
  local certain = (client.run:harm_since(since - BOUND) or 0) < DAMAGE and not client.unsettled
  if certain and got ~= client.before and got ~= client:stored(call.path) then
    fail(client, call, "gave %s of %s", show(got), show(client.before))
  end
  local count = call.sink == "string" and told.bytes or result.bytes
  -- Without verify the number is all that tells of a file of the module. A restart may have cut it, and the line have
  -- changed it, or the name of the file.
  local is_certain = client.run.restarts == client.restarts and harm(client) < DAMAGE
  if count ~= #(got or "") and (is_certain or call.sink ~= "flash" or call.verify) then
    fail(client, call, "told %s bytes of %s", tostring(count), show(got))
  end
end

local function not_fetched(client, call)
  if call.sink == "path" then client.part_since = client.part_since or client.began end
  if call.sink == "function" and client.got and #client.got > 0 and client.ends ~= 1 and not client.cancelled then
    fail(client, call, "failed, and the sink was told so %d times", client.ends)
  end
  local got = table.concat(client.got or {})
  if harm(client) < DAMAGE and not client.unsettled and got ~= (client.before or ""):sub(1, #got) then
    fail(client, call, "the sink got %s that are not the file's", show(got))
  end
end

-- All calls

local succeeded, failed = {}, { put = not_uploaded, get = not_fetched }
succeeded.put, succeeded.get = uploaded, fetched

function succeeded.size(client, call, result)
  if client.run.restarts ~= client.restarts then return end -- which may have cut the number
  local is_certain = harm(client) < LOSS and not (client.unsettled or client.late[call.path])
  if is_certain and result ~= (client.before and #client.before) then
    fail(client, call, "gave %s of %s", tostring(result), show(client.before))
  end
end

function succeeded.names(client, call, result)
  if harm(client) >= LOSS or client.unsettled then return end
  local names = {}
  for _, name in ipairs(result) do names[type(name) == "table" and name.name or name] = true end
  for name in pairs(client.run.module.server.files) do
    if not names[name] then fail(client, call, "does not list %s", name) end
  end
end
succeeded.entries = succeeded.names

function succeeded.delete(client, call)
  if harm(client) < DAMAGE and client:stored(call.path) then fail(client, call, "the server has it") end
end

function succeeded.rename(client, call)
  if client.late[call.path] then return end
  if harm(client) < DAMAGE and client:stored("renamed.bin") ~= client.before then
    fail(client, call, "the server has %s", show(client:stored("renamed.bin")))
  end
end

--- What a call fails with when nothing is wrong.
local function is_expected(client, call, err)
  -- The server has not answered the command before, which was cancelled.
  if err.code == 603 and client.unsettled then return true end
  -- A change that was cancelled before may reach the server during this call.
  local late = client.late[call.path]
  if err.name == "exists" then return call.existing == "refuse" and (client.before ~= nil or late) end
  if err.code == 627 then return client.before == nil or late or client.run.module.server.habits.no_overwrite end
  local habits = client.run.module.server.habits
  if call.name == "size" and habits.no_size then return true end
  return err.name == "too_large" or err.code == 403 or err.code == 613 or habits.no_rest and err.code == 622
end

--- Calls that change the file at their path.
local changes = { put = true, delete = true, rename = true }

--- A call of a client has ended.
function oracle.check(client, call, ok, result, err)
  client.unsettled, client.cancelled = client.cancelled, not ok
  if ok and result ~= nil then
    if succeeded[call.name] then succeeded[call.name](client, call, result, err) end
    client.late = {}
    return
  end
  client.run.had_failures = true
  if ok and (not errors.is(err) or tostring(err) == "") then return fail(client, call, "failed with %s", tostring(err)) end
  if ok and is_calm(client) and not is_expected(client, call, err) then fail(client, call, "failed: %s", tostring(err)) end
  if failed[call.name] then failed[call.name](client, call) end
  -- What was cancelled as its command went out, was not answered, or whose port has gone, reaches the server during a
  -- later call.
  local goes_on = not ok or err.name == "timeout" or err.name == "port_gone" or err.name == "no_such_port"
  if goes_on and changes[call.name] then client.late[call.path] = true end
end

-- The end

--- Faults are over: what one has left does not keep the next session from working.
function oracle.check_rest(run, modem)
  local server = run.module.server
  server.silent_until, server.down_until, run.module.flash_full_until = 0, 0, 0
  run.armed = false
  -- A result that got lost may still come within the time that the note gives it.
  if run.harm >= LOSS then hayes.sleep(RESULT) end
  local deadline = run.world.now + RESULT
  while oracle.leftovers(run) and run.world.now < deadline do hayes.sleep(1) end
  local left = oracle.leftovers(run)
  if left then run.world:note_failure("%s is left", left) end
  local from = run.world.now
  local bytes = "all is well again\r\nOK\r\n"
  local session, err = modem.ftp.open { host = "ftp.example", user = "me", password = "secret", timeout = 20, retries = 4 }
  if not session then return run.world:note_failure("the next session failed: %s", tostring(err)) end
  local done
  done, err = session:put({ data = bytes }, "last.bin")
  if not done or server.files["last.bin"] ~= bytes then
    return run.world:note_failure("the next upload failed: %s", tostring(err or show(server.files["last.bin"])))
  end
  done, err = session:get("last.bin")
  if done ~= bytes then return run.world:note_failure("the next download failed: %s", tostring(done or err)) end
  done, err = session:close()
  if not done then return run.world:note_failure("closing the next session failed: %s", tostring(err)) end
  if run.world.now - from > 300 then
    run.world:note_failure("the next session took %.0f s", run.world.now - from)
  end
end

function oracle.leftovers(run)
  local ftp = run.module.ftp
  local whole = run.got_whole or {}
  for _, bytes in pairs(run.module.server.files) do whole[bytes] = true end
  for name, bytes in pairs(run.module.files) do
    if run.harm < LOSS and not run.unplugged and name:find("^got") and not whole[bytes] then
      return "a part of a file in the module"
    end
  end
  if ftp.pending then return "a command of the FTP client" end
  if run.harm < LOSS and not run.unplugged and ftp.state ~= 4 then return "a session of the FTP client" end
end

return oracle
