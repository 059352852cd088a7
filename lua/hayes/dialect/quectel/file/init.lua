--- modem.file: the files in a Quectel module's flash (FILE note).

local check = require "hayes.check"
local Checksum = require "hayes.dialect.quectel.file.checksum"
local command = require "hayes.declare.command"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local local_file = require "hayes.local_file"
local Lock = require "hayes.lock"
local local_sink = require "hayes.dialect.quectel.file.local_sink"
local transfer = require "hayes.dialect.quectel.file.transfer"
local parts = require "hayes.dialect.quectel.file.parts"

--- An offset or a length in bytes.
local place = { type = "integer", min = 0, max = 2147483647 }

return function(modem)
  ---@class hayes.quectel.file
  local file = {}

  local with_file = parts.opener(modem)

  --- A file's name without the storage, which some firmware prints and some does not.
  local function bare_name(name)
    return (name:gsub("^%u+:", ""))
  end

  local locks = setmetatable({}, { __mode = "v" }) -- by name

  --- Takes the lock of a file, so that what a task has learnt about it (whether it exists, its size) stays true until
  --- the task has read or written it. Nor can the module open a file twice.
  local function hold(name)
    local key = bare_name(name)
    local lock = locks[key] or Lock.new()
    locks[key] = lock
    return lock:take()
  end

  local function delete_if_there(name)
    local response, err = modem:call("+QFDEL", "write", { name })
    if response or err.code == 405 then return true end
    return nil, err
  end

  --- AT+QFUPL does not know files without content.
  local function store_empty(name)
    local there, err = file.size(name)
    if there then return nil, failure.coded(modem, 407, "storing " .. name) end
    if err then return nil, err end
    local made
    made, err = with_file(name, parts.READ_WRITE, function() return true end)
    if made then there, err = file.size(name) end
    if there == 0 then return { bytes = 0, checksum = tostring(Checksum.new()) } end
    return nil, errors.within(err or errors.new { name = "damaged", origin = "file",
      message = ("the module has %s"):format(there and there .. " bytes" or "no such file") }, "storing " .. name)
  end

  local function store(name, data, length, options)
    local stored, err = transfer.store(modem, name, data, length, options)
    -- The module keeps what it had received (EG800K): an incomplete file must not remain.
    if not stored and err.code ~= 407 and not modem.closed_with then delete_if_there(name) end
    return stored, err
  end

  --- Stores a file; its size and checksum are compared with what the module has counted (`damaged`). A name that exists
  --- fails with `code` 407 unless replace is given. An empty source makes an empty file.
  ---
  --- Errors of this host: `no_such_file`, `permission_denied`, `is_a_directory`, `is_a_socket`, `bad_path`,
  --- `source_failed`; and, as the module must know the length beforehand, `is_a_fifo`, `is_a_device`, `is_a_stream`.
  ---@param source string|{ data: string } a local path, or the bytes
  ---@param name string with UFS: (or nothing), RAM: or SD: in front
  ---@param options? { replace: boolean?, timeout: integer?, acknowledge: boolean? } timeout: longest silence between
  ---  two bytes, seconds (60); acknowledge: the module confirms every 1024 bytes, for lines without flow control
  ---@return { bytes: integer, checksum: string }?, hayes.error?
  function file.upload(source, name, options)
    check.value("file.upload", "the name", name, { type = "string", line = true })
    options = check.options("file.upload", options, transfer.upload_options)
    local data, length = transfer.source("file.upload", source)
    if not data then return nil, length end
    local _file <close> = type(data) == "userdata" and data or nil
    local _held <close> = hold(name)
    if options.replace then
      local ok, err = delete_if_there(name)
      if not ok then return nil, err end
    end
    if length == 0 then return store_empty(name) end
    return store(name, data, length, options)
  end

  --- Firmware knows a name, `*` and `UFS:*`; a pattern with text beside the star is matched here.
  local function split_pattern(pattern)
    local storage, rest = pattern:match("^(%u+:)(.*)$")
    rest = rest or pattern
    if rest == "*" or not rest:find("*", 1, true) then return pattern end
    local matching = "^" .. rest:gsub("[^%w*]", "%%%0"):gsub("%*", ".*") .. "$"
    return (storage or "") .. "*", matching
  end

  --- The files that match a pattern (`*` stands for any text), as a list of { name, size }.
  ---@param pattern? string
  ---@return { name: string, size: integer }[]?, hayes.error?
  function file.list(pattern)
    pattern = pattern or "*"
    check.value("file.list", "the pattern", pattern, { type = "string", line = true })
    local asked, matching = split_pattern(pattern)
    local response, err = modem:call("+QFLST", "write", { asked })
    if not response then
      if err.code == 405 then return {} end
      return nil, err
    end
    local list = {}
    for _, line in ipairs(response) do
      local fields = command.fields(command.after_prefix(line, "+QFLST"))
      local name, size = tostring(fields[1]), fields[2]
      if math.type(size) ~= "integer" then return nil, failure.bad_answer(modem, "AT+QFLST", line, "file_size") end
      if not matching or bare_name(name):find(matching) then list[#list + 1] = { name = name, size = size } end
    end
    return list
  end

  --- The size of the file with exactly this name; nil, nil when there is none.
  ---@return integer?, hayes.error?
  function file.size(name)
    local list, err = file.list(name)
    if not list then return nil, err end
    for _, entry in ipairs(list) do
      if bare_name(entry.name) == bare_name(name) then return entry.size end
    end
  end

  --- Deletes a file.
  ---@return true?, hayes.error?
  function file.delete(name)
    check.value("file.delete", "the name", name, { type = "string", line = true })
    local _held <close> = hold(name)
    local response, err = modem:call("+QFDEL", "write", { name })
    if not response then return nil, errors.within(err, "deleting " .. name) end
    return true
  end

  --- Bytes of a storage ("UFS"): { free, total }.
  ---@param storage? string
  ---@return { free: integer, total: integer }?, hayes.error?
  function file.space(storage)
    storage = storage or "UFS"
    check.value("file.space", "the storage", storage, { values = { "UFS", "RAM", "SD" } })
    local fields, err = modem:query(('AT+QFLDS="%s"'):format(storage), { "freesize", "total_size" })
    if not fields then return nil, err end
    return { free = fields.freesize, total = fields.total_size }
  end

  local function read_all(name, offset, length, take)
    return with_file(name, parts.READ, function(opened)
      if offset > 0 then
        local ok, err = opened:seek(offset)
        if not ok then return nil, err end
      end
      local left = length
      while left > 0 do
        local bytes, err = opened:read(left)
        if not bytes then return nil, err end
        if bytes == "" then break end
        left = left - #bytes
        local ok
        ok, err = take(bytes)
        if not ok then return nil, err end
      end
      return length - left
    end)
  end

  --- The size of a file that must be there.
  local function size_of(name)
    local size, err = file.size(name)
    if size or err then return size, err end
    return nil, failure.coded(modem, 405, "reading " .. name)
  end

  --- Reads a part of a file: up to its end if it is shorter, "" if it ends before the part.
  ---@param name string
  ---@param offset? integer of its first byte, 0 to 2147483647 (0)
  ---@param length? integer bytes, 0 to 2147483647 (up to the end)
  ---@return string?, hayes.error?
  function file.read(name, offset, length)
    check.value("file.read", "the name", name, { type = "string", line = true })
    offset = check.value("file.read", "the offset", offset == nil and 0 or offset, place)
    length = check.value("file.read", "the length", length == nil and place.max or length, place)
    local _held <close> = hold(name)
    local size, err = size_of(name)
    if not size then return nil, err end
    length = math.min(length, size - offset)
    if length <= 0 then return "" end
    local pieces = {}
    local _, failed = read_all(name, offset, length, function(bytes)
      pieces[#pieces + 1] = bytes
      return true
    end)
    if failed then return nil, errors.within(failed, "reading " .. name) end
    return table.concat(pieces)
  end

  --- Writes into a file, over what stands there and beyond its end; a file that is missing is made, also for no bytes.
  --- Parts of it may be written when it fails.
  ---@param name string
  ---@param offset integer of the first byte to write, 0 to the size of the file
  ---@param data string
  ---@return integer? bytes written: all of them
  ---@return hayes.error?
  function file.write(name, offset, data)
    check.value("file.write", "the name", name, { type = "string", line = true })
    check.value("file.write", "the offset", offset, place)
    check.value("file.write", "the data", data, { type = "string" })
    local _held <close> = hold(name)
    local written, err = with_file(name, parts.READ_WRITE, function(opened)
      local ok, seek_err = opened:seek(offset)
      if not ok then return nil, seek_err end
      return opened:write(data)
    end)
    if not written then return nil, errors.within(err, "writing to " .. name) end
    return #data
  end

  --- Piece by piece, to a sink, or (nil) as a string.
  local function download_to(name, sink, what)
    local out = local_sink.open(sink, what)
    local function give_up(err)
      out:fail(err)
      return nil, err
    end
    local _held <close> = hold(name)
    local size, missing = size_of(name)
    if not size then return give_up(missing) end
    local sum = Checksum.new()
    local got, err = read_all(name, 0, size, function(bytes)
      sum:add(bytes)
      return out:take(bytes)
    end)
    if got and got ~= size then
      err = errors.new { name = "damaged", origin = "file",
        message = ("%s has %d bytes, and %d came"):format(name, size, got) }
    end
    if err then return give_up(errors.within(err, "reading " .. name)) end
    local told = { bytes = size, checksum = tostring(sum) }
    local result
    result, err = out:finish()
    if result == true then return told end
    return result, err or told
  end

  local function download_to_part(name, target)
    local _held <close> = hold(name)
    local size, err = size_of(name)
    if not size then
      target:leave()
      return nil, err
    end
    local got
    local ok, words = target.file:truncate(0)
    if not ok then
      err = failure.of_sink(target.part_path, words)
    elseif size == 0 then
      got = { bytes = 0, checksum = tostring(Checksum.new()) }
    else
      got, err = transfer.fetch(modem, name, target.file, size)
    end
    if got then
      ok, words = target:commit()
      if ok then return got end
      err = failure.of_sink(target.target_path, words)
    end
    target:discard()
    return nil, err
  end

  --- Reads a file: as a string, or to a sink. Of a local file, size and checksum are compared with what the module has
  --- counted (AT+QFDWL; `damaged`).
  ---
  --- Errors of this host: `no_such_file`, `permission_denied`, `is_a_directory`, `is_a_socket`, `no_reader` of a FIFO,
  --- `bad_path`, `sink_failed`.
  ---@param name string
  ---@param sink? string|function a local path (a file is written next to it and renamed when complete; FIFOs and
  ---  devices are written directly), or an LTN12 sink
  ---@return string|{ bytes: integer, checksum: string }|nil  the table, when there is a sink
  ---@return { bytes: integer, checksum: string }|hayes.error|nil
  function file.download(name, sink)
    check.value("file.download", "the name", name, { type = "string", line = true })
    check.value("file.download", "the sink", sink, { type = "string|callable|nil" })
    if type(sink) ~= "string" then return download_to(name, sink) end
    local target <close>, err = local_file.target(sink)
    if not target then return nil, err end
    if target.sink then return download_to(name, target.sink, sink) end
    return download_to_part(name, target)
  end

  file.checksum = Checksum.of

  return file
end
