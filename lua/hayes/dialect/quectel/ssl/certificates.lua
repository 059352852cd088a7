--- What is given for `ca`, `certificate` and `key`: a local path, PEM text, or a file of the module.

local check = require "hayes.check"
local pem = require "hayes.tls.pem"

local certificates = {}

---@class hayes.certificate
---@field path? string  it is in the module already
---@field pem? string
---@field name string   what to call it in messages

--- Looks at what was given: what pem.read takes, or `UFS:name`. What is neither raises.
---@return hayes.certificate
function certificates.read(where, what, source)
  if type(source) == "string" and source:find("^%u+:") then
    check.line(where, what, source)
    return { path = source, name = source }
  end
  return pem.read(where, what, source)
end

return certificates
