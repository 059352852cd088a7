--- The arguments of the command `hayes`.

local argparse = require "argparse"
local hayes_version = require("hayes")._VERSION
local layout = require "hayes.explain.layout"

local parser = {}

--- In the order in which the help lists them.
local names = { "ports", "info", "at", "shell", "explain", "tls", "http", "ftp", "file", "wifi", "forward",
  "socks", "probe", "trace", "emulate", "dialect" }

-- The widest that texts become; on a narrower terminal they are as wide as that.
local HELP_WIDTH <const>, USAGE_WIDTH <const> = 110, 100

---@type table<string, { define: fun(command: any), run: fun(run: hayes.cli.run): integer? }>
parser.commands = {}

--- Shows a default that argparse knows as the other descriptions show theirs: `Default: …`.
local function show_default(element)
  if not element._default then return end
  local text = ("%s Default: %s."):format(element._description, element._default)
  element:show_default(false):description(text)
end

--- Lays out the help of a command and of its own commands. An option with a value stands on one line:
--- `-p, --port <port>`.
local function lay_out(command)
  for _, argument in ipairs(command._arguments) do show_default(argument) end
  for _, option in ipairs(command._options) do
    show_default(option)
    local lines = option:_get_label_lines()
    if #lines == 2 then
      local label = { lines[1]:match "%S+" .. ", " .. lines[2]:match "^%s*(.*)$" }
      option._get_label_lines = function() return label end
    end
  end
  for _, one in ipairs(command._commands) do lay_out(one) end
end

--- The option stands in the help of the command, and of each of its own commands.
local function add_json(command)
  for _, one in ipairs { command, table.unpack(command._commands) } do
    one:flag("--json", "Print JSON, for programs.")
  end
end

local SHOWN = {}

--- Ends parsing: this text is what was asked for.
local function show(text) error({ [SHOWN] = text }, 0) end

--- What argparse prints before it ends the program, without a look at standard output, ends parsing instead.
--- `is_parsing`: nil ends that.
local function catch_texts(command, is_parsing)
  local function catch(name, line_end)
    command[name] = nil
    local get = command[name]
    command[name] = is_parsing and function(self) show(get(self) .. line_end) end
  end
  catch("get_help", "\n")
  for _, shell in ipairs { "bash", "zsh", "fish" } do catch("get_" .. shell .. "_complete", "") end
  for _, one in ipairs(command._commands) do catch_texts(one, is_parsing) end
end

--- The parser of the whole command line.
function parser.new()
  local top = argparse("hayes", "The network and file services of serial AT modules, from a shell.",
    "`hayes COMMAND --help` shows options and examples.")
  top:help_description_margin(30):help_max_width(HELP_WIDTH):usage_max_width(USAGE_WIDTH)
  top:add_help_command()
  top:add_complete_command()
  top._commands[2]:epilog("`make install` puts these files where shells look for them. Without it:\n"
    .. "   . <(hayes completion bash)\n   hayes completion fish | source")
  top:flag("--version", "Print the version."):action(function() show(hayes_version .. "\n") end)
  top:command_target "command"
  top:require_command(true)
  for _, name in ipairs(names) do
    local definition = require("hayes.cli.commands." .. name)
    local command = top:command(name)
    definition.define(command)
    if not definition.no_json then add_json(command) end
    lay_out(command)
    parser.commands[name] = definition
  end
  return top
end

--- `help ftp put` is `ftp put --help`: argparse's own `help` takes one word and leaves out the others without a word.
local function spelt_out(words)
  if words[1] ~= "help" or not words[2] or words[2]:find "^%-" then return words end
  local list = table.move(words, 2, #words, 1, {})
  list[#list + 1] = "--help"
  return list
end

--- Whether one of the commands below this one takes the option.
local function is_known_below(command, option)
  for _, one in ipairs(command._commands) do
    for _, known in ipairs(one._options) do
      for _, alias in ipairs(known._aliases) do
        if alias == option then return true end
      end
    end
    if is_known_below(one, option) then return true end
  end
  return false
end

--- What is wrong; where it is the place of the option, as in `hayes -p PORT info`, that.
local function or_place(message, command)
  local option = message:match "^unknown option '(%-.-)'"
  if not option or not is_known_below(command, option) then return message end
  return ("%s stands after the command: %s COMMAND %s …"):format(option, command:_get_fullname(), option)
end

--- The arguments as a table, or `shown` alone, a text that was asked for (the help); or nil, what is wrong with them,
--- and the parser of the command that they belong to.
---@param words string[]
function parser.parse(words)
  local top = parser.new()
  top:help_max_width(layout.width(HELP_WIDTH)):usage_max_width(layout.width(USAGE_WIDTH))
  local mark = {}
  local function refuse(current, message) error({ mark = mark, current = current, message = message }, 0) end
  top.error = refuse
  for _, command in ipairs(top._commands) do command.error = refuse end -- `help` and `completion` ask theirs
  catch_texts(top, true)
  local ok, result = pcall(top.parse, top, spelt_out(words))
  catch_texts(top)
  if ok then return result end
  if type(result) == "table" and result[SHOWN] then return { shown = result[SHOWN] } end
  if type(result) ~= "table" or result.mark ~= mark then error(result, 0) end
  return nil, or_place(result.message, result.current), result.current
end

return parser
