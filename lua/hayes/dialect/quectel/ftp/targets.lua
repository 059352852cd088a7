--- Where a download goes: a string, an LTN12 sink, or a local file, written beside (`.part`) and renamed when it is
--- whole. What has come is kept piece by piece, as far as it is sure.

local failure = require "hayes.failure"
local local_file = require "hayes.local_file"
local local_sink = require "hayes.dialect.quectel.file.local_sink"

local targets = {}

---@class hayes.quectel.ftp_target
---@field at integer        bytes that are kept
---@field keep fun(self, count: integer, response: table, proven: boolean): true?, hayes.error?  keeps the first count
---  bytes received; unproven ones can be dropped by settle()
---@field read fun(self, at: integer, length: integer): string  of what is kept and not proven
---@field settle fun(self, at: integer): true?, hayes.error?  bytes up to `at` are right, later ones are dropped
---@field sink? userdata    for the request; without it the bytes come in the response
---@field what string       what to call it in messages
---@field is_file boolean
---@field default_piece? integer

--- Bytes that are gathered at most before a sink gets them.
local PIECE = 1 << 18

-- A string, or a sink

local Stream = {}
Stream.__index = Stream

function Stream.prepare() return true end

function Stream:keep(count, response, proven)
  local bytes = (response and response.data or ""):sub(1, count)
  self.at = self.at + #bytes
  if proven then return self.out:take(bytes) end
  self.unproven = bytes
  return true
end

function Stream:read(at, length)
  local from = at - (self.at - #self.unproven)
  return self.unproven:sub(from + 1, from + length)
end

function Stream:settle(at)
  local bytes = self.unproven:sub(1, #self.unproven - (self.at - at))
  self.at, self.unproven = at, ""
  return self.out:take(bytes)
end

--- False: what was given to a sink cannot be taken back.
function Stream:restart()
  if not self.out:restart() then return false end
  self.at, self.unproven = 0, ""
  return true
end

function Stream.came() return 0 end

function Stream:finish() return self.out:finish() end

function Stream:fail(err) self.out:fail(err) end

function Stream:__close()
  if self.through then self.through:__close() end
end

-- A local file

local File = {}
File.__index = File

--- Goes on there: what may lie after it is thrown away.
function File:prepare()
  local ok, words = self.sink:truncate(self.at)
  if ok then ok, words = self.sink:seek(self.at) end
  if ok then return true end
  return nil, failure.of_sink(self.part.part_path, words)
end

--- What was written before the disk was full stays for the next run, which compares it.
function File:keep(count)
  local words = self.sink:failure()
  self.at = self.at + (words and math.min(count, self:came()) or count)
  if words then return nil, failure.of_sink(self.part.part_path, words) end
  return true
end

function File:settle(at)
  self.at = at
  return true
end

function File:restart()
  self.at = 0
  return true
end

--- Bytes that were written since prepare().
function File:came() return (self.sink:transferred()) end

--- Bytes that are there.
function File:read(at, length) return self.sink:read(at, length) or "" end

function File:finish()
  local ok, err = self:prepare()
  if not ok then return nil, err end
  ok, err = self.part:commit()
  self.is_complete = err ~= nil and err.name == "rename_failed"
  return ok, err
end

--- What has come stays for the next time; what is complete stays in any case. True if it stays.
function File:fail()
  self:prepare()
  local is_kept = self.at > 0 and self.keeps or self.is_complete
  if is_kept then self:__close() else self.part:discard() end
  return is_kept
end

function File:__close() self.sink:close() end

--- `through`: what is to be closed with it.
local function stream(sink, what, through)
  return setmetatable({ out = local_sink.open(sink, what), what = what, through = through, at = 0, unproven = "",
    is_file = false, default_piece = sink and PIECE }, Stream)
end

--- nil and the error for a path that cannot be written.
---@param sink any       nil: a string
---@param resume boolean what an earlier run has left is gone on with, and left again
---@return hayes.quectel.ftp_target?, hayes.error?
function targets.open(sink, resume)
  if sink == nil then return stream(nil, "a string") end
  if type(sink) ~= "string" then return stream(sink, "the sink") end
  local target, err = local_file.target(sink)
  if not target then return nil, err end
  if target.sink then return stream(target.sink, sink, target) end
  return setmetatable({ at = resume and target.file:size() or 0, sink = target.file, part = target, what = sink,
    is_file = true, keeps = resume }, File)
end

return targets
