--- modem.ssl: TLS connections of a Quectel module (SSL note).

local attempts = require "hayes.dialect.quectel.ssl_attempts"
local check = require "hayes.check"
local Connection = require "hayes.dialect.quectel.connection"
local Contexts = require "hayes.dialect.quectel.ssl_contexts"
local core = require "hayes.core"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local settings = require "hayes.dialect.quectel.ssl_settings"
local Socket = require "hayes.socket"

local CLIENTS = 12

--- Beyond negotiate_timeout, the note gives the network 150 s.
local NETWORK_SECONDS = 150

return function(modem)
  local ssl = {}

  local connections = {}       -- by clientID
  local foreign                -- clientIDs that are in use by others; nil: not asked yet
  local contexts = Contexts.new(modem)

  local family = {
    what = "TLS connection", origin = "ssl",
    send = "QSSLSEND", receive = "QSSLRECV", close = "QSSLCLOSE", state = "QSSLSTATE=",
    forget = function(connection)
      if connections[connection.id] ~= connection then return end
      connections[connection.id] = nil
      contexts:release(connection.context)
    end,
  }

  modem:listen("+QSSLURC", function(event)
    local connection = connections[event.fields[2]]
    if not connection then return end
    if event.fields[1] == "recv" then connection:on_data(event.data) end
    if event.fields[1] == "closed" then connection:on_closed() end
  end)

  --- The module has restarted, or the port is closed: connections, settings and contexts are gone.
  function ssl.reset(err)
    local lost = err or errors.new { name = "reboot", message = "the module has restarted" }
    local open = connections
    connections, foreign = {}, nil
    contexts:reset()
    for _, connection in pairs(open) do connection:lose(lost) end
  end

  -- Socket indices: twelve. Some may be in use since an earlier program, or by one on another port.

  local function list_states()
    local response, err = modem:call("+QSSLSTATE", "execute")
    if not response then return nil, err end
    local list = {}
    for i, line in ipairs(response) do list[i] = modem:fields("AT+QSSLSTATE", line) end
    return list
  end

  local function find_foreign()
    local list, err = list_states()
    if not list then return nil, err end
    foreign = {}
    for _, state in ipairs(list) do
      if not connections[state.clientID] then foreign[state.clientID] = state end
    end
    return true
  end

  --- Closes what an earlier program has left open, for want of free indices.
  local function close_foreign()
    for id in pairs(foreign) do
      foreign[id] = nil
      if modem:call("+QSSLCLOSE", "write", { id }) then return id end
    end
  end

  local reserved = {}

  local function take_id()
    if not foreign then
      local ok, err = find_foreign()
      if not ok then return nil, err end
    end
    for id = 0, CLIENTS - 1 do
      if not connections[id] and not foreign[id] and not reserved[id] then
        reserved[id] = true
        return id
      end
    end
    local id = close_foreign()
    if not id then
      return nil, errors.new { name = "no_free_socket", origin = "ssl", hint = "Close connections that are not needed.",
        message = "all twelve TLS connections of the module are in use" }
    end
    reserved[id] = true
    return id
  end

  -- Opening

  --- The code in the answer to AT+QSSLOPEN; 0: it is open.
  local function open_code(response, id)
    local fields = core.fields((response[response.deferred or 0] or ""):match("^%+QSSLOPEN:(.*)$") or "")
    return fields[1] == id and math.tointeger(fields[2]) or 550
  end

  local function connect(id, context, host, port, options)
    local doing = ("the TLS connection to %s:%d"):format(host, port)
    local seconds = NETWORK_SECONDS + options.negotiate_timeout
    local connection
    local response, err = modem:call("+QSSLOPEN", "write", { options.context, context.index, id, host, port, 0 }, {
      timeout = seconds, deferred = seconds,
      -- What the module says of this index up to here is about an earlier connection, and from here about this one.
      ended = function(response)
        if open_code(response, id) ~= 0 then return end
        connection = Connection.new(modem, family, id, host, port, "buffer", false)
        connection.context = context
        connections[id] = connection
      end,
    })
    if connection then return connection end
    if response then
      err = failure.coded(modem, open_code(response, id), doing)
    elseif err.result == "ERROR" then
      local fields = modem:query("AT+QIGETERROR")
      local code = fields and math.tointeger(fields.err)
      if code and code ~= 0 then err = failure.coded(modem, code, doing) end
    end
    if err.code == 566 then
      err.message = err.message
        .. "; some firmware (EG800K) says so of every failed handshake and refused certificate, too"
    end
    return nil, err
  end

  local function try_connect(context, host, port, options)
    local id, err = take_id()
    if not id then return nil, err end
    local _unreserve <close> = setmetatable({}, { __close = function() reserved[id] = nil end })
    local connection
    connection, err = connect(id, context, host, port, options)
    if connection then return connection end
    -- An index in use by someone else is left to them, any other is given back to the module (SSL note 2.2.2).
    if err.code == 563 then foreign[id] = {} else modem:call("+QSSLCLOSE", "write", { id }) end
    return nil, err
  end

  --- One attempt, with one suite.
  local function open_with(host, port, options, suite)
    local context, err = contexts:take(options, suite)
    if not context then return nil, err end
    local connection
    connection, err = try_connect(context, host, port, options)
    if not connection and err.code == 563 then connection, err = try_connect(context, host, port, options) end
    if connection then return connection end
    contexts:release(context)
    return nil, err
  end

  local function open_connection(host, port, options)
    check.value("ssl.open", "the host", host, { type = "string", line = true })
    if host == "" then check.fail("ssl.open", "the host is empty") end
    check.value("ssl.open", "the port", port, { type = "integer", min = 1, max = 65535 })
    if options.check_time and options.verify ~= "none" then
      local ok, err = modem.clock.ensure()
      if not ok then return nil, err end
    end
    return attempts.open(modem, contexts, host, port, options, function(changed, suite)
      return open_with(host, port, changed, suite)
    end)
  end

  --- Opens a TLS connection. The options are those of ssl_settings.lua: verify, ca, certificate, key, version,
  --- ciphers, sni, check_time, ignore, session_cache, dtls, negotiate_timeout, mode, context, diagnose.
  ---
  --- A module offers one cipher suite or all. A list of several in `ciphers` is tried in turn, one handshake each, and
  --- only a handshake that fails (579; 566 where TCP works) goes on to the next: the negotiate_timeout counts for each.
  ---
  --- With diagnose = true a failure is looked into before it is returned, which takes further connections: the error's
  --- `diagnosis` says in one paragraph what is wrong, as does its message.
  ---@param host string
  ---@param port integer
  ---@param options? table
  ---@return hayes.socket?, hayes.error?
  function ssl.open(host, port, options)
    options = settings.check("ssl.open", options)
    local connection, err = open_connection(host, port, options)
    if not connection then return nil, err end
    return Socket.new("SSL", connection, host, port)
  end

  --- A function for http.request { create = … } and the like: it makes a socket that connect() opens with these
  --- options.
  ---@param options? table
  function ssl.factory(options)
    options = settings.check("ssl.factory", options)
    return function()
      return Socket.new("SSL", nil, nil, nil, function(host, port) return open_connection(host, port, options) end)
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
    return contexts:configure(index, options, options.ciphers[1])
  end

  --- What the six SSL contexts are set to: by index, the settings of AT+QSSLCFG by name.
  ---@return table<integer, table<string, any>>?, hayes.error?
  function ssl.contexts()
    return contexts:describe()
  end

  --- The TLS connections that the module lists, the library's and others.
  ---@return table[]?, hayes.error?
  function ssl.sockets()
    return list_states()
  end

  return ssl
end
