--- Opens a TLS connection, trying the cipher suites of a list in turn: a module offers one suite or all of them. With
--- diagnose = true the cause of a failure is investigated.

local diagnosis = require "hayes.dialect.quectel.network.diagnosis"
local errors = require "hayes.error"
local ssl_diagnosis = require "hayes.dialect.quectel.ssl.diagnosis"
local validity = require "hayes.dialect.quectel.ssl.validity"

local attempts = {}

local MAY_BE_TLS = { [566] = true, [579] = true }

--- 566 is "socket connection failed", and on some firmware (EG800K) every failure of TLS, too: a plain TCP connection
--- tells which. Over UDP nothing fails to connect.
local function is_of_handshake(modem, err, host, port, options)
  if err.code == 579 then return true end
  if not MAY_BE_TLS[err.code] then return false end
  return options.dtls ~= false or diagnosis.tcp(modem, options.context, host, port) == true
end

local function try_suites(modem, host, port, options, open)
  local suites = options.ciphers
  local connection, err = open(options, suites[1])
  if connection or #suites == 1 or not is_of_handshake(modem, err, host, port, options) then return connection, err end
  for i = 2, #suites do
    connection, err = open(options, suites[i])
    if connection or not MAY_BE_TLS[err.code] then return connection, err end
  end
  return nil, errors.within(err, ("none of the %d cipher suites leads to a connection"):format(#suites))
end

local HOPELESS = { reboot = true, closed = true, port_gone = true, busy = true, no_free_context = true,
  no_free_socket = true }

--- A server's certificate may have been refused for its dates: tells where the module's clock is wrong.
local function add_clock(modem, err, options)
  if options.verify == "none" or not options.check_time then return end
  local clocks = validity.compare(modem, options)
  if clocks and clocks.words then err.message = ("%s; %s"):format(err.message, clocks.words) end
end

--- Opens a connection; open(options, suite) makes one attempt.
---@param modem hayes.modem
---@param contexts table
---@param options table checked
---@param open fun(options: table, suite: string): table?, hayes.error?
---@return table?, hayes.error?
function attempts.open(modem, contexts, host, port, options, open)
  local connection, err = try_suites(modem, host, port, options, open)
  if connection then return connection end
  -- The certificates in the flash may be damaged: they are compared again before the next attempt.
  if MAY_BE_TLS[err.code] then contexts:suspect() end
  local hopeless = modem.closed_with or err.queued or HOPELESS[err.name]
  if not options.diagnose or hopeless then
    if err.code == 579 and not hopeless then add_clock(modem, err, options) end
    return nil, err
  end
  local function succeeds(changes)
    local opened = try_suites(modem, host, port, setmetatable(changes, { __index = options }), open)
    if opened then opened:close() end
    return opened ~= nil
  end
  local found = ssl_diagnosis.explain(modem, err, host, port, options, succeeds)
  err.diagnosis = found
  err.message = ("%s. %s"):format(err.message, found)
  return nil, err
end

return attempts
