--- Programs beside the specs: they end when close() is called, and when this process ends in whatever way.

local socket = require "socket"

local Process = {}
Process.__index = Process

local function quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

--- The words of a command line, quoted for the shell.
function Process.quote(words)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = quote(word) end
  return table.concat(quoted, " ")
end

local function preparation(options)
  return (options.folder and "cd " .. quote(options.folder) .. " && " or "") .. (options.ours and "" or "unset LD_PRELOAD; ")
end

--- Starts a program. It reads nothing; what it prints goes to the file `log` or nowhere. A preloaded sanitizer is handed on
--- only to programs of `ours`: other people's are not under test. `signal` is what close() sends (TERM).
---@param words string[]
---@param options? { log: string?, folder: string?, ours: boolean?, signal: string? }
function Process.start(words, options)
  options = options or {}
  local command = ("%s %s </dev/null >%s 2>&1 & pid=$!; unset LD_PRELOAD; cat >/dev/null; kill -%s $pid 2>/dev/null; wait $pid")
    :format(preparation(options), Process.quote(words), quote(options.log or "/dev/null"), options.signal or "TERM")
  return setmetatable({ pipe = assert(io.popen("exec sh -c " .. quote(command) .. " 2>/dev/null", "w")) }, Process)
end

--- Runs a program to its end; its output. Raises if it fails. The options are those of start.
function Process.run(words, options)
  local command = preparation(options or {}) .. Process.quote(words)
  local pipe = assert(io.popen(command .. " 2>&1", "r"))
  local output = pipe:read("a")
  if not pipe:close() then error(("%s failed: %s"):format(words[1], output), 2) end
  return output
end

--- Ends it and waits until it has ended. Any number of times.
function Process:close()
  if self.pipe then self.pipe:close() end
  self.pipe = nil
end

Process.__close = Process.close
Process.__gc = Process.close

local next_port = tonumber(os.getenv("HAYES_PORTS") or 25000)

--- A TCP port of this host that nobody uses at the moment. Programs that run side by side are given ranges of their own.
function Process.free_port()
  for _ = 1, 1000 do
    next_port = next_port + 1
    local server = socket.bind("127.0.0.1", next_port)
    if server then
      server:close()
      return next_port
    end
  end
  error("no free TCP port", 2)
end

--- A connection to a port of this host on which a program that was just started will listen.
function Process.connect(port)
  for _ = 1, 1000 do
    local client = socket.connect("127.0.0.1", port)
    if client then return client end
    socket.sleep(0.01)
  end
  error("nothing listens on port " .. port, 2)
end

--- Waits until something listens on a port of this host.
function Process.wait_for_port(port)
  Process.connect(port):close()
  return port
end

return Process
