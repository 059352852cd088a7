--- Certificates made on the spot, with the openssl command: a root, an intermediate under it, a server's certificate for a
--- host name, and another root that knows none of them.

local Process = require "support.process"

local pki = {}

local function openssl(folder, ...)
  return Process.run({ "openssl", ... }, { folder = folder })
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

function pki.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

--- A self-signed authority: NAME.pem and NAME.key.
local function make_root(folder, name)
  openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
    "-subj", "/CN=hayes test " .. name, "-keyout", name .. ".key", "-out", name .. ".pem",
    "-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
end

--- A certificate under an authority, with these extensions: NAME.pem and NAME.key.
local function make_signed(folder, name, authority, subject, key_type, extensions)
  write(folder .. "/" .. name .. ".ext", table.concat(extensions, "\n") .. "\n")
  openssl(folder, "req", "-newkey", key_type, "-nodes", "-subj", "/CN=" .. subject, "-keyout", name .. ".key",
    "-out", name .. ".csr", table.unpack(key_type == "ec" and { "-pkeyopt", "ec_paramgen_curve:P-256" } or {}))
  openssl(folder, "x509", "-req", "-in", name .. ".csr", "-CA", authority .. ".pem", "-CAkey", authority .. ".key",
    "-CAcreateserial", "-days", "30", "-sha256", "-extfile", name .. ".ext", "-out", name .. ".pem")
end

--- Makes everything in a folder: root.pem, other.pem, chain.pem (server and intermediate) and server.key.
---@param folder string must exist
---@param host string
function pki.make(folder, host)
  make_root(folder, "root")
  make_root(folder, "other")
  make_signed(folder, "intermediate", "root", "hayes test intermediate", "ec",
    { "basicConstraints=critical,CA:true,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign" })
  make_signed(folder, "server", "intermediate", host, "rsa:2048",
    { "subjectAltName=DNS:" .. host, "basicConstraints=CA:false", "extendedKeyUsage=serverAuth" })
  write(folder .. "/chain.pem", pki.read(folder .. "/server.pem") .. pki.read(folder .. "/intermediate.pem"))
  return folder
end

return pki
