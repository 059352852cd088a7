--- What LuaSocket's sockets have that needs no connection: time-outs, statistics, options, the family. The functions
--- are methods of the socket.

local argument = require "hayes.stream.argument"
local check = require "hayes.check"
local hosts = require "hayes.stream.host"
local wait = require "hayes.wait"

---@class hayes.socket
local properties = {}

-- Time-outs

--- How long one call may take. It counts everything that the call waits for, also the line.
---@param seconds? number nil or a negative number: however long it takes
---@param mode? "b"|"t" "b" (the default): each wait of the call; "t": the call as a whole
---@return 1
function properties:settimeout(seconds, mode)
  seconds = argument.number("socket:settimeout", "the time-out", seconds, -1)
  local letter = argument.text("socket:settimeout", "the mode", mode, "b"):sub(1, 1)
  check.value("socket:settimeout", "the mode", letter, { values = { "b", "t", "r" } })
  if letter == "b" then self.block_timeout = seconds else self.total_timeout = seconds end
  return 1
end

--- The time-outs that settimeout() has set, in seconds; -1: none.
---@return number block, number total
function properties:gettimeout()
  return self.block_timeout, self.total_timeout
end

-- Statistics

--- Bytes that the program has received, bytes that it has sent, age in seconds.
---@return integer received, integer sent, number age
function properties:getstats()
  return self.received, self.sent, wait.now() - self.opened_at
end

--- Sets what getstats() gives.
---@param received? number bytes
---@param sent? number bytes
---@param age? number seconds
---@return 1
function properties:setstats(received, sent, age)
  local where = "socket:setstats"
  self.received = argument.whole(argument.number(where, "the bytes received", received, self.received))
  self.sent = argument.whole(argument.number(where, "the bytes sent", sent, self.sent))
  age = argument.number(where, "the age", age)
  if age then self.opened_at = wait.now() - age end
  return 1
end

-- Options of a host's sockets: they mean nothing to a module, and are kept for whoever asks.

local defaults = {
  keepalive = false, reuseaddr = false, reuseport = false, ["tcp-nodelay"] = false,
  ["tcp-keepidle"] = 7200, ["tcp-keepcnt"] = 9, ["tcp-keepintvl"] = 75,
  ["recv-buffer-size"] = 131072, ["send-buffer-size"] = 16384,
}

local function unknown(where, name)
  local known = check.names(defaults)
  table.insert(known, "linger")
  table.sort(known)
  check.value(where, "the option", name, { values = known })
end

local function is_closed(self)
  return self.closing or not self.connection and not self.opener
end

--- Keeps an option for getoption(): it means nothing to a module.
---@param name string one of LuaSocket's: "tcp-nodelay", "keepalive", "reuseaddr", "linger", …
---@param value any as LuaSocket takes it
---@return 1?, string?
function properties:setoption(name, value)
  local where, default = "socket:setoption", defaults[name]
  if name == "linger" then
    check.value(where, "linger", value, { type = "table" })
    value = { on = check.value(where, "linger.on", value.on, { type = "boolean" }),
      timeout = argument.number(where, "linger.timeout", value.timeout, 0) }
  elseif default == nil then
    unknown(where, name)
  elseif type(default) == "number" then
    value = argument.whole(check.value(where, name, argument.number(where, name, value), { type = "number" }))
  else
    check.value(where, name, value, { type = "boolean" })
  end
  if is_closed(self) then return nil, "setsockopt failed" end
  self.options = self.options or {}
  self.options[name] = value
  return 1
end

--- What setoption() was given.
---@param name string the option
---@return any value, string? err
function properties:getoption(name)
  if name ~= "linger" and defaults[name] == nil then unknown("socket:getoption", name) end
  if is_closed(self) then return nil, "getsockopt failed" end
  local value = self.options and self.options[name]
  if name == "linger" then
    return { on = value and value.on or false, timeout = value and value.timeout or 0 }
  end
  if value == nil then return defaults[name] end
  return value
end

--- The family of the address: "inet4" or "inet6".
---@return string
function properties:getfamily()
  return self.host and hosts.family(self.host) == "inet6" and "inet6" or "inet4"
end

-- For code that expects LuaSec: the module has shaken hands, with the names in the options of ssl.open.

--- Does nothing: the handshake is over when the connection is open.
---@return boolean? done, string? err
function properties:dohandshake()
  if not self.connection then return nil, "closed" end
  return true
end

--- Does nothing: the option `sni` of ssl.open decides.
function properties.sni(_) end

return properties
