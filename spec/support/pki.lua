--- Certificates made on the spot, with the openssl command: a root, an intermediate under it, a server's certificate for a
--- host name, and another root that knows none of them. More on demand: a server's with an ECDSA key, a client's, and servers'
--- that something is wrong with.

local files = require "support.files"
local Process = require "support.process"

local pki = {}

local function openssl(folder, ...)
  return Process.run({ "openssl", ... }, { folder = folder })
end

pki.read = files.read

--- A self-signed authority: NAME.pem and NAME.key.
local function make_root(folder, name)
  openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
    "-subj", "/CN=hayes test " .. name, "-keyout", name .. ".key", "-out", name .. ".pem",
    "-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
end

--- A certificate under an authority, with these extensions: NAME.pem and NAME.key.
local function make_signed(folder, name, authority, subject, key_type, extensions)
  files.write(folder .. "/" .. name .. ".ext", table.concat(extensions, "\n") .. "\n")
  openssl(folder, "req", "-newkey", key_type, "-nodes", "-subj", "/CN=" .. subject, "-keyout", name .. ".key",
    "-out", name .. ".csr", table.unpack(key_type == "ec" and { "-pkeyopt", "ec_paramgen_curve:P-256" } or {}))
  openssl(folder, "x509", "-req", "-in", name .. ".csr", "-CA", authority .. ".pem", "-CAkey", authority .. ".key",
    "-CAcreateserial", "-days", "30", "-sha256", "-extfile", name .. ".ext", "-out", name .. ".pem")
end

local function server_extensions(host)
  return { ("subjectAltName=DNS:%s,IP:127.0.0.1"):format(host), "basicConstraints=CA:false", "extendedKeyUsage=serverAuth" }
end

--- Makes everything in a folder: root.pem, other.pem, chain.pem (server and intermediate) and server.key.
---@param folder string must exist
---@param host string
function pki.make(folder, host)
  make_root(folder, "root")
  make_root(folder, "other")
  make_signed(folder, "intermediate", "root", "hayes test intermediate", "ec",
    { "basicConstraints=critical,CA:true,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign" })
  make_signed(folder, "server", "intermediate", host, "rsa:2048", server_extensions(host))
  files.write(folder .. "/chain.pem", pki.read(folder .. "/server.pem") .. pki.read(folder .. "/intermediate.pem"))
  return folder
end

local function make_chain(folder, name)
  local path = ("%s/%s-chain.pem"):format(folder, name)
  files.write(path, pki.read(("%s/%s.pem"):format(folder, name)) .. pki.read(folder .. "/intermediate.pem"))
  return path
end

--- A server with an ECDSA key: its chain and key.
function pki.ecdsa_server(folder, host)
  make_signed(folder, "ecdsa", "intermediate", host, "ec", server_extensions(host))
  return make_chain(folder, "ecdsa"), folder .. "/ecdsa.key"
end

--- A client's certificate, under the root: the certificate and its key.
function pki.client(folder, name)
  make_signed(folder, name, "root", name, "ec", { "basicConstraints=CA:false", "extendedKeyUsage=clientAuth" })
  return ("%s/%s.pem"):format(folder, name), ("%s/%s.key"):format(folder, name)
end

--- A server with an Ed25519 key: its chain and key.
function pki.ed25519_server(folder, host)
  make_signed(folder, "ed25519", "intermediate", host, "ed25519", server_extensions(host))
  return make_chain(folder, "ed25519"), folder .. "/ed25519.key"
end

--- A server under so many intermediates: its chain and key.
function pki.deep_server(folder, host, intermediates)
  local above, chain = "root", ""
  for i = 1, intermediates do
    local name = "deep" .. i
    make_signed(folder, name, above, "hayes test " .. name, "ec",
      { "basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign" })
    above, chain = name, pki.read(("%s/%s.pem"):format(folder, name)) .. chain
  end
  make_signed(folder, "deep", above, host, "rsa:2048", server_extensions(host))
  local path = ("%s/deep-%d-chain.pem"):format(folder, intermediates)
  files.write(path, pki.read(folder .. "/deep.pem") .. chain)
  return path, folder .. "/deep.key"
end

--- The server's request signed for a time of its own, which `openssl x509` cannot give.
local function make_dated(folder, name, from, to)
  files.write(folder .. "/dated.conf", [[
[ca]
default_ca = dated
[dated]
database = dated.index
serial = dated.serial
new_certs_dir = .
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
]])
  files.write(folder .. "/dated.index", "")
  files.write(folder .. "/dated.serial", "1000\n")
  openssl(folder, "ca", "-batch", "-notext", "-config", "dated.conf", "-cert", "intermediate.pem", "-keyfile",
    "intermediate.key", "-in", "server.csr", "-extfile", "server.ext", "-startdate", from, "-enddate", to, "-out",
    name .. ".pem")
  return make_chain(folder, name)
end

--- A chain for server.key that is valid from one Unix time to another: its path.
function pki.dated(folder, name, from, to)
  return make_dated(folder, name, os.date("!%Y%m%d%H%M%SZ", from), os.date("!%Y%m%d%H%M%SZ", to))
end

--- Chains with one flaw each, for server.key, as a table of paths by flaw.
function pki.flawed(folder, host)
  openssl(folder, "req", "-x509", "-key", "server.key", "-days", "30", "-subj", "/CN=" .. host, "-out", "self-signed.pem",
    "-addext", "subjectAltName=DNS:" .. host)
  files.write(folder .. "/stranger.ext", table.concat(server_extensions("stranger.example"), "\n") .. "\n")
  openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "intermediate.pem", "-CAkey", "intermediate.key",
    "-CAcreateserial", "-days", "30", "-extfile", "stranger.ext", "-out", "stranger.pem")
  return {
    expired = make_dated(folder, "expired", "20200101000000Z", "20210101000000Z"),
    future = make_dated(folder, "future", "20980101000000Z", "20990101000000Z"),
    stranger = make_chain(folder, "stranger"),
    self_signed = folder .. "/self-signed.pem",
    no_intermediate = folder .. "/server.pem",
  }
end

return pki
