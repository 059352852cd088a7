--- Input and output of the shell: a line editor with history on a terminal, plain lines elsewhere. While it waits for a
--- line, the module is served, and what is printed appears above the prompt.

local core = require "hayes.core"
local history = require "hayes.cli.shell.history"
local layout = require "hayes.explain.layout"
local Output = require "hayes.cli.output"
local printable = require "hayes.cli.printable"
local complete = require "hayes.cli.shell.complete"
local wait = require "hayes.wait"

---@class hayes.cli.editor
---@field interactive boolean  a person is there: prompt, history, completion
---@field unedited? boolean     a person is there, but no line editor, or a terminal that it cannot work on
---@field prompting boolean    the prompt is on the screen
local Editor = {}
Editor.__index = Editor

local STDIN = 0
local PROMPT = "> "
local FURTHER = ">> " -- of Lua that began in an earlier line

local function is_terminal() return core.is_terminal(0) and core.is_terminal(1) end

--- Can it move the cursor?
local function is_capable() return (os.getenv "TERM" or "dumb") ~= "dumb" end

---@param shell hayes.cli.shell
function Editor.new(shell)
  local found, readline = pcall(require, "readline")
  local self = setmetatable({
    interactive = is_terminal() and is_capable() and found, prompting = false,
    shell = shell, ahead = "", finished = false,
  }, Editor)
  if self.interactive then
    self.readline = readline
    self.saved = core.terminal_settings(STDIN)
    readline.set_options { histfile = "", auto_add = false, completion = true }
    history.load(readline)
    readline.set_complete_function(function(text, from, to)
      local ok, list = pcall(complete.candidates, shell, text, from, to)
      return ok and list or {}
    end)
  elseif is_terminal() then
    self.unedited = true
  end
  return self
end

--- The text for logs and history, its secrets masked.
function Editor.shown(text) return history.masked(text) end

--- Prints above the prompt: scrolls by as many rows as the text needs, inserts them before the prompt's row, and puts
--- the cursor back to its column.
local function print_above(text)
  local columns, rows = core.terminal_columns(STDIN) or 80, 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    rows = rows + math.max(1, math.ceil(layout.width_of(line) / columns))
  end
  io.stdout:write(("\27D"):rep(rows), ("\27[%dA"):format(rows), "\0277\r", ("\27[%dL"):format(rows),
    text:gsub("\n", "\r\n"), "\0278", ("\27[%dB"):format(rows))
end

---@param text string
---@param is_own? boolean the shell's own words, which are broken to fit the terminal
function Editor:print(text, is_own)
  text = printable.text(text)
  if is_own then text = layout.fit(text) end
  if self.prompting then print_above(text) else io.stdout:write(text, "\n") end
  Output.flush()
end

--- Writes what a connection sends, which need not be lines.
---@param shown fun(bytes: string?): string  of printable.stream
---@param bytes? string  nil: no more comes
function Editor.write(_, shown, bytes)
  io.stdout:write(shown(bytes))
  Output.flush()
end

--- The next line from the editor; nil at its end.
local function edited(self, prompt)
  local line
  self.readline.handler_install(prompt, function(text)
    line = text or false
    self.readline.handler_remove()
  end)
  self.prompting = true
  while line == nil do
    wait.descriptor(STDIN, false)
    self.readline.read_char()
  end
  self.prompting = false
  if not line then
    io.stdout:write "\n"
    return nil
  end
  history.add(self.readline, line)
  return line
end

--- The next line of plain input. Bytes are read without blocking, so that events are printed meanwhile.
local function plain(self)
  if not self.input then
    local words
    self.input, words = core.file("/dev/stdin", "input")
    if not self.input then error("standard input cannot be read: " .. words, 0) end
  end
  while true do
    local line, rest = self.ahead:match "^(.-)\n(.*)$"
    if line then
      self.ahead = rest
      return line
    end
    if self.finished then
      line, self.ahead = self.ahead, ""
      return line ~= "" and line or nil
    end
    local bytes = self.input:read_some(4096)
    if bytes == false then
      wait.descriptor(self.input:fd(), false)
    else
      self.finished = not bytes or bytes == ""
      self.ahead = self.ahead .. (bytes or "")
    end
  end
end

--- The next line, or nil at the end of input.
---@param goes_on? boolean  with what an earlier line has begun
---@return string?
function Editor:read(goes_on)
  local prompt = goes_on and FURTHER or PROMPT
  if self.interactive then return edited(self, prompt) end
  if self.unedited then io.stdout:write(prompt):flush() end
  local line = plain(self)
  if self.unedited and not line then io.stdout:write "\n" end
  return line
end

--- Gives up the line that is being typed: Ctrl-C. The handler is not removed but replaced by the next prompt's:
--- lua-readline 3.2 closes the terminal's stream before readline uses it for the last time, and crashes.
function Editor:drop()
  if not (self.prompting or self.unedited) then return end
  self.prompting = false
  io.stdout:write "\n" -- the terminal has shown ^C
end

--- Leaves the terminal as it was.
function Editor:close()
  if self.prompting and self.saved then core.set_terminal(STDIN, self.saved) end
  self.prompting = false
end

return Editor
