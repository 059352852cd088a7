--- What is given for `ca`, `certificate` and `key`: a local path, PEM text, or a file of the module.

local check = require "hayes.check"

local certificates = {}

--- What goes into a message, and is no path, may be a private key that was given in the wrong place: it is not shown.
local function readable(path)
  if #path < 256 and not path:find("[%c]") then return path end
  return ("(%d bytes that are no path)"):format(#path)
end

local function read_file(where, what, path)
  local file, words = io.open(path, "rb")
  if not file then
    words = words:sub(1, #path) == path and words:sub(#path + 1) or ": " .. words
    check.fail(where, ("%s cannot be read: %s%s"):format(what, readable(path), words))
  end
  local bytes = file:read("a")
  file:close()
  if not bytes then check.fail(where, ("%s cannot be read: %s is not a file"):format(what, readable(path))) end
  return bytes
end

---@class hayes.certificate
---@field path? string  it is in the module already
---@field pem? string
---@field name string   what to call it in messages

--- Looks at what was given: a local path, PEM text (as a string that begins with -----BEGIN, or { pem = text }), or
--- `UFS:name`. What is not PEM raises.
---@return hayes.certificate
function certificates.read(where, what, source)
  if type(source) == "string" and source:find("^%u+:") then
    check.line(where, what, source)
    return { path = source, name = source }
  end
  if type(source) == "string" and source:find("^%s*%-%-%-%-%-BEGIN ") then source = { pem = source } end
  local pem, name
  if type(source) == "table" and type(source.pem) == "string" then
    pem, name = source.pem, "the PEM text given as " .. what
  else
    check.value(where, what, source, { type = "string" })
    pem, name = read_file(where, what, source), readable(source)
  end
  if not pem:find("-----BEGIN [%u ]+-----", 1) then
    check.fail(where, ("%s: %s is not PEM (it has no -----BEGIN line); openssl x509 -inform der -in FILE converts it")
      :format(what, name))
  end
  return { pem = pem, name = name }
end

return certificates
