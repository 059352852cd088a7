--- modem.file: the files in a Quectel module's flash (FILE note).

local check = require "hayes.check"
local Checksum = require "hayes.dialect.quectel.file.checksum"
local errors = require "hayes.error"
local Flash = require "hayes.dialect.quectel.file.flash"
local local_file = require "hayes.local_file"
local NAME = require "hayes.dialect.quectel.file.name"
local parts = require "hayes.dialect.quectel.file.parts"
local transfer = require "hayes.dialect.quectel.file.transfer"

--- An offset or a length in bytes.
local place = { type = "integer", min = 0, max = 2147483647 }

local NAME_OR_ALL = { type = "string", line = true, filled = true, longest = 80 }

local function beyond_end(name, size, offset)
  return errors.new { name = "offset_beyond_end", origin = "file",
    message = ("writing to %s: it has %d bytes, and offset is %d"):format(name, size, offset),
    hint = "A file grows at its end alone: the bytes between are to be written first." }
end

return function(modem)
  ---@class hayes.quectel.file modem.file of a Quectel module
  local file = {}

  local flash = Flash.new(modem)

  --- What was open is not, since the module has restarted or the port is closed.
  function file.reset(err) flash.lose_all(err or errors.reboot()) end

  --- Stores a file; its size and checksum are compared with what the module has counted (`damaged`). A name that exists
  --- fails with `code` 407 unless replace is given. An empty source makes an empty file.
  ---
  --- Errors: `file_already_exists`, `no_space`, `damaged`, `data_not_taken`, those of modem:at; of this host
  --- `no_such_file`, `permission_denied`, `is_a_directory`, `is_a_socket`, `bad_path`, `source_failed`, and, as the
  --- module must know the length beforehand, `is_a_fifo`, `is_a_device`, `is_a_stream`.
  ---
  --- Source: FILE note, QFUPL.
  ---@param source string|{ data: string } a local path, or the bytes
  ---@param name string with the storage as prefix: UFS: (the default), RAM: or SD:
  ---@param options? { replace: boolean?, timeout: integer?, acknowledge: boolean? } how
  ---@return { bytes: integer, checksum: string }?, hayes.error?
  function file.upload(source, name, options)
    check.value("file.upload", "the name", name, NAME)
    options = check.options("file.upload", options, transfer.upload_options)
    local data, length = transfer.source("file.upload", source)
    if not data then return nil, length end
    local _file <close> = type(data) == "userdata" and data or nil
    local held <close> = flash:hold(name)
    local free, err
    if options.replace then free, err = flash:make_way(name, length) else free, err = flash:must_be_free(name) end
    if not free then return nil, err end
    if length == 0 then return flash:store_empty(held, free == true) end
    return flash:store(held, free == true, data, length, options)
  end

  --- The files that match a pattern (`*` stands for any text), as a list of { name, size }.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: FILE note, QFLST.
  ---@param pattern? string with the storage as prefix ("*", all of UFS)
  ---@return { name: string, size: integer }[]?, hayes.error?
  function file.list(pattern)
    pattern = pattern or "*"
    check.value("file.list", "the pattern", pattern, { type = "string", line = true })
    return flash:list(pattern)
  end

  --- The size of the file with exactly this name; nil, nil when there is none.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: FILE note, QFLST.
  ---@param name string with the storage as prefix
  ---@return integer?, hayes.error?
  function file.size(name)
    check.value("file.size", "the name", name, NAME)
    return flash:size(name)
  end

  --- Deletes a file; `*` deletes all.
  ---
  --- Errors: `file_not_found`, those of modem:at.
  ---
  --- Source: FILE note, QFDEL.
  ---@param name string with the storage as prefix
  ---@return true?, hayes.error?
  function file.delete(name)
    check.value("file.delete", "the name", name, NAME_OR_ALL)
    local _held <close> = flash:hold(name)
    local response, err = flash:delete(name)
    if not response then return nil, errors.within(err, "deleting " .. name) end
    return true
  end

  --- Bytes of a storage: { free, total }.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: FILE note, QFLDS.
  ---@param storage? "UFS"|"RAM"|"SD" which one ("UFS")
  ---@return { free: integer, total: integer }?, hayes.error?
  function file.space(storage)
    storage = storage or "UFS"
    check.value("file.space", "the storage", storage, { values = { "UFS", "RAM", "SD" } })
    return flash:space(storage)
  end

  --- Reads a part of a file: up to its end if it is shorter, "" if it ends before the part.
  ---
  --- Errors: `file_not_found`, `short_read`, `long_read`, those of modem:at.
  ---
  --- Source: FILE note, QFOPEN, QFSEEK, QFREAD, QFCLOSE.
  ---@param name string with the storage as prefix
  ---@param offset? integer of its first byte, 0 to 2147483647 (0)
  ---@param length? integer bytes, 0 to 2147483647 (up to the end)
  ---@return string?, hayes.error?
  function file.read(name, offset, length)
    check.value("file.read", "the name", name, NAME)
    offset = check.value("file.read", "the offset", offset == nil and 0 or offset, place)
    length = check.value("file.read", "the length", length == nil and place.max or length, place)
    local held <close> = flash:hold(name)
    local size, err = flash:size_of(name)
    if not size then return nil, err end
    length = math.min(length, size - offset)
    if length <= 0 then return "" end
    local pieces = {}
    local _, failed = flash:read(held, offset, length, function(bytes)
      pieces[#pieces + 1] = bytes
      return true
    end)
    if failed then return nil, errors.within(failed, "reading " .. name) end
    return table.concat(pieces)
  end

  --- Writes into a file, over what stands there and beyond its end; a file that is missing is made, also for no bytes.
  --- When it fails parts of it may be written: `written` of the error says how many bytes.
  ---
  --- Errors: `offset_beyond_end`, `no_space`, `data_not_taken`, those of modem:at.
  ---
  --- Source: FILE note, QFOPEN, QFSEEK, QFWRITE, QFCLOSE.
  ---@param name string with the storage as prefix
  ---@param offset integer of the first byte to write, 0 to the size of the file
  ---@param data string bytes
  ---@return integer? bytes written: all of them
  ---@return hayes.error?
  function file.write(name, offset, data)
    check.value("file.write", "the name", name, NAME)
    check.value("file.write", "the offset", offset, place)
    check.value("file.write", "the data", data, { type = "string" })
    local held <close> = flash:hold(name)
    local sought, count = false, 0
    local written, err = flash.with_file(held, parts.READ_WRITE, function(opened)
      local ok, seek_err = opened:seek(offset)
      sought = ok
      if not ok then return nil, seek_err end
      return opened:write(data, function(bytes) count = count + bytes end)
    end)
    if written then return #data end
    local size = not sought and err.code and flash:size(name)
    if size and size < offset then return nil, beyond_end(name, size, offset) end
    err = errors.within(err, "writing to " .. name)
    err.written = count
    if count > 0 then err.message = ("%s; %d of %d bytes were written"):format(err.message, count, #data) end
    return nil, err
  end

  --- Reads a file: as a string, or to a sink. Of a local file, size and checksum are compared with what the module has
  --- counted (AT+QFDWL; `damaged`).
  ---
  --- Errors: `file_not_found`, `damaged`, `short_read`, `long_read`, those of modem:at; of this host `no_such_file`,
  --- `permission_denied`, `is_a_directory`, `is_a_socket`, `no_reader` of a FIFO, `bad_path`, `sink_failed`,
  --- `file_in_use`, `rename_failed`.
  ---
  --- Source: FILE note, QFDWL.
  ---@param name string with the storage as prefix
  ---@param sink? string|function a local path (a file is written next to it and renamed when complete; FIFOs and
  ---  devices are written directly), or an LTN12 sink
  ---@return string|{ bytes: integer, checksum: string }|nil  the table, when there is a sink
  ---@return { bytes: integer, checksum: string }|hayes.error|nil
  function file.download(name, sink)
    check.value("file.download", "the name", name, NAME)
    check.value("file.download", "the sink", sink, { type = "string|callable|nil" })
    if type(sink) ~= "string" then return flash:download_to(name, sink) end
    local target <close>, err = local_file.target(sink)
    if not target then return nil, err end
    if target.sink then return flash:download_to(name, target.sink, sink) end
    return flash:download_to_part(name, target)
  end

  check.takes(file.upload, transfer.upload_options)

  file.checksum = Checksum.of

  return file
end
