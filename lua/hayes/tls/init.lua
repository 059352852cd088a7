--- The policy for TLS options in all dialects: a connection is never unverified by accident.

local check = require "hayes.check"

local tls = {}

--- The options that every dialect's ssl.open takes.
tls.rules = {
  verify = { values = { "server", "mutual", "none" }, default = "server",
    doc = "Who is checked: the server, both sides, or nobody." },
  ca = { type = "string|table", doc = "What the server's certificate must lead to: a local path or { pem = text }." },
  certificate = { type = "string|table", doc = "The client's own, likewise." },
  key = { type = "string|table", doc = "The key of that certificate." },
}

--- The options that name certificates and keys.
local SOURCES = { "ca", "certificate", "key" }

--- Rules for check.options: those above and a dialect's own.
---@param own? table<string, table>
---@return table<string, table>
function tls.rules_with(own)
  local rules = {}
  for name, rule in pairs(tls.rules) do rules[name] = rule end
  for name, rule in pairs(own or {}) do rules[name] = rule end
  return rules
end

--- Raises unless the options have what verification needs: a CA to verify the server against, unless the caller says
--- verify = "none"; and for mutual authentication a certificate and its key.
---@param where string the function: `ssl.open`
---@param options table checked against the rules
---@param forms string what `ca` may be, in words: `a local file or { pem = … }`
function tls.require_sources(where, options, forms)
  if options.verify ~= "none" and not options.ca then
    check.fail(where, ('verify = "%s" needs the CA that the server is checked against: give ca = "file.pem" (%s), or '
      .. 'say verify = "none" to connect without knowing to whom'):format(options.verify, forms))
  end
  if options.verify == "mutual" and not (options.certificate and options.key) then
    check.fail(where, 'verify = "mutual" needs certificate and key, the client\'s own')
  end
end

--- Replaces `ca`, `certificate` and `key`, where given, by what read() returns for them.
---@param where string
---@param options table
---@param read fun(where: string, name: string, source: any): any  raises if the source cannot be used
function tls.read_sources(where, options, read)
  for _, name in ipairs(SOURCES) do
    if options[name] then options[name] = read(where, name, options[name]) end
  end
end

return tls
