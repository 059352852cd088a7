--- Uploads of sources that can be read at any offset: they continue after what the server has (FTP note 2.5, 3.6).

local call = require "hayes.dialect.quectel.ftp.call"
local carry = require "hayes.dialect.quectel.ftp.carry"
local check = require "hayes.check"
local errors = require "hayes.error"
local Progress = require "hayes.dialect.quectel.ftp.progress"
local recovery = require "hayes.dialect.quectel.ftp.recovery"
local remote = require "hayes.dialect.quectel.ftp.remote"
local stream = require "hayes.dialect.quectel.ftp.stream"
local wait = require "hayes.wait"

--- The most bytes of one AT+QFTPPUT.
local MOST = 2147483647

--- How many of the last bytes that the server has are compared with the source before an upload continues after them.
local COMPARED = 512

--- If the end differs from the source, earlier offsets are tried: after a program was killed mid-upload, the next
--- program's commands were appended to the file.
local STEPS_BACK = { 0, 1024, 16384 }

local Upload = {}
Upload.__index = Upload

--- Is what the server has up to there the source's? Also true if the server does not let it be read.
local function has_same_tail(self, there)
  local length = math.min(COMPARED, there - self.start)
  local theirs, err = carry.read(self.session, self.path, there - length, length, self.doing)
  if not theirs and (call.is_loss(err) or not self.session.connected) then return nil, err end
  if not theirs then return true end
  local ours
  ours, err = self.source.read(there - length, length)
  if not ours then return nil, err end
  return theirs == ours
end

--- Where to begin: with resume, after what the server has. An error if the server has less than the part's offset.
local function find_beginning(self)
  local verify = self.options.verify
  if not self.resumes and not (self.start > 0 and verify and not self.is_text) then return self.start end
  local there, err = remote.size(self.session, self.path)
  if there == nil then return nil, err end
  self.server_bytes = there ~= "unknown" and (there or 0) or nil
  if there == "unknown" then return self.start end
  local ok = true
  if verify then ok, err = remote.check_gap(there, self.start, self.doing) end
  if not ok then return nil, err end
  there = there or 0
  if not self.resumes or there <= self.start or there > self.last then return self.start end
  if not verify then return there end
  for _, back in ipairs(STEPS_BACK) do
    local at = there - back
    if at <= self.start then break end
    local same
    same, err = has_same_tail(self, at)
    if same == nil then return nil, err end
    if same then return at end
  end
  return self.start
end

local function send_inside(self, at)
  local sent, err = carry.inside(self.session, "PUT", { self.path, self.source.inside, at }, self.last - at,
    self.options.progress and function(done) self.progress:moved(at - self.start + done) end, self.doing)
  return sent and true, err
end

local function send(self, at)
  if self.source.inside then return send_inside(self, at) end
  if self.last == 0 then return stream.empty(self.session, self.path, self.options.verify, self.doing) end
  while at < self.last do
    local length = math.min(self.options.piece or MOST, self.last - at)
    local begins = at - self.start
    local data, count = self.source.piece(at, length)
    local text, err = carry.over_port(self.session, "PUT",
      { self.path, "COM:", at, length, at + length == self.last and 1 or 0 }, { data = data, length = count },
      function(done) self.progress:moved(begins + done) end, self.doing)
    if not text then return nil, self.source.failed() or err end
    local taken = math.tointeger(tonumber(text:match("%d+")))
    if taken ~= length then return nil, remote.size_differs(self, at + (taken or 0), at + length) end
    at = at + length
  end
  return true
end

--- The server's file is as long as it must be. A part within the server's file leaves the rest of it.
local function compare(self)
  if not self.options.verify or self.is_text then return true end
  local ok, err, there = remote.check_size(self.session, self, self.last)
  if math.type(there) == "integer" then self.server_bytes = there end
  return ok, err
end

local function attempt(self)
  local at, err = find_beginning(self)
  if not at then return nil, err end
  -- An empty part changes nothing: AT+QFTPPUT would empty the server's file first.
  if self.is_part and self.start == self.last then return true end
  self.resumes = not self.is_text
  self.began_at = at
  if at > self.start and not self.resumed_at then self.resumed_at = at end
  local done = true
  if at < self.last or self.last == 0 then done, err = send(self, at) end
  if done then done, err = compare(self) end
  return done, err
end

--- What the server has by now; where it cannot be asked, what it had when it was.
local function ask_again(self)
  if not self.session.connected or self.is_text then return end
  wait.sleep(recovery.FIRST_PAUSE)
  local there = remote.size(self.session, self.path)
  if there == false then there = 0 end
  if math.type(there) == "integer" then self.server_bytes = there end
end

local function explain(self, err)
  ask_again(self)
  local server = self.server_bytes and ("the server has %d of %d bytes"):format(self.server_bytes, self.last)
    or "what the server has is not known"
  local seen = errors.within(err, ("given up after %d attempts"):format(err.attempts))
  seen.message = ("%s; %s, and %s has all of them"):format(seen.message, server, self.source.what)
  seen.server_bytes, seen.local_bytes = self.server_bytes, self.source.size
  return seen
end

--- Uploads a source, or the part of it that offset and length select. A part at offset 0 replaces the server's file
--- (FTP cannot do otherwise); a later part keeps the bytes before it.
---@param session table
---@param source hayes.quectel.ftp_source
---@param path string on the server
---@param options table checked
---@return { bytes: integer, seconds: number, resumed_at: integer? }?, hayes.error?
function Upload.run(session, source, path, options)
  local start = options.offset or 0
  if source.inside and (options.length or options.piece) then
    check.fail("ftp:put", "length and piece are for what goes over the port; the module sends its files whole")
  end
  if start > source.size then
    return nil, errors.new { name = "offset_beyond_end", local_bytes = source.size,
      message = ("storing %s as %s: it has %d bytes, and offset is %d"):format(source.what, path, source.size, start) }
  end
  local is_text = session.options.type == "ascii"
  local is_part = options.offset ~= nil or options.length ~= nil
  local self = setmetatable({
    session = session, source = source, path = path, options = options, start = start, is_text = is_text,
    is_part = is_part, last = options.length and math.min(source.size, start + options.length) or source.size,
    doing = ("storing %s as %s"):format(source.what, path), best = start,
  }, Upload)
  -- In ASCII the server's size is not the source's: it cannot be told where it stands.
  self.resumes = not is_text and (options.resume or options.resume == nil and source.is_file and not is_part)
  self.progress = Progress.new(options.progress, self.last - start)
  local began = wait.now()
  local retries = options.resume == false and 0 or options.retries or session.options.retries
  local done, err = recovery.run(session, retries, function() return attempt(self) end, function()
    local moved = self.began_at and self.began_at > self.best
    if moved then self.best = self.began_at end
    return moved
  end)
  if not done then return nil, err.attempts and explain(self, err) or err end
  self.progress:finish(self.last - start)
  return { bytes = self.last - start, seconds = wait.now() - began, resumed_at = self.resumed_at }
end

return Upload
