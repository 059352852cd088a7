--- The shell's own words.

local hayes = require "hayes"
local help = require "hayes.explain.help"
local layout = require "hayes.explain.layout"
local terminal = require "hayes.cli.shell.terminal"

local words = {}

---@type { word: string, form: string, summary: string, obey: fun(shell: hayes.cli.shell, rest: string) }[]
local list = {}

local function define(form, summary, obey)
  list[#list + 1] = { word = form:match "^%l+", form = form, summary = summary, obey = obey }
end

local function switch(name)
  return function(shell, rest)
    if rest ~= "on" and rest ~= "off" then
      local now = shell[name] and "on" or "off"
      return shell:show_error(("%s is %s; write %s on or %s off"):format(name, now, name, name))
    end
    shell[name] = rest == "on"
  end
end

--- Help about a part of `modem`, or about an object that a variable holds, such as sock or sock:send.
local function help_about(shell, what)
  local name, member = what:match "^([%a_][%w_]*)[.:]?([%w_]*)"
  local value = name and name ~= "modem" and rawget(shell.environment, name)
  if help.is_object(value) then return help.of_object(value, name, member ~= "" and member or nil) end
  return shell.modem:help((what:gsub("^modem[.:]?", "")))
end

define("help [WHAT]", "this list, or what a word of it, a part of `modem`, or a socket or session does; such as help "
  .. "ssl.open", function(shell, rest)
  for _, entry in ipairs(list) do
    if entry.word == rest then return shell:print(("%s: %s"):format(entry.form, entry.summary), nil, true) end
  end
  if rest ~= "" then
    local found, err = help_about(shell, rest)
    if not found then return shell:show_error(err) end
    return shell:print(tostring(found), nil, true)
  end
  local rows = { { "AT...", "sends a command to the module" },
    { "?WHAT", "explains a command, an error, or a line of a module" } }
  for _, entry in ipairs(list) do rows[#rows + 1] = { entry.form, entry.summary } end
  shell:print(table.concat(layout.table(rows, ""), "\n"))
  shell:print("Anything else is Lua: modem.network.status(); `_` is the last value, >> waits for the rest of a block.",
    nil, true)
  shell:print("Tab completes, Ctrl-C ends what is under way, Ctrl-D leaves.", nil, true)
end)

define("watch SECONDS AT...", "sends a command again and again, until Ctrl-C", function(shell, rest)
  local seconds, text = rest:match "^([%d.]+)%s+(.+)$"
  seconds = tonumber(seconds)
  if not seconds then return shell:show_error "say how often, and what: watch 2 AT+CSQ" end
  while shell:send(text) do hayes.sleep(seconds) end
end)

define("terminal SOCKET", "types into a connection, such as sock = modem.tcp.open(…); Ctrl-D comes back",
  function(shell, rest)
    local find = load("return " .. rest, "=line", "t", shell.environment)
    local found, socket = pcall(find or error)
    if not (found and terminal.is_connection(socket)) then
      return shell:show_error "say which connection: sock = modem.tcp.open(host, port), and then terminal sock"
    end
    if not shell.editor.interactive and not shell.editor.unedited then
      return shell:show_error "terminal needs a terminal to type at"
    end
    local ok, err = terminal.run(shell, socket)
    if not ok then shell:show_error(err) end
  end)

define("raw on|off", "answers as the module sends them, not decoded", switch "raw")
define("time on|off", "the time of day before each line", switch "time")
define("hex on|off", "bytes that are no text as \\x0D", switch "hex")

define("log FILE|off", "writes what is shown to a file, too", function(shell, rest)
  if shell.log then shell.log:close() end
  shell.log = nil
  if rest == "" then return shell:show_error "say where: log FILE; log off ends it" end
  if rest == "off" then return end
  local file, err = io.open(rest, "a")
  if not file then return shell:show_error("the log cannot be written: " .. err) end
  shell.log = file
end)

local function leave(shell) shell.leaving = true end

define("quit", "leaves", leave)
define("exit", "leaves, too", leave)

--- Is the line one of the shell's words? Then it is done. `log = 5` is Lua.
---@param shell hayes.cli.shell
---@param text string
---@return boolean
function words.obey(shell, text)
  local word, rest = text:match "^(%l+)%s*(.*)$"
  if not word or rest:find "^[=.:(%[,]" then return false end
  for _, entry in ipairs(list) do
    if entry.word == word then
      entry.obey(shell, rest)
      return true
    end
  end
  return false
end

---@return string[]
function words.names()
  local names = {}
  for i, entry in ipairs(list) do names[i] = entry.word end
  return names
end

return words
