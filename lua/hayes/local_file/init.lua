--- Local files that callers name: which can be read or written, and how. Every service asks here before it sends
--- anything. Nothing blocks: a task waits while a FIFO or device has no data or no room.

local core = require "hayes.core"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local wait = require "hayes.wait"

local local_file = {}

--- Bytes read from a stream at once.
local CHUNK = 32768

--- A stream that neither gives nor takes a byte for so long is given up, seconds.
local SILENCE = 90

--- `reason` is there for those that must not show the path.
local function failed(name, verb, path, words, hint)
  return errors.new { name = name, hint = hint, reason = words,
    message = ("the file cannot be %s: %s: %s"):format(verb, path, words) }
end

local never = {
  folder = { "is_a_directory", "Is a directory", "Name a file in it." },
  socket = { "is_a_socket", "It is a socket",
    "A program listens there: connect to it, and give an LTN12 source or sink." },
}

--- What is at a path, and the path to rename a replacement to (see core.inspect); nil and the error if it can be
--- neither read nor written.
local function classify(path, verb)
  local kind, name, token = core.inspect(path)
  if not kind then return nil, failed(token or "bad_path", verb, path, name) end
  local refused = never[kind]
  if refused then return nil, failed(refused[1], verb, path, refused[2], refused[3]) end
  return kind, name
end

-- Sources

local streams = {
  fifo = { "is_a_fifo", "It is a FIFO, whose length is unknown" },
  character = { "is_a_device", "It is a device, whose length is unknown" },
  file = { "is_a_stream", "Its size is given as 0, but it has content, as files in /proc do" },
}

--- The caller needs the length, or reads at any offset.
local function not_a_stream(kind, path)
  local name, words = table.unpack(streams[kind])
  return failed(name, "read", path, words,
    "Read it first, and give { data = bytes }. ftp:put takes it as a stream, unless resume = true.")
end

--- An LTN12 source of a stream, up to its end or to `length` bytes.
local function source_of(file, path, length)
  local left = length or math.huge
  return function()
    while left > 0 do
      local bytes, words = file:read_some(math.min(CHUNK, left))
      if bytes == nil then return nil, ("%s: %s"):format(path, words) end
      if bytes == "" then return nil end
      if bytes then
        left = left - #bytes
        return bytes
      end
      if not wait.descriptor(file:fd(), false, wait.now() + SILENCE) then
        return nil, ("%s: no data came from it for %d s"):format(path, SILENCE)
      end
    end
  end
end

--- The size of a file; false if it does not tell how much can be read.
local function size_of(file)
  local size, words = file:size()
  if size ~= 0 then return size, words end
  local first
  first, words = file:read(0, 1)
  if first then return first == "" and 0 end
  return nil, words
end

---@class hayes.local_source
---@field file userdata  of core.file
---@field size? integer  bytes: it can be read at any place
---@field next? function of a stream, in place of size: an LTN12 source
---@field name? string   of a regular file: its path, without links

--- Opens a file for reading. FIFOs and character devices are streams: read once, and only if the caller allows a
--- stream. A character device may be endless, so its length must be given.
---@param path string
---@param stream? { length: integer? } streams are allowed, and end after `length` bytes
---@return hayes.local_source?, hayes.error?
function local_file.source(path, stream)
  local kind, name = classify(path, "read")
  if not kind then return nil, name end
  local is_stream = kind == "fifo" or kind == "character"
  if is_stream and not stream then return nil, not_a_stream(kind, path) end
  if kind == "character" and not stream.length then
    return nil, failed("is_a_device", "read", path, "It is a device, which may have no end",
      "Say how many of its bytes are wanted (length), or give an LTN12 source.")
  end
  local file, words, token = core.file(path, "read")
  if not file then return nil, failed(token or "source_failed", "read", path, words) end
  local size = false
  if not is_stream then size, words = size_of(file) end
  if size then return { file = file, size = size, name = name } end
  if size == false and stream then return { file = file, next = source_of(file, path, stream.length) } end
  file:close()
  if size == nil then return nil, failed("source_failed", "read", path, words) end
  return nil, not_a_stream(kind, path)
end

--- Whether a path can be read, for a service that has much to do before it reads. A FIFO is not opened: its writer
--- would find that its reader has gone.
---@param path string
---@param stream? { length: integer? } as for source()
---@return true?, hayes.error?
function local_file.check_source(path, stream)
  if core.inspect(path) == "fifo" then return true end
  local source, err = local_file.source(path, stream)
  if not source then return nil, err end
  source.file:close()
  return true
end

--- An LTN12 source of whatever is at a path, once, from its beginning: a regular file, a FIFO or a device. It gives nil
--- and an error if it can be read no further.
---@param path string
---@return (fun(): string?, hayes.error?)?, hayes.error?
function local_file.bytes(path)
  local kind, name = classify(path, "read")
  if not kind then return nil, name end
  local file, words, token = core.file(path, "read")
  if not file then return nil, failed(token or "source_failed", "read", path, words) end
  local source = source_of(file, path)
  return function()
    local bytes, why = source()
    if not bytes then file:close() end
    return bytes, why and failed("source_failed", "read", path, why:sub(#path + 3)) or nil
  end
end

--- All that is at a path; nil and an error if it is more than `most` bytes, or cannot be read.
---@param path string
---@param most integer
---@return string?, hayes.error?
function local_file.read(path, most)
  local source, err = local_file.bytes(path)
  if not source then return nil, err end
  local parts, length = {}, 0
  local bytes
  repeat
    bytes, err = source()
    if err then return nil, err end
    parts[#parts + 1], length = bytes, length + #(bytes or "")
    if length > most then
      return nil, failed("file_too_long", "read", path, ("It is more than %d bytes long"):format(most))
    end
  until not bytes
  return table.concat(parts)
end

-- Targets

--- A file written next to its target and renamed over it when complete.
---@class hayes.part_file
---@field file userdata       of core.file: what an earlier run has left is still in it
---@field target_path string  whose place it takes
---@field part_path string    its own
local PartFile = {}
PartFile.__index = PartFile

--- Gives it owner, group and permissions of the file that it replaces, makes it permanent, and renames it. nil and the
--- error if that fails; the file then stays open. `rename_failed`: it is complete at `part_path`.
---@return true?, hayes.error?
function PartFile:commit()
  local ok, words = self.file:copy_permissions(self.target_path)
  if ok then ok, words = self.file:sync() end
  if not ok then return nil, failure.of_sink(self.part_path, words) end
  ok, words = os.rename(self.part_path, self.target_path)
  if not ok then
    return nil, errors.new { name = "rename_failed", part_path = self.part_path,
      message = ("%s is complete, but cannot be renamed to %s: %s"):format(self.part_path, self.target_path,
        words:match(": ([^:]+)$") or words) }
  end
  self.file:close()
  return true
end

--- Removed while it is still locked: after that it may be another program's.
function PartFile:discard()
  os.remove(self.part_path)
  self.file:close()
end

--- Closes one that nothing was written to: what an earlier run has left in it stays.
function PartFile:leave()
  if self.file:size() == 0 then os.remove(self.part_path) end
  self.file:close()
end

function PartFile:__close() self.file:close() end

--- A FIFO or device, written directly.
---@class hayes.through
---@field sink function an LTN12 sink
local Through = {}
Through.__index = Through
function Through:__close() self.file:close() end

local function write_all(file, bytes)
  local from = 1
  while from <= #bytes do
    local count, words = file:write(bytes, from)
    if not count then return nil, words end
    from = from + count
    if count == 0 and not wait.descriptor(file:fd(), true, wait.now() + SILENCE) then
      return nil, ("it accepted no data for %d s"):format(SILENCE)
    end
  end
  return 1
end

--- A file that is in the way, put there by somebody or left by something else than a download.
local REMOVE = "What is downloaded is written there until it is complete: remove it, or use a folder that others "
  .. "cannot write to."

--- Opens what is there for writing, in a mode of core.file.
---@param target? string  of a part file
local function open(path, kind, mode, target)
  local file, words, token = core.file(path, mode, target)
  if file then return file end
  if kind == "fifo" and token == "no_such_device" then
    return nil, failed("no_reader", "written", path, "It is a FIFO that no program reads", "Start the reader first.")
  end
  if target and token == "file_in_use" then
    return nil, failed(token, "written", path, "Another program is writing it, or another task of this one",
      "Wait until that is over, or name another file.")
  end
  return nil, failed(token or "sink_failed", "written", path, words, target and not token and REMOVE or nil)
end

local function through(path, kind)
  -- A file is that of an open descriptor, /dev/stdout for example, and may have something in it already.
  local file, err = open(path, kind, kind == "file" and "append" or "existing")
  if not file then return nil, err end
  return setmetatable({ file = file, sink = function(bytes)
    if bytes then return write_all(file, bytes) end
    local ok, words = file:sync()
    file:close()
    return ok and 1, words
  end }, Through)
end

--- Opens a path for writing. A regular file is replaced when the new one is complete; symbolic links are followed;
--- FIFOs and devices are written directly.
---@param path string
---@return hayes.part_file|hayes.through|nil, hayes.error?
function local_file.target(path)
  local kind, name = classify(path, "written")
  if not kind then return nil, name end
  if not name then return through(path, kind) end
  local part_path = name .. ".part"
  local file, err = open(part_path, "missing", "part", name)
  return file and setmetatable({ file = file, target_path = name, part_path = part_path }, PartFile), err
end

--- Whether a path can be written, for a service that has much to do before it writes. What an earlier run has left
--- there stays; FIFOs and devices are not opened.
---@param path string
---@return true?, hayes.error?
function local_file.check_target(path)
  local kind, name = classify(path, "written")
  if not kind then return nil, name end
  if not name then return true end
  local target, err = local_file.target(path)
  if not target then return nil, err end
  target:leave()
  return true
end

-- Logs

--- Appends lines to a file, FIFO or device without ever waiting. Lines that do not fit are dropped, and the next line
--- that does says how many.
local Log = {}
Log.__index = Log

--- Writes what is accepted at once; returns the rest. What the system says of a failure goes to standard error once,
--- and into the file before the next line that it accepts.
local function push(self, text)
  local count, words = self.file:write(text)
  if count then return text:sub(count + 1) end
  self.failure = words
  if not self.reported then wait.report("the trace cannot be written", words) end
  self.reported = true
  return text
end

local function gap(count, why)
  return ("- %s missing here (%s)\n"):format(count == 1 and "1 line is" or ("%d lines are"):format(count),
    why or "the reader was too slow")
end

--- Renames a file that has become too large, and begins it anew. Where that fails the file goes on growing: it is not
--- tried again.
local function rotate(self)
  self.size = 0
  local file, err = nil, select(2, os.rename(self.path, self.path .. ".1"))
  if not err then file, err = open(self.path, "missing", "append") end
  if not file then
    self.most = nil
    return wait.report("the trace cannot be begun anew", tostring(err))
  end
  self.file:close()
  self.file = file
end

--- Writes one line.
---@param line string without a line end
function Log:write(line)
  self.torn = push(self, self.torn)
  local text = line .. "\n"
  if self.most and self.torn == "" and self.size > 0 and self.size + #text > self.most then rotate(self) end
  self.size = self.size + #text
  if self.missing > 0 then text = gap(self.missing, self.failure) .. text end
  local left = self.torn == "" and push(self, text) or text
  if left == text then
    self.missing = self.missing + 1
  else
    self.torn, self.missing, self.failure = self.torn .. left, 0, nil
  end
end

function Log:close()
  self.torn = push(self, self.torn)
  self.file:close()
end

--- Opens a log, which is created if missing.
---@param path string
---@param most? integer bytes of a file, after which it is renamed to `PATH.1`, and begun anew
function local_file.log(path, most)
  local kind, name = classify(path, "written")
  if not kind then return nil, name end
  local file, err = open(path, kind, "append")
  if not file then return nil, err end
  return setmetatable({ file = file, torn = "", missing = 0, path = name, most = name and most or nil,
    size = file:size() or 0 }, Log)
end

return local_file
