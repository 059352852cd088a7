--- modem.network: the way to a data connection on a Quectel module: SIM, registration, PDP context (TCP/IP note;
--- FTP note chapter 4 for what to look at when it fails).

local check = require "hayes.check"
local Contexts = require "hayes.dialect.quectel.network.pdp"
local diagnosis = require "hayes.dialect.quectel.network.diagnosis"
local errors = require "hayes.error"
local hosts = require "hayes.stream.host"
local Registration = require "hayes.dialect.quectel.network.registration"
local Resolver = require "hayes.dialect.quectel.socket.resolver"
local Sim = require "hayes.dialect.quectel.network.sim"
local states = require "hayes.dialect.quectel.network.states"
local wait = require "hayes.wait"

local attach_options = {
  apn = { type = "string", line = true, required = true },
  user = { type = "string", line = true, default = "" },
  password = { type = "string", line = true, default = "" },
  auth = { values = { "none", "pap", "chap", "pap or chap" } },
  type = { values = { "ipv4", "ipv6", "ipv4v6" }, default = "ipv4" },
  context = { type = "integer", min = 1, max = 15, default = 1 },
  pin = { type = "string", line = true },
  pin_again = { type = "boolean", default = false },
  timeout = { type = "number", min = 1, max = 3600, default = 120 },
}

local resolve_options = {
  context = { type = "integer", min = 1, max = 16, default = 1 },
  timeout = { type = "number", min = 0.1, max = 60, default = 60 },
}

--- A SIM card that is still being read, seconds.
local SIM_SECONDS = 20

return function(modem)
  ---@class hayes.quectel.network
  local network = {}

  local sim = Sim.new(modem)
  local registration = Registration.new(modem)
  local contexts = Contexts.new(modem)
  local resolver = Resolver.new(modem, function(err, doing) return contexts:last_error(err, doing) end)
  local remembered = {} -- by context: the options of the last attach() that succeeded

  --- Brings the module on line: waits for the SIM card (entering the PIN), for the network, and activates the PDP
  --- context. When it is active with this APN already, nothing is changed.
  ---@param options { apn: string, user: string?, password: string?, auth: string?, type: string?, context: integer?,
  ---  pin: string?, pin_again: boolean?, timeout: number? } auth: "none", "pap", "chap" or "pap or chap"; type: "ipv4",
  ---  "ipv6" or "ipv4v6"; pin: sent once: one that the card has refused is not sent again (sim_pin_refused) unless
  ---  pin_again = true; timeout: seconds to find a network (120)
  ---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
  function network.attach(options)
    options = check.options("network.attach", options, attach_options)
    local now = wait.now()
    local ok, err = sim:make_ready(options.pin, options.pin_again, now + math.min(options.timeout, SIM_SECONDS))
    if ok then ok, err = registration:wait(now + options.timeout, options.timeout) end
    if ok then ok, err = registration:attach_packet_domain() end
    if not ok then return nil, err end
    local _changing <close> = contexts:take(options.context, now + options.timeout)
    if not _changing then
      return nil, errors.timeout(("another task was still using PDP context %d after %g s"):format(options.context,
        options.timeout))
    end
    local active
    active, err = contexts:activate(options)
    if active then remembered[options.context] = options end
    return active, err
  end

  --- Brings a PDP context (1) back after the network or a restart of the module has taken it away: attach() with the
  --- options that it was last attached with. Where it was not attached by the library, it is activated as it is set up
  --- in the module. Nothing is changed while it is active.
  ---@param context? integer
  ---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
  function network.reattach(context)
    context = context or 1
    check.value("network.reattach", "the context", context, { type = "integer", min = 1, max = 15 })
    do
      local _changing <close> = contexts:take(context)
      local active, err = contexts:active(context)
      if active or err then return active, err end
      if not remembered[context] then return contexts:activate_as_set_up(context) end
    end
    return network.attach(remembered[context])
  end

  --- Deactivates a PDP context (1); its connections are closed by the module.
  ---@param context? integer
  ---@return true?, hayes.error?
  function network.detach(context)
    context = context or 1
    check.value("network.detach", "the context", context, { type = "integer", min = 1, max = 15 })
    local _changing <close> = contexts:take(context)
    local response, err = contexts:deactivate(context)
    if not response then return nil, contexts:last_error(err, ("deactivating PDP context %d"):format(context)) end
    return true
  end

  --- The state of the connection: { sim, signal (dBm), registration, technology, operator, attached, contexts }. What
  --- the module does not report is absent.
  ---@return table?, hayes.error?
  function network.status()
    local status = { contexts = {} }
    local state, err = sim:state()
    if not state and err.origin == "port" then return nil, err end
    status.sim = state or err.name
    status.signal = registration:signal()
    local registered, fields = registration:state()
    status.registration = states.registration_names[registered]
    if registered and fields.AcT then status.technology = states.technology_names[fields.AcT] end
    local operator = modem:query("AT+COPS?")
    if operator then
      status.operator = operator.oper
      status.technology = status.technology or states.technology_names[operator.AcT]
    end
    local attached = modem:query("AT+CGATT?")
    if attached then status.attached = attached.state == 1 end
    local response = modem:call("+QIACT", "read")
    for _, line in ipairs(response or {}) do
      local context = modem:fields("AT+QIACT?", line)
      if context.contextID and context.context_state == 1 then
        table.insert(status.contexts, Contexts.describe(context))
      end
    end
    return status
  end

  --- The DNS servers of a PDP context as a list; given addresses, sets them first.
  ---@param first? string
  ---@param second? string
  ---@param context? integer
  ---@return string[]?, hayes.error?
  function network.dns(first, second, context)
    context = context or 1
    check.value("network.dns", "the context", context, { type = "integer", min = 1, max = 16 })
    if first ~= nil then
      check.value("network.dns", "the first server", first, { type = "string", line = true })
      check.value("network.dns", "the second server", second, { type = "string|nil", line = true })
      local response, err = modem:call("+QIDNSCFG", "write", { context, first, second })
      if not response then return nil, contexts:last_error(err, "setting the DNS servers") end
    end
    local fields, err = modem:query(("AT+QIDNSCFG=%d"):format(context), { "pridnsaddr" })
    if not fields then
      return nil, contexts:last_error(err, "asking for the DNS servers (is the data connection active?)")
    end
    return { fields.pridnsaddr, fields.secdnsaddr ~= "" and fields.secdnsaddr or nil }
  end

  --- The addresses of a host name as a list. The module resolves one name at a time, within 60 s. Options: context,
  --- the PDP context (1), which may be given in place of the table; timeout, seconds over all (60).
  ---@param host string
  ---@param options? integer|{ context: integer?, timeout: number? }
  ---@return string[]?, hayes.error?
  function network.resolve(host, options)
    check.value("network.resolve", "the host", host, { type = "string", line = true, longest = 255 })
    if type(options) ~= "table" then
      check.value("network.resolve", "the context", options, { type = "integer|nil", min = 1, max = 16 })
      options = { context = options }
    end
    options = check.options("network.resolve", options, resolve_options)
    return resolver:resolve(hosts.plain(host), options.context, options.timeout)
  end

  --- Looks for the cause of a failing connection, from the SIM card up to a TCP connection to host and port (if given).
  --- The report prints as text; it is a list of the checks made, and its `ok` is true if all of them passed.
  ---@param host? string
  ---@param port? integer
  ---@return table
  function network.diagnose(host, port)
    check.value("network.diagnose", "the host", host, { type = "string|nil", line = true, longest = 255 })
    check.value("network.diagnose", "the port", port, { type = "integer|nil", min = 1, max = 65535 })
    return diagnosis.run(modem, network, hosts.plain(host), port)
  end

  return network
end
