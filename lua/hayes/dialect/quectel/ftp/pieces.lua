--- Uploads of unknown length in counted pieces: the one that is last is known when the source has nothing behind it. No
--- escape sequence is needed, and other tasks use the modem in between (FTP note 2.5, <uploadlen> and <beof>).

local carry = require "hayes.dialect.quectel.ftp.carry"
local errors = require "hayes.error"
local Progress = require "hayes.dialect.quectel.ftp.progress"
local remote = require "hayes.dialect.quectel.ftp.remote"
local stream = require "hayes.dialect.quectel.ftp.stream"
local wait = require "hayes.wait"

local pieces = {}

--- Cuts what a source gives into pieces of this size; the last may be shorter. nil at the end; nil, words on failure.
local function cutter(source, size)
  local held, ended = "", false
  return function()
    local parts, length = { held }, #held
    while length < size and not ended do
      local bytes, words = source()
      if words then return nil, words end
      ended = bytes == nil
      parts[#parts + 1] = bytes
      length = length + #(bytes or "")
    end
    if length == 0 then return nil end
    local all = table.concat(parts)
    held = all:sub(size + 1)
    return all:sub(1, size)
  end
end

--- Uploads what an LTN12 source gives. A source cannot be read twice: a broken link ends it.
---@return { bytes: integer, seconds: number }?, hayes.error?
function pieces.run(session, source, path, options)
  local began, progress = wait.now(), Progress.new(options.progress)
  local doing = "storing what the source gives as " .. path
  local next_piece = cutter(source, options.piece)
  local at = options.offset or 0
  local base = at
  local piece, words = next_piece()
  if not piece and not words then return stream.empty(session, path, doing) and { bytes = 0, seconds = 0 } end
  while piece do
    local following
    following, words = next_piece()
    local text, err = carry.over_port(session, "PUT", { path, "COM:", at, #piece, following and 0 or 1 },
      { data = piece }, function(done) progress:moved(at - base + done) end, doing)
    if not text then return nil, err end
    at = at + #piece
    piece = following
  end
  if words then return nil, errors.new { name = "source_failed", message = "the source has failed: " .. words } end
  local there, err = remote.size(session, path)
  if there == nil then return nil, err end
  if session.options.type == "binary" and there ~= at and there ~= "unknown" then
    return nil, errors.new { name = "size_differs", origin = "ftp",
      message = ("%s: the server has %s bytes, and %d were sent"):format(doing, there or "no", at) }
  end
  progress:finish(at - base)
  return { bytes = at - base, seconds = wait.now() - began }
end

return pieces
