--- modem.network: the way to a data connection on a Quectel module: SIM, registration, PDP context (TCP/IP note;
--- FTP note chapter 4 for what to look at when it fails).

local attach_options = require "hayes.dialect.quectel.network.attach_options"
local check = require "hayes.check"
local PdpContexts = require "hayes.dialect.quectel.network.pdp"
local diagnosis = require "hayes.dialect.quectel.network.diagnosis"
local errors = require "hayes.error"
local hosts = require "hayes.stream.host"
local Registration = require "hayes.dialect.quectel.network.registration"
local record = require "hayes.record"
local Resolver = require "hayes.dialect.quectel.socket.resolver"
local Sim = require "hayes.dialect.quectel.network.sim"
local Steps = require "hayes.steps"
local states = require "hayes.dialect.quectel.network.states"

local LAST_CONTEXT = attach_options.LAST_CONTEXT

local context_rules = {
  context = { type = "integer", min = 1, max = LAST_CONTEXT, default = 1, unit = "", doc = "The PDP context." },
  timeout = { type = "number", min = 0.1, max = 3600, unit = "s", doc = "Over all; without it each step has its own." },
}

local resolve_options = {
  context = { type = "integer", min = 1, max = LAST_CONTEXT, default = 1, unit = "", doc = "The PDP context." },
  timeout = { type = "number", min = 0.1, max = 60, default = 60, unit = "s", doc = "Over all." },
}

---@class hayes.network_status: hayes.record the state of a cellular connection; what is not reported is absent
---@field sim string "READY", what the card waits for, or the name of the error
---@field signal? integer strength of what is received, dBm
---@field registration? string "registered", "registered, roaming", "searching", "denied", …
---@field technology? string "LTE", "GSM", …
---@field operator? string its name or number
---@field attached? boolean to the packet network
---@field contexts table[] the active PDP contexts: { context, ip, ip6 }

return function(modem)
  ---@class hayes.quectel.network modem.network of a Quectel module
  local network = {}

  local sim = Sim.new(modem)
  local registration = Registration.new(modem)
  local contexts = PdpContexts.new(modem)
  local resolver = Resolver.new(modem, function(err, doing) return contexts:last_error(err, doing) end)
  local remembered = {} -- by context: the options of the last attach() that succeeded
  local attaching = {}  -- by context: what the attach() under way, or the several, want

  --- Tells the keeper what the program wants (hayes.keeper.way, listen).
  local function tell(name, context)
    modem.listeners:emit { name = name, line = "", fields = { context } }
  end

  --- The steps of attach().
  local function bring_up(steps, options)
    local ok, err = sim:make_ready(options.pin, options.pin_again, steps)
    if ok then ok, err = registration:wait(steps) end
    if ok then ok, err = registration:attach_packet_domain(steps) end
    if not ok then return nil, err end
    local _changing <close>, busy = contexts:take(options.context, steps)
    if not _changing then return nil, busy end
    local active
    active, err = contexts:activate(options, steps)
    if active then remembered[options.context] = options end
    return active, err
  end

  local UnderWay = { __close = function(claim)
    claim.users = claim.users - 1
    if claim.users == 0 then attaching[claim.context] = nil end
  end }

  --- Tasks that want the same of a context share it; of two that want different things only one can have it.
  local function claim(options)
    local key = ("%q %q %q %s %s"):format(options.apn, options.user, options.password, options.auth, options.type)
    local found = attaching[options.context]
    if found and found.key ~= key then
      return nil, errors.new { name = "busy",
        message = ("another task is attaching PDP context %d with other options"):format(options.context),
        hint = "Two access points take two contexts: the option context." }
    end
    found = found or setmetatable({ context = options.context, key = key, users = 0 }, UnderWay)
    found.users = found.users + 1
    attaching[options.context] = found
    return found
  end

  --- Brings the module on line: waits for the SIM card (entering the PIN), for the network, and activates the PDP
  --- context. When it is active with these options already, nothing is changed; when it is active with others, it is
  --- activated anew, which ends its connections.
  ---
  --- Errors: `sim_missing`, `sim_not_ready`, `sim_busy`, `sim_pin_required`, `incorrect_password`, `sim_pin_refused`,
  --- `sim_puk_required`, `ph_net_pin_required`, `ph_sim_pin_required`, `not_registered`, `registration_denied`,
  --- `detached`, `apn_refused`, `no_address`, `not_active`, `busy`, `timeout`, those of modem:at.
  ---
  --- Source: 27.007 8.3, AT+CPIN; TCP/IP note, QICSGP, QIACT; FTP note chapter 4.
  ---@param options { apn: string, user: string?, password: string?, auth: string?, type: string?, context: integer?,
  ---  pin: string?, pin_again: boolean?, timeout: number? } the access point, and who one is
  ---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
  function network.attach(options)
    options = attach_options.check("network.attach", options)
    local doing = ("attaching with APN %q"):format(options.apn)
    local active, err = Steps.run(modem, options.timeout, doing, function(steps)
      local _claim <close>, busy = claim(options)
      if not _claim then return nil, busy end
      return bring_up(steps, options)
    end)
    tell("wanted", options.context)
    return active, err
  end

  --- A PDP context, or a table of options with it.
  local function context_options(where, options, rules)
    if type(options) ~= "table" then
      check.value(where, "the context", options, { type = "integer|nil", min = 1, max = LAST_CONTEXT })
      options = { context = options }
    end
    return check.options(where, options, rules or context_rules)
  end

  --- Brings a PDP context (1) back after the network or a restart of the module has taken it away: attach() with the
  --- options that it was last attached with. Where it was not attached by the library, it is activated as it is set up
  --- in the module. Nothing is changed while it is active.
  ---
  --- Errors: as for attach().
  ---
  --- Source: as for attach().
  ---@param options? integer|{ context: integer?, timeout: number? } the context alone, or both
  ---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
  function network.reattach(options)
    options = context_options("network.reattach", options)
    local context = options.context
    local before = remembered[context]
    local seconds = options.timeout or before and before.timeout
    local doing = ("reattaching PDP context %d"):format(context)
    local attached, failed = Steps.run(modem, seconds, doing, function(steps)
      do
        local _changing <close>, busy = contexts:take(context, steps)
        if not _changing then return nil, busy end
        local active, err = contexts:active(context)
        if active or err then return active, err end
        if not remembered[context] then return contexts:activate_as_set_up(context, steps) end
      end
      local _claim <close>, busy = claim(remembered[context])
      if not _claim then return nil, busy end
      return bring_up(steps, remembered[context])
    end)
    tell("wanted", context)
    return attached, failed
  end

  --- Deactivates a PDP context (1); its connections are closed by the module, which has 40 s unless a time-out is
  --- given.
  ---
  --- Errors: `timeout`, `busy`, those of modem:at.
  ---
  --- Source: TCP/IP note, QIDEACT.
  ---@param options? integer|{ context: integer?, timeout: number? } the context alone, or both
  ---@return true?, hayes.error?
  function network.detach(options)
    options = context_options("network.detach", options)
    local context = options.context
    local doing = ("deactivating PDP context %d"):format(context)
    tell("unwanted", context)
    return Steps.run(modem, options.timeout, doing, function(steps)
      local _changing <close>, busy = contexts:take(context, steps)
      if not _changing then return nil, busy end
      local response, err = contexts:deactivate(context)
      if not response then return nil, contexts:last_error(err, doing) end
      return true
    end)
  end

  --- The state of the connection.
  ---
  --- Errors: `port_gone`, `closed`: what else fails is absent.
  ---
  --- Source: 27.007 7.2, 7.3, 8.3, 8.5 and 10.1.9; TCP/IP note, QIACT.
  ---@return hayes.network_status?, hayes.error?
  function network.status()
    local status = {}
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
    status.contexts = contexts:list() or {}
    return record.new(status, { "sim", "registration", "operator", "technology", "signal", "attached", "contexts" })
  end

  --- The DNS servers of a PDP context as a list; given addresses, sets them first.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: TCP/IP note, QIDNSCFG.
  ---@param first? string address of the first
  ---@param second? string address of the second
  ---@param context? integer the PDP context, 1 to 16 (1)
  ---@return string[]?, hayes.error?
  function network.dns(first, second, context)
    context = context or 1
    check.value("network.dns", "the context", context, { type = "integer", min = 1, max = LAST_CONTEXT })
    if first == nil and second ~= nil then check.fail("network.dns", "the first server is missing") end
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

  --- The addresses of a host name as a list. The module resolves one name at a time, within 60 s.
  ---
  --- Errors: `dns_parse_failed`, `dns_failed`, `dns_busy`, `open_pdp_context_failed` where none is active, `timeout`,
  --- those of modem:at.
  ---
  --- Source: TCP/IP note, QIDNSGIP.
  ---@param host string up to 255 bytes
  ---@param options? integer|{ context: integer?, timeout: number? } the context alone, or both
  ---@return string[]?, hayes.error?
  function network.resolve(host, options)
    check.value("network.resolve", "the host", host, hosts.RULE)
    hosts.check("network.resolve", host)
    options = context_options("network.resolve", options, resolve_options)
    return resolver:resolve(hosts.plain(host), options.context, options.timeout)
  end

  --- Looks for the cause of a failing connection, from the SIM card up to a TCP connection to host and port (if given).
  --- The report prints as text; it is a list of the checks made, and its `ok` is true if all of them passed.
  ---
  --- Source: FTP note chapter 4.
  ---@param host? string a name or an address (none: as far as the PDP context)
  ---@param port? integer 1 to 65535 (none: no connection)
  ---@return hayes.diagnosis
  function network.diagnose(host, port)
    check.value("network.diagnose", "the host", host, { type = "string|nil", line = true, longest = 255 })
    if host then hosts.check("network.diagnose", host) end
    check.value("network.diagnose", "the port", port, { type = "integer|nil", min = 1, max = 65535 })
    return diagnosis.run(modem, network, hosts.plain(host), port)
  end

  check.takes(network.attach, attach_options.rules)
  check.takes(network.reattach, context_rules)
  check.takes(network.detach, context_rules)
  check.takes(network.resolve, resolve_options)

  return network
end
