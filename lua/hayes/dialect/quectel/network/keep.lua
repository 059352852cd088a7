--- How modem:keep keeps a Quectel module on line.
---
--- The steps are those of FTP note 4.2, what to do when AT+QIACT fails: SIM card, packet data (AT+CGATT), registration
--- and APN, all of which network.attach goes through; if they are right and the context still cannot be activated, a
--- restart of the module. Before that the context is deactivated once: TCP/IP note, QIDEACT, which a context wants that
--- the network has taken away. AT+QIACT? is the look (SSL note 4, step 1).

local attach_options = require "hayes.dialect.quectel.network.attach_options"
local errors = require "hayes.error"
local PdpContexts = require "hayes.dialect.quectel.network.pdp"

--- What neither another attempt nor a restart mends: the card, its PIN and its locks (27.007 8.3), and a network that
--- refuses it (27.007 7.2, state 3).
local needs_person = {
  sim_missing = true, sim_failure = true, sim_pin_required = true, sim_pin_refused = true, sim_puk_required = true,
  incorrect_password = true, registration_denied = true, sim_wrong = true,
}

---@class hayes.quectel.keep: hayes.keeper.way
---@field modem hayes.modem
---@field options table of network.attach
---@field contexts hayes.quectel.pdp_contexts
---@field attached boolean  options have brought it up once: from then on it is what the program attached last
---@field stuck boolean     registration was there, and the context could not be activated
local Keep = {}
Keep.__index = Keep

function Keep:look()
  local context = self.options.context
  local active, err = self.contexts:active(context)
  if active then
    self.stuck = false
    return active
  end
  if err then return nil, err end
  return false, errors.new { name = "not_active", message = ("PDP context %d is not active any more"):format(context) }
end

local function is_of_activation(err)
  return err.name == "apn_refused" or err.name == "not_active" or err.code and err.code >= 550 and err.code < 580
end

local function attach(self)
  local network = self.modem.network
  local active, err
  if self.attached then
    active, err = network.reattach(self.options.context)
  else
    active, err = network.attach(self.options)
  end
  self.attached = self.attached or active ~= nil
  self.stuck = not active and is_of_activation(err)
  return active, err
end

function Keep:bring_up()
  if self.stuck then self.modem.network.detach(self.options.context) end
  return attach(self)
end

function Keep:renew()
  self.modem.network.detach(self.options.context)
  return attach(self)
end

--- AT+CFUN=1,1 (27.007 8.2; FTP note 4.2).
function Keep:restart()
  return self.modem:call("+CFUN", "write", { 1, 1 })
end

function Keep.needs_person(_, err)
  return needs_person[err.name] or err.name:find("^ph_") ~= nil
end

local READY = { [1] = true, [5] = true }

function Keep:listen(tell)
  local modem, context = self.modem, self.options.context
  local list = {
    modem:listen("+QIURC", function(event)
      if event.fields[1] ~= "pdpdeact" or event.fields[2] ~= context then return end
      self.stuck = true
      tell("lost", errors.new { name = "pdp_context_deactivated",
        message = ("the network has taken PDP context %d away"):format(context) })
    end),
    modem:listen("+CPIN", function(event)
      if event.fields[1] == "READY" then tell "again" end
    end),
    modem:listen("unwanted", function(event)
      if event.fields[1] == context then tell "off" end
    end),
    modem:listen("wanted", function(event)
      if event.fields[1] == context then tell "on" end
    end),
    modem:listen("reboot", function() self.stuck = false end),
  }
  for _, name in ipairs { "+CREG", "+CGREG", "+CEREG" } do
    list[#list + 1] = modem:listen(name, function(event)
      if READY[event.fields.stat or event.fields[1]] then tell "again" end
    end)
  end
  return list
end

return function(modem, options, where)
  options = attach_options.check(where .. ", network", options)
  return setmetatable({ modem = modem, options = options, contexts = PdpContexts.new(modem), attached = false,
    stuck = false }, Keep)
end
