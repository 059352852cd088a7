--- Where bytes out of a module go: a string, a local file, or an LTN12 sink.

local check = require "hayes.check"
local errors = require "hayes.error"

local local_sink = {}

local Target = {}
Target.__index = Target

local function sink_failed(words)
  return errors.new { name = "sink_failed", message = "the sink does not take the bytes: " .. tostring(words) }
end

function Target:take(bytes)
  if self.pieces then
    self.pieces[#self.pieces + 1] = bytes
    return true
  end
  local ok, words
  if self.file then
    ok, words = self.file:write(bytes)
  else
    ok, words = self.sink(bytes)
  end
  if ok then return true end
  return nil, sink_failed(words)
end

--- It has not come to its end: nothing stays behind, a sink is told. Gives the error on.
---@param err hayes.error
function Target:fail(err)
  self:__close()
  if self.sink then self.sink(nil, tostring(err)) end
  return err
end

--- Everything has been taken. What the caller gives its caller: the string and the result, or the result.
function Target:finish(result)
  if self.pieces then return table.concat(self.pieces), result end
  local ok, words
  if self.file then
    ok, words = self.file:close()
    self.file = nil
    if ok then ok, words = os.rename(self.beside, self.path) end
    if not ok then os.remove(self.beside) end
  else
    ok, words = self.sink(nil)
  end
  if ok then return result end
  return nil, sink_failed(words)
end

function Target:__close()
  if not self.file then return end
  self.file:close()
  self.file = nil
  os.remove(self.beside)
end

--- A path that cannot be written raises.
---@param where string
---@param sink? string|function
function local_sink.open(where, sink)
  if sink == nil then return setmetatable({ pieces = {} }, Target) end
  if type(sink) ~= "string" then return setmetatable({ sink = sink }, Target) end
  local beside = sink .. ".part"
  local file, words = io.open(beside, "wb")
  if not file then check.fail(where, "the file cannot be written: " .. words) end
  return setmetatable({ path = sink, beside = beside, file = file }, Target)
end

return local_sink
