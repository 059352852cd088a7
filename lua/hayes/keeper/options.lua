--- The options of modem:keep: what each may be, and which way of the dialect is meant.

local check = require "hayes.check"
local errors = require "hayes.error"

local options = {}

--- The first pause of 5 s is what a module needs to notice for itself that a cell has gone. The longest, 10 minutes,
--- and three attempts before a restart, are those of FTP note 4.2: "After restarting the module, check the settings at
--- least three times, 10 minutes apart, so that the module is not restarted too often."
local backoff_rules = {
  first = { type = "number", min = 0.1, max = 86400, default = 5, unit = "s",
    doc = "The pause after the first attempt that has failed." },
  most = { type = "number", min = 0.1, max = 86400, default = 600, unit = "s", doc = "The longest pause." },
  jitter = { type = "number", min = 0, max = 1, default = 0.5, unit = "",
    doc = "The part of a pause that is left to chance, so that many gateways do not come back all at once." },
}

local budget_rules = {
  attempts = { type = "integer", min = 1, max = 1000, default = 3, unit = "",
    doc = "So many attempts have failed, since the last restart, before there is one." },
  apart = { type = "number", min = 0, max = 31536000, default = 1800, unit = "s",
    doc = "From one restart to the next, at least." },
  restarts = { type = "integer", min = 0, max = 1000, default = 4, unit = "", doc = "Restarts within `per`, at most." },
  per = { type = "number", min = 1, max = 31536000, default = 86400, unit = "s",
    doc = "The time in which `restarts` are counted." },
}

options.rules = {
  network = { type = "table", doc = "Cellular modules: the options of modem.network.attach." },
  wifi = { type = "table", doc = "Wi-Fi modules: the options of modem.wifi.join." },
  check = { type = "number", min = 1, max = 86400, default = 60, unit = "s",
    doc = "From one look at the connection to the next. A look is a command to the module and costs no data." },
  probe = { type = "string|callable",
    doc = 'Whether data passes: "host:port", to which a TCP connection is opened and closed again; or a function, '
      .. "which is called with the modem and gives true, or nil and why not, within 120 s (no probe)." },
  probe_every = { type = "number", min = 1, max = 604800, default = 600, unit = "s",
    doc = "From one probe to the next. The next look probes again when one has failed, and three failures in a row "
      .. "mean that the connection is lost." },
  backoff = { type = "table", fields = backoff_rules,
    doc = "Pauses between attempts: each is twice as long as the one before." },
  budget = { type = "table", fields = budget_rules, doc = "When the module may be restarted." },
  restart = { type = "boolean|callable", default = true, doc = "Whether the module may be restarted. By a command of "
    .. "its own; or by a function that is called with the modem and switches its power, which also helps a module that "
    .. "does not answer any more. The function gives true, or nil and why not, within 300 s." },
}

local WHERE = "modem:keep"

--- Host and port of "example.com:443", "[2001:db8::1]:443".
local function target_of(text)
  local host, port = text:match "^%[([%x:.]+)%]:(%d+)$"
  if not host then host, port = text:match "^([^%s:]+):(%d+)$" end
  port = math.tointeger(tonumber(port))
  if not port or port < 1 or port > 65535 then
    check.fail(WHERE, ("probe is %q; it must be \"host:port\", or a function"):format(text))
  end
  return { host = host, port = port }
end

--- The ways of a dialect, in words: "modem:keep { network = { … } }".
local function words_for(ways)
  local list = {}
  for i, name in ipairs(check.names(ways)) do list[i] = ("modem:keep { %s = { … } }"):format(name) end
  return table.concat(list, " or ")
end

--- Which of the dialect's ways is meant.
local function name_of_way(ways, given)
  local found
  for name in pairs(options.rules) do
    local is_way = name == "network" or name == "wifi"
    if is_way and given[name] ~= nil and not ways[name] then
      check.fail(WHERE, ("the module has no modem.%s; what it takes is %s"):format(name, words_for(ways)))
    end
  end
  for name in pairs(ways) do
    if given[name] ~= nil then
      if found then check.fail(WHERE, ("both %s and %s are given; one of them is kept"):format(found, name)) end
      found = name
    end
  end
  return found or check.fail(WHERE, "what is to be kept is missing: " .. words_for(ways))
end

local function rules_with(ways)
  local rules = {}
  for name, rule in pairs(options.rules) do rules[name] = rule end
  for name in pairs(ways) do rules[name] = rules[name] or { type = "table" } end
  return rules
end

--- Reads what modem:keep was given; what is wrong raises. nil and the error where the dialect keeps nothing.
---@param modem hayes.modem
---@param given any
---@return table? options, any way of the dialect, or the error
function options.read(modem, given)
  local ways = modem.dialect.keep
  if not ways or not next(ways) then
    return nil, errors.new { name = "not_supported",
      message = ("the dialect %s does not say how a connection is kept"):format(modem.dialect.name),
      hint = "Modules with modem.network or modem.wifi can be kept on line. A dialect of your own says how in its "
        .. "field `keep`." }
  end
  local read = check.options(WHERE, given, rules_with(ways))
  local name = name_of_way(ways, read)
  read.backoff = check.options(WHERE .. ", backoff", read.backoff, backoff_rules)
  read.budget = check.options(WHERE .. ", budget", read.budget, budget_rules)
  if read.backoff.first > read.backoff.most then
    check.fail(WHERE, ("backoff.first is %.14g, and backoff.most %.14g; the first pause is the shortest"):format(
      read.backoff.first, read.backoff.most))
  end
  if type(read.probe) == "string" then
    if not modem.tcp then check.fail(WHERE, "probe is a host, and the module has no modem.tcp; give a function") end
    read.target = target_of(read.probe)
  end
  read.wanted = read[name]
  return read, ways[name]
end

return options
