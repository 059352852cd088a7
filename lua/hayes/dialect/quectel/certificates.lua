--- Certificates and keys for a Quectel module: put into its flash once, under a name made from their content.

local check = require "hayes.check"
local errors = require "hayes.error"

local certificates = {}

--- FNV-1a, 64 bits: names files by content; it protects against mix-ups, not against an adversary, who has no place
--- here.
local function fingerprint(bytes)
  local hash = 0xcbf29ce484222325
  for i = 1, #bytes do hash = (hash ~ bytes:byte(i)) * 0x100000001b3 end
  return ("%016x"):format(hash)
end

local function read_file(where, what, path)
  local file, words = io.open(path, "rb")
  if not file then
    check.fail(where, ("%s cannot be read: %s"):format(what, words))
  end
  local bytes = file:read("a")
  file:close()
  if not bytes then check.fail(where, ("%s cannot be read: %s is not a file"):format(what, path)) end
  return bytes
end

---@class hayes.certificate
---@field path? string  it is in the module already
---@field pem? string
---@field name string   what to call it in messages

--- Looks at what was given for `ca`, `certificate` or `key`: a local path, { pem = text } or `UFS:name`. What is
--- not PEM raises.
---@return hayes.certificate
function certificates.read(where, what, source)
  if type(source) == "string" and source:find("^%u+:") then
    check.line(where, what, source)
    return { path = source, name = source }
  end
  local pem, name
  if type(source) == "table" and type(source.pem) == "string" then
    pem, name = source.pem, "the PEM text given as " .. what
  else
    check.value(where, what, source, { type = "string" })
    pem, name = read_file(where, what, source), source
  end
  if not pem:find("-----BEGIN [%u ]+-----", 1) then
    check.fail(where, ("%s: %s is not PEM (it has no -----BEGIN line); openssl x509 -inform der -in FILE converts it")
      :format(what, name))
  end
  return { pem = pem, name = name }
end

--- Sees to it that the module has it; gives its path there. `known` remembers, as long as the module runs, what has
--- been verified.
---@param modem hayes.modem
---@param certificate hayes.certificate
---@param known table<string, boolean>
---@return string?, hayes.error?
function certificates.install(modem, certificate, known)
  if certificate.path then return certificate.path end
  local path = ("UFS:hayes-%s.pem"):format(fingerprint(certificate.pem))
  if known[path] then return path end
  local size, err = modem.file.size(path)
  if err then return nil, errors.within(err, "looking for " .. path) end
  if size ~= #certificate.pem then
    local stored
    stored, err = modem.file.upload({ data = certificate.pem }, path, { replace = size ~= nil })
    if not stored then return nil, err end
  end
  known[path] = true
  return path
end

return certificates
