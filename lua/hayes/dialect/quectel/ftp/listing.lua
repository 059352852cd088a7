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

--- The folder itself and the one above, which are no entries.
local function is_dots(name) return name == "." or name == ".." end

--- Names alone: some servers put the folder in front of each.
---@param text string
---@return string[]
function listing.names(text)
  local names = listing.lines(text)
  local kept = {}
  for _, name in ipairs(names) do
    name = name:match("([^/]+)/*$") or name
    if not is_dots(name) then kept[#kept + 1] = name end
  end
  return kept
end

--- One line of MLSD: `type=file;size=5;modify=20260807141117; name`.
local function entry_of(line)
  local facts, name = line:match("^(%S*;) (.+)$")
  if not facts then return nil end
  local entry = { name = name }
  for fact, value in facts:gmatch("([^=;]+)=([^;]*)") do entry[fact:lower()] = value end
  entry.type = entry.type and entry.type:lower()
  if entry.type == "cdir" or entry.type == "pdir" or is_dots(name) then return nil end
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

local kinds = { ["-"] = "file", d = "dir", l = "link" }

--- `-rw-r--r--   1 ftp      ftp          5 Aug  7 14:11 a name`, as `ls -l` prints it; some have no group.
local function entry_of_unix(line)
  local kind, rest = line:match("^([%-dlbcps])[rwxsStTlL%-]+[%.%+@]?%s+%d+%s+(.+)$")
  if not kind then return nil end
  local size, date, name = rest:match("^.-(%d+)%s+(%a%a%a%s+%d+%s+[%d:]+) (.+)$")
  if not name then return nil end
  if kind == "l" then name = name:match("^(.-) %-> ") or name end
  return { name = name, type = kinds[kind] or "other", size = kind == "-" and math.tointeger(tonumber(size)) or nil,
    date = date }
end

--- `08-07-26  02:11PM                    5 a name`, or <DIR> in place of the size, as Windows servers print it.
local function entry_of_windows(line)
  local date, size, name = line:match("^(%d+%-%d+%-%d+%s+%d+:%d+%u*)%s+(%S+)%s(.+)$")
  if not name then return nil end
  local bytes = math.tointeger(tonumber(size))
  if not bytes and size ~= "<DIR>" then return nil end
  return { name = bytes and name or name:match("^%s*(.*)$"), type = bytes and "file" or "dir", size = bytes,
    date = date }
end

--- Entries of a listing for people, in the form that its lines have: name, type, size, and `date` in the server's
--- words, which has no time zone, and a year or a time of day. nil and the line that has neither form.
---@param text string
---@return table[]?, string "unix" or "windows", or that line
function listing.entries_of_list(text)
  local entries, form = {}, "unix"
  for _, line in ipairs(listing.lines(text)) do
    local entry = entry_of_unix(line)
    if not entry then
      entry = entry_of_windows(line)
      if entry then form = "windows" end
    end
    if not entry and not line:find("^total %d+") then return nil, line end
    if entry and not is_dots(entry.name) then entries[#entries + 1] = entry end
  end
  return entries, form
end

return listing
