--- An FTP server that speaks no TLS, and lets nobody in: `plain_ftp_server.lua PORT`.

local socket = require "socket"

local answers = { QUIT = "221 bye", USER = "331 password", PASS = "530 not you" }

local listener = assert(socket.bind("127.0.0.1", assert(tonumber(arg[1]))))
while true do
  local client = listener:accept()
  client:send("220-plain\r\n220 ready\r\n")
  repeat
    local line = client:receive("*l")
    local verb = line and line:match("^%a+")
    if verb then client:send((answers[verb:upper()] or "502 no") .. "\r\n") end
  until not verb or verb:upper() == "QUIT"
  client:close()
end
