--- The options of network.attach.

local check = require "hayes.check"

local attach_options = {}

--- PDP contexts of the TCP/IP note: 1 to 16.
local LAST_CONTEXT = 16
attach_options.LAST_CONTEXT = LAST_CONTEXT

attach_options.rules = {
  apn = { type = "string", line = true, longest = 127, required = true,
    doc = "The access point name, up to 127 bytes." },
  user = { type = "string", line = true, longest = 127, default = "", doc = "Of the access point, up to 127 bytes." },
  password = { type = "string", line = true, longest = 127, secret = true, default = "", doc = "That of the user." },
  auth = { values = { "none", "pap", "chap", "pap or chap" },
    doc = 'How the user is authenticated ("pap or chap" where there is one).' },
  type = { values = { "ipv4", "ipv6", "ipv4v6" }, default = "ipv4", doc = "Kind of the data connection." },
  context = { type = "integer", min = 1, max = LAST_CONTEXT, default = 1, unit = "", doc = "The PDP context." },
  pin = { type = "string", line = true, longest = 8, secret = true,
    doc = "PIN of the SIM card. It is sent once: one that the card has refused is not sent again." },
  pin_again = { type = "boolean", default = false, doc = "The PIN is sent although the card has refused it before." },
  timeout = { type = "number", min = 0.1, max = 3600, unit = "s",
    doc = "Over all; without it the SIM card has 20 s, the search for a network 120 s, and the other steps what the "
      .. "notes give them." },
}

--- Credentials that would not be used.
local function check_credentials(where, options)
  if options.user ~= "" then
    if options.auth == "none" then
      check.fail(where, 'auth is "none", with which user and password are not used')
    end
  elseif options.password ~= "" then
    check.fail(where, "password is given without user; they are used together")
  elseif options.auth and options.auth ~= "none" then
    check.fail(where, ("auth is %q without user; they are used together"):format(options.auth))
  end
end

--- What network.attach takes, with the defaults filled in; what is wrong raises.
---@param where string the function for messages
---@param given any
---@return table
function attach_options.check(where, given)
  local options = check.options(where, given, attach_options.rules)
  check_credentials(where, options)
  return options
end

return attach_options
