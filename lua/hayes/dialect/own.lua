--- Dialects that are not the library's: those that a program has added, and those of the files and folders of a path.

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"

local own = {}

--- Those that were added, and those of the path, in the order in which they are tried; also by name.
local added, of_path = {}, {}
local path_read = "" -- the path that `of_path` is of

--- By dialect, what it was made of.
local source_of = setmetatable({}, { __mode = "k" })

--- By path of the file, so that a file is read once.
local files = {}

---@param name string
---@return hayes.dialect?
function own.find(name)
  return check.named(added, name) or check.named(of_path, name)
end

--- All of them, in the order in which they are tried: those that were added, then those of the path.
---@return hayes.dialect[]
function own.all()
  return table.move(of_path, 1, #of_path, #added + 1, table.move(added, 1, #added, 1, {}))
end

---@return string[]
function own.names()
  local names = {}
  for i, dialect in ipairs(own.all()) do names[i] = dialect.name end
  return names
end

local function taken(name, by)
  return nil, errors.new { name = "bad_dialect",
    message = ("a dialect cannot be called %s: %s has that name"):format(name, by),
    hint = "The field `name` of the table says what it is called." }
end

--- Adds a dialect. The same table may be added any number of times: it counts as it is then.
---@param given table what the user has given
---@param dialect hayes.dialect made of that, ready for use
---@param is_known fun(name: string): boolean  whether one of the library's has the name
---@return string? name, hayes.error?
function own.add(given, dialect, is_known)
  local name = dialect.name
  if is_known(name) then return taken(name, "one of the library's") end
  local place = #added + 1
  for i, earlier in ipairs(added) do
    if earlier.name == name then place = i end
  end
  if added[place] and source_of[added[place]] ~= given then return taken(name, "one that was added before") end
  added[place], source_of[dialect] = dialect, given
  return name
end

--- The dialect of a file, which is read once.
---@param path string
---@param load fun(path: string): hayes.dialect?, hayes.error?
---@return hayes.dialect?, hayes.error?
function own.of_file(path, load)
  if files[path] then return files[path] end
  local dialect, err = load(path)
  files[path] = dialect
  return dialect, err
end

--- The files that an entry of the path stands for: itself, or the Lua files of a folder, by name.
local function files_of(entry)
  if core.inspect(entry) ~= "folder" then return { entry } end
  local list = {}
  local folder <close>, err, name = core.folder(entry)
  if not folder then return nil, errors.new { name = name, message = ("%s cannot be read: %s"):format(entry, err) } end
  for file in folder.next, folder do
    if file:find "^[^.].*%.lua$" then list[#list + 1] = entry:gsub("/$", "") .. "/" .. file end
  end
  table.sort(list)
  return list
end

--- Reads the dialects of a path, a list of files and folders with colons in between, unless they are known already.
---@param path string
---@param load fun(path: string): hayes.dialect?, hayes.error?
---@param is_known fun(name: string): boolean
---@return true?, hayes.error?
function own.look_in(path, load, is_known)
  if path == path_read then return true end
  local found = {}
  for entry in path:gmatch "[^:]+" do
    local list, err = files_of(entry)
    if not list then return nil, err end
    for _, file in ipairs(list) do
      local dialect
      dialect, err = own.of_file(file, load)
      if not dialect then return nil, err end
      if is_known(dialect.name) then return taken(dialect.name, "one of the library's") end
      if check.named(found, dialect.name) then return taken(dialect.name, "an earlier one of " .. path) end
      found[#found + 1] = dialect
    end
  end
  of_path, path_read = found, path
  return true
end

return own
