--- Downloads: the size is asked for and known lengths are fetched, so that no content can end them (FTP note 2.6, 2.7);
--- they go on after what is there already.

local call = require "hayes.dialect.quectel.ftp.call"
local carry = require "hayes.dialect.quectel.ftp.carry"
local check = require "hayes.check"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Progress = require "hayes.dialect.quectel.ftp.progress"
local proof = require "hayes.dialect.quectel.ftp.proof"
local recovery = require "hayes.dialect.quectel.ftp.recovery"
local remote = require "hayes.dialect.quectel.ftp.remote"
local transfer_state = require "hayes.local_file.transfer_state"
local wait = require "hayes.wait"

--- The most bytes of one AT+QFTPGET.
local MOST = 2147483647

--- The least bytes of one that is made shorter because the line loses some.
local LEAST_PIECE = 16384

local Download = {}
Download.__index = Download

-- What is remembered across runs

--- The state of a download; nil where nothing is left for the next run.
local function state_of(session, path, target)
  if not (target.is_file and target.keeps) then return nil end
  local part_path = target.part.part_path
  return transfer_state.new(part_path, target.sink, {
    kind = "download", name = part_path:match("[^/]*$"), server = remote.name(session),
    path = remote.whole(session, path),
  })
end

--- The first bytes of what is here, as far as proven, are the server's, whose file has this size and this time.
local function remember(self)
  if not self.state or not self.size or self.remembered == self.proven then return end
  self.remembered = self.proven
  self.state:save(self.proven, { size = self.size, changed = self.changed or "" })
end

--- What an earlier run has left is of no use if the server's file is another one since.
---@return boolean?
local function has_changed_since(fields, size, changed)
  local is_other_time = changed and fields.changed ~= "" and fields.changed ~= changed
  return fields.size ~= tostring(size) or is_other_time
end

--- How much of that an earlier run knew to be the server's, whose file is still the same one; 0: nothing is known.
local function recall(self)
  local fields = self.recalled
  if not fields or not self.changed or fields.changed ~= self.changed or fields.at > self.target.at then return 0 end
  return self.state:is_of_file(fields) and fields.at or 0
end

-- How much has come

local function differs(self, words)
  return errors.new { name = "size_differs", origin = "ftp", message = self.doing .. ": " .. words }
end

--- Bytes received that may belong to the file, and whether the module's count confirms them. If not, some may be
--- missing anywhere.
local function count_bytes(self, length, text, err, response)
  local received = response and (response.received or response.data and #response.data)
  if not received then received = self.target:came() end
  if text and call.number(text, self.doing) == received then return received, true end
  -- Where the module's words have ended it early, none of them are among these.
  if err and response and response.result and (response.missing or not length) then return received, false end
  return math.max(0, received - carry.DOUBTFUL), false
end

--- How close to the first difference the search for it goes, in bytes.
local NEAR = 2048

--- Finds how much of what was received is right, and drops the rest: what cannot be proven is fetched again.
local function settle(self)
  local target, from = self.target, self.proven
  if target.at <= from then return true end
  local function read(at, length) return target:read(at, length) end
  local right, wrong, middle = from, target.at, target.at
  repeat
    local place, bytes = proof.find(read, right, middle, target.at)
    local same, err = proof.is_same(self.session, self.path, self.base + place, bytes, self.doing)
    if same == nil then return nil, err end
    if same then right = place else wrong = place end
    -- Bytes that a sample does not tell about.
    if same and place < middle then break end
    middle = (right + wrong) // 2
  until wrong - right <= NEAR
  -- On such a line, ask for pieces as long as what got through: the module's count confirms each.
  if right < target.at then self.piece = math.max(LEAST_PIECE, right - from) end
  self.proven = right
  return target:settle(right)
end

--- Firmware that has nothing to send, at the end of a file, calls that 627,550.
local function is_end_of_file(err, count, begins)
  return err.code == 627 and err.protocol == 550 and count == 0 and begins > 0
end

--- The server has called it complete where, by its SIZE, more was to come.
local function ended_early(self, count, length)
  local at = self.base + self.target.at
  if self.ended_at == at then
    return remote.untrue_size(self.doing, ("it says that the file has %d bytes, and twice ended it after %d"):format(
      self.size, at), "Give the length that is there: length = " .. at .. ".")
  end
  self.ended_at = at
  return differs(self, ("%d of %d bytes came"):format(count, length))
end

--- Fetches from where the target is; nil and the error when not all of it has come.
local function fetch(self, length)
  local target = self.target
  local ok, err = target:prepare()
  if not ok then return nil, err end
  local begins = target.at
  local arguments = { self.path, "COM:", self.base + begins, length }
  local text, response
  text, err, response = carry.over_port(self.session, "GET", arguments,
    { block = length or exchange.UNKNOWN, sink = target.sink },
    function(bytes) self.progress:moved(begins + bytes) end, self.doing)
  local count, proven = count_bytes(self, length, text, err, response)
  ok, self.failed = target:keep(count, response, proven)
  if not ok then return nil, self.failed end
  if proven then
    self.proven = target.at
    remember(self)
  end
  if not text and not is_end_of_file(err, count, begins) then return nil, err end
  if text and not (length or proven) then return nil, differs(self, "the module has counted other bytes: " .. text) end
  if length and count ~= length then return nil, ended_early(self, count, length) end
  return true
end

--- Begins anew; false where a sink has got some already.
local function restart(self)
  self.proven = 0
  return self.target:restart()
end

--- Is what an earlier run has left the same in the server's file? Its last bytes may be the module's words and not the
--- file's: those are fetched again.
local function check_left(self, wanted)
  local target = self.target
  if target.at == 0 then return true end
  local known = recall(self)
  self.proven = known
  if known > 0 and known <= wanted and target.at <= known + carry.DOUBTFUL then return target:settle(known) end
  if target.at <= carry.DOUBTFUL or target.at > wanted then return restart(self) end
  local left = target.at - carry.DOUBTFUL
  local function read(at, length) return target:read(at, length) end
  local place, bytes = proof.find(read, known, left, left)
  local same, err = proof.is_same(self.session, self.path, self.base + place, bytes, self.doing)
  if same == false and known > 0 then return target:settle(known) end
  if same and known == 0 then
    same, err = proof.is_ours(self.session, self.path, read, place, self.doing)
  end
  if same == nil then return nil, err end
  if not same then return restart(self) end
  target.at, self.proven = place, place
  return true
end

--- The size to be received; nil if unknown.
local function find_length(self)
  -- AT+QFTPGET takes a length of 0 for all there is.
  local nothing = self.options.length == 0 and 0 or nil
  if self.is_text then return nothing end
  local size, err = remote.size(self.session, self.path, self.doing)
  if size == false or not size then return nil, err end
  if size == "unknown" then return nothing end
  -- Its time is asked for where it matters: before what may break, and before going on after that.
  local changed = self.options.verify and remote.changed(self.session, self.path) or nil
  local is_other = self.size and (self.size ~= size or changed and self.changed and changed ~= self.changed)
  if is_other and self.target.at > 0 and not restart(self) then
    return nil, errors.new { name = "file_changed", origin = "ftp",
      message = ("%s: the server's file was changed meanwhile; it had %d bytes, and has %d now"):format(self.doing,
        self.size, size) }
  end
  self.size, self.changed = size, changed
  if self.is_first and self.state then
    self.recalled = self.state:load()
    if self.recalled and has_changed_since(self.recalled, size, changed) then
      self.recalled = nil
      restart(self)
    end
  end
  if self.base > size then return nil, failure.coded(self.session.modem, 612, self.doing) end
  local length = math.min(self.options.length or size, size - self.base)
  if self.base + length > MOST then
    return nil, call.too_large(self.doing, "what is wanted", self.base + length,
      "Give a length: what lies before that byte can be fetched. The rest has to be cut off on the server.")
  end
  return length
end

--- Without a length: only the trailer, whose number must be right, ends it.
local function fetch_unknown(self)
  if not restart(self) then return nil, differs(self, "it broke off, and cannot be begun again") end
  return fetch(self, self.options.length)
end

--- Nothing of the server's file follows what has come, whatever its SIZE says. A refusal to look there is no proof.
local function check_end(self)
  if self.is_part then return true end
  local more, err = carry.read(self.session, self.path, self.target.at, 1, self.doing)
  if not more and call.is_loss(err) then return nil, err end
  if not more or more == "" then return true end
  return nil, remote.untrue_size(self.doing, ("it says that the file has %d bytes, and more follow"):format(self.size),
    "ftp:get() with length fetches any part of it.")
end

--- What has come is what the server's file has; what differs is fetched again from there.
local function compare_content(self)
  local target = self.target
  local function read(at, length) return target:read(at, length) end
  local same, at = proof.read_back(self.session, self.path, read, 0, target.at, self.base, self.doing)
  if same then return check_end(self) end
  if same == nil then return nil, at end
  self.proven = at
  target:settle(at)
  return nil, proof.differs(self.doing, at)
end

local function attempt(self)
  local wanted, err = find_length(self)
  if err then return nil, err end
  if not wanted then return fetch_unknown(self) end
  self.wanted = wanted
  self.progress.total = wanted
  local ok = true
  if self.is_first then ok, err = check_left(self, wanted) end
  if ok then ok, err = settle(self) end
  if not ok and self.base == 0 and call.cannot(err) and restart(self) then ok = true end -- a server without REST
  if not ok then return nil, err end
  self.is_first = false
  remember(self)
  if not self.resumed_at and self.target.at > 0 then self.resumed_at = self.base + self.target.at end
  while self.target.at < wanted do
    local begins = self.target.at
    ok, err = fetch(self, math.min(self.piece, wanted - begins))
    if not ok and self.base == 0 and begins > 0 and call.cannot(err) and restart(self) then
      -- A server without REST: all of it in one piece.
      self.piece, self.greatest_piece, self.resumed_at = MOST, MOST, nil
      ok, err = fetch(self, wanted)
    end
    if not ok then return nil, err end
    self.piece = math.min(self.piece * 2, self.greatest_piece)
  end
  if self.options.verify == "content" then ok, err = compare_content(self) end
  if not ok then return nil, err end
  if not self.options.verify or self.is_part then return true end
  local size
  size, err = remote.size(self.session, self.path)
  if size == nil then return nil, err end
  if size == self.size or size == "unknown" or size == false then return true end
  return nil, differs(self, ("%d bytes have come, and the server's file has %d now"):format(self.target.at, size))
end

local function explain(self, err)
  local seen = recovery.given_up(err)
  local target = self.target
  local where = target.is_file and target.keeps and target.part.part_path .. " has" or "here are"
  seen.message = ("%s; %s %d of %s bytes that the server has"):format(seen.message, where, target.at,
    self.wanted or "an unknown number of")
  seen.local_bytes, seen.server_bytes = target.at, self.size
  return seen
end

--- The sink has failed, the disk being full, for example: what has come until then is kept.
local function name_kept(self, err)
  local target = self.target
  if not (target.is_file and target.keeps and target.at > 0) then return end
  err.part_path, err.local_bytes, err.server_bytes = target.part.part_path, target.at, self.size
  err.message = ("%s; %s has %d bytes, and stays"):format(err.message, target.part.part_path, target.at)
end

--- Downloads to a target.
---@param session table
---@param path string on the server
---@param target hayes.quectel.ftp_target
---@param options table checked
---@return string|table|nil  the bytes, where the target is a string; else { bytes, seconds, resumed_at }
---@return any
function Download.run(session, path, target, options)
  local self = setmetatable({
    session = session, path = path, target = target, options = options, base = options.offset or 0,
    is_text = session.options.type == "ascii", is_first = target.is_file, best = target.at,
    is_part = options.offset ~= nil or options.length ~= nil, doing = "fetching " .. path,
    proven = target.at, -- so far what has come is known to be the file's
  }, Download)
  self.state = state_of(session, path, target)
  self.greatest_piece = options.piece or target.default_piece or MOST
  self.piece = self.greatest_piece
  self.progress = Progress.new(options.progress)
  local began = wait.now()
  local retries = options.resume == false and 0 or options.retries or session.options.retries
  local done, err = recovery.run(session, retries, function() return attempt(self) end, function()
    local moved = self.proven > self.best
    self.best = math.max(self.best, self.proven)
    return moved
  end)
  local result
  if done then result, err = target:finish() end
  if not result then
    if err.attempts and call.is_loss(err) then err = explain(self, err) end
    if err == self.failed then name_kept(self, err) end
    local is_kept = target:fail(err)
    if self.state and not is_kept then self.state:remove() end
    return nil, err
  end
  if self.state then self.state:remove() end
  self.progress:finish(target.at)
  local told = { bytes = target.at, seconds = wait.now() - began, resumed_at = self.resumed_at }
  if result ~= true then return result, told end
  return told
end

--- The file ends there. AT+QFTPGET is not used: firmware answers 627,550 at the end of a file after deleting the
--- module's own copy.
local function make_empty(modem, name)
  local stored, err = modem.file.upload({ data = "" }, name, { replace = true })
  return stored and 0, err
end

--- A file that the flash has no room for is refused before anything is sent. Where its size or the room is not known,
--- the module tells.
local function check_room(modem, name, size, replaced, doing)
  local storage = name:match("^(%u+):")
  local room = size and (storage == "UFS" or storage == "SD") and modem.file.space(storage)
  if not room or size <= room.free + (replaced or 0) then return true end
  return nil, errors.new { name = "too_large", origin = "file",
    message = ("%s: it has %d bytes, and %s: has room for %d"):format(doing, size, storage,
      room.free + (replaced or 0)),
    hint = "Fetch it to a local path, or delete files (modem.file.list() tells)." }
end

--- Downloads into a file of the module, which has no command to rename files: one that is there is deleted once the
--- server's file is known to exist and to have room, and is gone if the link breaks for good after that. From the
--- beginning at each attempt, since AT+QFTPGET begins the file anew.
---@return { bytes: integer, seconds: number }?, hayes.error?
function Download.inside(session, path, name, options)
  local modem = session.modem
  if options.length or options.piece then
    check.fail("ftp:get", "length and piece are for what comes over the port; the module fetches files to their end")
  end
  local began, doing = wait.now(), ("fetching %s into %s"):format(path, name)
  local progress = Progress.new(options.progress)
  local base, is_replaced = options.offset or 0, false
  local retries = options.resume == false and 0 or options.retries or session.options.retries
  local bytes, err = recovery.run(session, retries, function()
    local size, err = remote.size(session, path, doing)
    if not size then return nil, err end
    size = math.tointeger(size)
    if size and base > size then return nil, failure.coded(modem, 612, doing) end
    progress.total = size and size - base
    if size == base then return make_empty(modem, name) end
    local there
    there, err = modem.file.size(name)
    if err then return nil, err end
    local came
    came, err = check_room(modem, name, size and size - base, there, doing)
    if not came then return nil, err end
    if there then
      modem.file.delete(name)
      is_replaced = is_replaced or there > 0
    end
    local writing <close> = carry.writing(session, name)
    came, err = carry.inside(session, "GET", { path, name, base }, size,
      options.progress and function(done) progress:moved(done) end, doing)
    if not came then
      writing:discard()
      return nil, err
    end
    there = came
    if options.verify then there, err = modem.file.size(name) end
    if err then return nil, err end
    local is_whole = not size or session.options.type == "ascii" or came == size - base
    if not options.verify or there == came and is_whole then
      writing:keep()
      return came
    end
    writing:discard()
    return nil, errors.new { name = "size_differs", origin = "ftp",
      message = ("%s: %d bytes came, the server has %s, the module %s"):format(doing, came, size or "?", there or "no")
    }
  end)
  if not bytes then
    if is_replaced then err.message = ("%s; what %s had before is gone"):format(err.message, name) end
    return nil, err
  end
  progress:finish(bytes)
  return { bytes = bytes, seconds = wait.now() - began }
end

return Download
