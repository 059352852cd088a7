--- PDP contexts: how one is set up, activated and deactivated (TCP/IP note).

local errors = require "hayes.error"
local failure = require "hayes.failure"
local hosts = require "hayes.stream.host"
local Lock = require "hayes.lock"

local context_types = { ipv4 = 1, ipv6 = 2, ipv4v6 = 3 }
local authentications = { none = 0, pap = 1, chap = 2, ["pap or chap"] = 3 }

---@class hayes.quectel.pdp_contexts
---@field modem hayes.modem
---@field changing table<integer, hayes.lock> by context: one task at a time reads and changes it
local Contexts = {}
Contexts.__index = Contexts

---@param modem hayes.modem
---@return hayes.quectel.pdp_contexts
function Contexts.new(modem)
  return setmetatable({ modem = modem, changing = {} }, Contexts)
end

--- The lock of a context, taken.
---@param context integer
---@param deadline? number of wait.now
---@return hayes.lock.held?
function Contexts:take(context, deadline)
  self.changing[context] = self.changing[context] or Lock.new()
  return self.changing[context]:take(deadline)
end

--- What an answer of AT+QIACT? says of a context. A context of IPv6 alone has its address where others have that of
--- IPv4.
---@return { context: integer, ip: string?, ip6: string? }
function Contexts.describe(fields)
  local described = { context = fields.contextID }
  for _, address in ipairs { fields.IP_address or "", fields.IPv6_address or "" } do
    if address ~= "" then described[hosts.family(address) == "inet6" and "ip6" or "ip"] = address end
  end
  return described
end

--- The context as AT+QIACT? lists it, if it is active.
---@param index integer
---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
function Contexts:active(index)
  local response, err = self.modem:call("+QIACT", "read")
  if not response then return nil, err end
  for _, line in ipairs(response) do
    local fields = self.modem:fields("AT+QIACT?", line)
    local whole = fields.contextID and fields.context_state
    if not whole then return nil, failure.bad_answer(self.modem, "AT+QIACT?", line) end
    if fields.contextID == index and fields.context_state == 1 then
      return Contexts.describe(fields)
    end
  end
end

--- The context that was activated just now.
local function activated(self, index)
  local active, err = self:active(index)
  if active then return active end
  return nil, err or errors.new { name = "not_active",
    message = "the module activated the data connection and lost it again" }
end

--- True if the context is already set up like this.
local function is_configured(self, options, wanted)
  local fields = self.modem:query(("AT+QICSGP=%d"):format(options.context))
  if not fields then return false end
  return fields.context_type == wanted[2] and fields.APN == wanted[3] and fields.username == wanted[4]
end

--- The reason that the module gives for the last failure of its TCP/IP commands.
---@param err hayes.error of the command
---@param doing string for the message
---@return hayes.error
function Contexts:last_error(err, doing)
  if err.result ~= "ERROR" then return errors.within(err, doing) end
  local fields = self.modem:query("AT+QIGETERROR")
  local code = fields and math.tointeger(fields.err)
  if not code or code == 0 then return errors.within(err, doing) end
  return failure.coded(self.modem, code, doing)
end

--- Deactivates a context, and reports its connections as ended: firmware need not do so, or does it before it answers.
---@param context integer
function Contexts:deactivate(context)
  local listeners = self.modem.listeners
  listeners:emit { name = "detaching", line = "", fields = { context, true } }
  local response, err = self.modem:call("+QIDEACT", "write", { context })
  if response then
    listeners:emit { name = "detached", line = "", fields = { context } }
  else
    listeners:emit { name = "detaching", line = "", fields = { context, false } }
  end
  return response, err
end

--- Activates a context with these options of attach(), unless it is active with them.
---@param options table
---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
function Contexts:activate(options)
  local auth = authentications[options.auth or (options.user ~= "" and "pap or chap" or "none")]
  local wanted = { options.context, context_types[options.type], options.apn, options.user, options.password, auth }
  local active, err = self:active(options.context)
  if err then return nil, err end
  if active and is_configured(self, options, wanted) then return active end
  if active then self:deactivate(options.context) end
  local response
  response, err = self.modem:call("+QICSGP", "write", wanted)
  if not response then return nil, errors.within(err, "setting the access point") end
  response, err = self.modem:call("+QIACT", "write", { options.context })
  if not response then
    err = self:last_error(err, ("activating the data connection with APN %q"):format(options.apn))
    if err.code == 561 or err.name == "error" then err.name = "apn_refused" end
    return nil, err
  end
  return activated(self, options.context)
end

--- Activates a context as it is set up in the module.
---@param context integer
---@return { context: integer, ip: string?, ip6: string? }?, hayes.error?
function Contexts:activate_as_set_up(context)
  local response, err = self.modem:call("+QIACT", "write", { context })
  if response then return activated(self, context) end
  return nil, self:last_error(err, ("activating PDP context %d"):format(context))
end

return Contexts
