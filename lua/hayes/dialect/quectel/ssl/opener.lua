--- Opens TLS connections: sends AT+QSSLOPEN with an SSL context, and checks which context the connection uses, and that
--- it verifies.

local attempts = require "hayes.dialect.quectel.ssl.attempts"
local Connection = require "hayes.dialect.quectel.socket.connection"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local Opener = require "hayes.dialect.quectel.socket.opener"

--- Beyond negotiate_timeout, the note gives the network 150 s.
local NETWORK_SECONDS = 150

---@class hayes.quectel.ssl_opener
---@field modem hayes.modem
---@field contexts table  the six SSL contexts
---@field opener table    of connections
local SslOpener = {}
SslOpener.__index = SslOpener

---@param modem hayes.modem
---@param contexts table
---@return hayes.quectel.ssl_opener
function SslOpener.new(modem, contexts)
  local opener = Opener.new(modem, {
    what = "TLS connection", plural = "TLS connections", origin = "ssl",
    send = "QSSLSEND", receive = "QSSLRECV", close = "QSSLCLOSE", state = "QSSLSTATE=", state_command = "QSSLSTATE",
    urc = "+QSSLURC",
    -- A TCP or UDP connection with the same index would be switched in place of this one, and data would go out
    -- unencrypted, so it must be certain that there is none.
    other_state = "QISTATE=1,", other_what = "TCP or UDP connection", must_know = true,
  }, function(connection) contexts:release(connection.context) end)
  return setmetatable({ modem = modem, contexts = contexts, opener = opener }, SslOpener)
end

--- The SSL context that the module reports for a connection; nil if it does not say; nil and an error if it does not
--- answer.
local function context_of(modem, connection)
  local text = ("AT+QSSLSTATE=%d"):format(connection.id)
  local fields, err
  for _ = 1, 2 do -- one answer may get lost, or changed
    fields, err = modem:query(text)
    if fields or err.name ~= "timeout" and err.name ~= "bad_answer" then break end
  end
  if fields then return fields.SSL_ctxID end
  return nil, not err.result and err or nil
end

--- True if the connection uses the SSL context that was asked for, and that context still verifies: a byte of the
--- command that opened it may have changed on the line, and the module may have restarted unnoticed before it.
local function is_protected(self, connection)
  local context = connection.context
  local index, err = context_of(self.modem, connection)
  if err then return nil, errors.within(err, "asking for the SSL context of the connection") end
  if index and index ~= context.index then
    return nil, errors.new { name = "setting_not_kept", origin = "ssl",
      message = ("the connection was to use SSL context %d, and the module says that it uses %d; it was closed, since "
        .. "the server was not verified as asked"):format(context.index, index),
      hint = "The line changes bytes: use a lower speed, flow control, a shorter cable." }
  end
  return self.contexts:still_verifies(context)
end

--- Closes a connection that may not be protected as asked. In transparent mode data mode is left for the questions.
local function check_protection(self, connection)
  if not connection.context.verifies then return connection end
  local leaves = connection.mode == "transparent"
  local ok, err = true, nil
  if leaves then
    ok, err = connection:escape()
    if not ok then err = errors.within(err, "asking for the SSL context of the connection") end
  end
  if ok then ok, err = is_protected(self, connection) end
  if ok and leaves then ok, err = connection:resume() end
  if ok then return connection end
  connection:close()
  return nil, err
end

local function connect(self, context, host, port, options)
  local connection, err = self.opener:open {
    host = host, port = port, mode = options.mode, auto = options.escape == "auto", context = context,
    pdp_context = options.context, close_timeout = options.close_timeout, datagrams = options.dtls ~= false,
    doing = ("the TLS connection to %s:%d"):format(host, port),
    seconds = NETWORK_SECONDS + options.negotiate_timeout,
    confirm = context.verifies and function(hold) return self.contexts:confirm(context, hold) end or nil,
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
local function open_with(self, host, port, options, suite)
  local connection, err = self.contexts:open(options, suite, function(context)
    return connect(self, context, host, port, options)
  end)
  if connection then return check_protection(self, connection) end
  return nil, err
end

--- Opens a connection, in as many attempts as its options ask for.
---@param host string
---@param port integer
---@param options table checked
---@return table?, hayes.error?
function SslOpener:open(host, port, options)
  local _claim <close>, refusal = DataMode.claim(self.modem, options.mode)
  if refusal then return nil, refusal end
  if options.check_time and options.verify ~= "none" then
    local ok, err = self.modem.clock.ensure()
    if not ok then return nil, err end
  end
  return attempts.open(self.modem, self.contexts, host, port, options, function(changed, suite)
    return open_with(self, host, port, changed, suite)
  end)
end

--- All connections are gone: the module has restarted, or (err) the port was closed.
---@param err? hayes.error
function SslOpener:reset(err)
  self.opener:reset(err)
end

--- The TLS connections that the module lists.
---@return table[]?, hayes.error?
function SslOpener:list()
  return self.opener:list()
end

return SslOpener
