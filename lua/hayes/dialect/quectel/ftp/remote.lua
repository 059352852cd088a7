--- What a server tells of a file.

local call = require "hayes.dialect.quectel.ftp.call"
local errors = require "hayes.error"

local remote = {}

--- The server and the account, for what is remembered of transfers.
---@return string
function remote.name(session)
  local options = session.options
  return ("%s@%s:%d"):format(options.user, options.host, options.port)
end

--- A path together with the steps that lead to the session's folder.
---@param path string
---@return string
function remote.whole(session, path)
  local steps = session.steps
  return #steps > 0 and path:sub(1, 1) ~= "/" and table.concat(steps, "/") .. "/" .. path or path
end

--- Reply codes of servers that do not know SIZE, or not like this.
local unsupported = { [500] = true, [501] = true, [502] = true, [503] = true, [504] = true }

--- When it was changed, in the server's own words; nil where it does not tell.
---@return string?
function remote.changed(session, path)
  return (call.run(session.modem, "MDTM", { path }, session.seconds, "asking for the time of " .. path))
end

--- Its size in bytes; false when there is no such file; "unknown" when the server cannot tell.
---@param doing? string for errors
---@return integer|false|"unknown"|nil, hayes.error?
function remote.size(session, path, doing)
  local size, err = call.ask_number(session.modem, "SIZE", { path }, session.seconds,
    doing or "asking for the size of " .. path)
  if size then return size end
  if unsupported[err.protocol] then return "unknown" end
  if err.code ~= 627 and err.protocol ~= 550 then return nil, err end
  -- Some refuse it so for a file that is there ("SIZE not allowed in ASCII mode").
  if remote.changed(session, path) then return "unknown" end
  return false, err
end

--- A part can only follow bytes that the server has: a server that has fewer refuses it, or fills the gap with zeros
--- and then has a file of the right size.
---@param there integer|false what the server has, false: no such file
---@param offset integer
---@param doing string
---@return true?, hayes.error?
function remote.check_gap(there, offset, doing)
  if (there or 0) >= offset then return true end
  return nil, errors.new { name = "server_has_less", origin = "ftp", server_bytes = there or 0,
    message = ("%s from byte %d: the server has %s, so the bytes between would be missing"):format(doing, offset,
      there and there .. " bytes" or "no such file"),
    hint = "Leave offset out: with resume, an upload continues after what the server has." }
end

--- The error of an upload after which the server's file does not have the expected size.
---@param upload { doing: string }
---@param got integer|false
---@param wanted integer
function remote.size_differs(upload, got, wanted)
  return errors.new { name = "size_differs", origin = "ftp",
    message = ("%s: the server has %s bytes, and %d were to be there"):format(upload.doing, got or "no", wanted) }
end

--- The error of a transfer that both sides have called complete twice, while SIZE tells something else: trying again
--- would carry all of it a third time.
---@param what string
---@param hint string
function remote.untrue_size(doing, what, hint)
  return errors.new { name = "size_differs", origin = "ftp", final = true, hint = hint,
    message = ("%s: the server's SIZE is not to be trusted: %s"):format(doing, what) }
end

--- Is the server's file as long as an upload must have made it? What follows a part within the file may stay there. A
--- server that does not tell is believed, and so is one that has moved the file away; unless the module was in doubt:
--- then nothing but the exact size settles it.
---@param upload { path: string, start: integer, doing: string }
---@param ends_at integer
---@param doubt? hayes.error what the module said of an upload that may yet be complete
---@return true?, hayes.error?
---@return integer|false|"unknown"|nil there as remote.size() tells it
function remote.check_size(session, upload, ends_at, doubt)
  local there, err = remote.size(session, upload.path)
  if there == nil then return nil, err end
  if there == ends_at then return true, nil, there end
  if doubt then return nil, doubt, there end
  if there == "unknown" or there == false then return true, nil, there end
  if there > ends_at and upload.start > 0 then return true, nil, there end
  return nil, remote.size_differs(upload, there, ends_at), there
end

return remote
