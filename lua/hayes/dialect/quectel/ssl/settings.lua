--- The TLS options of the library and the settings of AT+QSSLCFG they stand for (SSL note 2.2.1).

local certificates = require "hayes.dialect.quectel.ssl.certificates"
local check = require "hayes.check"
local suites = require "hayes.dialect.quectel.ssl.suites"
local tls = require "hayes.tls"

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

--- The default of the note, and its greatest value, seconds.
local LONGEST_NEGOTIATION = 300

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
settings.rules = tls.rules_with {
  key_password = { type = "string", line = true, longest = 80, secret = true,
    doc = "The password of an encrypted key." },
  version = { values = { "tls1.2", "tls1.1", "tls1.0", "ssl3", "all" }, default = "tls1.2",
    doc = "The version of TLS; all: what the server chooses." },
  ciphers = { type = "string|table", doc = "Cipher suites by name or code, tried in turn; without it, all." },
  sni = { type = "boolean", default = true, doc = "The server is told the host's name." },
  check_time = { type = "boolean", default = true, doc = "Certificates that have expired are refused." },
  ignore = { type = "table", default = {}, doc = 'Flaws that may be: a list of names, such as "expired".' },
  session_cache = { type = "boolean", default = false, doc = "Later connections resume the session." },
  dtls = { values = { false, "1.2", "1.0" }, default = false, doc = "DTLS over UDP, of this version." },
  negotiate_timeout = { type = "integer", min = 10, max = LONGEST_NEGOTIATION, default = LONGEST_NEGOTIATION,
    unit = "s", doc = "For the handshake." },
  mode = { values = { "buffer", "push", "transparent" }, default = "buffer",
    doc = "How data comes: it is asked for, it comes with the URC, or the line is the connection." },
  escape = { values = { "manual", "auto" }, default = "manual",
    doc = "auto: commands interrupt transparent mode by themselves." },
  context = { type = "integer", min = 1, max = 7, default = 1, unit = "", doc = "The PDP context." },
  close_timeout = { type = "integer", min = 0, max = 65535, unit = "s",
    doc = "For closing it in the module (10)." },
  diagnose = { type = "boolean", default = false,
    doc = "The cause of a failure is investigated, by further connections." },
  timeout = { type = "number", min = 0.1, max = 3600, unit = "s", doc = "Over all; without it each step has its own." },
}

--- The module shows a certificate of its own with seclevel 2 alone; what is not used is not stored either.
local function check_client(where, options)
  if options.verify == "mutual" then return end
  local given = options.certificate and "certificate" or options.key and "key"
  if given then
    check.fail(where, ('%s is of no use with verify = "%s": the module shows a certificate of its own with '
      .. 'verify = "mutual" alone'):format(given, options.verify))
  end
end

local function check_ignore(where, ignore)
  for key, name in pairs(ignore) do
    if math.type(key) ~= "integer" then
      check.fail(where, ("ignore has the field %s; it is a list of names: ignore = { %s }"):format(check.show(key),
        check.show(key)))
    end
    check.value(where, "ignore", name, { values = check.names(flaws) })
  end
end

--- Checks options and reads certificates; what is wrong raises.
---@return table
function settings.check(where, given)
  local options = check.options(where, given, settings.rules)
  tls.require_sources(where, options, 'a local file, { pem = … } or "UFS:name"')
  check_client(where, options)
  if options.key_password and not options.key then
    check.fail(where, "key_password is given without key, which it is for")
  end
  tls.read_sources(where, options, certificates.read)
  options.sni_wanted = given ~= nil and given.sni or options.sni and options.verify ~= "none"
  options.ciphers = suites.codes(where, options.ciphers)
  check_ignore(where, options.ignore)
  return options
end

local function number(flag)
  return flag and 1 or 0
end

---@class hayes.quectel.ssl_setting
---@field [1] string   of AT+QSSLCFG
---@field [2] integer|string
---@field optional? boolean  firmware that does not know it is as if it had this value
---@field verifies? boolean  verification depends on it: it is read back right before a connection is opened
---@field lacking? string   what it means that the firmware does not know it, and what to do about that
---@field password? string   behind the value: of an encrypted key
---@field unset? boolean     it is not sent, and only cleared when an earlier program has left something there

--- The settings for checked options, in the order in which they are sent.
---@param options table
---@param paths table<string, string> of certificates in the module
---@param suite string one code: the module takes no list
---@return hayes.quectel.ssl_setting[]
function settings.for_options(options, paths, suite)
  local bits, own = 0, {}
  for _, name in ipairs(options.ignore) do
    bits = bits | (flaws[name].bit or 0)
    if flaws[name].setting then own[flaws[name].setting] = true end
  end
  local list = {
    { "sslversion", versions[options.version], verifies = true },
    { "ciphersuite", suite, verifies = true },
    { "seclevel", levels[options.verify], verifies = true },
    -- The name that the certificate is compared with.
    { "sni", number(options.sni), optional = not options.sni_wanted, verifies = true,
      lacking = "It neither sends the server's name nor compares it with the certificate; sni = false does without." },
    -- Without verification no date is looked at.
    { "ignorelocaltime", number(not options.check_time), optional = not options.check_time or options.verify == "none",
      verifies = true, lacking = "It does not look at the dates of certificates; check_time = false does without." },
    { "negotiatetime", options.negotiate_timeout, optional = options.negotiate_timeout == LONGEST_NEGOTIATION,
      lacking = "It has a limit of its own for the handshake; leave negotiate_timeout out." },
    { "ignorecertitem", bits, optional = bits == 0, verifies = true },
    { "ignoreinvalidcertsign", number(own.ignoreinvalidcertsign), optional = not own.ignoreinvalidcertsign,
      verifies = true },
    { "ignoremulticertchainverify", number(own.ignoremulticertchainverify),
      optional = not own.ignoremulticertchainverify, verifies = true },
    -- A session that is resumed is not verified again.
    { "session_cache", number(options.session_cache), optional = not options.session_cache, verifies = true },
    { "dtls", number(options.dtls), optional = not options.dtls },
    -- Further CAs, of firmware that has it (EC2x, LTE Standard(A)).
    { "cacertex", "", optional = true, verifies = true, unset = true },
  }
  if options.dtls then list[#list + 1] = { "dtlsversion", dtls_versions[options.dtls] } end
  if paths.ca then list[#list + 1] = { "cacert", paths.ca, verifies = true } end
  if paths.certificate then list[#list + 1] = { "clientcert", paths.certificate } end
  if paths.key then list[#list + 1] = { "clientkey", paths.key, password = options.key_password } end
  return list
end

--- Is what the module reads back this value? Numbers in any writing (`0X0035`, `0x35`), paths with the storage or
--- without, which is UFS.
---@param wanted integer|string
---@param given any
---@return boolean
function settings.is_same(wanted, given)
  local number_wanted = tonumber(wanted)
  if number_wanted then return tonumber(given) == number_wanted end
  return tostring(given or ""):gsub("^UFS:", "") == wanted:gsub("^UFS:", "")
end

--- What the module is told with a setting, as one text.
---@param setting hayes.quectel.ssl_setting
---@return string
function settings.told(setting)
  return tostring(setting[2]) .. (setting.password and "\0" .. setting.password or "")
end

--- A text that two lists of settings share exactly if they are the same.
function settings.key(list)
  local words = {}
  for i, setting in ipairs(list) do words[i] = setting[1] .. "=" .. settings.told(setting) end
  return table.concat(words, ";")
end

return settings
