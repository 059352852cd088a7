--- PDP contexts: how one is set up, activated and deactivated (TCP/IP note).

local errors = require "hayes.error"
local failure = require "hayes.failure"
local hosts = require "hayes.stream.host"
local Lock = require "hayes.lock"
local reason = require "hayes.dialect.quectel.reason"
local record = require "hayes.record"
local Steps = require "hayes.steps"

local context_types = { ipv4 = 1, ipv6 = 2, ipv4v6 = 3 }
local authentications = { none = 0, pap = 1, chap = 2, ["pap or chap"] = 3 }

--- The module's reason for a context that could not be activated.
local NOT_ACTIVATED <const> = 561

---@class hayes.quectel.pdp_contexts
---@field modem hayes.modem
---@field changing table<integer, hayes.lock> by context: one task at a time reads and changes it
---@field told table<integer, table> by context: the arguments of the last AT+QICSGP that the library has sent
local PdpContexts = {}
PdpContexts.__index = PdpContexts

---@param modem hayes.modem
---@return hayes.quectel.pdp_contexts
function PdpContexts.new(modem)
  return setmetatable({ modem = modem, changing = {}, told = {} }, PdpContexts)
end

--- The lock of a context, taken; nil and the error when the time is over first.
---@param context integer
---@param steps hayes.steps
---@return hayes.lock?, hayes.error?
function PdpContexts:take(context, steps)
  self.changing[context] = self.changing[context] or Lock.new()
  return steps:take(self.changing[context], ("PDP context %d"):format(context))
end

--- What an answer of AT+QIACT? says of a context. A context of IPv6 alone has its address where others have that of
--- IPv4.
---@return { context: integer, ip: string?, ip6: string? }
local function describe(fields)
  local described = { context = fields.contextID }
  for _, address in ipairs { fields.IP_address or "", fields.IPv6_address or "" } do
    if address ~= "" then described[hosts.family(address) == "inet6" and "ip6" or "ip"] = address end
  end
  return described
end

--- The active contexts, as AT+QIACT? lists them; and the error for a line that cannot be read. nil and the error when
--- the module does not list them.
---@return { context: integer, ip: string?, ip6: string? }[]?, hayes.error?
function PdpContexts:list()
  local response, err = self.modem:call("+QIACT", "read")
  if not response then return nil, err end
  local list, damaged = {}, nil
  for _, line in ipairs(response) do
    local fields = self.modem:fields("AT+QIACT?", line)
    if not (fields.contextID and fields.context_state) then
      damaged = damaged or failure.bad_answer(self.modem, "AT+QIACT?", line)
    elseif fields.context_state == 1 then
      list[#list + 1] = describe(fields)
    end
  end
  return list, damaged
end

--- The context with this number, if it is active.
---@param index integer
---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
function PdpContexts:active(index)
  local list, err = self:list()
  for _, context in ipairs(list or {}) do
    if context.context == index then return record.new(context, { "context", "ip", "ip6" }) end
  end
  return nil, err
end

--- The context that was activated just now.
local function activated(self, index)
  local active, err = self:active(index)
  if active then return active end
  return nil, err or errors.new { name = "not_active",
    message = "the module activated the data connection and lost it again" }
end

--- Is this the password? Some firmware shows asterisks or nothing in its place: then it is, if the library has set it.
local function is_password(self, given, wanted)
  if given and given ~= "" and not given:find("^%*+$") then return given == wanted[5] end
  if wanted[5] == "" and (given or "") == "" then return true end
  local told = self.told[wanted[1]]
  return told ~= nil and told[5] == wanted[5] and told[4] == wanted[4]
end

--- True if the context is already set up like this. Without a user the authentication does not matter, nor does it
--- where the caller has named none.
local function is_configured(self, options, wanted)
  local fields = self.modem:query(("AT+QICSGP=%d"):format(options.context))
  if not fields then return false end
  local same = fields.context_type == wanted[2] and fields.APN == wanted[3] and fields.username == wanted[4]
  if not same or wanted[4] == "" then return same end
  return is_password(self, fields.password, wanted) and (not options.auth or fields.authentication == wanted[6])
end

--- The reason that the module gives for the last failure of its TCP/IP commands.
---@param err hayes.error of the command
---@param doing string for the message
---@return hayes.error
function PdpContexts:last_error(err, doing)
  return reason.error(self.modem, err, doing) or errors.within(err, doing)
end

--- The same of an activation, where the hint to activate a context is none.
local function not_activated(self, err, doing)
  local why = self:last_error(err, doing)
  if why.code ~= NOT_ACTIVATED then return why end
  why = errors.copy(why)
  why.hint = "Check the APN; check with modem.network.status() that the module is registered and attached; some "
    .. "networks allow one context only, which another one holds: AT+CGACT? shows it."
  return why
end

--- Deactivates a context, and reports its connections as ended: firmware need not do so, or does it before it answers.
---@param context integer
function PdpContexts:deactivate(context)
  local listeners = self.modem.listeners
  listeners:emit { name = "detaching", line = "", fields = { context, true } }
  local response, err = self.modem:call("+QIDEACT", "write", { context }, Steps.request)
  if response then
    listeners:emit { name = "detached", line = "", fields = { context } }
  else
    listeners:emit { name = "detaching", line = "", fields = { context, false } }
  end
  return response, err
end

--- Activates a context with these options of attach(), unless it is active with them.
---@param options table
---@param steps hayes.steps
---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
function PdpContexts:activate(options, steps)
  local auth = authentications[options.auth or (options.user ~= "" and "pap or chap" or "none")]
  local wanted = { options.context, context_types[options.type], options.apn, options.user, options.password, auth }
  local ok, active, response, err
  ok, err = steps:begin(("looking at PDP context %d"):format(options.context))
  if not ok then return nil, err end
  active, err = self:active(options.context)
  if err then return nil, err end
  if active and is_configured(self, options, wanted) then return active end
  ok, err = steps:begin("setting the access point")
  if not ok then return nil, err end
  if active then self:deactivate(options.context) end
  response, err = self.modem:call("+QICSGP", "write", wanted, Steps.request)
  if not response then return nil, errors.within(err, "setting the access point") end
  self.told[options.context] = wanted
  ok, err = steps:begin(("activating PDP context %d"):format(options.context))
  if not ok then return nil, err end
  response, err = self.modem:call("+QIACT", "write", { options.context }, Steps.request)
  if not response then
    err = not_activated(self, err, ("activating the data connection with APN %q"):format(options.apn))
    if err.code == NOT_ACTIVATED or err.name == "error" then err.name = "apn_refused" end
    return nil, err
  end
  return activated(self, options.context)
end

--- Activates a context as it is set up in the module.
---@param context integer
---@param steps hayes.steps
---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
function PdpContexts:activate_as_set_up(context, steps)
  local doing = ("activating PDP context %d"):format(context)
  local ok, err = steps:begin(doing)
  if not ok then return nil, err end
  local response
  response, err = self.modem:call("+QIACT", "write", { context }, Steps.request)
  if response then return activated(self, context) end
  return nil, not_activated(self, err, doing)
end

return PdpContexts
