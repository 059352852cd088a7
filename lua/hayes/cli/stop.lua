--- How a run of the command `hayes` ends early: with an exit status and what to say on stderr.

local errors = require "hayes.error"

---@class hayes.cli.stop
---@field status integer
---@field err string|hayes.error
local Stop = {}
Stop.__index = Stop
Stop.__name = "hayes.cli.stop"

function Stop:__tostring() return tostring(self.err) end

local stop = { DONE = 0, REFUSED = 1, WRONG_USE = 2, NO_PORT = 3, INTERRUPTED = 130,
  READER_GONE = 141 } -- as of a program that SIGPIPE has ended

---@param status integer
---@param err string|hayes.error
---@return hayes.cli.stop
function stop.new(status, err)
  return setmetatable({ status = status, err = err }, Stop)
end

--- Ends the run.
---@param status integer
---@param err string|hayes.error
function stop.with(status, err)
  error(stop.new(status, err), 0)
end

--- The arguments make no sense.
---@param message string
function stop.wrong_use(message, ...)
  stop.with(stop.WRONG_USE, select("#", ...) > 0 and message:format(...) or message)
end

--- Errors of a port that a different argument would mend.
local wrong_address = { bad_address = true, unsupported_speed = true }

--- Errors of a path on this machine that was given.
local wrong_path = { no_such_file = true, permission_denied = true, is_a_directory = true, is_a_socket = true,
  bad_path = true, file_too_long = true, no_such_device = true }

--- The exit status that fits an error.
---@param err any
---@return integer
function stop.status_of(err)
  if not errors.is(err) then return stop.REFUSED end
  if err.origin == "hayes" and wrong_path[err.name] then return stop.WRONG_USE end
  if err.origin ~= "port" then return stop.REFUSED end
  return wrong_address[err.name] and stop.WRONG_USE or stop.NO_PORT
end

--- Gives what a call returned, or ends the run with its error.
function stop.unless(value, err, ...)
  if value == nil or value == false then stop.with(stop.status_of(err), err) end
  return value, err, ...
end

---@return boolean
function stop.is(raised)
  return getmetatable(raised) == Stop
end

return stop
