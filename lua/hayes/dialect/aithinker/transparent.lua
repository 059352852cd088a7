--- Transparent transmission of a connection (page, AT+SOCKETTT): the line is the connection's then, and no command
--- reaches the module.

local check = require "hayes.check"
local DataMode = require "hayes.stream.data_mode"
local Socket = require "hayes.stream.socket"

local UDP_SERVER = 1

local targets = { first = 0, last = 2 }

local option_rules = {
  target = { values = { "first", "last" }, doc = "Of a UDP server: the client to send to (the first)." },
}

-- The only options that an access mode of any dialect has.
check.takes(Socket.transparent, option_rules)
check.takes(Socket.switch, option_rules)

local transparent = {}

--- Raises when this mode, or its options, make no sense for a connection.
function transparent.check(connection, mode, options)
  options = check.options("socket:transparent", options, option_rules)
  if options.target and (mode ~= "transparent" or connection.type ~= UDP_SERVER) then
    check.fail("socket:transparent", "target is for transparent transmission of a UDP server (udp.listen)")
  end
end

function transparent.is_online(connection)
  return connection.data and connection.data.state == "online"
end

--- Out of it for a moment only: the line returns to it before anybody's turn.
function transparent.is_passing(connection)
  local data = connection.data
  return data and not data.parked and not data.auto and data.state ~= "ended"
end

--- Enters it.
---@param options? { target: "first"|"last" }
---@return true?, hayes.error?
function transparent.open(connection, options)
  local text = "AT+SOCKETTT"
  if options and options.target then text = text .. "=" .. targets[options.target] end
  connection.data = DataMode.new(connection.modem, {
    auto = connection.auto, resume = text, origin = "aithinker", owner = connection.place,
    -- Events are printed among the data until framework P2.31.1.
    hangup = { "+EVENT:SocketDisconnect," .. connection.id, "+EVENT:SocketDissconnect," .. connection.id,
      "+EVENT:SocketAutoDel," .. connection.id },
    received = function(bytes) connection:on_through(bytes) end,
    ended = function(reason)
      if reason.name == "closed" then return connection:on_closed() end
      if reason.result then return connection:on_refused(reason) end
      connection:give_up(reason)
    end,
    alive = function(tell) connection:ask_whether_up(tell) end,
  })
  DataMode.prepare(connection.modem)
  local ok, err = connection.data:open(text)
  if ok then return true end
  connection.data = nil
  return nil, err
end

--- Leaves it for good.
---@return true?, hayes.error?
function transparent.leave(connection)
  local ok, err = connection.data:finish()
  if ok then connection.data = nil end
  return ok, err
end

return transparent
