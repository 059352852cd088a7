--- What clients of a proxy ask for: SOCKS5 (RFC 1928), SOCKS4 and 4a, and HTTP's CONNECT (RFC 9110 9.3.6). Host names
--- are left to the module to resolve.

local wait = require "hayes.wait"

local socks = {}

--- How long a client may take to say what it wants, seconds.
local PATIENCE = 20

---@class hayes.cli.proxy_request
---@field host string
---@field port integer
---@field granted fun(): boolean  tells the client that it is connected
---@field refused fun(err: hayes.error) tells it why not

--- Reply codes of SOCKS5 for what can go wrong.
local function socks5_code(err)
  if err.name == "dns_parse_failed" then return 4 end
  if err.name == "timeout" or err.name == "no_free_socket" or err.name == "bad_address" then return 1 end
  return 5
end

local function socks5(client, deadline)
  client:take(1, deadline)
  local count = client:take(1, deadline)
  local methods = count and client:take(count:byte(), deadline)
  if not methods then return nil end
  if not methods:find("\0", 1, true) then
    client:send "\5\255" -- it insists on a password
    return nil
  end
  client:send "\5\0"
  local head = client:take(4, deadline)
  if not head then return nil end
  local function reply(code) return client:send(("\5%c\0\1\0\0\0\0\0\0"):format(code)) end
  local kind, host = head:byte(4), nil -- luacheck: ignore 311
  if kind == 1 then
    local bytes = client:take(4, deadline)
    host = bytes and ("%d.%d.%d.%d"):format(bytes:byte(1, 4))
  elseif kind == 3 then
    local length = client:take(1, deadline)
    host = length and client:take(length:byte(), deadline)
  elseif kind == 4 then
    local bytes = client:take(16, deadline)
    host = bytes and ("%x:%x:%x:%x:%x:%x:%x:%x"):format((">I2I2I2I2I2I2I2I2"):unpack(bytes))
  else
    reply(8)
    return nil
  end
  local port = host and client:take(2, deadline)
  if not port then return nil end
  if head:byte(2) ~= 1 then
    reply(7) -- BIND, UDP ASSOCIATE
    return nil
  end
  return { host = host, port = (">I2"):unpack(port), granted = function() return reply(0) end,
    refused = function(err) reply(socks5_code(err)) end }
end

local function socks4(client, deadline)
  local head = client:take(8, deadline)
  local user = head and client:take_to("\0", 300, deadline)
  if not user then return nil end
  local _, command, port, a, b, c, d = ("BB>I2BBBB"):unpack(head)
  local host = ("%d.%d.%d.%d"):format(a, b, c, d)
  if a == 0 and b == 0 and c == 0 and d ~= 0 then
    host = client:take_to("\0", 300, deadline) -- 4a: a name
    host = host and host:sub(1, -2)
  end
  local function reply(code) return client:send(("\0%c\0\0\0\0\0\0"):format(code)) end
  if not host or command ~= 1 then
    reply(91)
    return nil
  end
  return { host = host, port = port, granted = function() return reply(90) end, refused = function() reply(91) end }
end

local function http(client, deadline)
  local head = client:take_to("\r\n\r\n", 65536, deadline)
  if not head then return nil end
  local host, port = head:match "^CONNECT ([^%s]+):(%d+) HTTP/"
  local function reply(status, body)
    return client:send(("HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s")
      :format(status, #body, body))
  end
  if not host then
    reply("405 Method Not Allowed", "This proxy takes CONNECT alone: use https:// URLs.\n")
    return nil
  end
  host = host:match "^%[(.*)%]$" or host
  return { host = host, port = math.tointeger(tonumber(port)) or 0,
    granted = function() return client:send "HTTP/1.1 200 Connection established\r\n\r\n" end,
    refused = function(err) reply("502 Bad Gateway", tostring(err) .. "\n") end }
end

--- Reads a client's request; nil: it was none, and the client was told so where its protocol has words for that.
---@param client hayes.cli.peer
---@return hayes.cli.proxy_request?
function socks.read(client)
  local deadline = wait.now() + PATIENCE
  local first = client:peek(deadline)
  if first == "\5" then return socks5(client, deadline) end
  if first == "\4" then return socks4(client, deadline) end
  if first and first:find "%u" then return http(client, deadline) end
end

return socks
