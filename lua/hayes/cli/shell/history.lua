--- The lines of earlier conversations, without secrets.

local core = require "hayes.core"
local dialects = require "hayes.dialect"
local folder = require "hayes.cli.folder"
local lfs = require "lfs"
local mask = require "hayes.display.mask"

local history = {}

local KEPT = 1000 -- lines

--- The file, and the folder that holds it (XDG base directories: state).
local function place()
  local state = os.getenv "XDG_STATE_HOME"
  if not state or state == "" then state = (os.getenv "HOME" or "") .. "/.local/state" end
  return state .. "/hayes/history", state .. "/hayes"
end

--- The line as it may be kept: a secret parameter is `***`, by any dialect's declarations. Lua that looks like holding
--- a secret is masked from there on.
---@param line string
---@return string
function history.masked(line)
  for _, name in ipairs(dialects.names()) do
    local dialect = dialects.get(name)
    line = mask.command(dialect, line)
  end
  return (line:gsub("([Pp]assword%s*=%s*)(['\"]).-%2", "%1%2***%2"):gsub("(pin%s*=%s*)(['\"]).-%2", "%1%2***%2")
    :gsub("(://[^:/@%s]*:)[^%s'\"]*@", "%1***@"))
end

--- Keeps the file from growing for ever.
local function trim()
  local path = place()
  local file = io.open(path)
  if not file then return end
  local lines = {}
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  if #lines <= 2 * KEPT then return end
  file = io.open(path, "w")
  if not file then return end
  file:write(table.concat(lines, "\n", #lines - KEPT + 1), "\n")
  file:close()
end

--- Reads the file into the editor's memory.
function history.load(readline)
  trim()
  local file = io.open((place()))
  if not file then return end
  for line in file:lines() do readline.add_history(line) end
  file:close()
end

--- Opens the file to add lines; makes it where it is missing, to be read by this user alone.
local function open()
  local path, parent = place()
  if not folder.make(parent) then return nil end
  if not lfs.attributes(path, "mode") then
    local made = core.file(path, "new")
    if made then made:close() end
  end
  return io.open(path, "a")
end

local last

--- Adds a line to the editor's memory, and to the file. A line with a secret stays out of both.
function history.add(readline, line)
  if line == "" or line == last or history.masked(line) ~= line then return end
  last = line
  readline.add_history(line)
  local file = open()
  if not file then return end
  file:write(line, "\n")
  file:close()
end

return history
