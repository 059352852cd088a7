--- Finds out why a connection cannot be opened: the steps of the notes' troubleshooting chapters (SSL note 4, FTP note
--- 4), from the bottom up. Each step reports what was found and, if something is wrong, what to do.

local Sim = require "hayes.dialect.quectel.network.sim"
local wait = require "hayes.wait"

local diagnosis = {}

---@class hayes.diagnosis.step what one look has shown
---@field check string what was looked at
---@field ok boolean it is as it must be
---@field text string what was found
---@field hint? string what to do, if it is not as it must be

---@class hayes.diagnosis why a connection fails, of modem.network.diagnose(). It prints as text, a step a line
---@field [integer] hayes.diagnosis.step in the order in which they were made
---@field ok boolean all of them are as they must be
local Report = {}
Report.__index = Report
Report.__name = "hayes.diagnosis"

function Report:__tostring()
  local lines = {}
  for i, step in ipairs(self) do
    lines[i] = ("%s %s: %s"):format(step.ok and "ok  " or "FAIL", step.check, step.text)
    if not step.ok and step.hint then lines[i] = lines[i] .. "\n     " .. step.hint end
  end
  return table.concat(lines, "\n")
end

local steps = {}

local READING = "The module is still reading the card: ask again in a few seconds."

function steps.sim(_, status)
  local hints = {
    ["NOT READY"] = READING, sim_busy = READING,
    ["SIM PIN"] = "Give the PIN: modem.network.attach { pin = \"…\", apn = \"…\" }.",
    sim_missing = "Check that a SIM card is in the holder, and the right way round.",
  }
  local locked = Sim.locked(status.sim)
  return Sim.is_usable(status.sim), status.sim,
    hints[status.sim] or locked and locked.hint or "Try the card in a phone."
end

function steps.signal(_, status)
  if not status.signal then return false, "none", "Check the antenna and its plug." end
  return status.signal > -110, ("%d dBm"):format(status.signal), "Very weak: move the antenna."
end

function steps.registration(_, status)
  local state = status.registration or "unknown"
  local where = status.operator and status.operator ~= "" and (" (%s%s)"):format(status.operator,
    status.technology and ", " .. status.technology or "") or ""
  return state:find("^registered") ~= nil, state .. where,
    (state == "denied" and "" or "A first search takes minutes. ")
    .. "Is the card activated, and roaming allowed if it is abroad?"
end

steps["packet data"] = function(_, status)
  return status.attached == true, status.attached and "attached" or "not attached",
    "AT+CGATT=1 attaches; the operator may not allow data on this card."
end

--- The active context with this number; without one, the first.
local function context_of(status, wanted)
  for _, context in ipairs(status.contexts) do
    if not wanted or context.context == wanted then return context end
  end
end

steps["data connection"] = function(_, status, _, _, wanted)
  local context = context_of(status, wanted)
  if context then return true, ("context %d has %s"):format(context.context, context.ip) end
  return false, wanted and ("PDP context %d is not active"):format(wanted) or "no active PDP context",
    "modem.network.attach { apn = \"…\" } activates one."
end

steps["DNS servers"] = function(network)
  local servers, err = network.dns()
  if not servers then return false, tostring(err), "modem.network.dns(\"8.8.8.8\") sets one." end
  return servers[1] ~= nil and servers[1] ~= "0.0.0.0", table.concat(servers, ", "),
    "modem.network.dns(\"8.8.8.8\") sets one."
end

function steps.clock(_, _, modem)
  local time, err = modem.clock.get()
  if not time then return false, tostring(err) end
  local off = math.abs(time - wait.wall_clock())
  return off <= 86400, os.date("!%Y-%m-%d %H:%M:%S UTC", time) .. (off > 86400 and ", far from this host's" or ""),
    "Certificates are checked by it: modem.clock.set() sets it from the host's."
end

function steps.name(network, _, _, host)
  local addresses, err = network.resolve(host)
  if not addresses then return false, tostring(err), err.hint end
  return true, host .. " is " .. table.concat(addresses, ", ")
end

local order = { "sim", "signal", "registration", "packet data", "data connection", "DNS servers", "clock" }
local needs_context = { ["DNS servers"] = true }

local function look(report, name, ...)
  local ok, text, hint = steps[name](...)
  report[#report + 1] = { check = name, ok = ok, text = text, hint = not ok and hint or nil }
  report.ok = report.ok and ok
  return ok
end

--- Socket indices in use, of TCP and TLS connections; nil when the module does not tell them: what is opened on an
--- index is closed again.
local function used_indices(modem)
  local used = {}
  for _, sockets in ipairs { modem.ip.sockets, modem.ssl.sockets } do
    local list, err = sockets()
    if not list and not err.result then return nil end -- firmware without TLS refuses the question
    for _, state in ipairs(list or {}) do used[state[1]] = true end
  end
  return used
end

--- Tries a plain TCP connection on a free socket index, and closes it again. Returns whether it succeeded and, if not,
--- the reason in words; nil if no index is free.
---@return boolean?, string?
function diagnosis.tcp(modem, context, host, port)
  local used, id = used_indices(modem), nil
  if not used then return nil end
  for candidate = 11, 0, -1 do id = not used[candidate] and candidate or id end
  if not id then return nil end
  local response, err = modem:call("+QIOPEN", "write", { context, id, "TCP", host, port, 0, 0 })
  local line = response and response[response.deferred or 0] or ""
  local code = math.tointeger(tonumber(line:match(",%s*(%d+)%s*$")))
  modem:call("+QICLOSE", "write", { id })
  if code == 0 then return true end
  local known = code and modem.dialect.errors.by_code[code]
  return false, known and known.text or tostring(err or line)
end

local function look_at_tcp(report, modem, context, host, port)
  local ok, reason = diagnosis.tcp(modem, context, host, port)
  if ok == nil then return end
  report[#report + 1] = { check = "TCP", ok = ok,
    text = (ok and "%s:%d takes connections" or "%s:%d cannot be reached: %s"):format(host, port, reason),
    hint = not ok and "Is the server up, the port right, and not blocked by a firewall or the operator?" or nil }
  report.ok = report.ok and ok
end

--- Runs the steps; a step that depends on one that has failed is left out.
---@param modem hayes.modem
---@param network table
---@param host? string
---@param port? integer
---@param wanted? integer the PDP context; the first active one when not given
function diagnosis.run(modem, network, host, port, wanted)
  local report = setmetatable({ ok = true }, Report)
  local status, err = network.status()
  if not status then
    report[1] = { check = "module", ok = false, text = tostring(err), hint = err.hint }
    report.ok = false
    return report
  end
  local context = context_of(status, wanted)
  for _, name in ipairs(order) do
    if context or not needs_context[name] then look(report, name, network, status, modem, host, wanted) end
  end
  if not host or not context then return report end
  local is_address = host:find("^[%d%.]+$") or host:find(":", 1, true)
  if (is_address or look(report, "name", network, status, modem, host)) and port then
    look_at_tcp(report, modem, context.context, host, port)
  end
  return report
end

return diagnosis
