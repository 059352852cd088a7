--- The URLs of `hayes ftp`: ftp://, ftpes:// (explicit TLS) and ftps:// (implicit TLS).

local stop = require "hayes.cli.stop"

local ftp_url = {}

local schemes = { ftp = false, ftps = "implicit", ftpes = "explicit" }

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- A text that may be left out.
local function some(text) return text and text ~= "" and decode(text) or nil end

--- What ftp.open takes, and the path, as URLs have it (RFC 1738 3.2.2): from the folder in which the account begins, ""
--- for that folder itself; with %2F in front, from the root of the server.
---@param url string
---@return { host: string, port: integer?, tls: string|boolean, user: string?, password: string? }, string
function ftp_url.parse(url)
  local scheme, rest = url:match "^(%a+)://(.*)$"
  local tls = schemes[scheme and scheme:lower()]
  if tls == nil then stop.wrong_use "the URL must begin with ftp://, ftpes:// or ftps://" end
  local authority, path = rest:match "^([^/]*)/?(.*)$"
  local account, address = authority:match "^(.*)@(.*)$"
  address = address or authority
  if not account and address:find "^[^%[].*:" and path:find("@", 1, true) then
    stop.wrong_use "a slash in the user's name or password is written %2F"
  end
  local host, port = address:match "^(.-):(%d*)$"
  host = host or address
  if host == "" then stop.wrong_use("the URL names no server: write it as %s://HOST/PATH", scheme) end
  local user, password = (account or ""):match "^([^:]*):?(.*)$"
  return { host = host, port = math.tointeger(tonumber(port)), tls = tls, user = some(user),
    password = some(password) }, decode(path)
end

--- A name in a folder of the server's.
---@param folder string as parse() gives it
---@param name string
---@return string
function ftp_url.join(folder, name)
  if folder == "" then return name end
  return folder:gsub("/$", "") .. "/" .. name
end

return ftp_url
