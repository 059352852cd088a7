--- Folders of a server: as text, as names, as entries with facts (FTP note 2.11 to 2.13; RFC 3659 7).

local utc = require "hayes.dialect.quectel.utc"

local listing = {}

--- The lines of a listing, without line ends and empty ones.
---@param text string
---@return string[]
function listing.lines(text)
  local lines = {}
  for line in text:gmatch("[^\r\n]+") do lines[#lines + 1] = line end
  return lines
end

--- Names alone: some servers put the folder in front of each.
---@param text string
---@return string[]
function listing.names(text)
  local names = listing.lines(text)
  for i, name in ipairs(names) do names[i] = name:match("([^/]+)/*$") or name end
  return names
end

--- One line of MLSD: `type=file;size=5;modify=20260807141117; name`.
local function entry_of(line)
  local facts, name = line:match("^(%S*;) (.+)$")
  if not facts then return nil end
  local entry = { name = name }
  for fact, value in facts:gmatch("([^=;]+)=([^;]*)") do entry[fact:lower()] = value end
  entry.type = entry.type and entry.type:lower()
  if entry.type == "cdir" or entry.type == "pdir" then return nil end
  entry.size = math.tointeger(tonumber(entry.size))
  entry.modified = entry.modify and utc.parse(entry.modify)
  entry.modify = nil
  return entry
end

--- Entries: name, type ("file", "dir", or what the server calls it), size in bytes, modified (Unix time), and the other
--- facts as the server gives them. The folder itself and the one above are left out.
---@param text string
---@return table[]
function listing.entries(text)
  local entries = {}
  for _, line in ipairs(listing.lines(text)) do entries[#entries + 1] = entry_of(line) end
  return entries
end

return listing
