--- What a server tells of a file.

local call = require "hayes.dialect.quectel.ftp.call"

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

return remote
