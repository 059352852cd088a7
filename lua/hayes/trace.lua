--- The AT dialogue as text, one line an item:
---
---     12.345678 > AT+CSQ
---     12.351002 < +CSQ: 22,99
---     12.351010 < OK
---     12.360000 > [1460 bytes]
---     12.400000 - in step
---
--- `>` went to the module, `<` came from it, `-` is a remark. Of data only the length is shown. Parameters that are
--- declared secret are shown as `***`.

local local_file = require "hayes.local_file"
local mask = require "hayes.declare.mask"
local wait = require "hayes.wait"

local Trace = {}
Trace.__index = Trace

--- A trace to a file (a path; appended) or a function that is called with each line. A FIFO or a terminal that
--- accepts nothing does not block the modem: the trace says how many lines are missing. nil, err when the file cannot
--- be written.
---@param target string|fun(line: string)
---@param redact boolean
function Trace.new(target, redact)
  return setmetatable({ redact = redact, dialect = { commands = {} }, target = target }, Trace):reopen()
end

--- Goes on after close(). nil, err when the file cannot be opened any more; then nothing is written.
function Trace:reopen()
  if type(self.target) ~= "string" then
    self.write = self.target
    return self
  end
  local file, err = local_file.log(self.target)
  if not file then return nil, err end
  self.file = file
  self.write = function(line) file:write(line) end
  return self
end

local function printable(text)
  local function escape(byte) return ("\\x%02x"):format(byte:byte()) end
  return (text:gsub("[^\32-\126\128-\255]", escape):gsub("\xC2([\x80-\x9F])", escape)) -- those of C1 in UTF-8, too
end

--- If the caller's function raises, that is reported once, and the function is not called again.
local function write(self, line)
  local ok, err = pcall(self.write, line)
  if ok then return end
  self.write = function() end
  wait.report("the trace function has failed and is not called any more", err)
end

local function show(self, time, mark, text)
  write(self, ("%.6f %s %s"):format(time, mark, text))
end

--- Something was sent to the module: text, or a number of bytes of data.
function Trace:sent(time, text, bytes)
  if not text then return show(self, time, ">", ("[%d bytes]"):format(bytes)) end
  text = text:gsub("[\r\n]+$", "")
  if self.redact then text = mask.command(self.dialect, text) end
  show(self, time, ">", printable(text))
end

--- Something came from it.
function Trace:seen(time, text, bytes)
  if not text then return show(self, time, "<", ("[%d bytes]"):format(bytes)) end
  show(self, time, "<", printable(self:masked(text)))
end

--- A line of the module as it may be shown.
function Trace:masked(line)
  return self.redact and mask.line(self.dialect, line) or line
end

function Trace:remark(time, text)
  show(self, time, "-", text)
end

function Trace:close(why)
  write(self, "- " .. why)
  if self.file then self.file:close() end
  self.file = nil
  self.write = function() end
end

return Trace
