--- What an upload takes its bytes from: a local file, a string or a file of the module, at any offset; a FIFO, a device
--- or an LTN12 source, once.

local check = require "hayes.check"
local failure = require "hayes.failure"
local local_file = require "hayes.local_file"
local name_rule = require "hayes.dialect.quectel.file.name"

local sources = {}

---@class hayes.quectel.ftp_source
---@field size? integer       nil: of a stream
---@field next? function      of a stream, in place of what is below: an LTN12 source
---@field what string        what to call it in messages
---@field is_file boolean    it is there in the next run of the program, too
---@field inside? string     it is the module's file of this name
---@field measure? fun(): integer?, hayes.error?  of that: its size, asked for again
---@field piece? fun(at: integer, length: integer): any, integer?  `data` and `length` of a request
---@field read fun(at: integer, length: integer): string?, hayes.error?
---@field failed fun(): hayes.error?
---@field name? string       of a regular local file: its path, without links
---@field file? userdata     the same, of core.file
---@field look? fun(): true?, hayes.error?  reads the size of a local file again; an error if it has become shorter
---@field close fun()

local function nothing() end

local function of_data(data)
  return {
    size = #data, what = "the data", is_file = false, failed = nothing, close = nothing,
    piece = function(at, length) return data:sub(at + 1, at + length) end,
    read = function(at, length) return data:sub(at + 1, at + length) end,
  }
end

--- An LTN12 source up to so many bytes.
local function cut(source, length)
  local left = length
  return function()
    if left == 0 then return nil end
    local bytes, words = source()
    if not bytes then return nil, words end
    bytes = bytes:sub(1, left)
    left = left - #bytes
    return bytes
  end
end

--- An LTN12 source whose mistakes are failures of the source.
local function checked(source)
  return function()
    local bytes, words = source()
    if not bytes or type(bytes) == "string" then return bytes, words end
    return nil, ("it gave %s; ftp:put takes a string each time, and nil at the end"):format(check.show(bytes))
  end
end

local function of_function(source, length)
  source = checked(source)
  return { next = length and cut(source, length) or source, what = "the source", is_file = false, failed = nothing,
    close = nothing }
end

local function is_callable(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(value) == "function" or meta and meta.__call ~= nil
end

local function of_path(path, stream)
  local opened, err = local_file.source(path, stream)
  if not opened then return nil, err end
  local file = opened.file
  local self
  local function shorter() return nil, failure.of_source(path, "the file has become shorter") end
  self = {
    size = opened.size, what = path, is_file = true, next = opened.next, name = opened.name, file = file,
    piece = function(at, length)
      file:seek(at)
      return file, length
    end,
    read = function(at, length)
      local bytes, words = file:read(at, length)
      if not bytes then return nil, failure.of_source(path, words) end
      if #bytes < math.min(length, self.size - at) then return shorter() end
      return bytes
    end,
    look = function()
      local size, words = file:size()
      if not size then return nil, failure.of_source(path, words) end
      if size < self.size then return shorter() end
      self.size = size
      return true
    end,
    failed = function()
      local words = file:failure()
      return words and failure.of_source(path, words)
    end,
    close = function() file:close() end,
  }
  return self
end

local function of_module(modem, name)
  local function measure()
    local size, err = modem.file.size(name)
    if size then return size end
    return nil, err or failure.coded(modem, 405, "reading " .. name)
  end
  local size, err = measure()
  if not size then return nil, err end
  return {
    size = size, what = name, is_file = true, inside = name, failed = nothing, close = nothing,
    read = function(at, length) return modem.file.read(name, at, length) end,
    measure = measure,
  }
end

--- Is this the name of a file of the module? The FTP note knows UFS: and SD:.
function sources.is_inside(name)
  return type(name) == "string" and name:find("^%u%u+:") ~= nil
end

local Closing = { __close = function(source) source.close() end }

--- Raises unless one file can have this name, where it is that of a file of the module.
---@param what string  how messages call it
---@param name any
function sources.check_name(where, what, name)
  if sources.is_inside(name) then check.value(where, what, name, name_rule) end
end

--- It is to be held in a variable that is `<close>`.
---@param stream? { length: integer? } a stream will do, and ends after so many bytes
---@return hayes.quectel.ftp_source?, hayes.error?
function sources.open(modem, where, source, stream)
  local opened, err
  if is_callable(source) then
    if not stream then check.fail(where, "resume is for sources that can be read at any offset") end
    opened = of_function(source, stream.length)
  elseif type(source) == "table" and type(source.data) == "string" then
    opened = of_data(source.data)
  else
    check.value(where, "the source", source, { type = "string" })
    sources.check_name(where, "the source", source)
    if sources.is_inside(source) then
      opened, err = of_module(modem, source)
    else
      opened, err = of_path(source, stream)
    end
  end
  return opened and setmetatable(opened, Closing), err
end

return sources
