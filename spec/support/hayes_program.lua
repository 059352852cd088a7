--- Runs the command `hayes` as a shell would: separate output, errors and exit status.

local files = require "support.files"
local lab = require "support.lab"
local Process = require "support.process"
local socket = require "socket"

local Program = {}

--- The words of a command line that runs the program in this environment.
local function command_line(folder, words, before)
  local line = { "env", "-u", "HAYES_PORT", "-u", "NO_COLOR", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath,
    "XDG_STATE_HOME=" .. folder .. "/state" }
  table.move(words.env or {}, 1, #(words.env or {}), #line + 1, line)
  table.move(before, 1, #before, #line + 1, line)
  line[#line + 1], line[#line + 2] = "lua5.4", "lua/hayes/cli/program.lua"
  return table.move(words, 1, #words, #line + 1, line)
end

---@param words table arguments; `env` (a list of NAME=value), `input` (text for standard input), `timeout` (60 s, after
---  which it gets SIGINT), `patience` (20 s more, after which it is killed), `closed` (standard input is closed)
---@return { status: integer, out: string, err: string }
function Program.run(words)
  local folder = lab.folder()
  files.write(folder .. "/input", words.input or "")
  local line = command_line(folder, words, { "timeout", "-s", "INT", "-k", tostring(words.patience or 20), "--preserve-status",
    tostring(words.timeout or 60) })
  local input = words.closed and "&-" or folder .. "/input"
  local _, _, status = os.execute(("%s <%s >%s 2>%s"):format(Process.quote(line), input, folder .. "/out", folder .. "/err"))
  return { status = status, out = files.read(folder .. "/out"), err = files.read(folder .. "/err") }
end

--- Starts it beside the spec, and waits until it has printed a text; close() ends it.
---@param words table arguments, `env`
---@param text string
---@return table process  its method `printed` waits for another text; gives all that was printed
---@return string printed
function Program.start(words, text)
  local folder = lab.folder()
  local log = folder .. "/program.log"
  os.remove(log)
  local process = Process.start(command_line(folder, words, {}), { log = log, ours = true })
  function process:printed(wanted)
    for _ = 1, 2000 do
      local printed = io.open(log) and files.read(log) or ""
      if printed:find(wanted, 1, true) then return printed end
      socket.sleep(0.01)
    end
    self:close()
    error(("%q was not printed"):format(wanted), 2)
  end
  return process, process:printed(text)
end

--- Runs it in a terminal of its own: each step is { "wait", text }, { "type", keys } or { "signal", name }. Raises when a
--- text does not come within 20 s, or the program does not end within 60 s.
---@return { status: integer, out: string }
function Program.in_terminal(words, steps)
  local folder = lab.folder()
  local lines = {}
  for i, step in ipairs(steps) do
    lines[i] = ('("%s", "%s")\n'):format(step[1], (step[2]:gsub("[^%w ]", function(c)
      return ("\\x%02x"):format(c:byte())
    end)))
  end
  files.write(folder .. "/steps", table.concat(lines))
  -- What readline leaves allocated at the end is not ours.
  local line = command_line(folder, words, { "env", "ASAN_OPTIONS=detect_leaks=0", "/usr/bin/python3",
    "spec/support/in_terminal.py", folder .. "/steps" })
  local _, _, status = os.execute(Process.quote(line) .. " >" .. folder .. "/out 2>&1")
  local out = files.read(folder .. "/out")
  if status == 98 or status == 99 then error(out, 2) end -- what a step waits for has not come, or the end has not
  return { status = status, out = out }
end

return Program
