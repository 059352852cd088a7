--- modem.dns: name resolution by an Ai-Thinker module (framework P2.31.0 and later).

local check = require "hayes.check"
local errors = require "hayes.error"
local hosts = require "hayes.stream.host"
local Steps = require "hayes.steps"

local resolve_rules = {
  timeout = { type = "number", min = 0.1, max = 3600, unit = "s", doc = "Over all; without it the module has 20 s." },
}

return function(modem)
  ---@class hayes.aithinker.dns modem.dns of an Ai-Thinker module
  local dns = {}

  local function address(where, what, value)
    check.value(where, what, value, { type = "string", line = true })
    if not value:find("^%d+%.%d+%.%d+%.%d+$") then
      check.fail(where, ("%s is %s; it must be an IPv4 address"):format(what, check.show(value)))
    end
    return value
  end

  local function resolve(steps, name)
    local response, err = modem:call("+WDOMAIN", "write", { name }, Steps.request)
    if not response then return nil, errors.within(err, steps.doing) end
    local found = response[1] and modem:fields("AT+WDOMAIN=", response[1])[1]
    if type(found) == "string" and found:find("^[%x.:]+$") and found ~= "0.0.0.0" then return found end
    return nil, errors.new { name = "dns_failed", origin = "aithinker",
      message = ("the module finds no address of %s"):format(name),
      hint = "Check the name; modem.dns.servers() tells the DNS servers, and sets others." }
  end

  --- The IPv4 address of a host name.
  ---
  --- Errors: `dns_failed`, `timeout`, those of modem:at.
  ---
  --- Source: TCP/IP AT Command Set, AT+WDOMAIN.
  ---@param name string 1 to 200 bytes
  ---@param options? { timeout: number? } how long it may take
  ---@return string?, hayes.error?
  function dns.resolve(name, options)
    check.value("dns.resolve", "the name", name, { type = "string", line = true, filled = true, longest = 200 })
    name = hosts.plain(name)
    hosts.check("dns.resolve", name)
    options = check.options("dns.resolve", options, resolve_rules)
    return Steps.run(modem, options.timeout, "resolving " .. name, resolve, name)
  end

  --- The DNS servers as a list; with arguments they are set first.
  ---
  --- Errors: those of modem:at.
  ---
  --- Source: TCP/IP AT Command Set, AT+WDNS.
  ---@param first? string IPv4 address
  ---@param second? string IPv4 address
  ---@return string[]?, hayes.error?
  function dns.servers(first, second)
    if first ~= nil then
      address("dns.servers", "the first server", first)
      if second ~= nil then address("dns.servers", "the second server", second) end
      local ok, err = modem:call("+WDNS", "write", { first, second })
      if not ok then return nil, errors.within(err, "setting the DNS servers") end
    elseif second ~= nil then
      check.fail("dns.servers", "the first server is missing")
    end
    local fields, err = modem:query("AT+WDNS?")
    if not fields then return nil, errors.within(err, "asking for the DNS servers") end
    local list = {}
    for _, server in ipairs { fields[1] or "", fields[2] or "" } do
      if type(server) == "string" and server ~= "" and server ~= "0.0.0.0" then list[#list + 1] = server end
    end
    return list
  end

  check.takes(dns.resolve, resolve_rules)

  return dns
end
