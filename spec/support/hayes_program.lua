--- Runs the command `hayes` as a shell would: separate output, errors and exit status.

local lab = require "support.lab"
local Process = require "support.process"

local Program = {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

---@param words table arguments; `env` (a list of NAME=value), `input` (text for standard input), `timeout` (20 s, after
---  which it gets SIGINT)
---@return { status: integer, out: string, err: string }
function Program.run(words)
  local folder = lab.folder()
  local script = folder .. "/hayes"
  local file = assert(io.open(script, "w"))
  file:write 'os.exit(require("hayes.cli").main(arg), true)\n'
  file:close()
  file = assert(io.open(folder .. "/input", "wb"))
  file:write(words.input or "")
  file:close()
  local command = { "env", "-u", "HAYES_PORT", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath }
  table.move(words.env or {}, 1, #(words.env or {}), #command + 1, command)
  table.move({ "timeout", "-s", "INT", "--preserve-status", tostring(words.timeout or 60), "lua5.4", script }, 1, 7,
    #command + 1, command)
  for _, word in ipairs(words) do command[#command + 1] = word end
  local line = ("%s <%s >%s 2>%s"):format(Process.quote(command), folder .. "/input", folder .. "/out",
    folder .. "/err")
  local _, _, status = os.execute(line)
  return { status = status, out = read(folder .. "/out"), err = read(folder .. "/err") }
end

return Program
