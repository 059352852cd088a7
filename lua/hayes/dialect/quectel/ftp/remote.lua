--- What a server tells of a file.

local call = require "hayes.dialect.quectel.ftp.call"
local errors = require "hayes.error"

local remote = {}

--- Reply codes of servers that do not know SIZE, or not like this.
local unsupported = { [500] = true, [501] = true, [502] = true, [503] = true, [504] = true }

--- Its size in bytes; false when there is no such file; "unknown" when the server cannot tell.
---@param doing? string for errors
---@return integer|false|"unknown"|nil, hayes.error?
function remote.size(session, path, doing)
  local text, err = call.run(session.modem, "SIZE", { path }, session.seconds,
    doing or "asking for the size of " .. path)
  if text then return math.tointeger(tonumber(text:match("%d+"))) or "unknown" end
  if unsupported[err.protocol] then return "unknown" end
  if err.code == 627 or err.protocol == 550 then return false, err end
  return nil, err
end

--- A part of a file goes behind what the server has in front of it. A server that has less refuses it, or fills the gap
--- with zeros and has a file of the right size: it is not sent there.
---@param there integer|false what the server has, false: no such file
---@param offset integer
---@param doing string
---@return true?, hayes.error?
function remote.check_gap(there, offset, doing)
  if (there or 0) >= offset then return true end
  return nil, errors.new { name = "server_has_less", origin = "ftp", server_bytes = there or 0,
    message = ("%s from byte %d on: the server has %s, and the bytes in between would be missing"):format(doing, offset,
      there and there .. " bytes" or "no such file"),
    hint = "Leave offset out: with resume, an upload goes on behind what the server has." }
end

return remote
