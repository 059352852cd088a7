--- The commands of the FILE note.

local NOTE = "FILE note"

local name = { name = "filename", type = "string", max = 80, doc = "With the prefix UFS: (the default), RAM: or SD:." }
local handle = { name = "filehandle", type = "integer", min = 0, max = 2147483647,
  doc = "The handle that AT+QFOPEN returned." }

local checksum = { name = "checksum", type = "bare",
  doc = "Exclusive or of the big-endian 16-bit words, hexadecimal, without leading zeros." }

return {
  title = "Files",
  {
    name = "+QFLDS", summary = "Space of a storage.", source = NOTE .. ", QFLDS",
    params = { { name = "name_pattern", type = "string", values = { UFS = "flash", RAM = "memory", SD = "SD card" },
      doc = "The storage." } },
    answer = { { name = "freesize", unit = "bytes" }, { name = "total_size", unit = "bytes" } },
    execute = { summary = "What is stored in the flash.", answer = { { name = "UFS_file_size", unit = "bytes" },
      { name = "UFS_file_number" } } },
    test = true, timeout = 1,
  },
  {
    name = "+QFLST", summary = "Lists files.", source = NOTE .. ", QFLST",
    params = { { name = "name_pattern", type = "string", max = 80, default = "UFS:*", optional = true,
      doc = "A file name, which may contain `*`." } },
    answer = { { name = "filename", type = "string", doc = "Some firmware prefixes the storage." },
      { name = "file_size", unit = "bytes" } },
    execute = true, test = true, timeout = 5,
  },
  {
    name = "+QFDEL", summary = "Deletes a file; `*` deletes all.", source = NOTE .. ", QFDEL",
    params = { { name = "filename", type = "string", max = 80, doc = "`*` stands for all files." } },
    test = true, timeout = 5,
  },
  {
    name = "+QFUPL", summary = "Stores a file in the module.", source = NOTE .. ", QFUPL",
    remark = "The data is sent after CONNECT. A name that exists is refused with error 407. If +++ or the time-out "
      .. "ends the upload, the part received so far is stored.",
    params = {
      name,
      { name = "file_size", type = "integer", min = 1, max = 2147483647, unit = "bytes", default = 10240,
        optional = true },
      { name = "timeout", type = "integer", min = 1, max = 65535, unit = "s", default = 5, optional = true,
        doc = "Longest silence between two bytes. After that, the part received is stored, and error 421 returned." },
      { name = "ackmode", type = "integer", values = { [0] = "off",
        [1] = "the module sends `A` after every 1024 bytes" },
        default = 0, optional = true },
    },
    answer = {
      { name = "upload_size", unit = "bytes" },
      checksum,
    },
    test = true, timeout = 10,
    data = { length = "file_size", ack = { param = "ackmode", every = 1024, byte = "A" } },
  },
  {
    name = "+QFDWL", summary = "Outputs a file.", source = NOTE .. ", QFDWL",
    params = { name }, answer = { { name = "download_size", unit = "bytes" }, checksum },
    test = true, timeout = 10, connect = { begins = "a download", instead = "modem.file.download" },
  },
  {
    name = "+QFOPEN", summary = "Opens a file.", source = NOTE .. ", QFOPEN",
    params = {
      name,
      { name = "mode", type = "integer", values = { [0] = "read and write, created if missing",
        [1] = "read and write, truncated", [2] = "read only" }, default = 0, optional = true },
    },
    answer = { { name = "filehandle" } },
    read = { summary = "Lists the open files.", answer = { { name = "filename", type = "string" },
      { name = "filehandle" }, { name = "mode" } } }, test = true, timeout = 1,
  },
  {
    name = "+QFREAD", summary = "Reads from an open file.", source = NOTE .. ", QFREAD",
    params = { handle, { name = "length", type = "integer", min = 1, max = 2147483647, unit = "bytes",
      optional = true, omitted = "up to the end of the file" } },
    answer = { { name = "read_length", unit = "bytes", doc = "Number of data bytes that follow." } },
    test = true, timeout = 10, prefix = "CONNECT ", block = { length = 1, shape = "n" },
  },
  {
    name = "+QFWRITE", summary = "Writes to an open file.", source = NOTE .. ", QFWRITE",
    params = {
      handle,
      { name = "length", type = "integer", min = 1, max = 2147483647, unit = "bytes", optional = true,
        omitted = "data until the time-out" },
      { name = "timeout", type = "integer", min = 1, max = 65535, unit = "s", default = 5, optional = true,
        doc = "Longest silence between two bytes." },
    },
    answer = { { name = "written_length", unit = "bytes" }, { name = "total_length", unit = "bytes",
      doc = "Size of the file." } },
    test = true, timeout = 10, data = { length = "length" },
  },
  {
    name = "+QFSEEK", summary = "Sets the position in an open file.", source = NOTE .. ", QFSEEK",
    params = {
      handle, { name = "offset", type = "integer", min = 0, max = 2147483647, unit = "bytes" },
      { name = "position", type = "integer", values = { [0] = "from the beginning", [1] = "from the current position",
        [2] = "from the end" }, default = 0, optional = true },
    },
    test = true, timeout = 1,
  },
  {
    name = "+QFPOSITION", summary = "Returns the position in an open file.", source = NOTE .. ", QFPOSITION",
    params = { handle }, answer = { { name = "offset", unit = "bytes" } }, test = true, timeout = 1,
  },
  {
    name = "+QFCLOSE", summary = "Closes a file.", source = NOTE .. ", QFCLOSE",
    params = { handle }, test = true, timeout = 1,
  },
}
