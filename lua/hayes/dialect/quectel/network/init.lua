--- modem.network: the way to a data connection on a Quectel module: SIM, registration, PDP context (TCP/IP note;
--- FTP note chapter 4 for what to look at when it fails).

local check = require "hayes.check"
local diagnosis = require "hayes.dialect.quectel.network.diagnosis"
local errors = require "hayes.error"
local failure = require "hayes.failure"
local Lock = require "hayes.lock"
local Resolver = require "hayes.dialect.quectel.socket.resolver"
local Sim = require "hayes.dialect.quectel.network.sim"
local wait = require "hayes.wait"

local context_types = { ipv4 = 1, ipv6 = 2, ipv4v6 = 3 }
local authentications = { none = 0, pap = 1, chap = 2, ["pap or chap"] = 3 }

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

--- Seconds between two looks at something that has no event.
local LOOK_AGAIN = 1

--- A SIM card that is still being read, seconds.
local SIM_SECONDS = 20

local registration_words = {
  [0] = "not registered and not searching", [1] = "registered", [2] = "searching", [3] = "denied", [4] = "unknown",
  [5] = "registered, roaming",
}

local technologies = {
  [0] = "GSM", [1] = "GSM", [2] = "UMTS", [3] = "EDGE", [4] = "HSPA", [5] = "HSPA", [6] = "HSPA", [7] = "LTE",
    [8] = "NB-IoT",
}

return function(modem)
  local network = {}

  local sim = Sim.new(modem)
  local remembered = {} -- by context: the options of the last attach() that came about
  local changing = {}   -- by context: locks, since one task at a time looks at it and changes it

  -- Registration

  --- Signal strength in dBm; nil when it is not known.
  local function signal()
    local fields = modem:query("AT+CSQ")
    local rssi = fields and math.tointeger(fields.rssi)
    if not rssi or rssi > 31 then return nil end
    return -113 + 2 * rssi
  end

  --- The best of the three answers: state, and the fields it came from.
  local function registration()
    local best, from, err
    for _, name in ipairs { "+CEREG", "+CGREG", "+CREG" } do
      local fields
      fields, err = modem:query("AT" .. name .. "?", { "stat" })
      if fields then
        local state = fields.stat
        if state == 1 or state == 5 then return state, fields end
        if not best or state == 2 or state == 3 and best ~= 2 then best, from = state, fields end
      elseif err.origin == "port" then
        return nil, err
      end
    end
    if best then return best, from end
    return nil, err
  end

  local function not_registered(state, seconds)
    local dbm = signal()
    local strength = dbm and ("signal %d dBm"):format(dbm) or "no signal"
    if state == 3 then
      return errors.new { name = "registration_denied", origin = "cme",
        message = ("the network refuses this SIM card (%s)"):format(strength),
        hint = "Is the card activated and paid for? Is data (and roaming, if abroad) allowed on it? Does the "
          .. "operator know "
          .. "the module's IMEI?" }
    end
    return errors.new { name = "not_registered", origin = "cme",
      message = ("no network within %g s: %s, %s"):format(seconds, registration_words[state] or "state unknown",
        strength),
      hint = "Check the antenna and its plug, and where it is; a first search takes minutes: raise timeout. Does the "
        .. "module do the bands of this network?" }
  end

  local function register(deadline, seconds)
    while true do
      local state, err = registration()
      if state == 1 or state == 5 then return true end
      if not state then return nil, err end
      if wait.now() >= deadline then return nil, not_registered(state, seconds) end
      modem:wait("+CEREG", math.min(LOOK_AGAIN, math.max(0, deadline - wait.now())))
      if modem.closed_with then return nil, modem.closed_with end
    end
  end

  local function attach_packet_domain()
    local fields, err = modem:query("AT+CGATT?", { "state" })
    if not fields then return nil, err end
    if fields.state == 1 then return true end
    local response
    response, err = modem:call("+CGATT", "write", { 1 })
    if response then return true end
    return nil, errors.within(err, "attaching to packet data")
  end

  -- PDP context

  --- The lock of a context, taken.
  local function take(context, deadline)
    changing[context] = changing[context] or Lock.new()
    return changing[context]:take(deadline)
  end

  --- The context as AT+QIACT? lists it, if it is active.
  local function active_context(index)
    local response, err = modem:call("+QIACT", "read")
    if not response then return nil, err end
    for _, line in ipairs(response) do
      local fields = modem:fields("AT+QIACT?", line)
      local whole = fields.contextID and fields.context_state
      if not whole then return nil, failure.bad_answer(modem, "AT+QIACT?", line) end
      if fields.contextID == index and fields.context_state == 1 then
        return { context = index, ip = fields.IP_address, ip6 = fields.IPv6_address }
      end
    end
  end

  --- The context that was activated just now.
  local function activated(index)
    local active, err = active_context(index)
    if active then return active end
    return nil, err or errors.new { name = "not_active",
      message = "the module activated the data connection and lost it" }
  end

  --- Is the context set up like this already?
  local function is_configured(options, wanted)
    local fields = modem:query(("AT+QICSGP=%d"):format(options.context))
    if not fields then return false end
    return fields.context_type == wanted[2] and fields.APN == wanted[3] and fields.username == wanted[4]
  end

  --- The reason that the module gives for the last failure of its TCP/IP commands.
  local function last_error(err, doing)
    if err.result ~= "ERROR" then return errors.within(err, doing) end
    local fields = modem:query("AT+QIGETERROR")
    local code = fields and math.tointeger(fields.err)
    if not code or code == 0 then return errors.within(err, doing) end
    return failure.coded(modem, code, doing)
  end

  --- Firmware need not say of connections that they have ended with their PDP context.
  local function deactivate(context)
    local response, err = modem:call("+QIDEACT", "write", { context })
    if response then modem.listeners:emit { name = "detached", line = "", fields = { context } } end
    return response, err
  end

  local function activate(options)
    local auth = authentications[options.auth or (options.user ~= "" and "pap or chap" or "none")]
    local wanted = { options.context, context_types[options.type], options.apn, options.user, options.password, auth }
    local active, err = active_context(options.context)
    if err then return nil, err end
    if active and is_configured(options, wanted) then return active end
    if active then deactivate(options.context) end
    local response
    response, err = modem:call("+QICSGP", "write", wanted)
    if not response then return nil, errors.within(err, "setting the access point") end
    response, err = modem:call("+QIACT", "write", { options.context })
    if not response then
      err = last_error(err, ("activating the data connection with APN %q"):format(options.apn))
      if err.code == 561 or err.name == "error" then err.name = "apn_refused" end
      return nil, err
    end
    return activated(options.context)
  end

  --- Brings the module on line: waits for the SIM card (entering the PIN), for the network, and activates the PDP
  --- context. When it is active with this APN already, nothing is changed.
  ---@param options { apn: string, user: string?, password: string?, auth: string?, type: string?, context: integer?,
  ---  pin: string?, pin_again: boolean?, timeout: number? } auth: "none", "pap", "chap" or "pap or chap"; type: "ipv4",
  ---  "ipv6" or "ipv4v6"; pin: sent once: one that the card has refused is not sent again (sim_pin_refused) unless
  ---  pin_again = true; timeout: seconds to find a network (120)
  ---@return { context: integer, ip: string, ip6: string? }?, hayes.error?
  function network.attach(options)
    options = check.options("network.attach", options, attach_options)
    local now = wait.now()
    local ok, err = sim:make_ready(options.pin, options.pin_again, now + math.min(options.timeout, SIM_SECONDS))
    if ok then ok, err = register(now + options.timeout, options.timeout) end
    if ok then ok, err = attach_packet_domain() end
    if not ok then return nil, err end
    local _changing <close> = take(options.context, now + options.timeout)
    if not _changing then
      return nil, errors.new { name = "timeout", message = ("another task was still at PDP context %d after %g s")
        :format(options.context, options.timeout) }
    end
    local active
    active, err = activate(options)
    if active then remembered[options.context] = options end
    return active, err
  end

  --- Brings a PDP context (1) back after the network or a restart of the module has taken it away: attach() with the
  --- options that it was last attached with. Where it was not attached by the library, it is activated as it is set up
  --- in the module. Nothing is changed while it is active.
  ---@param context? integer
  ---@return { context: integer, ip: string, ip6: string? }?, hayes.error?
  function network.reattach(context)
    context = context or 1
    check.value("network.reattach", "the context", context, { type = "integer", min = 1, max = 15 })
    do
      local _changing <close> = take(context)
      local active, err = active_context(context)
      if active or err then return active, err end
      if not remembered[context] then
        local response
        response, err = modem:call("+QIACT", "write", { context })
        if response then return activated(context) end
        return nil, last_error(err, ("activating PDP context %d"):format(context))
      end
    end
    return network.attach(remembered[context])
  end

  --- Deactivates a PDP context (1); its connections are closed by the module.
  ---@param context? integer
  ---@return true?, hayes.error?
  function network.detach(context)
    context = context or 1
    check.value("network.detach", "the context", context, { type = "integer", min = 1, max = 15 })
    local _changing <close> = take(context)
    local response, err = deactivate(context)
    if not response then return nil, last_error(err, ("deactivating PDP context %d"):format(context)) end
    return true
  end

  --- How things stand: { sim, signal (dBm), registration, technology, operator, attached, contexts }. What the
  --- module does not tell is absent.
  ---@return table?, hayes.error?
  function network.status()
    local status = { contexts = {} }
    local state, err = sim:state()
    if not state and err.origin == "port" then return nil, err end
    status.sim = state or err.name
    status.signal = signal()
    local registered, fields = registration()
    status.registration = registration_words[registered]
    if registered and fields.AcT then status.technology = technologies[fields.AcT] end
    local operator = modem:query("AT+COPS?")
    if operator then
      status.operator = operator.oper
      status.technology = status.technology or technologies[operator.AcT]
    end
    local attached = modem:query("AT+CGATT?")
    if attached then status.attached = attached.state == 1 end
    local response = modem:call("+QIACT", "read")
    for _, line in ipairs(response or {}) do
      local context = modem:fields("AT+QIACT?", line)
      if context.contextID and context.context_state == 1 then
        table.insert(status.contexts, { context = context.contextID, ip = context.IP_address,
          ip6 = context.IPv6_address })
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
      if not response then return nil, last_error(err, "setting the DNS servers") end
    end
    local fields, err = modem:query(("AT+QIDNSCFG=%d"):format(context), { "pridnsaddr" })
    if not fields then return nil, last_error(err, "asking for the DNS servers (is the data connection active?)") end
    return { fields.pridnsaddr, fields.secdnsaddr ~= "" and fields.secdnsaddr or nil }
  end

  local resolver = Resolver.new(modem, last_error)

  --- The addresses of a host name as a list. The module has 60 s, and answers one question at a time.
  ---@param host string
  ---@param context? integer
  ---@return string[]?, hayes.error?
  function network.resolve(host, context)
    check.value("network.resolve", "the host", host, { type = "string", line = true, longest = 255 })
    check.value("network.resolve", "the context", context, { type = "integer|nil", min = 1, max = 16 })
    return resolver:resolve(host, context or 1)
  end

  --- Looks for what stands in the way of a connection, from the SIM card up to a TCP connection to host and port
  --- (where given). The report prints as text; `ok` tells whether everything is in order, its list what was looked
  --- at.
  ---@param host? string
  ---@param port? integer
  ---@return table
  function network.diagnose(host, port)
    check.value("network.diagnose", "the host", host, { type = "string|nil", line = true, longest = 255 })
    check.value("network.diagnose", "the port", port, { type = "integer|nil", min = 1, max = 65535 })
    return diagnosis.run(modem, network, host, port)
  end

  return network
end
