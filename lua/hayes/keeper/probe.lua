--- Tries whether data passes, by a TCP connection that is opened and closed again.

local probe = {}

--- Longest time for the connection to be opened, seconds: the TCP/IP notes give a module 150 s for it, which is more
--- than a server that is there ever needs.
local SECONDS = 60

--- The module has no connection to spare: that tells nothing of the link.
local function is_full(err)
  return err.name == "no_free_socket" or err.name == "no_free_context" or err.name == "busy"
    or err.name == "socket_create_failed"
end

--- True if a TCP connection can be opened, or if that cannot be tried now; nil and the error if it cannot be opened.
---@param modem hayes.modem
---@param target { host: string, port: integer }
---@return true?, hayes.error?
function probe.connect(modem, target)
  local socket <close>, err = modem.tcp.open(target.host, target.port, { timeout = SECONDS })
  if socket or is_full(err) then return true end
  return nil, err
end

return probe
