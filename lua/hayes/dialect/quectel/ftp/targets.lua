--- Where a download goes: a string, an LTN12 sink, or a local file, written beside (`.part`) and renamed when it is
--- whole. What has come is kept piece by piece, as far as it is sure.

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"

local targets = {}

---@class hayes.quectel.ftp_target
---@field at integer        bytes that are kept
---@field sink? userdata    for the request; without it the bytes come in the response
---@field what string       what to call it in messages
---@field is_file boolean
---@field default_piece? integer

local function sink_failed(what, words)
  return errors.new { name = "sink_failed", message = ("%s does not take the bytes: %s"):format(what, words) }
end

-- A string, or a sink

local Stream = {}
Stream.__index = Stream

function Stream.prepare() return true end

--- Keeps the first bytes of what came.
function Stream:keep(count, response)
  if count == 0 then return true end
  local bytes = (response.data or ""):sub(1, count)
  self.at = self.at + #bytes
  if self.pieces then
    self.pieces[#self.pieces + 1] = bytes
    return true
  end
  local ok, words = self.function_(bytes)
  if ok then return true end
  return nil, sink_failed("the sink", tostring(words))
end

--- False: what was given to a sink cannot be taken back.
function Stream:restart()
  if self.at == 0 then return true end
  if not self.pieces then return false end
  self.pieces, self.at = {}, 0
  return true
end

function Stream.came() return 0 end

function Stream:finish()
  if self.pieces then return table.concat(self.pieces) end
  local ok, words = self.function_(nil)
  if ok or words == nil then return true end
  return nil, sink_failed("the sink", tostring(words))
end

function Stream:fail(err)
  if self.function_ then self.function_(nil, tostring(err)) end
end

function Stream.__close() end

-- A local file

local File = {}
File.__index = File

--- Goes on there: what may lie behind it is thrown away.
function File:prepare()
  local ok, words = self.sink:truncate(self.at)
  if ok then ok, words = self.sink:place(self.at) end
  if ok then return true end
  return nil, sink_failed(self.beside, words)
end

function File:keep(count)
  local words = self.sink:failure()
  if words then return nil, sink_failed(self.beside, words) end
  self.at = self.at + count
  return true
end

function File:restart()
  self.at = 0
  return true
end

--- Bytes that were written since prepare().
function File:came() return (self.sink:done()) end

--- Bytes that are there.
function File:read(at, length)
  local file <close> = assert(io.open(self.beside, "rb"))
  file:seek("set", at)
  return file:read(length) or ""
end

function File:finish()
  local ok, words = self:prepare()
  if not ok then return nil, words end
  ok, words = self.sink:sync()
  self.sink:close()
  if ok then ok, words = os.rename(self.beside, self.path) end
  if ok then return true end
  return nil, sink_failed(self.path, words)
end

--- What has come stays for the next time.
function File:fail()
  self:prepare()
  self:__close()
  if self.at == 0 or not self.keeps then os.remove(self.beside) end
end

function File:__close() self.sink:close() end

--- A path that cannot be written raises.
---@param sink any       nil: a string
---@param resume boolean what an earlier run has left is gone on with, and left again
function targets.open(where, sink, resume)
  if sink == nil then return setmetatable({ at = 0, pieces = {}, what = "a string", is_file = false }, Stream) end
  if type(sink) ~= "string" then
    return setmetatable({ at = 0, function_ = sink, what = "the sink", is_file = false, default_piece = 1 << 18 },
      Stream)
  end
  local beside = sink .. ".part"
  local file, words = core.file(beside, "w")
  if not file then check.fail(where, ("the file cannot be written: %s: %s"):format(beside, words)) end
  return setmetatable({ at = resume and file:size() or 0, sink = file, path = sink, beside = beside, what = sink,
    is_file = true, keeps = resume }, File)
end

return targets
