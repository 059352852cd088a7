--- What an upload takes its bytes from, at any place: a local file, a string, a file of the module.

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local failure = require "hayes.failure"

local sources = {}

---@class hayes.quectel.ftp_source
---@field size integer
---@field what string        what to call it in messages
---@field is_file boolean    it is there in the next run of the program, too
---@field inside? string     it is the module's file of this name
---@field piece? fun(at: integer, length: integer): any, integer?  `data` and `length` of a request
---@field read fun(at: integer, length: integer): string?, hayes.error?
---@field failed fun(): hayes.error?
---@field close fun()

local function nothing() end

local function of_data(data)
  return {
    size = #data, what = "the data", is_file = false, failed = nothing, close = nothing,
    piece = function(at, length) return data:sub(at + 1, at + length) end,
    read = function(at, length) return data:sub(at + 1, at + length) end,
  }
end

local function of_path(where, path)
  local file, words = core.file(path, "r")
  if not file then check.fail(where, ("the file cannot be read: %s: %s"):format(path, words)) end
  return {
    size = file:size(), what = path, is_file = true,
    piece = function(at, length)
      file:place(at)
      return file, length
    end,
    read = function(at, length)
      local handle <close> = assert(io.open(path, "rb"))
      handle:seek("set", at)
      return handle:read(length)
    end,
    failed = function()
      local reason = file:failure()
      return reason and errors.new { name = "source_failed", message = ("%s cannot be read: %s"):format(path, reason) }
    end,
    close = function() file:close() end,
  }
end

local function of_module(modem, name)
  local size, err = modem.file.size(name)
  if not size then return nil, err or failure.coded(modem, 405, "reading " .. name) end
  return {
    size = size, what = name, is_file = true, inside = name, failed = nothing, close = nothing,
    read = function(at, length) return modem.file.read(name, at, length) end,
  }
end

--- Is this the name of a file of the module? The FTP note knows UFS: and SD:.
function sources.is_inside(name)
  return type(name) == "string" and name:find("^%u%u+:") ~= nil
end

--- A local path that cannot be read raises.
---@return hayes.quectel.ftp_source?, hayes.error?
function sources.open(modem, where, source)
  if type(source) == "table" and type(source.data) == "string" then return of_data(source.data) end
  check.value(where, "the source", source, { type = "string", line = true })
  if sources.is_inside(source) then return of_module(modem, source) end
  return of_path(where, source)
end

return sources
