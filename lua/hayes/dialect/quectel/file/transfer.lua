--- Whole files to and from the flash of a Quectel module (FILE note: QFUPL, QFDWL). Bytes go between a local file and
--- the port without passing through Lua; size and checksum are compared with what the module has counted.

local check = require "hayes.check"
local Checksum = require "hayes.dialect.quectel.file.checksum"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local local_file = require "hayes.local_file"

local transfer = {}

local LINE_HINT = "The line loses or changes bytes: use flow control (flow = \"rtscts\") or a lower speed; nothing "
  .. "else may write to this port meanwhile."

transfer.upload_options = {
  replace = { type = "boolean", default = false, doc = "A file of that name is replaced." },
  timeout = { type = "integer", min = 1, max = 65535, default = 60, unit = "s",
    doc = "Longest pause between two bytes." },
  acknowledge = { type = "boolean", default = false,
    doc = "The module confirms every 1024 bytes, for lines without flow control." },
}

--- What is to be stored: a local path, or { data = bytes }. The data or the open file, and its length; nil and the
--- error when the file cannot be read, or has no length.
---@return string|userdata|nil, integer|hayes.error
function transfer.source(where, source)
  if type(source) == "table" and type(source.data) == "string" then return source.data, #source.data end
  check.value(where, "the source", source, { type = "string" })
  local opened, err = local_file.source(source)
  if not opened then return nil, err end
  return opened.file, opened.size
end

local function damaged(name, response, text)
  return errors.new { name = "damaged", origin = "file", result = response, hint = LINE_HINT,
    message = ("%s did not arrive whole: %s"):format(name, text) }
end

--- Size and checksum in an answer, `+QFUPL: 300,4f64`. Firmware leaves out leading zeros.
local function counted(line, command)
  local size, sum = (line or ""):match("^%+" .. command .. ":%s*(%d+)%s*,%s*(%x+)")
  return math.tointeger(size), sum and sum:lower():gsub("^0+(%x)", "%1")
end

--- A module that gets no more bytes ends the upload after the time that it was given, and says so (421). The answer is
--- waited for longer than that, seconds: given up before, it would take what synchronises for data.
local ANSWER = 5

--- Sends AT+QFUPL. { bytes, checksum }; or nil and the error, and then a part of the file may be there.
---@param data string|userdata
---@param length integer
function transfer.store(modem, name, data, length, options)
  local parameters = { name, length, options.timeout, options.acknowledge and 1 or nil }
  local response, err = modem:call("+QFUPL", "write", parameters, { data = data, length = length,
    timeout = options.timeout + ANSWER })
  local words = type(data) == "userdata" and data:failure()
  if words then return nil, failure.of_source("the local file for " .. name, words) end
  if not response then return nil, errors.within(err, "storing " .. name) end
  local sum
  if type(data) == "string" then sum = Checksum.of(data) else sum = select(2, data:transferred()) end
  local wanted = Checksum.text(sum)
  local size, got = counted(response[1], "QFUPL")
  if not size then modem:resync() end -- the OK may be that of a command that a module ran which had restarted
  if size ~= length or got ~= wanted then
    local text = "%d bytes with checksum %s were sent, the module has %s with %s"
    return nil, damaged(name, response[1], text:format(length, wanted, size or "none", got or "none"))
  end
  return { bytes = length, checksum = wanted }
end

--- Seconds without a byte after which a file that is being given out is given up.
local SILENCE = 20

--- Sends AT+QFDWL for a file of known size; the bytes go to the file.
---@param file userdata of core.file
---@param size integer
function transfer.fetch(modem, name, file, size)
  local response, err = modem:call("+QFDWL", "write", { name }, { block = size, sink = file, timeout = SILENCE })
  local words = file:failure()
  if words then return nil, failure.of_sink("the local file for " .. name, words) end
  if not response then return nil, errors.within(err, "reading " .. name) end
  local done, sum = file:transferred()
  local counted_size, counted_sum = counted(response[#response], "QFDWL")
  if done ~= size or counted_size ~= size or counted_sum ~= Checksum.text(sum) then
    local text = "%d bytes with checksum %s came, the module counted %s with %s"
    return nil, damaged(name, response[#response], text:format(done, Checksum.text(sum), counted_size or "none",
      counted_sum or "none"))
  end
  return { bytes = size, checksum = Checksum.text(sum) }
end

return transfer
