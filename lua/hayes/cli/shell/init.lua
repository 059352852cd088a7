--- The shell: reads lines, and prints what becomes of them and what the module says by itself.

local advice = require "hayes.cli.advice"
local core = require "hayes.core"
local decode = require "hayes.cli.decode"
local Editor = require "hayes.cli.shell.editor"
local errors = require "hayes.error"
local evaluate = require "hayes.cli.shell.evaluate"
local printable = require "hayes.cli.printable"
local stop = require "hayes.cli.stop"
local words = require "hayes.cli.shell.words"

---@class hayes.cli.shell
---@field out hayes.cli.output
---@field modem hayes.modem
---@field editor hayes.cli.editor
---@field raw boolean   answers are printed as they come
---@field time boolean  lines get the time of day in front
---@field hex boolean   bytes that are no text are printed in hex
---@field log? file*
---@field hinted? string    the hint that Tab has shown for this line
---@field shown_help table<table, true> kinds of objects, of which the shell has said what tells of their methods
---@field leaving? boolean  the person wants to leave
local Shell = {}
Shell.__index = Shell

--- A handler of events cannot end the shell: where standard output takes no more, the next line does.
local function in_handler(show)
  return function(event)
    local ok, raised = pcall(show, event)
    if not ok and not stop.is(raised) then error(raised, 0) end
  end
end

---@param run_of hayes.cli.run
---@param modem hayes.modem
function Shell.new(run_of, modem)
  local self = setmetatable({
    out = run_of.out, modem = modem, raw = run_of.arguments.raw or false, time = false, hex = false,
    shown_help = {},
  }, Shell)
  self.editor = Editor.new(self)
  self.environment = evaluate.environment(self)
  modem:on("urc", in_handler(function(event) self:show_event(event) end))
  modem:on("reboot", in_handler(function() self:tell "the module has restarted" end))
  return self
end

local function in_hex(text)
  return (text:gsub("[^\32-\126]", function(c) return ("\\x%02X"):format(c:byte()) end))
end

--- Writes a line to the log; one that takes no more ends, and that is said.
function Shell:note_in_log(text)
  if not self.log then return end
  local ok, why = self.log:write(text, "\n")
  if ok then ok, why = self.log:flush() end
  if ok then return end
  self.log:close()
  self.log = nil
  self:show_error("the log cannot be written, and is ended: " .. why)
end

--- A line of the shell's output: to the terminal, above a prompt, and into the log.
---@param text string
---@param style? string  of Output:style
---@param is_own? boolean  the shell's own words, and not the module's
function Shell:print(text, style, is_own)
  if self.hex then text = text:gsub("[^\n]+", in_hex) end
  if style then text = self.out:style(style, text) end
  if self.time then text = os.date "%H:%M:%S " .. text end
  self:note_in_log(printable.text(text, false, true))
  self.editor:print(text, is_own)
end

--- Something that the shell itself says.
function Shell:tell(text)
  self:print("-- " .. text, "dim", true)
end

---@param hint? string what to try (that of the error)
function Shell:show_error(err, hint)
  self:print(tostring(err), "red", true)
  hint = hint or type(err) == "table" and err.hint
  if hint then self:tell("What to try: " .. hint) end
end

--- The fields of a line in words, unless answers are printed as they come.
local function print_fields(self, line)
  if self.raw then return end
  for _, row in ipairs(decode.rows(self.modem, line)) do self:print("  " .. row, "dim", true) end
end

function Shell:show_event(event)
  self:print(event.line, "yellow")
  print_fields(self, event.line)
end

--- Sends a command. One that waits for data has to be given some, which takes a call.
local function ask(shell, text)
  local called, response, err = pcall(shell.modem.at, shell.modem, text)
  if called then return response, err end
  local refusal = type(response) == "string" and response:match "modem:at: (.* waits for data);"
  if not refusal then error(response, 0) end
  return nil, ("%s: write modem:at([[%s]], { data = \"…\" })"):format(refusal, text)
end

--- Sends a command and prints the answer.
---@return boolean it has worked
function Shell:send(text)
  local response, err = ask(self, text)
  if not response then
    self:show_error(advice.on(self.modem, text, err, "?%s"))
    return false
  end
  for _, line in ipairs(response) do
    self:print(line)
    print_fields(self, line)
  end
  if response.data then self:print(response.data) end
  self:print(response.result, "green")
  return true
end

function Shell:explain(text)
  local found, err = self.modem:explain(text)
  self:print(tostring(found or err), nil, true)
end

--- Does what a line says.
function Shell:obey(line)
  local text = line:match "^%s*(.-)%s*$"
  self.hinted = nil
  if text == "" then return end
  self:note_in_log((self.begun and ">> " or "> ") .. printable.text(self.editor.shown(text)))
  if self.begun then return self:evaluate(self.begun .. "\n" .. text) end
  if text:find "^[Aa][Tt]" then return self:send(text) end
  local question = text:match "^%?%s*(.*)$"
  if question == "" then
    return self:show_error "say what is to be explained: ?+CSQ or ?579; help lists the shell's words"
  end
  if question then return self:explain(question) end
  if words.obey(self, text) then return end
  return self:evaluate(text)
end

--- Is it a person who types, and not a program that writes to a pipe?
function Shell:has_person() return self.editor.interactive or self.editor.unedited end

--- Runs Lua. A person may go on in the next line; a program that writes to a pipe hears at once what is wrong.
function Shell:evaluate(text)
  self.begun = self:has_person() and evaluate.is_unfinished(text) and text or nil
  if not self.begun then evaluate.run(self, text) end
end

--- What a line has raised, without a place that is the shell's own and says nothing about the line.
local function without_place(raised)
  if type(raised) ~= "string" then return raised end
  return (raised:gsub("^line:1: ", ""):gsub("^[^%s:]*hayes:%d+: ", ""))
end

--- Ctrl-C ends what is under way; SIGTERM and SIGHUP end the shell.
local function check_termination()
  if core.termination_requested() then error("interrupted!", 0) end
end

--- One line, whatever becomes of it; false at the end of input.
function Shell:next_line()
  local ok, line = pcall(self.editor.read, self.editor, self.begun ~= nil)
  if not ok then
    self.begun = nil
    check_termination()
    self.editor:drop()
    if not errors.is_interrupt(line) then error(line, 0) end
    return true
  end
  if not line then return false end
  local done, raised = pcall(self.obey, self, line)
  check_termination()
  if not done and errors.is_interrupt(raised) then
    self.editor:print "" -- the terminal has shown ^C
  elseif not done then
    self:show_error(without_place(raised))
  end
  return not self.leaving
end

local function finish(self)
  self.editor:close()
  if self.log then self.log:close() end
end

--- Reads and obeys lines up to the end of input.
function Shell:run()
  local _finish <close> = setmetatable({}, { __close = function() finish(self) end })
  if self:has_person() then
    local module = self.modem:identify()
    self:tell(("%s on %s; help lists what there is, Ctrl-D leaves"):format(module and module.model or "a module",
      self.modem.address))
  end
  while self:next_line() do
    if self.modem.closed_with then
      local ok, err = self.modem:reopen()
      if not ok then
        self:show_error(err)
        return stop.status_of(err)
      end
    end
  end
end

return Shell
