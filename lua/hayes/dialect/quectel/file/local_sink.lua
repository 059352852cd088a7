--- Where bytes go piece by piece: a string, or an LTN12 sink.

local failure = require "hayes.failure"

local local_sink = {}

---@class hayes.quectel.local_sink
---@field pieces? string[]  of the string
---@field sink? function
---@field what string       what to call it in messages
---@field given boolean     a sink has received bytes, which cannot be taken back
local Sink = {}
Sink.__index = Sink

---@param bytes string
---@return true?, hayes.error?
function Sink:take(bytes)
  if bytes == "" then return true end
  if self.pieces then
    self.pieces[#self.pieces + 1] = bytes
    return true
  end
  self.given = true
  local ok, words = self.sink(bytes)
  if ok then return true end
  return nil, failure.of_sink(self.what, words == nil and "it returned nothing; a sink returns 1 to get more" or words)
end

--- Starts over; false if a sink has already received bytes.
---@return boolean
function Sink:restart()
  if self.given then return false end
  self.pieces = self.pieces and {}
  return true
end

--- Tells a sink that it will not get the rest.
---@param err hayes.error
function Sink:fail(err)
  if self.sink then self.sink(nil, tostring(err)) end
end

--- Everything has been taken: the string, or true.
---@return string|true|nil, hayes.error?
function Sink:finish()
  if self.pieces then return table.concat(self.pieces) end
  local ok, words = self.sink(nil)
  if ok or words == nil then return true end
  return nil, failure.of_sink(self.what, words)
end

---@param sink? function none: a string
---@param what? string
function local_sink.open(sink, what)
  return setmetatable({ pieces = not sink and {} or nil, sink = sink, what = what or "the sink", given = false }, Sink)
end

return local_sink
