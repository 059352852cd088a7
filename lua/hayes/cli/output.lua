--- What the command `hayes` prints: text for people, or JSON for programs.

local base = require "hayes.display.printable"
local core = require "hayes.core"
local json = require "dkjson"
local layout = require "hayes.explain.layout"
local printable = require "hayes.cli.printable"
local stop = require "hayes.cli.stop"

---@class hayes.cli.output
---@field json boolean
---@field progress boolean  standard error is a terminal
---@field styled boolean
local Output = {}
Output.__index = Output

local STDERR <const> = 2

local styles = { bold = 1, dim = 2, red = 31, green = 32, yellow = 33, cyan = 36 }

--- NO_COLOR (https://no-color.org) and TERM=dumb switch colours off.
---@param options { json: boolean? }
---@return hayes.cli.output
function Output.new(options)
  local terminal = core.is_terminal(1)
  local no_color = os.getenv "NO_COLOR"
  return setmetatable({
    json = options.json or false,
    progress = core.is_terminal(2),
    styled = terminal and (no_color or "") == "" and os.getenv "TERM" ~= "dumb",
  }, Output)
end

--- The text in a style: bold, dim, red, green, yellow, cyan.
function Output:style(name, text)
  if not self.styled then return text end
  return printable.styled(styles[name], text)
end

local function formatted(text, ...)
  return printable.text(select("#", ...) > 0 and text:format(...) or tostring(text))
end

local EPIPE <const> = 32 -- on every Linux

local failure -- of standard output, which may have failed where nothing could be raised
local reader_gone = false

--- Takes what a call of a file gives: nil, words and a number where it has failed.
local function note_failure(ok, words, number)
  if ok or failure then return end
  failure, reader_gone = "standard output cannot be written: " .. words, number == EPIPE
end

--- Ends the run where standard output takes no more: a full disk, or a reader that has gone.
local function unless_failed(...)
  note_failure(...)
  if failure then stop.with(stop.REFUSED, failure) end
end

--- Has who read standard output, such as `head`, gone away? Then nobody wants the rest.
---@return boolean
function Output.is_reader_gone() return reader_gone end

local function write(...) unless_failed(io.stdout:write(...)) end

function Output.line(_, text, ...)
  write(formatted(text, ...), "\n")
end

--- Lines of our own.
function Output.text(_, text) write(text) end

--- What was printed is on its way. Ends the run where it is not.
function Output.flush() unless_failed(io.stdout:flush()) end

--- As it came, but on a terminal.
function Output.raw(_, text)
  write(core.is_terminal(1) and printable.text(text) or text, "\n")
end

--- An LTN12 sink that prints bytes: as they came, but on a terminal.
---@return fun(bytes: string?): 1|nil, string?
function Output.sink()
  local shown = core.is_terminal(1) and printable.stream()
  return function(bytes)
    note_failure(io.stdout:write(shown and shown(bytes) or bytes or ""))
    note_failure(io.stdout:flush())
    if failure then return nil, failure end
    return 1
  end
end

--- Something for the person at the terminal that is no result.
function Output.note(_, text, ...)
  note_failure(io.stdout:flush())
  io.stderr:write(layout.fit(formatted(text, ...), STDERR), "\n")
end

--- A line of our own: on a terminal that is too narrow for it, it is broken between words.
function Output.say(_, text) write(layout.fit(formatted("%s", text)), "\n") end

--- Rows of equal length in columns; the last column is not padded.
---@param rows string[][]
function Output:table(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i = 1, #row do widths[i] = math.max(widths[i] or 0, utf8.len(row[i]) or #row[i]) end
  end
  for _, row in ipairs(rows) do
    local words = {}
    for i = 1, #row do
      local padding = (" "):rep(i < #row and widths[i] - (utf8.len(row[i]) or #row[i]) or 0)
      words[i] = row[i] .. padding
    end
    self:say((table.concat(words, "  "):gsub("%s+$", "")))
  end
end

--- Is this what a module says where it has nothing to say? Rows of that are left out for people.
function Output.is_empty(value)
  return value == nil or value == "" or value == 0 or value == "0.0.0.0"
end

--- Prints a value as JSON, on one line. `order`: the keys in the order to print them.
function Output:value(value, order)
  local text = json.encode(value, { keyorder = order })
  -- JSON is UTF-8, which what a module says need not be.
  self:line("%s", base.mend(text, function(byte) return "\\" .. base.escape(byte) end))
end

--- The elements of a list as one that stays a list in JSON, also when it is empty.
---@param list? table
function Output.list(list)
  return setmetatable(list and table.move(list, 1, #list, 1, {}) or {}, { __jsontype = "array" })
end

--- Prints the result: as JSON, or as `show` prints it for people.
---@param value any
---@param show fun()
---@param order? string[]
function Output:result(value, show, order)
  if self.json then self:value(value, order) else show() end
end

return Output
