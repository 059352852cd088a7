--- From whatever state to an FTP session: what an earlier program left is closed, settings are made, and the server is
--- logged in to (FTP note 1.4).

local call = require "hayes.dialect.quectel.ftp.call"
local carry = require "hayes.dialect.quectel.ftp.carry"
local confirmation = require "hayes.dialect.quectel.confirmation"
local core = require "hayes.core"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local wait = require "hayes.wait"

local login = {}

--- Time that the note gives AT+QFTPOPEN, seconds, and some for the module.
local OPEN_SECONDS = 135

--- Seconds between two looks at the state.
local LOOK_AGAIN = 0.5

--- How long to wait for the state of a client that can be closed without knowing it, seconds.
local STATE_SECONDS = 20

--- How often a client is told to close where it has told its state and does not answer that: it may not have heard it.
local MOST_UNANSWERED = 2

local CLOSED = 4

local types = { binary = 0, ascii = 1 }
local ssl_types = { implicit = 1, explicit = 2 }
local addresses = { given = 0, control = 1, either = 2 }
local caches = { default = 0, fast = 1, slow = 2 }

--- The state by AT+QFTPSTAT, 0 to 4.
---@return integer?, hayes.error?
function login.state(modem, seconds)
  return call.ask_number(modem, "STAT", nil, seconds, "asking for the state of the FTP client")
end

--- The same, where a client whose state is not known is closed, and logged in again: it is not waited for long.
---@return integer?, hayes.error?
function login.state_if_told(modem, seconds)
  return login.state(modem, math.min(seconds, STATE_SECONDS))
end

--- Removes the beginning of a file that was left in the module, which writes no more of it; where that fails, the next
--- call does.
function login.clean(session)
  local name = session.half_file
  if name and carry.delete(session.modem, name) then session.half_file = nil end
end

--- Leaves the client closed, whatever it was doing. EG800K refuses everything with 603 after one 615, but not
--- AT+QFTPCLOSE; until the result of that has come everything is refused with 603, too. Where a result of AT+QFTPSTAT
--- got lost, another one cannot be sent for minutes.
---@return true?, hayes.error?
function login.leave(modem, seconds)
  local deadline, unanswered = wait.now() + seconds, 0
  repeat
    local state, err = login.state_if_told(modem, seconds)
    if state == CLOSED then return true end
    if not state and err.origin ~= "ftp" and err.name ~= "timeout" then return nil, err end
    -- The client is not closed: what an earlier AT+QFTPCLOSE may still give would say no more than that of another.
    if state then exchange.forget_results(modem, "+QFTPCLOSE") end
    local done
    done, err = call.run(modem, "CLOSE", nil, seconds, "closing the FTP session")
    if done or err.code == 625 then return true end
    local again = err.origin == "ftp" and wait.now() + LOOK_AGAIN < deadline
    if state and err.name == "timeout" then
      unanswered = unanswered + 1
      again = again or unanswered < MOST_UNANSWERED
    end
    if not again then return nil, err end
    wait.sleep(LOOK_AGAIN)
  until false
end

local function settings_of(options, context)
  local list = {
    { "account", options.user, options.password },
    { "filetype", types[options.type] },
    { "transmode", options.passive and 1 or 0 },
    { "contextid", options.context },
    { "rsptimeout", options.timeout },
    -- Firmware that does not know them is as if they were at their defaults.
    { "ssltype", ssl_types[options.tls] or 0, optional = not options.tls },
    { "restenable", options.restenable and 1 or 0, optional = not options.restenable },
    { "cache", caches[options.cache], optional = options.cache == "default" },
  }
  local address = { "data_address", addresses[options.data_address], optional = options.data_address == "given" }
  if options.data_address == "either" then address[3] = options.data_timeout end
  list[#list + 1] = address
  if context then list[#list + 1] = { "sslctxid", context.index } end
  return list
end

local function set(modem, setting, hold)
  local response, err = modem:call("+QFTPCFG", "write", setting, { within = hold })
  if response or setting.optional and err.result then return true end
  return nil, errors.within(err, ("setting %s of the FTP client"):format(setting[1]))
end

local function configure(modem, options, context, hold)
  for _, setting in ipairs(settings_of(options, context)) do
    local ok, err = set(modem, setting, hold)
    if not ok then return nil, err end
  end
  return true
end

--- The value of a setting as the module reads it back; nil and an error when it does not.
local function read_back(modem, name, hold)
  local response, err = confirmation.ask(modem, "+QFTPCFG", { name }, hold)
  if not response then return nil, errors.within(err, ("reading %s of the FTP client"):format(name)) end
  local fields = core.fields((response[1] or ""):match("^%+QFTPCFG:(.*)$") or "")
  -- Older firmware calls it SSL_ctxID, as the note does.
  local is_it = fields[1] == name or name == "sslctxid" and tostring(fields[1]):lower() == "ssl_ctxid"
  return is_it and fields[2] or "(no answer)"
end

--- The kind of TLS, without which the password would go out in the clear, and its context.
local function protection(session, hold)
  local modem, options, context = session.modem, session.options, session.ssl_context
  local wanted = { { "ssltype", ssl_types[options.tls] }, { "sslctxid", context.index } }
  return {
    what = "the FTP client", origin = "ftp",
    find = function()
      for _, setting in ipairs(wanted) do
        local value, err = read_back(modem, setting[1], hold)
        if value == nil then return nil, err end
        if value ~= setting[2] then return { name = setting[1], wanted = setting[2], said = tostring(value) } end
      end
    end,
    repair = function() return configure(modem, options, context, hold) end,
  }
end

--- Sees to it, by the module's own word, that the login will be protected as asked.
local function confirm(session, hold)
  return confirmation.run {
    protection(session, hold), session.modem.ssl.context_pool:confirmable(session.ssl_context, hold),
  }
end

--- Gives the session's SSL context back, if it has one.
function login.release(session)
  local context = session.ssl_context
  session.ssl_context = nil
  if context then session.modem.ssl.context_pool:release(context) end
end

--- An SSL context of its own, with the options of modem.ssl; none without TLS.
local function take_context(session)
  local modem, tls = session.modem, session.tls
  if not tls then return true end
  if tls.check_time and tls.verify ~= "none" then
    local ok, err = modem.clock.ensure()
    if not ok then return nil, err end
  end
  login.release(session)
  local err
  session.ssl_context, err = modem.ssl.context_pool:take(tls, tls.ciphers[1] or "0XFFFF", "ftp")
  return session.ssl_context, err
end

--- Errors of the login that servers without TLS lead to, who do not know AUTH.
local NO_TLS = { [601] = true, [620] = true, [621] = true, [622] = true, [624] = true }

local function name_host(err, options)
  err.host = options.host
  if err.code == 604 then
    err.message = ("%s: the name %s"):format(err.message, options.host)
    err.hint = ("Check the name %s, and the DNS servers: modem.network.resolve(%q) and modem.network.dns() tell; "
      .. "is the PDP context active (modem.network.status())?"):format(options.host, options.host)
  end
  if options.tls and NO_TLS[err.code] then
    err.hint = ("This may be what a server without TLS leads to: is it %s TLS that port %d speaks? "
      .. "ftp.open { diagnose = true } looks."):format(options.tls, options.port)
  end
  return err
end

--- Sends the login, with nobody's command between that and what is confirmed for it. A module that has restarted since
--- the first of the settings has lost the account, the kind of TLS and the SSL context: it is not told to log in.
---@param restarts integer what session.restarts was when the settings were begun
local function log_in(session, restarts, doing)
  local options = session.options
  local hold <close>, err = exchange.hold(session.modem, session.seconds)
  if not hold then return nil, errors.within(err, doing) end
  if session.restarts ~= restarts then return nil, errors.reboot(doing) end
  if session.tls then
    local ok
    ok, err = confirm(session, hold)
    if not ok then return nil, err end
  end
  local done
  session.in_doubt = true -- whoever waits for this may be gone when the module has logged in
  done, err = call.run(session.modem, "OPEN", { options.host, options.port }, OPEN_SECONDS, doing, hold)
  if not done and (err.code or err.queued) then session.in_doubt = false end
  if not done then return nil, name_host(err, options) end
  return true
end

--- A login whose server was not verified after all is no login.
local function check_protection(session)
  if not session.tls then return true end
  local ok, err = session.modem.ssl.context_pool:still_verifies(session.ssl_context)
  if ok then return true end
  login.leave(session.modem, session.seconds)
  return nil, err
end

--- A new login begins in the account's first folder; true once it is in the one that the session stands in.
local function go_back(session)
  for _, path in ipairs(session.steps) do
    local ok, err = call.run(session.modem, "CWD", { path }, session.seconds, "going back to " .. path)
    if not ok then return nil, err end
  end
  return true
end

--- Logs in, and goes to the folder that the session stands in. True; or nil and why not, and the session is not logged
--- in as far as it knows.
---@param session table
---@return true?, hayes.error?
function login.open(session)
  local modem, options = session.modem, session.options
  local ok, err = login.leave(modem, options.timeout)
  if ok then
    exchange.forget_results(modem, "+QFTP") -- of the session that is closed
    login.clean(session)
  end
  local restarts = session.restarts
  local doing = ("logging in to %s:%d%s"):format(options.host, options.port,
    options.user ~= "" and " as " .. options.user or "")
  if ok then ok, err = take_context(session) end
  if ok then ok, err = configure(modem, options, session.ssl_context) end
  if ok then ok, err = log_in(session, restarts, doing) end
  if ok then ok, err = check_protection(session) end
  if ok then ok, err = go_back(session) end
  -- Behind a restart the module says what it likes of settings that it has lost.
  if session.restarts ~= restarts then return nil, errors.reboot(doing) end
  if not ok then return nil, err end
  session.connected, session.was_connected, session.in_doubt = true, true, false
  return true
end

return login
