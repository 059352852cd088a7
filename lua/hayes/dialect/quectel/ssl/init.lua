--- modem.ssl: TLS connections of a Quectel module (SSL note).

local attempts = require "hayes.dialect.quectel.ssl.attempts"
local check = require "hayes.check"
local Connection = require "hayes.dialect.quectel.socket.connection"
local Contexts = require "hayes.dialect.quectel.ssl.contexts"
local errors = require "hayes.error"
local job = require "hayes.job"
local Opener = require "hayes.dialect.quectel.socket.opener"
local settings = require "hayes.dialect.quectel.ssl.settings"
local Socket = require "hayes.socket"

--- Beyond negotiate_timeout, the note gives the network 150 s.
local NETWORK_SECONDS = 150

return function(modem)
  ---@class hayes.quectel.ssl
  local ssl = {}

  local contexts = Contexts.new(modem)
  ssl.context_pool = contexts -- there are six for all: modem.ftp takes one of them, too

  local opener = Opener.new(modem, {
    what = "TLS connection", plural = "TLS connections", origin = "ssl",
    send = "QSSLSEND", receive = "QSSLRECV", close = "QSSLCLOSE", state = "QSSLSTATE=", state_command = "QSSLSTATE",
    urc = "+QSSLURC",
    -- A TCP or UDP connection with the same index would be switched in place of this one, and data would go out
    -- unencrypted, so it must be certain that there is none.
    other_state = "QISTATE=1,", other_what = "TCP or UDP connection", must_know = true,
  }, function(connection) contexts:release(connection.context) end)

  --- The module has restarted, or the port is closed: connections, settings and contexts are gone.
  function ssl.reset(err)
    contexts:reset()
    opener:reset(err)
  end

  -- Opening

  --- Asks the module about a connection; in transparent mode data mode is left for the question.
  local function query(connection, text)
    if connection.mode ~= "transparent" then return modem:query(text) end
    local ok, err = connection:escape()
    if not ok then return nil, err end
    local fields
    fields, err = modem:query(text)
    local resumed, resume_err = connection:resume()
    if not resumed then return nil, resume_err end
    return fields, err
  end

  --- The SSL context that the module reports for a connection; nil if it does not say; nil and an error if it does not
  --- answer.
  local function context_of(connection)
    local text = ("AT+QSSLSTATE=%d"):format(connection.id)
    local fields, err
    for _ = 1, 2 do -- one answer may get lost, or changed
      fields, err = query(connection, text)
      if fields or err.name ~= "timeout" and err.name ~= "bad_answer" then break end
    end
    if fields then return fields.SSL_ctxID end
    return nil, not err.result and err or nil
  end

  --- Checks that the connection uses the SSL context that was asked for: a byte of the command that opened it may have
  --- changed on the line.
  local function check_context(connection)
    local context = connection.context
    if not context.verifies then return connection end
    local index, err = context_of(connection)
    if not err and (not index or index == context.index) then return connection end
    connection:close()
    if err then return nil, errors.within(err, "asking for the SSL context of the connection") end
    return nil, errors.new { name = "setting_not_kept", origin = "ssl",
      message = ("the connection was to use SSL context %d, and the module says that it uses %d; it was closed, since "
        .. "the server was not verified as asked"):format(context.index, index),
      hint = "The line changes bytes: use a lower speed, flow control, a shorter cable." }
  end

  local function connect(context, host, port, options)
    local connection, err = opener:open {
      host = host, port = port, mode = options.mode, auto = options.escape == "auto", context = context,
      pdp_context = options.context,
      doing = ("the TLS connection to %s:%d"):format(host, port),
      seconds = NETWORK_SECONDS + options.negotiate_timeout,
      confirm = context.verifies and function(hold) return contexts:confirm(context, hold) end or nil,
      command = function(index)
        return ('AT+QSSLOPEN=%d,%d,%d,"%s",%d,%d'):format(options.context, context.index, index, host, port,
          Connection.modes[options.mode])
      end,
    }
    if connection then return connection end
    if err.code == 566 then
      err.message = err.message
        .. "; some firmware (EG800K) says so of every failed handshake and refused certificate, too"
    end
    return nil, err
  end

  --- One attempt, with one suite.
  local function open_with(host, port, options, suite)
    local connection, err = contexts:open(options, suite, function(context)
      return connect(context, host, port, options)
    end)
    if connection then return check_context(connection) end
    return nil, err
  end

  local function check_address(where, host, port)
    check.value(where, "the host", host, { type = "string", line = true, longest = 255 })
    if host == "" then check.fail(where, "the host is empty") end
    check.value(where, "the port", port, { type = "integer", min = 1, max = 65535 })
  end

  local function open_connection(host, port, options)
    if options.check_time and options.verify ~= "none" then
      local ok, err = modem.clock.ensure()
      if not ok then return nil, err end
    end
    return attempts.open(modem, contexts, host, port, options, function(changed, suite)
      return open_with(host, port, changed, suite)
    end)
  end

  --- Opens a TLS connection. The options are those of settings.lua: verify, ca, certificate, key, version,
  --- ciphers, sni, check_time, ignore, session_cache, dtls, negotiate_timeout, mode, escape, context, diagnose.
  ---
  --- A module offers one cipher suite or all. If `ciphers` lists several, they are tried in turn, one handshake each;
  --- the next one is tried only after a failed handshake (579; 566 where TCP works). The negotiate_timeout applies to
  --- each.
  ---
  --- If the server is verified, the module is then asked which SSL context the connection uses. In transparent mode
  --- that takes the guard times of an escape sequence, unless the port has DTR.
  ---
  --- With diagnose = true the cause of a failure is investigated, which takes further connections: the error's
  --- `diagnosis`, which is also in its message, explains it in one paragraph.
  ---@param host string
  ---@param port integer
  ---@param options? table
  ---@return hayes.socket?, hayes.error?
  function ssl.open(host, port, options)
    options = settings.check("ssl.open", options)
    check_address("ssl.open", host, port)
    local connection, err = job.open(nil, open_connection, host, port, options)
    if not connection then return nil, err end
    return Socket.new("SSL", connection, host, port)
  end

  --- A function for http.request { create = … } and the like: it makes a socket that connect() opens with these
  --- options.
  ---@param options? table
  function ssl.factory(options)
    options = settings.check("ssl.factory", options)
    return function()
      return Socket.new("SSL", nil, nil, nil, {
        check = function(host, port) check_address("socket:connect", host, port) end,
        open = function(host, port) return open_connection(host, port, options) end,
      })
    end
  end

  --- Gives an SSL context these settings, for use with modem:at.
  ---@param index integer 0 to 5
  ---@param options? table as for ssl.open, with one suite at most in `ciphers`: a context holds one, or all
  ---@return true?, hayes.error?
  function ssl.configure(index, options)
    check.value("ssl.configure", "the context", index, { type = "integer", min = 0, max = Contexts.COUNT - 1 })
    options = settings.check("ssl.configure", options)
    if #options.ciphers > 1 then
      check.fail("ssl.configure", ("ciphers has %d suites; a context holds one, or all"):format(#options.ciphers))
    end
    return job.run(nil, nil, contexts.configure, contexts, index, options, options.ciphers[1])
  end

  --- What the six SSL contexts are set to: by index, the settings of AT+QSSLCFG by name.
  ---@return table<integer, table<string, any>>?, hayes.error?
  function ssl.contexts()
    return contexts:describe()
  end

  --- The TLS connections that the module lists, the library's and others.
  ---@return table[]?, hayes.error?
  function ssl.sockets()
    return opener:list()
  end

  return ssl
end
