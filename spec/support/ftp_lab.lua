--- What specs of modem.ftp need: an FTP server, an emulator in front of it, bytes that look like protocol.

local lab = require "support.lab"

local ftp_lab = {}

--- What a module says, and what ends data mode, in the middle of other bytes.
ftp_lab.PROTOCOL = "\r\nOK\r\n\r\n+QFTPGET: 0,7\r\n\r\nNO CARRIER\r\n+++\26\27\0\255ATH\r\nCONNECT\r\n"
  .. "\r\n+QFTPPUT: 609,0\r\nRDY\r\n"

--- So many bytes, no two parts of which are alike, with such words in between.
function ftp_lab.bytes(count)
  local parts, length, i = {}, 0, 0
  while length < count do
    i = i + 1
    local part = ("%08d line\n"):format(i) .. (i % 97 == 0 and ftp_lab.PROTOCOL or "")
    parts[i] = part
    length = length + #part
  end
  return table.concat(parts):sub(1, count)
end

--- A modem on line, on an emulator that finds the server.
function ftp_lab.online(options, open_options)
  options = options or {}
  options.resolve = options.resolve or { [lab.HOST] = "127.0.0.1", ["ftp.example"] = "127.0.0.1" }
  return lab.online(nil, options, open_options)
end

--- Session options for the server.
function ftp_lab.account(server, more)
  local options = { host = "ftp.example", port = server.port, user = "user", password = "secret" }
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

--- The same with TLS, verified.
function ftp_lab.secure(server, kind, more)
  local options = ftp_lab.account(server, { host = lab.HOST, tls = kind, ca = lab.folder() .. "/root.pem",
    port = kind == "implicit" and server.implicit_port or server.port })
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

function ftp_lab.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read("a")
  file:close()
  return bytes
end

function ftp_lab.write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

return ftp_lab
