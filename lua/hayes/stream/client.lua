--- Client sockets of one kind, over any dialect's connections: opened at once, or later by connect().

local check = require "hayes.check"
local hosts = require "hayes.stream.host"
local job = require "hayes.job"
local make = require "hayes.stream.make"

---@class hayes.client
---@field modem hayes.modem
---@field name string   of the service, for messages: "tcp"
---@field kind "tcp"|"udp"|"SSL"
---@field what string   "TCP connection"
---@field options fun(where: string, given: table?): table  checks the options of open(); raises
---@field connect fun(host: string, port: integer, options: table): table?, hayes.error?  opens a connection
---@field datagrams? fun(options: table): boolean  whether they carry datagrams; nil: those of UDP do
---@field check_host? fun(where: string, host: any)  raises; nil: any name of up to 255 bytes is a host
---@field opened? fun(socket: hayes.socket, options: table)  called with each socket that is made
local Client = {}
Client.__index = Client

---@param fields hayes.client
---@return hayes.client
function Client.new(fields)
  return setmetatable(fields, Client)
end

--- Raises unless this is a port. Returns it as an integer.
---@param where string
---@param port any
---@return integer
function Client.check_port(where, port)
  return check.value(where, "the port", port, { type = "integer", min = 1, max = 65535 })
end

local function check_address(self, where, host, port)
  if self.check_host then
    self.check_host(where, host)
  else
    check.value(where, "the host", host, hosts.RULE)
    hosts.check(where, host)
  end
  return Client.check_port(where, port)
end

local function carries_datagrams(self, options)
  if self.datagrams then return self.datagrams(options) end
  return self.kind == "udp"
end

--- Opens a connection. The option `timeout`: seconds over all.
---@param host string
---@param port integer
---@param options? table
---@return hayes.socket?, hayes.error?
function Client:open(host, port, options)
  local where = self.name .. ".open"
  host = hosts.plain(host)
  port = check_address(self, where, host, port)
  options = self.options(where, options)
  local connection, err = job.open_within(self.modem, options.timeout,
    ("opening the %s to %s:%d"):format(self.what, host, port), self.connect, host, port, options)
  if not connection then return nil, err end
  local socket = make.over(self.kind, connection, host, port)
  if self.opened then self.opened(socket, options) end
  return socket
end

--- A function that makes sockets, which connect() opens with these options: for `http.request { create = … }` and the
--- like, which tell of an error that it is "closed": the second function gives it.
---@param options? table as for open
---@return fun(): hayes.socket
---@return fun(): hayes.error? the error of the last connect() that failed
function Client:factory(options)
  options = self.options(self.name .. ".factory", options)
  local last
  local function create()
    local socket = make.unconnected(self.kind, carries_datagrams(self, options), {
      modem = self.modem,
      check = function(host, port) check_address(self, "socket:connect", host, port) end,
      open = function(host, port) return self.connect(hosts.plain(host), port, options) end,
      failed = function(err) last = err end,
    })
    if self.opened then self.opened(socket, options) end
    return socket
  end
  return create, function() return last end
end

return Client
