--- Uploads of unknown length in counted pieces: the one that is last is known when the source has nothing after it. No
--- escape sequence is needed, and other tasks use the modem in between (FTP note 2.5, <uploadlen> and <beof>).

local call = require "hayes.dialect.quectel.ftp.call"
local carry = require "hayes.dialect.quectel.ftp.carry"
local failure = require "hayes.failure"
local remote = require "hayes.dialect.quectel.ftp.remote"

local pieces = {}

--- The source has failed, and says why.
---@param words any
---@return hayes.error
function pieces.source_failed(words)
  return failure.of_source("the source", words)
end

--- Cuts what a source gives into pieces of this size; the last may be shorter. nil at the end; nil, words on failure.
local function cutter(source, size)
  local held, ended = "", false
  return function()
    local parts, length = { held }, #held
    while length < size and not ended do
      local bytes, words = source()
      if not bytes and words then return nil, words end
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

--- Sends what a source gives, which is something. Bytes sent; or nil and the error.
---@return integer?, hayes.error?
function pieces.send(session, source, upload, size, progress)
  local next_piece = cutter(source, size)
  local at = upload.start
  local piece, words = next_piece()
  while piece do
    local following
    following, words = next_piece()
    local begins = at - upload.start
    local text, err = carry.over_port(session, "PUT", { upload.path, "COM:", at, #piece, following and 0 or 1 },
      { data = piece }, function(done) progress:moved(begins + done) end, upload.doing)
    if not text then return nil, err end
    local taken
    taken, err = call.number(text, upload.doing)
    if not taken then return nil, err end
    if taken ~= #piece then return nil, remote.size_differs(upload, at + taken, at + #piece) end
    at = at + #piece
    piece = following
  end
  if words then return nil, pieces.source_failed(words) end
  return at - upload.start
end

return pieces
