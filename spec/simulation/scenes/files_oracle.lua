--- What must be true of the module's files: a call that succeeds has carried all of it, one that fails says so, and
--- nothing else is left in the module.

local errors = require "hayes.error"
local flash = require "simulation.scenes.flash"
local hayes = require "hayes"
local local_files = require "simulation.scenes.local_files"

local oracle = {}

local LOSS, DAMAGE = 2, 3

--- How long a module may be in the state that a fault has left, seconds.
local BOUND = 10

--- How long a module that has not answered is told again what to remove, seconds.
local REMOVAL = 100

local function show(bytes) return bytes and ("%d bytes"):format(#bytes) or "no file" end

local function fail(user, call, text, ...)
  user.run.world:note_failure("%s: call %d (%s): %s", user.name, call.id, call.name, text:format(...))
end

--- The harm of what can still be felt during the user's call.
local function harm(user) return user.run:harm_since(user.began - BOUND) or 0 end

--- Nothing has happened that makes the call fail.
local function is_calm(user) return not user.run:excuses(user.began) end

--- Nothing is left to do in the background.
local function is_settled(run)
  local module, exchanges = run.module, run.modem.exchanges
  return not (module.busy or module.taking or module.online) and exchanges.free and not run.modem.closed_with
    and module.world.now >= math.max(run.line.stalled_until, run.line.full_until, module.off_until)
    and flash.open_count(module) == 0
end

--- A call of a user begins.
function oracle.before(user)
  user.began, user.before, user.given, user.got, user.offset = user.run.world.now, user:stored(), nil, nil, 0
  if is_settled(user.run) then user.unsettled, user.cancelled = false, false end
end

local EXPECTED = { upload = { [403] = true, [407] = true }, download = { [405] = true }, read = { [405] = true },
  delete = { [405] = true }, write = {} }

-- Success

local succeeded = {}

--- The same size and the same checksum (an exclusive or): of two changes the second may undo the first there.
local function looks_alike(user, stored, given)
  return harm(user) >= DAMAGE and #stored == #given and flash.checksum(stored) == flash.checksum(given)
end

--- Size and checksum of what comes are compared, so that no single change on the line goes unnoticed; but the name may have
--- been changed in the command.
function succeeded.upload(user, call, result)
  local stored = user:stored()
  local elsewhere = harm(user) >= DAMAGE and (not stored or stored == user.before)
  if stored ~= user.given and not elsewhere and not looks_alike(user, stored or "", user.given) then
    fail(user, call, "succeeded with %s, and the module has %s", show(user.given), show(stored))
  end
  if result.bytes ~= #user.given then fail(user, call, "gave %s for %d bytes", tostring(result.bytes), #user.given) end
  user.whole[user.given], user.unsettled = true, false
end

function succeeded.download(user, call, result, told)
  local got = result
  if call.sink == "function" then got = table.concat(user.got) end
  if call.sink == "path" then got = local_files.read(user.target) end
  if call.sink == "function" and (user.ends ~= 1 or user.failed) then
    fail(user, call, "the sink was told %d times that it is over, and %s", user.ends, tostring(user.failed))
  end
  -- By AT+QFDWL the checksum comes, too; AT+QFREAD has none.
  local certain = not user.unsettled and (harm(user) < DAMAGE or call.sink == "path")
  if got ~= user.before and certain then fail(user, call, "gave %s of %s", show(got), show(user.before)) end
  local bytes = call.sink == "string" and told.bytes or result.bytes
  if bytes ~= #got then fail(user, call, "told %s bytes of %s", tostring(bytes), show(got)) end
end

function succeeded.read(user, call, result)
  if harm(user) >= DAMAGE or user.unsettled then return end
  local offset = call.offset or 0
  local wanted = (user.before or ""):sub(offset + 1, call.length and offset + call.length or -1)
  if result ~= wanted then fail(user, call, "gave %s of %s", show(result), show(wanted)) end
end

--- What the file has after so many bytes of what was given, and then these others.
local function written(user, count, others)
  local before, put = user.before or "", (user.given or ""):sub(1, count) .. (others or "")
  return before:sub(1, user.offset) .. put .. before:sub(user.offset + #put + 1)
end

function succeeded.write(user, call)
  if harm(user) >= DAMAGE or user.unsettled then return end
  if user:stored() ~= written(user, #user.given) then
    fail(user, call, "wrote %s at %d of %s, and the module has %s", show(user.given), user.offset, show(user.before),
      show(user:stored()))
  end
end

function succeeded.delete(user, call)
  if user:stored() and harm(user) < DAMAGE then fail(user, call, "the module has %s", show(user:stored())) end
end

function succeeded.size(user, call, result)
  if not user.unsettled and harm(user) < LOSS and result ~= (user.before and #user.before) then
    fail(user, call, "gave %s of %s", tostring(result), show(user.before))
  end
end

function succeeded.list(user, call, result)
  if harm(user) >= LOSS or user.unsettled then return end
  for _, entry in ipairs(result) do
    if entry.name:gsub("^UFS:", "") == user.file and entry.size ~= #(user.before or "") then
      fail(user, call, "lists %d bytes of %s", entry.size, show(user.before))
    end
  end
end

function succeeded.space(user, call, result)
  if harm(user) < LOSS and result.total ~= user.run.plan.module.flash_size then
    fail(user, call, "gave %s", tostring(result.total))
  end
end

-- Failure

local failed = {}

function failed.upload(user, call)
  if user:stored() and user:stored() == user.given then user.whole[user.given] = true end
  if user.before then user.whole[user.before] = true end
  local stored = user:stored()
  if user.before and not user.unsettled and not call.replace and stored ~= user.before and harm(user) < DAMAGE then
    fail(user, call, "failed, and the file that was there is %s now", show(stored))
  end
  -- What is left of it is removed, in the background if the module does not answer: check_left() tells.
  if stored and stored ~= user.before then user.cancelled = true end
end

--- A part of it may be written, from its beginning on; by a module that does not answer at present, later.
function failed.write(user, call, err)
  if err and err.name == "timeout" then user.cancelled = true end
  local stored = user:stored() or ""
  if harm(user) >= DAMAGE or user.unsettled or user.run.unplugged then return end
  for count = 0, #(user.given or "") do
    local wanted = written(user, count)
    if #wanted == #stored and wanted == stored then return end
  end
  -- A module that asks for the data after the time-out takes what it is asked for a sign of life for data.
  if err and err.name == "timeout" and stored == written(user, 0, "AT\r") then return end
  fail(user, call, "failed, and the module has %s, which is no part of it", show(stored))
end

function failed.download(user, call)
  if call.sink == "function" and user.got and #user.got > 0 and user.ends ~= 1 and not user.cancelled then
    fail(user, call, "failed, and the sink was told so %d times", user.ends)
  end
  local got = table.concat(user.got or {})
  if harm(user) < DAMAGE and not user.unsettled and got ~= (user.before or ""):sub(1, #got) then
    fail(user, call, "the sink got %s that are not the file's", show(got))
  end
end

--- A call of a user has ended.
function oracle.check(user, call, ok, result, err)
  local run = user.run
  -- What is left of a cancelled call is done in the background: what the next one finds is not certain.
  user.unsettled = user.unsettled or user.cancelled
  user.cancelled = not ok
  if not ok then
    if failed[call.name] then failed[call.name](user, call) end
    return
  end
  if result ~= nil or call.name == "size" and err == nil then return succeeded[call.name](user, call, result, err) end
  if not errors.is(err) or tostring(err) == "" then return fail(user, call, "failed with %s", tostring(err)) end
  -- What the module has not answered it may do later.
  if not err.result then user.cancelled = true end
  local expected = EXPECTED[call.name]
  local is_full = call.name == "write" and err.name == "damaged" and (run.module.full_at or -1) >= user.began
  if is_calm(user) and not is_full and not (expected and expected[err.code]) then
    fail(user, call, "failed: %s", tostring(err))
  end
  if failed[call.name] then failed[call.name](user, call, err) end
end

-- The end

--- Faults are over: what a fault has left does not keep the next call from working.
local function use_again(run, modem, name)
  local bytes = ("all is well again %s\r\n"):format(name)
  local done, err = modem.file.upload({ data = bytes }, name, { replace = true })
  if not done then return run.world:note_failure("%s: the next upload failed: %s", name, tostring(err)) end
  local got
  got, err = modem.file.read(name)
  if got ~= bytes then run.world:note_failure("%s: read after the faults: %s", name, tostring(got or err)) end
  local deleted
  deleted, err = modem.file.delete(name)
  if not deleted then run.world:note_failure("%s: deleting after the faults: %s", name, tostring(err)) end
end

local function is_left(user)
  local stored = user:stored()
  return not (user.in_parts or user.run.harm >= LOSS or user.run.unplugged or not stored or user.whole[stored])
end

local function check_left(user)
  local deadline = user.run.world.now + REMOVAL
  while is_left(user) and user.run.world.now < deadline do hayes.sleep(1) end
  if not is_left(user) then return end
  local stored = user:stored()
  user.run.world:note_failure("%s: a part of it (%s) is left in the module", user.name, show(stored))
end

--- Nothing is open any more, before somebody uses the files again.
function oracle.check_handles(run)
  local deadline = run.world.now + REMOVAL
  while oracle.leftovers(run) and run.world.now < deadline do hayes.sleep(1) end
  local left = oracle.leftovers(run)
  if left then run.world:note_failure("%s is left", left) end
end

function oracle.check_rest(run, modem)
  run.module.flash_full_until, run.module.habits.flash_size = 0, 1000000
  hayes.sleep(BOUND)
  oracle.check_handles(run)
  for _, user in ipairs(run.file_users or {}) do
    check_left(user)
    use_again(run, modem, user.name)
  end
end

function oracle.leftovers(run)
  if flash.open_count(run.module) > 0 and run.harm < LOSS and not run.unplugged then return "an open file in the module" end
end

return oracle
