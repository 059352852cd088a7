--- `openssl s_server`: the other end of DTLS, and one that tells of sessions that are resumed. What it prints is read line by
--- line, as it prints it; what is sent is a line, too.

local Process = require "support.process"

local Server = {}
Server.__index = Server
Server.__close = function(self) self:close() end

--- Starts it and waits until it accepts.
---@param folder string with server.pem, intermediate.pem and server.key
---@param words string[] further options: the version, …
function Server.start(folder, words)
  local self = setmetatable({ port = Process.free_port() }, Server)
  local base = ("%s/openssl-%d"):format(folder, self.port)
  local input, output = base .. ".in", base .. ".out"
  Process.run { "mkfifo", input, output }
  -- Opened for both, its standard input never comes to an end, at which it would.
  local command = "exec openssl s_server \"$@\" <>" .. Process.quote { input }
  self.process = Process.start({ "sh", "-c", command, "s_server", "-accept", "127.0.0.1:" .. self.port,
    "-cert", folder .. "/server.pem", "-cert_chain", folder .. "/intermediate.pem", "-key", folder .. "/server.key", "-cipher",
    "ALL:COMPLEMENTOFALL:@SECLEVEL=0", table.unpack(words) }, { log = output })
  self.output = assert(io.open(output, "r"))
  self.input = assert(io.open(input, "w"))
  self.input:setvbuf("no")
  Process.run { "rm", input, output }
  self:expect("^ACCEPT")
  return self
end

--- Reads on to the line that matches the pattern; gives it, and what was read up to it.
function Server:expect(pattern)
  local lines = {}
  for line in self.output:lines() do
    lines[#lines + 1] = line
    if line:find(pattern) then return line, table.concat(lines, "\n") end
  end
  error(("openssl s_server ended before it printed %s:\n%s"):format(pattern, table.concat(lines, "\n")), 2)
end

function Server:send(line)
  assert(self.input:write(line .. "\n")) -- in one piece, which is one datagram
end

function Server:close()
  self.process:close()
  self.input:close()
  self.output:close()
end

return Server
