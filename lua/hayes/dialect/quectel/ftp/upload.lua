--- Uploads of sources that can be read at any offset: they continue after what the server has (FTP note 2.5, 3.6).

local beside = require "hayes.dialect.quectel.ftp.beside"
local call = require "hayes.dialect.quectel.ftp.call"
local carry = require "hayes.dialect.quectel.ftp.carry"
local check = require "hayes.check"
local errors = require "hayes.error"
local Progress = require "hayes.dialect.quectel.ftp.progress"
local proof = require "hayes.dialect.quectel.ftp.proof"
local recovery = require "hayes.dialect.quectel.ftp.recovery"
local remote = require "hayes.dialect.quectel.ftp.remote"
local stream = require "hayes.dialect.quectel.ftp.stream"
local transfer_state = require "hayes.local_file.transfer_state"
local wait = require "hayes.wait"

--- The most bytes of one AT+QFTPPUT.
local MOST = 2147483647

--- The least bytes of one that is made shorter because what it has stored cannot be proven.
local LEAST_PIECE = 16384

--- The most bytes of one of a local file: what is confirmed is remembered across runs, and no more than this is sent
--- again where the server does not let its file be read.
local REMEMBERED_PIECE = 1 << 20

--- If the end differs from the source, earlier offsets are tried: after a program was killed mid-upload, the next
--- program's commands were appended to the file.
local STEPS_BACK = { 0, 1024, 16384 }

local Upload = {}
Upload.__index = Upload

-- What is remembered across runs

--- The state of this upload to where it goes now; nil where the source has none.
local function state_of(self)
  local source, session = self.source, self.session
  if not self.remembers then return nil end
  return transfer_state.new(source.name, source.file, {
    kind = "upload", name = source.name:match("[^/]*$"), server = remote.name(session),
    path = remote.whole(session, self.path),
  })
end

--- Bytes of the source up to `at` are the server's; those up to `ends` may be, once they have been sent.
local function remember(self, at, ends)
  local state = state_of(self)
  if state then state:save(at, { size = self.source.size, ends = ends }) end
end

--- How much of what the server has was written by an earlier run, by its own word: its file has a size that it can
--- have now, and the source begins as it did then. And whether the source has not been written to since: then what
--- was sent after that is its bytes, too.
---@return integer?, boolean?
local function recall(self, there)
  local state = state_of(self)
  local fields = state and state:load()
  local size, ends = fields and tonumber(fields.size), fields and tonumber(fields.ends)
  local mtime = fields and tonumber(fields.mtime)
  if not (size and ends and mtime) then return nil end
  local modified = self.source.file:modified()
  local may_be = size <= self.source.size and mtime <= modified
  may_be = may_be and self.start <= fields.at and fields.at <= there and there <= ends
  if may_be and state:is_of_file(fields) then return fields.at, mtime == modified end
end

-- Where to begin

--- How much of what the server has is the source's, up to there and as far as that can be proven. Where the server does
--- not let its file be read, no more is than what the module has confirmed; its own files come over no line.
local function find_proven(self, proven, there)
  local source, tried = self.source, math.huge
  for _, back in ipairs(STEPS_BACK) do
    if there - back <= proven then break end
    local place, bytes = proof.find(source.read, proven, there - back, self.last)
    if not place then return nil, bytes end
    local same, err = false, nil
    if place < tried then same, err = proof.is_same(self.session, self.path, place, bytes, self.doing) end
    if same and not self.began_at and (self.recalled or 0) <= self.start then
      same, err = proof.is_ours(self.session, self.path, source.read, place, self.doing)
      if same == false then return proven end
    end
    if same then return place end
    if same == nil then
      if call.is_loss(err) or not self.session.connected then return nil, err end
      self.is_unreadable = true
      return self.began_at and source.inside and there or proven
    end
    tried = place
  end
  return proven
end

--- The same in the first attempt, where an earlier run may have left a state: what that tells of need not be proven
--- again, beyond its last bytes. What was being sent then is sent again if the source has been written to since: it may
--- have been changed in the middle of that.
local function find_proven_first(self, proven, there)
  self.is_unreadable = false
  local at, is_unchanged = recall(self, there)
  self.recalled = at
  if not at or at <= proven then return find_proven(self, proven, there) end
  local from = math.max(0, at - 512)
  local bytes, err = self.source.read(from, at - from)
  if not bytes then return nil, err end
  local same
  same, err = proof.is_same(self.session, self.path, at, bytes, self.doing)
  if same and not is_unchanged then return at end
  if same then return find_proven(self, at, there) end
  if same == nil then
    if call.is_loss(err) or not self.session.connected then return nil, err end
    self.is_unreadable = true
    return at
  end
  self.recalled = nil
  return find_proven(self, proven, there)
end

--- Does this size not tell how far the last attempt has come, since the server may have had as much before? At 0 the
--- file is emptied first; further on it is written over, and keeps its length until that is passed.
local function hides_progress(self, there)
  if not self.began_at then return false end
  if self.began_at == 0 then return there == self.stood end
  return not self.stood or there <= self.stood
end

--- The server has a file there that is not known to be ours: it stays until its successor is whole, unless it is to be
--- refused or written over.
local function find_beginning_beside(self, there)
  if self.existing == "refuse" then return nil, beside.refusal(self, there) end
  if self.existing == "replace" or not beside.choose(self) then return self.start end
  return self:find_beginning()
end

--- Where to begin: with resume, after what the server has. An error if the server has less than the part's offset.
function Upload:find_beginning()
  local verify = self.options.verify
  local resumes = self.resumes
  local protects = not self.began_at and not self.is_part and self.path == self.final
    and (resumes or self.options.existing ~= nil and self.options.existing ~= "replace")
  if not resumes and not protects and not (self.start > 0 and verify and not self.is_text) then return self.start end
  local there, err = remote.size(self.session, self.path)
  if there == nil then return nil, err end
  self.server_bytes = there ~= "unknown" and (there or 0) or nil
  if there == "unknown" then return self.start end
  local ok = true
  if verify then ok, err = remote.check_gap(there, self.start, self.doing) end
  if not ok then return nil, err end
  there = there or 0
  protects = protects and there > 0
  if not resumes then
    if protects then return find_beginning_beside(self, there) end
    return self.start
  end
  if there > self.last then
    if protects then return find_beginning_beside(self, there) end
    return self.start
  end
  local proven = there < self.proven and self.start or self.proven
  if self.cannot_resume then return self.start end
  if self.wrong_from then
    proven, self.wrong_from = math.min(self.wrong_from, there), nil
    return proven
  end
  if there <= proven or hides_progress(self, there) then return proven end
  local at = proven
  if not verify and not self.began_at then
    -- Nothing is to be compared: what an earlier run has not remembered is not known to be this.
    self.recalled = recall(self, there)
    at = self.recalled or self.start
  end
  if verify then at, err = (self.began_at and find_proven or find_proven_first)(self, proven, there) end
  if at == self.start and protects and not (self.recalled and self.is_unreadable) then
    return find_beginning_beside(self, there)
  end
  -- The module's count confirms each piece.
  if at and at < there and self.began_at then self.piece = math.max(LEAST_PIECE, at - proven) end
  return at, err
end

--- The module sends its file whole. If it has sent another number of bytes than it said that the file has, that number
--- may have been damaged on the line: it is asked for again.
local function send_inside(self, at)
  local sent, err = carry.inside(self.session, "PUT", { self.path, self.source.inside, at }, self.last - at,
    self.options.progress and function(done) self.progress:moved(at - self.start + done) end, self.doing)
  if not sent or self.is_text or at + sent == self.last then return sent and true, err end
  local size
  size, err = self.source.measure()
  if not size then return nil, err end
  self.last = size
  self.progress.total = size - self.start
  return true
end

local function too_large(self)
  return call.too_large(self.doing, self.source.what, self.last,
    "Store it as several files: offset and length select a part of { data = … }, and split(1) cuts files.")
end

--- Bytes that are still to be sent: of a source that is followed, up to its end as it is now.
---@return integer?, hayes.error?
local function count_left(self, at)
  if self.options.follow and not self.cannot_resume then
    local ok, err = self.source.look()
    if not ok then return nil, err end
    self.last = self.source.size
    self.progress.total = self.last - self.start
    if self.last > MOST then return nil, too_large(self) end
  end
  return self.last - at
end

local function send(self, at)
  if self.source.inside then return send_inside(self, at) end
  local left, failed = count_left(self, at)
  if self.last == 0 and left then
    return stream.empty(self.session, self.path, self.options.verify, self.doing)
  end
  while left and left > 0 do
    local length = math.min(self.piece, left)
    remember(self, at, at + length)
    local begins = at - self.start
    local data, count = self.source.piece(at, length)
    local text, err = carry.over_port(self.session, "PUT",
      { self.path, "COM:", at, length, at + length == self.last and 1 or 0 }, { data = data, length = count },
      function(done) self.progress:moved(begins + done) end, self.doing)
    if not text then return nil, self.source.failed() or err end
    local taken
    taken, err = call.number(text, self.doing)
    if not taken then return nil, err end
    if taken ~= length then return nil, remote.size_differs(self, at + taken, at + length) end
    at = at + length
    self.proven = at
    self.piece = math.min(self.piece * 2, self.greatest_piece)
    left, failed = count_left(self, at)
  end
  if not left then return nil, failed end
  remember(self, at, at)
  return true
end

--- The server's file has the source's bytes; one that differs is sent again from there.
local function compare_content(self)
  local same, at = proof.read_back(self.session, self.path, self.source.read, self.start, self.last, 0, self.doing)
  if same == false then
    self.wrong_from = at
    return nil, proof.differs(self.doing, at)
  end
  return same, at
end

--- All was taken, for the second time, and the server tells the same wrong size again.
local function untrue_size(self, there)
  return remote.untrue_size(self.doing, ("it took %d bytes twice, and says that it has %d"):format(
    self.last - self.start, there), "verify = false stores it by the count of the module and the server's last reply "
    .. "alone; ftp:get() fetches it back for a look.")
end

--- The server's file is as long as it must be. A part within the server's file leaves the rest of it.
local function compare(self)
  if not self.options.verify or self.is_text then return true end
  local ok, err, there = remote.check_size(self.session, self, self.last)
  if math.type(there) == "integer" then self.server_bytes = there end
  self.verified = ok and there == self.last
  if not ok and math.type(there) == "integer" then
    if self.told == there then return nil, untrue_size(self, there) end
    self.told = there
  end
  if ok and self.options.verify == "content" then ok, err = compare_content(self) end
  return ok, err
end

local function attempt(self)
  local over, failed = beside.is_done(self)
  if over or over == nil then return over, failed end
  local at, err = self:find_beginning()
  if not at then return nil, err end
  -- An empty part changes nothing: AT+QFTPPUT would empty the server's file first.
  if self.is_part and self.start == self.last then return true end
  self.resumes = not self.is_text
  self.began_at, self.proven, self.stood = at, at, self.server_bytes
  if at > self.start and not self.resumed_at then self.resumed_at = at end
  local done = true
  if at < self.last or self.last == 0 or self.options.follow then done, err = send(self, at) end
  if not done and (at > 0 or self.options.follow) and not self.is_part and call.cannot(err) then
    -- A server without REST: all of it again, at each attempt.
    self.cannot_resume, self.began_at, self.proven, self.resumed_at = true, 0, 0, nil
    done, err = send(self, 0)
  end
  if done then done, err = compare(self) end
  if done then done, err = beside.take_place(self) end
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
  local seen = recovery.given_up(err)
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
  if options.follow and (not source.look or is_text or options.length) then
    check.fail("ftp:put", "follow is for local files of binary sessions, without length")
  end
  local self = setmetatable({
    session = session, source = source, path = path, final = path, options = options,
    existing = options.existing or "beside", start = start, is_text = is_text,
    is_part = is_part, last = options.length and math.min(source.size, start + options.length) or source.size,
    doing = ("storing %s as %s"):format(source.what, path), best = start,
    proven = start, -- so far what the server has is known to be the source's, or is left as it was
  }, Upload)
  if self.last > MOST then
    return nil, too_large(self)
  end
  -- In ASCII the server's size is not the source's: it cannot be told where it stands.
  self.resumes = not is_text and (options.resume or options.resume == nil and source.is_file and not is_part)
  self.remembers = source.name and self.resumes and not is_part and (options.follow or source.size > LEAST_PIECE)
  self.greatest_piece = options.piece or self.remembers and REMEMBERED_PIECE or MOST
  self.piece = self.greatest_piece
  self.progress = Progress.new(options.progress, self.last - start)
  local began = wait.now()
  local retries = options.resume == false and 0 or options.retries or session.options.retries
  local done, err = recovery.run(session, retries, function() return attempt(self) end, function()
    local moved = self.began_at and self.began_at > self.best
    if moved then self.best = self.began_at end
    return moved
  end, true)
  if not done then return nil, err.attempts and explain(self, err) or err end
  local state = state_of(self)
  if state then state:remove() end
  self.progress:finish(self.last - start)
  return { bytes = self.last - start, seconds = wait.now() - began, resumed_at = self.resumed_at,
    verified = self.verified or false }
end

return Upload
