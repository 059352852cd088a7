--- The AT dialogue as text, one line an item:
---
---     2026-11-27T18:10:28.345678Z > AT+CSQ
---     2026-11-27T18:10:28.351002Z < +CSQ: 22,99
---     2026-11-27T18:10:28.351010Z < OK
---     2026-11-27T18:10:28.360000Z > [1460 bytes]
---     2026-11-27T18:10:28.400000Z - in step
---
--- In front is the time, in UTC. `>` went to the module, `<` came from it, `-` is a remark. Of data only the length is
--- shown. Parameters that are declared secret are shown as `***`. Bytes that are not printable are shown as `\x0d`.

local local_file = require "hayes.local_file"
local mask = require "hayes.display.mask"
local printable = require "hayes.display.printable"
local time_of_day = require "hayes.time_of_day"
local wait = require "hayes.wait"

local Trace = {}
Trace.__index = Trace

--- A trace to a file (a path; appended) or a function that is called with each line. A FIFO or a terminal that
--- accepts nothing does not block the modem: the trace says how many lines are missing. nil, err when the file cannot
--- be written.
---@param target string|fun(line: string)
---@param redact boolean
---@param most? integer bytes of a file, after which it is renamed to `PATH.1`, in place of an earlier one, and begun
---  anew
function Trace.new(target, redact, most)
  return setmetatable({ redact = redact, dialect = { commands = {} }, target = target, most = most,
    second = -1, date = "" }, Trace):reopen()
end

--- Goes on after close(). nil, err when the file cannot be opened any more; then nothing is written.
function Trace:reopen()
  if type(self.target) ~= "string" then
    self.write = self.target
    return self
  end
  local file, err = local_file.log(self.target, self.most)
  if not file then return nil, err end
  self.file = file
  self.write = function(line) file:write(line) end
  return self
end

--- If the caller's function raises, that is reported once, and the function is not called again.
local function write(self, line)
  local ok, err = pcall(self.write, line)
  if ok then return end
  self.write = function() end
  wait.report("the trace function has failed and is not called any more", err)
end

local function show(self, time, mark, text)
  local wall = time_of_day.of(time)
  local second = wall // 1
  if second ~= self.second then
    self.second, self.date = second, os.date("!%Y-%m-%dT%H:%M:%S", math.tointeger(second))
  end
  write(self, ("%s.%06dZ %s %s"):format(self.date, (wall - second) * 1000000 // 1 | 0, mark,
    printable.text(text)))
end

--- Something was sent to the module: text, or a number of bytes of data.
function Trace:sent(time, text, bytes)
  if not text then return show(self, time, ">", ("[%d bytes]"):format(bytes)) end
  text = text:gsub("[\r\n]+$", "")
  if self.redact then text = mask.command(self.dialect, text) end
  show(self, time, ">", text)
end

--- Something came from it.
function Trace:seen(time, text, bytes)
  if not text then return show(self, time, "<", ("[%d bytes]"):format(bytes)) end
  show(self, time, "<", self:masked(text))
end

--- A line of the module as it may be shown.
function Trace:masked(line)
  return self.redact and mask.line(self.dialect, line) or line
end

function Trace:remark(time, text)
  show(self, time, "-", text)
end

function Trace:close(why)
  show(self, wait.now(), "-", why)
  if self.file then self.file:close() end
  self.file = nil
  self.write = function() end
end

return Trace
