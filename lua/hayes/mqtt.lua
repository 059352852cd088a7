--- A connector for luamqtt, whose clients then go through a module:
---
---     mqtt.client { uri = "broker.example:8883", secure = true, clean = true,
---       connector = hayes.mqtt.connector(modem, { ca = "ca.pem" }) }
---
--- luamqtt's own connectors lose what has come of a packet when a short time-out passes, and fail when it passes in the
--- middle of a send; this one does neither.

local check = require "hayes.check"

local mqtt = {}

--- Seconds that a packet may wait for room in the socket's queue.
local SEND_TIMEOUT = 60

local function connect(modem, options, conn)
  local kind = conn.secure and "ssl" or "tcp"
  local service = modem[kind]
  if not service then return false, ("the module has no %s connections"):format(kind) end
  local sock, err = service.open(conn.host, conn.port, options)
  if not sock then return false, tostring(err) end
  conn.sock, conn.timeout, conn.part = sock, nil, nil
  return true
end

--- Takes the whole packet: the time-out is for receiving.
local function send(conn, data, i, j)
  local sock = conn.sock
  sock:settimeout(SEND_TIMEOUT)
  local last, err = sock:send(data, i, j)
  sock:settimeout(conn.timeout)
  if last then return last end
  return nil, err == "closed" and tostring(sock:lasterror() or err) or err
end

--- What has come when the time-out passes is kept for the next call, which asks for the same.
local function receive(conn, size)
  conn.sock:settimeout(conn.timeout) -- another task may be in the middle of send(), or was cancelled there
  local data, err, part = conn.sock:receive(size, conn.part)
  conn.part = not data and err == "timeout" and part or nil
  if data then return data end
  return nil, err
end

local function settimeout(conn, seconds)
  conn.timeout = seconds
  conn.sock:settimeout(seconds)
end

local function shutdown(conn)
  conn.sock:close()
end

--- The client that comes may be secure or not: the options are to be right for one of the two.
local function check_options(modem, options)
  local problem
  for _, kind in ipairs { "ssl", "tcp" } do
    local service = modem[kind]
    local found = service and check.problem(service.factory, options)
    if service and not found then return end
    problem = problem or found
  end
  if problem then check.fail("hayes.mqtt.connector", problem) end
end

--- Makes a connector for luamqtt, `mqtt.client { connector = … }`. A client that is `secure` goes over TLS, with these
--- options of modem.ssl.open; what its own `secure` table says is for LuaSec. Others go over TCP, with options of
--- modem.tcp.open.
---@param modem hayes.modem whose modem.ssl and modem.tcp are used
---@param options? table as for modem.ssl.open or modem.tcp.open
---@return table
function mqtt.connector(modem, options)
  if type(modem) ~= "table" or getmetatable(modem) == nil or not modem.at then
    check.fail("hayes.mqtt.connector", "the first argument is " .. check.show(modem) .. "; it must be a modem")
  end
  check.value("hayes.mqtt.connector", "the options", options, { type = "table|nil" })
  check_options(modem, options)
  return {
    connect = function(conn) return connect(modem, options, conn) end,
    shutdown = shutdown, send = send, receive = receive, settimeout = settimeout,
  }
end

return mqtt
