--- modem.ftp: files on FTP and FTPS servers (FTP(S) note V1.3). A module has one session at a time.

local check = require "hayes.check"
local errors = require "hayes.error"
local ftp_diagnosis = require "hayes.dialect.quectel.network.ftp_diagnosis"
local local_file = require "hayes.local_file"
local login = require "hayes.dialect.quectel.ftp.login"
local option_rules = require "hayes.dialect.quectel.ftp.options"
local recovery = require "hayes.dialect.quectel.ftp.recovery"
local Session = require "hayes.dialect.quectel.ftp.session"
local sources = require "hayes.dialect.quectel.ftp.sources"

--- Left with a session that has neither come about nor failed, it gives that up: the task was cancelled, or something
--- has raised.
local Opening = {}
Opening.__index = Opening
function Opening:__close()
  if self.session then self.session:abandon() end
end

--- How often the first login is tried again where nothing says how often: who has mistyped a name is to hear of it.
local FIRST_RETRIES = 2

--- Whether a local path will do, before the module logs in for it.
local function check_path(path, can, ...)
  if type(path) ~= "string" or path == "" or sources.is_inside(path) then return true end
  return can(path, ...)
end

return function(modem)
  ---@class hayes.quectel.ftp_service modem.ftp of a Quectel module
  local ftp = {}

  -- A session that is forgotten without close() may be collected.
  local held = setmetatable({}, { __mode = "v" })

  local client = { leaving = false }

  function client.has_session() return held.session ~= nil end

  function client.let_go(session)
    if held.session == session then held.session = nil end
  end

  --- The module has restarted, or the port is closed. Transfers log in again by themselves.
  function ftp.reset()
    if held.session then held.session:lose() end
  end

  local function busy(holder)
    local options = holder.options
    return errors.new { name = "busy", origin = "ftp",
      message = ("the module has one FTP session, and %s@%s:%d has it (opened at %s)"):format(options.user,
        options.host, options.port, holder.opened_at),
      hint = "Close that session first (ftp:close()), or use it for both." }
  end

  --- Waits for an earlier session to log out; true when the client is nobody's.
  local function wait_until_free()
    while client.leaving do
      local leaving = client.leaving
      leaving:join()
      if client.leaving == leaving then client.leaving = false end
    end
    return not held.session
  end

  --- Logs in, and tries again what may pass.
  local function first_login(session, retries)
    local ok, err = login.open(session)
    if ok or retries == 0 or not recovery.may_pass(err) then return ok, err end
    return recovery.run(session, retries - 1, function() return true end)
  end

  ---@param retries? integer of the first login
  local function open(where, given, retries)
    local options, tls = option_rules.session(where, given)
    if not wait_until_free() then return nil, busy(held.session) end
    local session = Session.new(modem, client, options, tls)
    session.opened_at = check.position()
    held.session = session
    local opening <close> = setmetatable({ session = session }, Opening)
    local _held <close> = session.client_lock:take "logging in"
    local ok, err = first_login(session, retries or options.retries)
    if not ok and options.diagnose and not (modem.closed_with or err.queued) then
      login.release(session)
      err.diagnosis = ftp_diagnosis.explain(session, err)
      err.message = ("%s. %s"):format(err.message, err.diagnosis)
    end
    -- What the module has not answered it may do later: that is given up like an opening that is cancelled.
    if not (ok or err.code or err.queued or modem.closed_with) then return nil, err end
    opening.session = nil
    if ok then return session end
    session.closed, held.session = true, nil
    login.release(session)
    return nil, err
  end

  --- Unless the caller says how often: a server that never answered is hardly one.
  local function open_first(where, options)
    local is_given = type(options) == "table" and options.retries ~= nil
    local session, err = open(where, options, not is_given and FIRST_RETRIES or nil)
    return session, err
  end

  --- Logs in to an FTP server: a session. With `tls` the options of ssl.open that are about TLS may be given, too; a
  --- server without `ca` is not verified, which must be said: verify = "none". With diagnose = true the error of a
  --- login that failed has a `diagnosis`, one paragraph, which is also in its message.
  ---
  --- Errors: `busy` while another session is open, `dns_parse_failed`, `not_logged_in`, `ssl_authentication_failed`,
  --- `timeout_error`, `network_error`, `ftp_server_blocked`, `timeout`, those of modem:at, and those of files on this
  --- host for certificates.
  ---
  --- Source: FTP note 2.1 and 2.2; SSL note 2.2.1.
  ---@param options table the server, who one is there, and how
  ---@return hayes.ftp?, hayes.error?
  function ftp.open(options)
    return open_first("ftp.open", options)
  end

  local function with_session(where, session_options, f)
    local session <close>, err = open_first(where, session_options)
    if not session then return nil, err end
    local results = table.pack(f(session))
    local closed
    closed, err = session:close()
    if not closed and results[1] then return nil, err end
    return table.unpack(results, 1, results.n)
  end

  --- Opens a session, stores a file, and closes it.
  ---
  --- Errors: those of ftp.open and ftp:put.
  ---
  --- Source: FTP note 2.2, 2.5 and 2.18.
  ---@param url string ftp://user:password@host:port/path; ftps:// with implicit, ftpes:// with explicit TLS
  ---@param source any as for session:put()
  ---@param options? table of the session and of the transfer
  ---@return { bytes: integer, seconds: number, resumed_at: integer? }?, hayes.error?
  function ftp.put(url, source, options)
    local session_options, path, transfer = option_rules.of_url("ftp.put", url, options)
    local ok, err = check_path(source, local_file.check_source, { length = transfer.length })
    if not ok then return nil, err end
    return with_session("ftp.put", session_options, function(session) return session:put(source, path, transfer) end)
  end

  --- Opens a session, fetches a file, and closes it.
  ---
  --- Errors: those of ftp.open and ftp:get.
  ---
  --- Source: FTP note 2.2, 2.6 and 2.18.
  ---@param url string as for ftp.put
  ---@param sink? any as for session:get()
  ---@param options? table of the session and of the transfer
  ---@return any, any
  function ftp.get(url, sink, options)
    local session_options, path, transfer = option_rules.of_url("ftp.get", url, options)
    local ok, err = check_path(sink, local_file.check_target)
    if not ok then return nil, err end
    return with_session("ftp.get", session_options, function(session) return session:get(path, sink, transfer) end)
  end

  check.takes(ftp.open, option_rules.session_rules)
  check.takes(ftp.put, option_rules.url_rules)
  check.takes(ftp.get, option_rules.url_rules)

  return ftp
end
