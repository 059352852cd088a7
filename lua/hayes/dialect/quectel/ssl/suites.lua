--- Table 3 of the SSL note: the cipher suites of AT+QSSLCFG="ciphersuite", in its order.
---
--- `missing` says why hayes-emulator cannot speak one, being built on a distribution's OpenSSL 3; the modules can, as
--- far as their firmware lists it in AT+QSSLCFG=?.

local check = require "hayes.check"

local WEAK = "RC4 and 3DES are not compiled into OpenSSL as distributions build it (enable-weak-ssl-ciphers)"
local STATIC_ECDH = "static ECDH was removed from OpenSSL in version 1.1.0"

---@class hayes.suite
---@field code string     as AT+QSSLCFG takes it
---@field name string     as IANA lists it
---@field openssl? string OpenSSL's name of it, where it has one
---@field certificate "RSA"|"ECDSA" the key that the server's certificate holds
---@field since "ssl3"|"tls1.2" the oldest version that has it
---@field missing? string

---@type hayes.suite[]
local suites = {
  { code = "0X0035", name = "TLS_RSA_WITH_AES_256_CBC_SHA", openssl = "AES256-SHA" },
  { code = "0X002F", name = "TLS_RSA_WITH_AES_128_CBC_SHA", openssl = "AES128-SHA" },
  { code = "0X0005", name = "TLS_RSA_WITH_RC4_128_SHA", missing = WEAK },
  { code = "0X0004", name = "TLS_RSA_WITH_RC4_128_MD5", missing = WEAK },
  { code = "0X000A", name = "TLS_RSA_WITH_3DES_EDE_CBC_SHA", missing = WEAK },
  { code = "0X003D", name = "TLS_RSA_WITH_AES_256_CBC_SHA256", openssl = "AES256-SHA256" },
  { code = "0XC002", name = "TLS_ECDH_ECDSA_WITH_RC4_128_SHA", missing = STATIC_ECDH },
  { code = "0XC003", name = "TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA", missing = STATIC_ECDH },
  { code = "0XC004", name = "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", missing = STATIC_ECDH },
  { code = "0XC005", name = "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA", missing = STATIC_ECDH },
  { code = "0XC007", name = "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", missing = WEAK },
  { code = "0XC008", name = "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", missing = WEAK },
  { code = "0XC009", name = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", openssl = "ECDHE-ECDSA-AES128-SHA" },
  { code = "0XC00A", name = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", openssl = "ECDHE-ECDSA-AES256-SHA" },
  { code = "0XC011", name = "TLS_ECDHE_RSA_WITH_RC4_128_SHA", missing = WEAK },
  { code = "0XC012", name = "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", missing = WEAK },
  { code = "0XC013", name = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", openssl = "ECDHE-RSA-AES128-SHA" },
  { code = "0XC014", name = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", openssl = "ECDHE-RSA-AES256-SHA" },
  { code = "0XC00C", name = "TLS_ECDH_RSA_WITH_RC4_128_SHA", missing = STATIC_ECDH },
  { code = "0XC00D", name = "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA", missing = STATIC_ECDH },
  { code = "0XC00E", name = "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", missing = STATIC_ECDH },
  { code = "0XC00F", name = "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA", missing = STATIC_ECDH },
  { code = "0XC023", name = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", openssl = "ECDHE-ECDSA-AES128-SHA256" },
  { code = "0XC024", name = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", openssl = "ECDHE-ECDSA-AES256-SHA384" },
  { code = "0XC025", name = "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256", missing = STATIC_ECDH },
  { code = "0XC026", name = "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384", missing = STATIC_ECDH },
  { code = "0XC027", name = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", openssl = "ECDHE-RSA-AES128-SHA256" },
  { code = "0XC028", name = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", openssl = "ECDHE-RSA-AES256-SHA384" },
  { code = "0XC029", name = "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256", missing = STATIC_ECDH },
  { code = "0XC02A", name = "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384", missing = STATIC_ECDH },
  { code = "0XC02F", name = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", openssl = "ECDHE-RSA-AES128-GCM-SHA256" },
  { code = "0XC030", name = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", openssl = "ECDHE-RSA-AES256-GCM-SHA384" },
}

--- Stands for all of them.
local ALL = "0XFFFF"

local by_word, names = { [ALL] = ALL }, {}
for i, suite in ipairs(suites) do
  suite.certificate = suite.name:find("_ECDSA_", 1, true) and "ECDSA" or "RSA"
  suite.since = (suite.name:find("SHA256$") or suite.name:find("SHA384$")) and "tls1.2" or "ssl3"
  by_word[suite.name], by_word[suite.code] = suite.code, suite.code
  names[i] = suite.name
end

local function code_of(where, word)
  check.value(where, "a cipher suite", word, { type = "string" })
  local code = by_word[word:upper()]
  if code then return code end
  local nearest = check.nearest(word:upper(), names)
  check.fail(where, ("ciphers: %q is not in Table 3 of the SSL note%s"):format(word,
    nearest and (" (did you mean %s?)"):format(nearest) or ""))
end

--- The codes for what was given as `ciphers`: nothing, a name or code in any case, or a list of them.
---@param where string
---@param ciphers? string|string[]
---@return string[]
local function codes(where, ciphers)
  if ciphers == nil then return { ALL } end
  if type(ciphers) == "string" then ciphers = { ciphers } end
  if #ciphers == 0 then check.fail(where, "ciphers is an empty list; leave it out to offer all") end
  local list = {}
  for i, word in ipairs(ciphers) do list[i] = code_of(where, word) end
  return list
end

return { list = suites, codes = codes, ALL = ALL }
