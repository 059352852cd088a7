--- What is done when a link breaks: everything under the session is brought back in order, port, module, data
--- connection, login, and what was under way is tried again from where it stands.

local call = require "hayes.dialect.quectel.ftp.call"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local login = require "hayes.dialect.quectel.ftp.login"
local wait = require "hayes.wait"

local recovery = {}

--- Pauses between two attempts, seconds: doubled each time that nothing has come of one. The first gives the server
--- time to store what has reached it.
recovery.FIRST_PAUSE = 0.25
local LONGEST_PAUSE = 60

--- Longest time for a module to come back after a restart, seconds.
local RESTART_SECONDS = 90

local function closed(session)
  return errors.closed("the FTP session with " .. session.options.host, nil, { origin = "ftp" })
end

--- Waits for an event of the modem; true when it need not be waited for any more.
local function wait_until(modem, name, is_over)
  local deadline = wait.now() + RESTART_SECONDS
  while not is_over() do
    if modem.closed_with then return nil, modem.closed_with end
    local left = deadline - wait.now()
    if left <= 0 then
      return nil, errors.new { name = "no_answer", origin = "port",
        message = ("the module on %s has not come back within %d s"):format(modem.address, RESTART_SECONDS) }
    end
    modem:wait(name, math.min(left, 1))
  end
  return true
end

--- The module answers commands.
local function bring_back_module(modem)
  if modem.closed_with then
    local ok, err = modem:reopen()
    if not ok then return nil, err end
  end
  local ok, err = wait_until(modem, "ready", function() return not modem.starting end)
  if ok then ok, err = wait_until(modem, "resync", function() return not modem.lost end) end
  return ok, err
end

local function bring_back(session)
  local modem = session.modem
  local ok, err = bring_back_module(modem)
  if ok then ok, err = modem.network.reattach(session.options.context) end
  if not ok then return nil, err end
  return login.open(session)
end

--- Was the modem closed by the program, or has a port gone that cannot be opened again?
local function is_gone_for_good(modem)
  return modem.ended or modem.closed_with and not modem.again
end

--- What bringing back cannot mend: an account or a certificate that is refused, options that the module does not take.
--- An account that has been logged in before is refused because of the session that broke: to the server it is still
--- there, and counts until it has timed out.
local function is_final(session, err)
  if err.code == 610 or err.code == 631 then return true end
  if err.protocol == 530 and session.was_connected then return false end
  return err.protocol ~= nil and err.protocol >= 500 or err.code == 625
end

--- A file that the broken session was writing is refused while the server takes that for alive.
local function may_be_held(err)
  return err.code == 627 and (not err.protocol or err.protocol == 550) or err.protocol == 553
end

--- A data connection that breaks may leave the session whole; whatever else happens does not, and two in a row with
--- nothing between them neither.
local function keeps_session(session, err, failures)
  local code = err.code
  if session.modem.closed_with or failures > 1 then return false end
  -- Where the line has lost bytes of the data, the session knows nothing of it.
  local is_of_data = code == 607 or code == 608 or code == 616 or code == 617 or code == 618
  if not failure.is_damage(err.name) and not (err.origin == "ftp" and is_of_data) then return false end
  return login.state_if_told(session.modem, session.seconds) == 1
end

local function is_session_lost(err)
  return err.code == 606 or err.code == 614 or err.code == 625 and not err.protocol
end

--- Tells the program that something will be tried again, in a task of its own: it can hold up or break nothing.
local function tell(session, err, failures, pause)
  local f = session.options.on_retry
  if not f then return end
  wait.spawn_detached(function()
    local ok, failed = xpcall(f, debug.traceback, err, failures, pause)
    if not ok then wait.report("the on_retry function of an FTP session has failed", failed) end
  end)
end

--- Is this of a first login what may be over in a moment: a name that is not found, a closed port, a lost data context?
---@param err hayes.error
function recovery.may_pass(err)
  return err.code == 604 or call.is_loss(err)
end

--- The error of what has been tried again in vain.
---@param err hayes.error of recovery.run()
---@return hayes.error
function recovery.given_up(err)
  return errors.within(err, ("given up after %d attempt%s"):format(err.attempts, err.attempts == 1 and "" or "s"))
end

--- Calls attempt() until it gives something that is not nil, until it fails of what trying again cannot mend, or until
--- so many attempts in a row have changed nothing. The session is logged in again before, if it is not logged in.
---@param session table
---@param retries integer
---@param attempt fun(): any, hayes.error?
---@param moved? fun(): boolean has something come of it since it was last asked
---@param writes? boolean a file, which a session that broke may still hold
---@return any, hayes.error?
function recovery.run(session, retries, attempt, moved, writes)
  local failures, pause, tries, is_cut = 0, recovery.FIRST_PAUSE, 0, false
  while true do
    if session.closed then return nil, closed(session) end
    local ok, err, final = true, nil, false
    tries = tries + 1
    if not session.connected then
      ok, err = bring_back(session)
      final = not ok and (is_final(session, err) or is_gone_for_good(session.modem))
    end
    if ok then
      local result
      result, err = attempt()
      if result ~= nil then return result end
      local is_broken = call.is_loss(err) or is_session_lost(err)
      final = not (is_broken or writes and is_cut and may_be_held(err))
        or is_gone_for_good(session.modem)
      is_cut = is_cut or is_broken
    end
    if final then return nil, err end
    if moved and moved() then failures, pause = 0, recovery.FIRST_PAUSE end
    failures = failures + 1
    err.attempts = tries
    -- Also where it is given up: the next call does not find out again.
    if session.connected and not keeps_session(session, err, failures) then session:doubt() end
    if failures > retries then return nil, err end
    tell(session, err, failures, pause)
    wait.sleep(pause)
    pause = math.min(pause * 2, LONGEST_PAUSE)
  end
end

return recovery
