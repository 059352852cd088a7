--- What a Quectel module tells of a connection that it is asked about (AT+QSSLSTATE, SSL note 2.2.6; AT+QISTATE, TCP/IP
--- note).

local exchange = require "hayes.exchange"
local hosts = require "hayes.stream.host"
local wait = require "hayes.wait"

--- <socket_state>: the server has closed the connection; its index is in use until the host closes it, too.
local CLOSING = 4

local names = { [0] = "initial", "opening", "connected", "listening", "closing" }

local state = {}

--- The fields of its row; false if the module does not have it; nil and the error if it does not tell.
---@param connection hayes.quectel.connection
---@param request? hayes.request
---@return table|false|nil, hayes.error?
function state.ask(connection, request)
  request = request or {}
  request.owner = connection
  local text = ("AT+%s%d"):format(connection.family.state, connection.id)
  local response, err = exchange.run(connection.modem, text, request)
  if not response then return nil, err end
  return response[1] and connection.modem:fields(text, response[1]) or false
end

--- "closed" if the server has closed it, "missing" if the module does not have it; nil if it is up, or the module does
--- not tell.
local function ask_end(connection)
  local row = state.ask(connection)
  if row == false then return "missing" end
  return row and row.socket_state == CLOSING and "closed" or nil
end

--- Time for the module to report an end, and to push what came before it, that has just come, seconds.
local REPORTED_WITHIN = 1

--- How it has ended, if it has without a report: "closed" by the server, or "missing" in the module. The module is
--- asked twice: the line may lose a row, or change a digit of it.
---@param connection hayes.quectel.connection
---@return "closed"|"missing"|nil
function state.find_end(connection)
  local how = ask_end(connection)
  if not how then return nil end
  wait.sleep(REPORTED_WITHIN)
  local is_known = connection.peer_closed or connection.lost or connection.damaged or connection.released
  if is_known or ask_end(connection) ~= how then return nil end
  return how
end

--- The module does not tell its own address; of that only the family is known.
local function any_address(remote)
  return hosts.family(remote) == "inet6" and "::" or "0.0.0.0"
end

--- For socket:info().
---@param connection hayes.quectel.connection
---@return table?, hayes.error?
function state.describe(connection)
  local known = { remote_ip = connection.host, remote_port = connection.port }
  if connection.data and connection.data.state == "online" then -- the module cannot be asked now
    known.state, known.local_ip, known.local_port = "connected", any_address(connection.host), 0
    return known
  end
  local row, err = state.ask(connection, { withdraw = true })
  if row == nil then return nil, err end
  if not row then
    known.state = "closed"
    return known
  end
  return {
    state = connection.peer_closed and "closed" or names[row.socket_state] or tostring(row.socket_state),
    remote_ip = row.IP_address, remote_port = row.remote_port,
    local_ip = any_address(row.IP_address or connection.host), local_port = row.local_port,
  }
end

return state
