--- Where the bytes of a file go piece by piece: a string, or an LTN12 sink.

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
  local ok, words = self.sink(bytes)
  if ok then return true end
  return nil, sink_failed(words)
end

--- It has not come to its end: a sink is told. Gives the error on.
---@param err hayes.error
function Target:fail(err)
  if self.sink then self.sink(nil, tostring(err)) end
  return err
end

--- Everything has been taken. What the caller gives its caller: the string and the result, or the result.
function Target:finish(result)
  if self.pieces then return table.concat(self.pieces), result end
  local ok, words = self.sink(nil)
  if ok then return result end
  return nil, sink_failed(words)
end

---@param sink? function none: a string
function local_sink.open(sink)
  return setmetatable(sink and { sink = sink } or { pieces = {} }, Target)
end

return local_sink
