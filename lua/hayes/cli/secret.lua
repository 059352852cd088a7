--- Passwords, which do not belong into the arguments of a program: every user of the machine can read those.

local core = require "hayes.core"
local local_file = require "hayes.local_file"
local stop = require "hayes.cli.stop"

local secret = {}

local LONGEST = 65536 -- bytes of a file with a password

local function from_file(path)
  return stop.unless(local_file.read(path, LONGEST)):match "^[^\r\n]*"
end

local function from_terminal(what)
  if not core.is_terminal(0) then return nil end
  local settings = core.terminal_settings(0)
  -- Restored whatever happens: Ctrl-C raises in here.
  local saved <close> = setmetatable({}, { __close = function() core.set_terminal(0, settings) end })
  core.set_terminal(0, settings, "silent")
  io.stderr:write(what:sub(1, 1):upper(), what:sub(2), ": ")
  local line = io.read "l"
  io.stderr:write "\n"
  return line, saved
end

--- The secret behind an option: `@FILE` is the first line of a file, `-` asks at the terminal, anything else is the
--- secret itself. Without the option: the environment variable, then nil.
---@param out hayes.cli.output
---@param given? string
---@param variable string
---@param what string "the password of me at example.com"
---@return string?
function secret.read(out, given, variable, what)
  if not given then return os.getenv(variable) end
  local path = given:match "^@(.+)$"
  if path then return from_file(path) end
  if given == "-" then
    local line = from_terminal(what)
    return line or stop.wrong_use("standard input is no terminal to ask for %s at", what)
  end
  out:note("hayes: other users of this machine can see a password among the arguments; @FILE, - (asks) or %s keep it "
    .. "secret", variable)
  return given
end

return secret
