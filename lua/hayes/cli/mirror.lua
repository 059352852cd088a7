--- A local copy of a server's folder: files of the same size that are not older stay as they are.

local ftp_url = require "hayes.cli.ftp_url"
local folder = require "hayes.cli.folder"
local lfs = require "lfs"

local mirror = {}

--- A name of the server's must stay inside the folder, and must not hold what cannot be sent in a command.
local function is_safe(name)
  return name ~= "." and name ~= ".." and not name:find '[/%c"]'
end

--- Bytes of a path on the server that a command has room for.
local LONGEST = 255

--- Why nothing can be fetched from there; nil: it can.
local function obstacle(entry, path)
  if not is_safe(entry.name) then return "is no name to fetch by" end
  if #path > LONGEST then return ("is longer than %d bytes"):format(LONGEST) end
end

local function fetch_file(session, entry, from, to, counts, tell)
  local ours = lfs.attributes(to)
  local modified = entry.modified or session:modified(from) -- servers without MLSD
  if ours and ours.size == entry.size and modified and ours.modification >= modified then
    counts.kept = counts.kept + 1
    return true
  end
  local done, err = session:get(from, to)
  if not done then return nil, err end
  if modified then lfs.touch(to, modified, modified) end
  counts.fetched = counts.fetched + 1
  tell(("%s: %d bytes in %.1f s"):format(from, done.bytes, done.seconds))
  return true
end

local function fetch_folder(session, from, to, counts, tell)
  local entries, err = session:entries(from ~= "" and from or nil)
  if not entries then return nil, err end
  local made, why = folder.make(to)
  if not made then return nil, why end
  for _, entry in ipairs(entries) do
    local theirs, ours = ftp_url.join(from, entry.name), to .. "/" .. entry.name
    local ok, why_not = true, obstacle(entry, theirs)
    if why_not then
      tell(("left out: %q %s"):format(theirs, why_not))
    elseif entry.type == "dir" then
      ok, err = fetch_folder(session, theirs, ours, counts, tell)
    elseif entry.type == "file" then
      ok, err = fetch_file(session, entry, theirs, ours, counts, tell)
    end
    if not ok then return nil, err end
  end
  return true
end

--- Fetches a folder, with what is below it.
---@param session hayes.ftp
---@param from string  on the server; "" is the folder in which the account begins
---@param to string    local; made where it is missing
---@param tell fun(text: string) called for each file that was fetched or left out
---@return { fetched: integer, kept: integer }?, hayes.error|string|nil
function mirror.fetch(session, from, to, tell)
  local counts = { fetched = 0, kept = 0 }
  local ok, err = fetch_folder(session, from, to, counts, tell)
  return ok and counts or nil, err
end

return mirror
