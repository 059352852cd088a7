--- modem.file: the files in a Quectel module's flash (FILE note).

local check = require "hayes.check"
local command = require "hayes.dialect.command"
local errors = require "hayes.error"

--- The exclusive or of a file's big-endian 16-bit words, an odd last byte being the high one, as AT+QFUPL prints it
--- (checked against EG800K, EC25, BG96 and BG95).
---@param bytes string
---@return integer
local function checksum(bytes)
  local sum, at = 0, 1
  local pairs_of_bytes = #bytes // 2
  while at + 15 <= #bytes do
    local a, b = string.unpack(">I8I8", bytes, at)
    local word = a ~ b
    word = word ~ (word >> 32)
    sum = sum ~ word ~ (word >> 16)
    at = at + 16
  end
  while at < pairs_of_bytes * 2 do
    sum = sum ~ string.unpack(">I2", bytes, at)
    at = at + 2
  end
  if #bytes % 2 == 1 then sum = sum ~ (bytes:byte(-1) << 8) end
  return sum & 0xffff
end

local upload_options = {
  replace = { type = "boolean", default = false },
  timeout = { type = "integer", min = 1, max = 65535, default = 60 },
}

--- What is to be stored: a local path, or { data = bytes }.
local function bytes_of(where, source)
  if type(source) == "table" and type(source.data) == "string" then return source.data end
  check.value(where, "the source", source, { type = "string" })
  local file, words = io.open(source, "rb")
  if not file then check.fail(where, "the file cannot be read: " .. words) end
  local bytes = file:read("a")
  file:close()
  if not bytes then check.fail(where, source .. " cannot be read as a file") end
  return bytes
end

return function(modem)
  local file = {}

  --- A file's name without the storage, which some firmware prints and some does not.
  local function bare_name(name)
    return (name:gsub("^%u+:", ""))
  end

  local function delete_if_there(name)
    local response, err = modem:call("+QFDEL", "write", { name })
    if response or err.code == 405 then return true end
    return nil, err
  end

  --- Stores a file; its size and checksum are compared with what the module has counted. A name that exists fails
  --- with `code` 407 unless replace is given.
  ---@param source string|{ data: string } a local path, or the bytes
  ---@param name string with UFS: (or nothing), RAM: or SD: in front
  ---@param options? { replace: boolean?, timeout: integer? } timeout: longest silence between two bytes, seconds (60)
  ---@return { bytes: integer, checksum: string }?, hayes.error?
  function file.upload(source, name, options)
    check.value("file.upload", "the name", name, { type = "string", line = true })
    options = check.options("file.upload", options, upload_options)
    local bytes = bytes_of("file.upload", source)
    if #bytes == 0 then check.fail("file.upload", "there is nothing to store: the source is empty") end
    if options.replace then
      local ok, err = delete_if_there(name)
      if not ok then return nil, err end
    end
    local response, err = modem:call("+QFUPL", "write", { name, #bytes, options.timeout },
      { data = bytes, timeout = options.timeout })
    if not response then
      -- What had come until then is stored (EG800K): half a file must not stay behind.
      if err.code ~= 407 then delete_if_there(name) end
      return nil, errors.within(err, "storing " .. name)
    end
    local size, sum = (response[1] or ""):match("^%+QFUPL:%s*(%d+)%s*,%s*(%x+)")
    local wanted = ("%x"):format(checksum(bytes))
    if math.tointeger(size) ~= #bytes or sum:lower():gsub("^0+(%x)", "%1") ~= wanted then
      delete_if_there(name)
      return nil, errors.new {
        name = "damaged", origin = "file", result = response[1],
        message = ("%s did not arrive whole: %d bytes with checksum %s were sent, the module has %s with %s"):format(
          name, #bytes, wanted, size or "none", sum or "none"),
        hint = "The line loses or changes bytes: use flow control (flow = \"rtscts\") or a lower speed; nothing "
          .. "else may "
          .. "write to this port meanwhile.",
      }
    end
    return { bytes = #bytes, checksum = wanted }
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
      if not matching or bare_name(tostring(fields[1])):find(matching) then
        list[#list + 1] = { name = fields[1], size = fields[2] }
      end
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
    local fields, err = modem:query(('AT+QFLDS="%s"'):format(storage))
    if not fields then return nil, err end
    return { free = fields.freesize, total = fields.total_size }
  end

  file.checksum = checksum

  return file
end
