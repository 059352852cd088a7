--- A web server with TLS on a port of this host (LuaSec): HTTP/1.1, files of one folder.
--- Usage: lua5.4 https_server.lua PORT FOLDER CHAIN KEY [PROTOCOL]

local socket = require "socket"
local ssl = require "ssl"

local port, folder, chain, key, protocol = table.unpack(arg)

local context = assert(ssl.newcontext {
  mode = "server", protocol = protocol or "any", certificate = chain, key = key, verify = "none", options = "all",
})

local function read_file(name)
  if name:find("..", 1, true) then return nil end
  local file = io.open(folder .. "/" .. name, "rb")
  if not file then return nil end
  local bytes = file:read("a")
  file:close()
  return bytes
end

--- Serves requests until the client wants no more; true while the connection is to be kept.
local function serve_request(client)
  local request = client:receive("*l")
  if not request then return false end
  local keep = request:find("HTTP/1.1", 1, true) ~= nil
  repeat
    local header = client:receive("*l")
    if not header then return false end
    if header:lower():find("^connection:%s*close") then keep = false end
  until header == ""
  local body = read_file(request:match("^%u+ /(%S*)") or "")
  local status = body and "200 OK" or "404 Not Found"
  body = body or "there is no such file\n"
  local head = ("HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n")
    :format(status, #body, keep and "keep-alive" or "close")
  return client:send(head .. body) and keep
end

local server = assert(socket.bind("127.0.0.1", port))
while true do
  local plain = server:accept()
  plain:settimeout(10)
  local client = plain and ssl.wrap(plain, context)
  if client and client:dohandshake() then
    while serve_request(client) do end
    client:close()
  elseif plain then
    plain:close()
  end
end
