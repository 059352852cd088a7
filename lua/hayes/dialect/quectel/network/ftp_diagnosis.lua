--- Finds out why an FTP login fails, for ftp.open { diagnose = true }: the way to the server, by the steps of
--- network.diagnose; what listens on the port, by a plain TCP connection; then TLS, as ssl.open does it.
---
--- No login here is with the user's account, since a server may not be verified in it.

local diagnosis = require "hayes.dialect.quectel.network.diagnosis"
local login = require "hayes.dialect.quectel.ftp.login"
local ssl_diagnosis = require "hayes.dialect.quectel.ssl.diagnosis"

local ftp_diagnosis = {}

--- A server greets at once; one of implicit TLS waits for the client.
local GREETING_SECONDS = 10

--- The code of a reply, whose last line has a space after it (RFC 959 4.2).
local function reply_code(socket)
  local line
  repeat line = socket:receive "*l" until not line or line:find "^%d%d%d "
  return line and line:match "^%d%d%d"
end

--- What the port speaks: the code of the greeting, and of the answer to AUTH TLS; nil where none came.
local function listen_to(modem, options)
  local socket <close> = modem.tcp.open(options.host, options.port, { context = options.context })
  if not socket then return nil end
  socket:settimeout(GREETING_SECONDS)
  local greeting = reply_code(socket)
  if not greeting then return nil end
  socket:send "AUTH TLS\r\n"
  local answer = reply_code(socket)
  socket:send "QUIT\r\n"
  return greeting, answer
end

--- Is it the kind of TLS that does not fit the port?
local function explain_kind(modem, options)
  local greeting, answer = listen_to(modem, options)
  if options.tls == "explicit" and not greeting then
    return ("%s:%d does not greet in the clear: it may speak implicit TLS (tls = \"implicit\", mostly port 990), or be "
      .. "no FTP server."):format(options.host, options.port)
  end
  if not greeting then return nil end
  local speaks_tls = answer == "234"
  if options.tls == "explicit" and speaks_tls then return nil end
  local where = ("%s:%d greets in the clear (%s)"):format(options.host, options.port, greeting)
  if speaks_tls then return where .. " and takes AUTH TLS: give tls = \"explicit\"." end
  return ("%s and answers AUTH TLS with %s: it speaks no TLS on this port."):format(where, answer or "nothing")
end

--- Does a login without an account get as far as an answer of the server, with these TLS options changed?
local function tls_succeeds(session, changes)
  local account = setmetatable({ user = "anonymous", password = "" }, { __index = session.options })
  local probe = setmetatable({ options = account, tls = setmetatable(changes, { __index = session.tls }), steps = {},
    ssl_context = false }, { __index = session })
  local ok, err = login.open(probe)
  login.leave(session.modem, session.options.timeout)
  login.release(probe)
  return ok or err.protocol ~= nil
end

--- One paragraph.
---@param session table that could not log in
---@param err hayes.error
---@return string
function ftp_diagnosis.explain(session, err)
  local modem, options = session.modem, session.options
  if err.protocol then
    local kind = session.tls and explain_kind(modem, options)
    return "Diagnosis: " .. (kind or "the server is reached, and it is the server that refuses.")
  end
  local report = diagnosis.run(modem, modem.network, options.host, options.port, options.context)
  if not report.ok or not session.tls then return "Diagnosis: " .. ssl_diagnosis.below_tls(report) end
  local kind = explain_kind(modem, options)
  if kind then return "Diagnosis: " .. kind end
  return ssl_diagnosis.explain(modem, err, options.host, options.port, session.tls,
    function(changes) return tls_succeeds(session, changes) end)
end

return ftp_diagnosis
