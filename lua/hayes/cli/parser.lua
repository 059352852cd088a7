--- The arguments of the command `hayes`.

local argparse = require "argparse"
local hayes_version = require("hayes")._VERSION

local parser = {}

--- In the order in which the help lists them.
local names = { "ports", "info", "at", "shell", "explain", "tls", "http", "ftp", "file", "wifi", "forward",
  "socks", "emulate" }

---@type table<string, { define: fun(command: any), run: fun(run: hayes.cli.run): integer? }>
parser.commands = {}

--- The parser of the whole command line.
function parser.new()
  local top = argparse("hayes", "The network and file services of serial AT modules, from a shell.",
    "`hayes COMMAND --help` shows options and examples.")
  top:add_help_command()
  top:add_complete_command()
  top:flag("--version", "Print the version."):action(function()
    print(hayes_version)
    os.exit(0)
  end)
  top:command_target "command"
  top:require_command(true)
  for _, name in ipairs(names) do
    local definition = require("hayes.cli.commands." .. name)
    local command = top:command(name)
    definition.define(command)
    command:flag("--json", "Print JSON, for programs.")
    parser.commands[name] = definition
  end
  return top
end

--- The arguments as a table; or nil, what is wrong with them, and the parser of the command that they belong to.
---@param words string[]
function parser.parse(words)
  local top = parser.new()
  local mark = {}
  top.error = function(current, message) error({ mark = mark, current = current, message = message }, 0) end
  local ok, result = pcall(top.parse, top, words)
  if ok then return result end
  if type(result) ~= "table" or result.mark ~= mark then error(result, 0) end
  return nil, result.message, result.current
end

return parser
