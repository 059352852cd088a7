--- What a transfer knows about its local file, kept beside that for the next run of the program: how many bytes of it
--- are the server's, too, and the SHA-256 of these.
---
--- It is an aid and never needed: where it cannot be written, is damaged, or tells of another file or another server,
--- transfers compare samples. It holds names, sizes, times and a digest, no password, and only its owner may read it.

local core = require "hayes.core"
local wait = require "hayes.wait"

local transfer_state = {}

--- What is added to the name of the local file, and to that while a new one is written.
transfer_state.SUFFIX = ".hayes-state"
local NEW = ".new"

local HEAD = "hayes transfer state 1"
local LONGEST = 8192 -- bytes of a file that can be one

--- A transfer's state.
---@class hayes.local_file.transfer_state
---@field path string
---@field file userdata   of core.file: the local file
---@field fixed table     fields that are the same as long as it is this transfer: strings and integers by name
local State = {}
State.__index = State

local function escape(text)
  return (text:gsub("[%c%%\127-\255]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function encode(fields)
  local lines = {}
  for name, value in pairs(fields) do lines[#lines + 1] = ("%s %s\n"):format(name, escape(tostring(value))) end
  table.sort(lines)
  local text = HEAD .. "\n" .. table.concat(lines)
  return text .. "sha256 " .. core.sha256(text) .. "\n"
end

--- nil: it is damaged, or something else.
local function decode(text)
  local body, sum = text:match("^(.*\n)sha256 (%x+)\n$")
  if not body or core.sha256(body) ~= sum or body:match("^[^\n]*") ~= HEAD then return nil end
  local fields = {}
  for name, value in body:sub(#HEAD + 2):gmatch("(%S+) ([^\n]*)\n") do fields[name] = unescape(value) end
  return fields
end

--- SHA-256 of the file's first bytes; nil if it cannot be read that far. Other tasks go on meanwhile.
---@param length integer
---@return string?
local function digest(file, length)
  while true do
    local hex = file:digest(length)
    if hex ~= false then return hex end
    wait.sleep(0)
  end
end

---@param local_path string
---@param file userdata  of core.file, open as long as this is used
---@param fixed table    of this transfer; a state with other values is another transfer's
---@return hayes.local_file.transfer_state
function transfer_state.new(local_path, file, fixed)
  return setmetatable({ path = local_path .. transfer_state.SUFFIX, file = file, fixed = fixed }, State)
end

local function read(path)
  local file <close> = core.file(path, "private")
  local text = file and file:read(0, LONGEST + 1)
  return text and #text <= LONGEST and decode(text) or nil
end

--- What an earlier run has left, as strings by name; nil: nothing that is this transfer's. `at` is an integer.
---@return table?
function State:load()
  local fields = read(self.path)
  if not fields then return nil end
  for name, value in pairs(self.fixed) do
    if fields[name] ~= tostring(value) then return nil end
  end
  fields.at = math.tointeger(tonumber(fields.at))
  return fields.at and fields.at >= 0 and fields.digest and fields or nil
end

--- Does the local file still begin with the bytes that a loaded state tells of?
---@param fields table
function State:is_of_file(fields)
  return digest(self.file, fields.at) == fields.digest
end

local function write(path, text)
  local file <close> = core.file(path, "new")
  return file and file:write(text) == #text
end

--- Replaces what is there, all at once. Nothing is said if that is not possible.
---@param at integer   bytes of the local file that are the server's
---@param more? table  further fields
function State:save(at, more)
  local fields = { at = at, digest = digest(self.file, at), mtime = self.file:modified() }
  if not fields.digest then return end
  for _, others in ipairs { self.fixed, more or {} } do
    for name, value in pairs(others) do fields[name] = value end
  end
  if write(self.path .. NEW, encode(fields)) and os.rename(self.path .. NEW, self.path) then return end
  os.remove(self.path .. NEW)
end

--- The transfer is over.
function State:remove()
  os.remove(self.path)
end

return transfer_state
