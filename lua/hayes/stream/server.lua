--- A server over any dialect's listening sockets, with the contract of LuaSocket's: accept() gives sockets.

local check = require "hayes.check"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local job = require "hayes.job"
local make = require "hayes.stream.make"
local wait = require "hayes.wait"

---@class hayes.server accepts connections on a port of the module, as a server of LuaSocket does
local Server = {}
Server.__index = Server
Server.__name = "hayes.server"

---@param listener hayes.listener
---@param kind "tcp"|"SSL" of its sockets
---@return hayes.server
---@package
function Server.new(listener, kind)
  return setmetatable({ listener = listener, kind = kind }, Server)
end

function Server:__tostring()
  return ("%s server: port %d"):format(self.kind, self.listener.port)
end

--- Sets the time-out of close(), and that of accept() for calls without one of their own.
---@param seconds? number nil or a negative number: none
---@return 1
function Server:settimeout(seconds)
  check.value("server:settimeout", "the time-out", seconds, { type = "number|nil" })
  self.timeout = seconds and seconds >= 0 and seconds or nil
  return 1
end

--- Waits for the next client and returns it as a socket. Close it like any other, even after the client has gone, to
--- free its slot in the module. nil, "timeout" if none comes in time; nil, "closed" if the server has ended
--- (lasterror()).
---@param timeout? number seconds, 0 to 1,000,000,000 (that of settimeout())
---@return hayes.socket?, string?
function Server:accept(timeout)
  check.value("server:accept", "the time-out", timeout, { type = "number|nil", min = 0, max = 1e9 })
  timeout = timeout or self.timeout
  local connection, err = self.listener:next(timeout and wait.now() + timeout)
  if connection then
    local socket = make.over(self.kind, connection, connection.host, connection.port)
    if self.kind == "SSL" then socket.verified = false end -- the module asks no client for a certificate
    return socket
  end
  if err == "timeout" then
    self.last_error = errors.timeout(("%s: no client within %g s"):format(self.listener:title(), timeout))
    return nil, "timeout"
  end
  self.last_error = err
  return nil, "closed"
end

--- The error of the last accept() or close() that failed.
---
--- Errors: `timeout`, `closed`, `reboot`, and those of modem:at for close().
---@return hayes.error?
function Server:lasterror() return self.last_error end

--- The address is always 0.0.0.0: modules do not report theirs.
---@return string address, integer port, "inet" family
function Server:getsockname() return "0.0.0.0", self.listener.port, "inet" end

--- Closes the server and the connections of clients that were not accepted; accepted ones stay open. 1, or nil and the
--- error; nil, "timeout" if that takes longer than settimeout() allows, and it continues in the background.
---@return 1?, any
function Server:close()
  local ok, err = job.run(self.timeout and wait.now() + self.timeout, nil, self.listener.close, self.listener)
  if ok then return 1 end
  if err == "timeout" then
    self.last_error = failure.out_of_time(self.listener.modem, self.listener:title(), self.timeout)
  end
  return nil, err
end

Server.__close = Server.close

function Server:__gc() self.listener:abandon() end

return Server
