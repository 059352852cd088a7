--- Options of FTP sessions and transfers, and URLs.

local check = require "hayes.check"
local mask = require "hayes.declare.mask"
local hosts = require "hayes.stream.host"
local settings = require "hayes.dialect.quectel.ssl.settings"

local options = {}

local rules = {
  host = { type = "string", line = true, longest = 255, required = true },
  port = { type = "integer", min = 1, max = 65535 },
  user = { type = "string", line = true, default = "anonymous" },
  password = { type = "string", line = true, secret = true, default = "" },
  tls = { values = { false, "implicit", "explicit" }, default = false },
  passive = { type = "boolean", default = true },
  type = { values = { "binary", "ascii" }, default = "binary" },
  timeout = { type = "integer", min = 20, max = 180, default = 90 },
  context = { type = "integer", min = 1, max = 15, default = 1 },
  data_address = { values = { "given", "control", "either" }, default = "given" },
  data_timeout = { type = "integer", min = 15, max = 50, default = 25 },
  restenable = { type = "boolean", default = false },
  cache = { values = { "default", "fast", "slow" }, default = "default" },
  retries = { type = "integer", min = 0, max = 1000, default = 20 },
  on_retry = { type = "callable" },
  diagnose = { type = "boolean", default = false },
}

--- Those of ssl.open that a session can have; the others are about sockets.
local tls_names = { "verify", "ca", "certificate", "key", "key_password", "version", "ciphers", "sni", "check_time",
  "ignore", "session_cache", "negotiate_timeout" }

local is_tls = {}
for _, name in ipairs(tls_names) do
  is_tls[name] = true
  local rule = {}
  for key, value in pairs(settings.rules[name]) do rule[key] = value end
  rule.default = nil
  rules[name] = rule
end

options.transfer = {
  resume = { type = "boolean" },
  offset = { type = "integer", min = 0, max = 2147483647 },
  length = { type = "integer", min = 0, max = 2147483647 },
  progress = { type = "callable" },
  retries = { type = "integer", min = 0, max = 1000 },
  verify = { values = { true, false, "content" }, default = true },
  existing = { values = { "beside", "replace", "refuse" } },
  piece = { type = "integer", min = 1, max = 2147483647 },
  follow = { type = "boolean" },
}

--- The most that the numbers of AT+QFTPPUT and AT+QFTPGET can say.
options.MOST = 2147483647

--- A path on the server: 1 to 255 bytes that can be sent (FTP note 2.6).
function options.check_path(where, path)
  check.value(where, "the path", path, { type = "string", line = true })
  if path == "" then check.fail(where, "the path is empty") end
  if #path > 255 then check.fail(where, ("the path is %d bytes long; it must be at most 255"):format(#path)) end
end

local function check_tls(where, given, session)
  local tls = {}
  for name in pairs(given) do
    if is_tls[name] then
      if not session.tls then
        check.fail(where, ('%s is for TLS: say tls = "explicit" or "implicit", too'):format(name))
      end
      tls[name] = given[name]
    end
  end
  if not session.tls then return nil end
  if not session.passive then
    check.fail(where, "passive = false with tls: the FTP note (2.1) forbids active mode for FTPS")
  end
  tls = settings.check(where, tls)
  tls.context = session.context
  if #tls.ciphers > 1 then
    check.fail(where, ("ciphers has %d suites; an FTP session takes one, or all"):format(#tls.ciphers))
  end
  return tls
end

--- A name or an IPv4 address; nothing else can be one, and what is typed in its place may hold a password.
local function check_host(where, host)
  if host == "" then check.fail(where, "the host is empty") end
  if not host:find("[/@]") and (host:find("^%[") or host:find(":.*:")) then
    check.fail(where, ("the host is %s: the module's FTP client takes names and IPv4 addresses, no IPv6"):format(
      check.show(host)))
  end
  if host:find("[/@:]") then
    check.fail(where, "the host holds " .. check.show(host:match("[/@:]"))
      .. "; it is a name or an address alone, and URLs are for ftp.put and ftp.get")
  end
end

--- Options of a session; those of TLS as a table of their own, nil without TLS. What is wrong raises.
---@return table session, table? tls
function options.session(where, given)
  local session = check.options(where, given, rules)
  check_host(where, session.host)
  session.host = hosts.plain(session.host)
  session.port = session.port or (session.tls == "implicit" and 990 or 21)
  for _, name in ipairs { "user", "password" } do
    if #session[name] > 255 then check.fail(where, ("%s is longer than 255 bytes"):format(name)) end
  end
  return session, check_tls(where, given, session)
end

local function decode(text)
  return text and (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local schemes = { ftp = false, ftps = "implicit", ftpes = "explicit" }

--- `ftp://user:password@host:port/path`, ftps:// (implicit TLS) or ftpes:// (explicit): session options, and the path.
--- A path is taken from the folder that the server begins in; with %2F in front, from the root (RFC 1738 3.2.2).
local function parse(where, url)
  check.value(where, "the URL", url, { type = "string" })
  local scheme, rest = url:match("^(%a+)://(.*)$")
  local tls = schemes[scheme and scheme:lower()]
  local shown = mask.url(url)
  if tls == nil then check.fail(where, ("%q is no URL of ftp, ftps or ftpes"):format(shown)) end
  local place, path = rest:match("^([^/]*)/(.+)$")
  if not place then check.fail(where, ("%q names no file"):format(shown)) end
  local account, address = place:match("^(.*)@([^@]*)$")
  address = address or place
  local host, port = address:match("^(.-):(%d+)$")
  if not account and not host and address:find("^[^%[].*:") and path:find("@", 1, true) then
    check.fail(where, ("%q has a slash in front of its @: in a user name or password it is written %%2F"):format(shown))
  end
  local user, password = (account or ""):match("^([^:]*):?(.*)$")
  local kind = path:match(";type=(%a)$")
  return {
    host = host or address, port = port and math.tointeger(tonumber(port)), tls = tls,
    user = account and decode(user) or nil, password = account and decode(password) or nil,
    type = kind == "a" and "ascii" or nil,
  }, decode((path:gsub(";type=%a$", "")))
end

--- A URL and options of both kinds: of the session, of the transfer; and the path. What is wrong with path or transfer
--- raises here, before a session is opened for it.
function options.of_url(where, url, given)
  check.value(where, "the options", given, { type = "table|nil" })
  local session, path = parse(where, url)
  local transfer = {}
  for name, value in pairs(given or {}) do
    if options.transfer[name] then transfer[name] = value else session[name] = value end
  end
  if transfer.retries then session.retries = transfer.retries end
  if session.host then check_host(where, session.host) end
  options.check_path(where, path)
  check.options(where, transfer, options.transfer)
  return session, path, transfer
end

return options
