--- An FTP server on this host, with plain, explicit and implicit TLS, for user `user` with password `secret`.

local Process = require "support.process"

local Server = {}
Server.__index = Server

---@param folder string with chain.pem and server.key
---@param options? { name: string?, masquerade: string? }
function Server.start(folder, options)
  options = options or {}
  local root = folder .. "/" .. (options.name or "ftp")
  Process.run { "rm", "-rf", root }
  Process.run { "mkdir", "-p", root }
  local self = setmetatable({ port = Process.free_port(), implicit_port = Process.free_port(), root = root }, Server)
  -- Passive ports lie beside each other; few are in use at a time.
  local passive = Process.free_port()
  for _ = 1, 20 do Process.free_port() end
  self.log = root .. ".log"
  self.process = Process.start({ "/usr/bin/python3", "spec/support/ftp_server.py", root, self.port, self.implicit_port,
    folder .. "/chain.pem", folder .. "/server.key", passive, passive + 20, options.masquerade or "-" }, { log = self.log })
  Process.wait_for_port(self.port)
  Process.wait_for_port(self.implicit_port)
  return self
end

--- Puts a file on the server, past FTP.
function Server:put(name, bytes)
  local file = assert(io.open(self.root .. "/" .. name, "wb"))
  file:write(bytes)
  file:close()
end

--- What is in a file of the server; nil when there is none.
function Server:get(name)
  local file = io.open(self.root .. "/" .. name, "rb")
  if not file then return nil end
  local bytes = file:read("a")
  file:close()
  return bytes
end

--- The commands it has got, one a line.
function Server:commands()
  local file = assert(io.open(self.log))
  local text = file:read("a")
  file:close()
  return text
end

function Server:close() self.process:close() end

Server.__close = Server.close

return Server
