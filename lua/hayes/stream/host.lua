--- Hosts as people write them, and as modules take them: names and addresses.

local check = require "hayes.check"

local host = {}

--- What every host has to be, as a rule of check.value.
host.RULE = { type = "string", line = true, filled = true, longest = 255 }

--- The host as a command has it: an IPv6 address without the brackets that URLs have around it, and a name without the
--- dot of the DNS root, which modules would send as part of the TLS server name. Anything else is left as it is.
---@param given any
---@return any
function host.plain(given)
  if type(given) ~= "string" then return given end
  local address = given:match("^%[([%x:.]+)%]$") or given:match("^%[([%x:.]+%%[%w]+)%]$")
  if address and address:find(":", 1, true) then return address end
  return given:match("^(.*[^.])%.$") or given
end

--- Raises for what is no name and no address: a URL, which may hold a password and is not shown; a host with its port.
---@param where string the call
---@param given string as host.plain() gives it
function host.check(where, given)
  local found = given:match("[/@]") or not given:find(":.*:") and given:match(":")
  if not found then return end
  check.fail(where, ("the host holds %s; it is a name or an address alone"):format(check.show(found)))
end

--- "inet6" for an IPv6 address, with colons or as sixteen decimal numbers (27.007 10.1.1), else "inet".
---@param address string
---@return "inet"|"inet6"
function host.family(address)
  local is_v6 = address:find(":", 1, true) or address:find("^%d+%.%d+%.%d+%.%d+%.")
  return is_v6 and "inet6" or "inet"
end

return host
