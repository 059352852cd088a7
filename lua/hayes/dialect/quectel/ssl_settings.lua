--- The TLS options of the library and the settings of AT+QSSLCFG they stand for (SSL note 2.2.1).

local certificates = require "hayes.dialect.quectel.certificates"
local check = require "hayes.check"
local suites = require "hayes.dialect.quectel.suites"

local settings = {}

--- All settings, in the order of the note.
settings.names = {
  "sslversion", "dtls", "ciphersuite", "seclevel", "cacert", "clientcert", "clientkey", "sni", "ignorelocaltime",
  "negotiatetime", "ignoreinvalidcertsign", "ignorecertitem", "ignoremulticertchainverify", "session_cache",
  "dtlsversion",
}

local versions = { ["ssl3"] = 0, ["tls1.0"] = 1, ["tls1.1"] = 2, ["tls1.2"] = 3, ["all"] = 4 }

--- Versions that hayes-emulator cannot speak, and why.
settings.missing_versions = { ssl3 = "SSL 3.0 is not compiled into OpenSSL as distributions build it (no-ssl3)" }

local levels = { none = 0, server = 1, mutual = 2 }
local dtls_versions = { ["1.0"] = 0, ["1.2"] = 1 }

--- What may be wrong with a server's certificate and is to be accepted: bits of ignorecertitem, or a setting of its
--- own.
local flaws = {
  expired = { bit = 1 },
  -- The note's values are those of mbedTLS, whose MBEDTLS_X509_BADCERT_FUTURE it does not list.
  not_yet_valid = { bit = 512 },
  name = { bit = 4 },
  untrusted = { bit = 8 },
  other = { bit = 256 },
  key_usage = { bit = 2048 },
  extended_key_usage = { bit = 4096 },
  ns_cert_type = { bit = 8192 },
  public_key_algorithm = { bit = 32768 },
  key = { bit = 65536 },
  everything = { bit = 1048575 },
  signature = { setting = "ignoreinvalidcertsign" },
  chain = { setting = "ignoremulticertchainverify" },
}

--- The options that ssl.open and its relatives take.
settings.rules = {
  verify = { values = { "server", "mutual", "none" }, default = "server" },
  ca = { type = "string|table" },
  certificate = { type = "string|table" },
  key = { type = "string|table" },
  version = { values = { "tls1.2", "tls1.1", "tls1.0", "ssl3", "all" }, default = "tls1.2" },
  ciphers = { type = "string|table" },
  sni = { type = "boolean", default = true },
  check_time = { type = "boolean", default = true },
  ignore = { type = "table", default = {} },
  session_cache = { type = "boolean", default = false },
  dtls = { values = { false, "1.2", "1.0" }, default = false },
  negotiate_timeout = { type = "integer", min = 10, max = 300, default = 300 },
  mode = { values = { "buffer", "push", "transparent" }, default = "buffer" },
  escape = { values = { "manual", "auto" }, default = "manual" },
  context = { type = "integer", min = 1, max = 15, default = 1 },
  diagnose = { type = "boolean", default = false },
}

local function keys_of(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function check_ignore(where, ignore)
  for _, name in ipairs(ignore) do
    check.value(where, "ignore", name, { values = keys_of(flaws) })
  end
end

--- Checks options and reads certificates; what is wrong raises. Nothing is unverified by accident: verifying takes
--- a CA.
---@return table
function settings.check(where, given)
  local options = check.options(where, given, settings.rules)
  if options.verify ~= "none" and not options.ca then
    check.fail(where, ('verify = "%s" needs the CA that the server is checked against: give ca = "file.pem" (a local '
      .. 'file, { pem = … } or "UFS:name"), or say verify = "none" to connect without knowing to whom'):format(
      options.verify))
  end
  if options.verify == "mutual" and not (options.certificate and options.key) then
    check.fail(where, 'verify = "mutual" needs certificate and key, the client\'s own')
  end
  for _, name in ipairs { "ca", "certificate", "key" } do
    if options[name] then options[name] = certificates.read(where, name, options[name]) end
  end
  options.ciphers = suites.codes(where, options.ciphers)
  check_ignore(where, options.ignore)
  return options
end

local function number(flag)
  return flag and 1 or 0
end

--- The settings for checked options, in the order in which they are sent; `optional` ones may be unknown to firmware.
---@param options table
---@param paths table<string, string> of certificates in the module
---@param suite string one code: the module takes no list
function settings.for_options(options, paths, suite)
  local bits, own = 0, {}
  for _, name in ipairs(options.ignore) do
    bits = bits | (flaws[name].bit or 0)
    if flaws[name].setting then own[flaws[name].setting] = true end
  end
  local list = {
    { "sslversion", versions[options.version] },
    { "ciphersuite", suite },
    { "seclevel", levels[options.verify] },
    { "sni", number(options.sni) },
    { "ignorelocaltime", number(not options.check_time) },
    { "negotiatetime", options.negotiate_timeout },
    { "ignorecertitem", bits, optional = bits == 0 },
    { "ignoreinvalidcertsign", number(own.ignoreinvalidcertsign), optional = not own.ignoreinvalidcertsign },
    { "ignoremulticertchainverify", number(own.ignoremulticertchainverify),
      optional = not own.ignoremulticertchainverify },
    { "session_cache", number(options.session_cache), optional = not options.session_cache },
    { "dtls", number(options.dtls), optional = not options.dtls },
  }
  if options.dtls then list[#list + 1] = { "dtlsversion", dtls_versions[options.dtls] } end
  if paths.ca then list[#list + 1] = { "cacert", paths.ca } end
  if paths.certificate then list[#list + 1] = { "clientcert", paths.certificate } end
  if paths.key then list[#list + 1] = { "clientkey", paths.key } end
  return list
end

--- A text that two lists of settings share exactly if they are the same.
function settings.key(list)
  local words = {}
  for i, setting in ipairs(list) do words[i] = setting[1] .. "=" .. tostring(setting[2]) end
  return table.concat(words, ";")
end

return settings
