--- An FTP server on this host (pyftpdlib), with plain, explicit and implicit TLS, for user `user` with password `secret`.

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
  local port, implicit_port, log = Process.free_port(), Process.free_port(), root .. ".log"
  -- Passive ports lie beside each other; few are in use at a time.
  local passive = Process.free_port()
  for _ = 1, 20 do Process.free_port() end
  local process = Process.start({ "/usr/bin/python3", "spec/support/ftp_server.py", root, port, implicit_port,
    folder .. "/chain.pem", folder .. "/server.key", passive, passive + 20, options.masquerade or "-" }, { log = log })
  Process.wait_for_port(port)
  Process.wait_for_port(implicit_port)
  return Server.of(process, root, port, implicit_port, log)
end

--- The same face for another server: its process, its folder, its ports, and the file that it logs commands to.
function Server.of(process, root, port, implicit_port, log)
  return setmetatable({ process = process, root = root, port = port, implicit_port = implicit_port, log = log }, Server)
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
