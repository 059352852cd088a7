--- Options of FTP sessions and transfers, and URLs.

local check = require "hayes.check"
local mask = require "hayes.display.mask"
local hosts = require "hayes.stream.host"
local settings = require "hayes.dialect.quectel.ssl.settings"

local options = {}

local rules = {
  host = { type = "string", line = true, longest = 255, required = true, doc = "Name or IPv4 address of the server." },
  port = { type = "integer", min = 1, max = 65535, unit = "", doc = "That of the server (21; 990 with implicit TLS)." },
  user = { type = "string", line = true, default = "anonymous", doc = "Up to 255 bytes." },
  password = { type = "string", line = true, secret = true, default = "", doc = "Up to 255 bytes." },
  tls = { values = { false, "implicit", "explicit" }, default = false,
    doc = "None, from the first byte on (FTPS), or after AUTH TLS (FTPES)." },
  passive = { type = "boolean", default = true, doc = "The module opens the data connections. TLS demands it." },
  type = { values = { "binary", "ascii" }, default = "binary",
    doc = "In ascii nothing can be resumed or compared." },
  timeout = { type = "integer", min = 20, max = 180, default = 90, unit = "s", doc = "For each answer of the server." },
  context = { type = "integer", min = 1, max = 15, default = 1, unit = "", doc = "The PDP context." },
  data_address = { values = { "given", "control", "either" }, default = "given",
    doc = "Where data connections go: where the server says, where the control connection goes, or both in turn." },
  data_timeout = { type = "integer", min = 15, max = 50, default = 25, unit = "s",
    doc = "For a data connection, where data_address is \"either\"." },
  restenable = { type = "boolean", default = false, doc = "Data connections end with RST." },
  cache = { values = { "default", "fast", "slow" }, default = "default",
    doc = "The module's buffer for data connections: 64 KB, or 128 KB of two kinds." },
  retries = { type = "integer", min = 0, max = 1000, default = 20, unit = "",
    doc = "Attempts in a row without progress after which a transfer fails; of the first login, where it is given "
      .. "(else that is tried three times)." },
  on_retry = { type = "callable",
    doc = "Called before each new attempt with the error, the failures in a row, and the seconds until then." },
  diagnose = { type = "boolean", default = false,
    doc = "The cause of a failed login is investigated, by further connections." },
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
  resume = { type = "boolean", doc = "A broken transfer goes on where it was (true between files)." },
  offset = { type = "integer", min = 0, max = 2147483647, unit = "bytes", doc = "Where the part begins (0)." },
  length = { type = "integer", min = 0, max = 2147483647, unit = "bytes", doc = "Of the part (up to the end)." },
  progress = { type = "callable",
    doc = "Called at most ten times a second with the bytes done, the total if it is known, and bytes per second." },
  retries = { type = "integer", min = 0, max = 1000, unit = "", doc = "As for ftp.open (that of the session)." },
  verify = { values = { true, false, "content" }, default = true,
    doc = "At the end sizes and samples are compared; nothing is; or the whole content is read back." },
  existing = { values = { "beside", "replace", "refuse" },
    doc = "What becomes of a server's file that is no part of this one: it is replaced once the new one is complete "
      .. "(with resume), written over (without), or the upload fails." },
  piece = { type = "integer", min = 1, max = 2147483647, unit = "bytes",
    doc = "Most that goes with one command; others have the module in between (1 MiB for uploads between files)." },
  follow = { type = "boolean", doc = "A local file that grows is stored up to the end that it has by then." },
}

options.session_rules = rules

--- Those of ftp.put and ftp.get, which have both; those of a URL it has itself.
options.url_rules = {}
for _, part in ipairs { rules, options.transfer } do
  for name, rule in pairs(part) do options.url_rules[name] = rule end
end
options.url_rules.host = nil

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
    check.fail(where, ("%q has a slash before its @: in a user name or password it is written %%2F"):format(shown))
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
