--- The options of wifi.join.

local check = require "hayes.check"

local join_options = {}

join_options.rules = {
  ssid = { type = "string", sendable = true, longest = 63, required = true,
    doc = "Name of the network, 1 to 63 bytes." },
  password = { type = "string", sendable = true, longest = 63, secret = true, doc = "Without it the network is open." },
  bssid = { type = "string", line = true, doc = "Address of one access point of that network (any)." },
  timeout = { type = "number", min = 1, max = 600, default = 30, unit = "s", doc = "Over all." },
}

--- What wifi.join takes, with the defaults filled in; what is wrong raises.
---@param where string the function for messages
---@param given any
---@return table
function join_options.check(where, given)
  local options = check.options(where, given, join_options.rules)
  if options.ssid == "" then check.fail(where, "the ssid is empty") end
  return options
end

return join_options
