--- A scripted Quectel module whose connection can be taken away and refused, with a keeper that is told to keep it. Its
--- state is in fields, which a spec changes at any time.

local hayes = require "hayes"
local script = require "support.script"

local kept = {}

local OK = "\r\nOK\r\n"

---@class support.kept_module
---@field active boolean      the PDP context is
---@field activates boolean   it can be activated
---@field sim string          of AT+CPIN?
---@field registration integer of AT+CREG? and its like
---@field restarts boolean    AT+CFUN=1,1 restarts it
---@field swallows_ok boolean  without an OK before
---@field port table          the scripted port
---@field told string[]       what the keeper has told: "12.5 up"; without "state" and "attempt"
---@field sent table<string, integer> how often which command was sent

local function new_port(module)
  local registered = function()
    return ("\r\n+CREG: 0,%d\r\n\r\nOK\r\n"):format(module.registration)
  end
  local commands = {
    ["AT+CPIN?"] = function()
      if module.sim == "missing" then return "\r\n+CME ERROR: 10\r\n" end
      return ("\r\n+CPIN: %s\r\n\r\nOK\r\n"):format(module.sim)
    end,
    ["AT+CREG?"] = registered,
    ["AT+CSQ"] = "\r\n+CSQ: 20,99\r\n\r\nOK\r\n",
    ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n\r\nOK\r\n",
    ["AT+QICSGP=1"] = '\r\n+QICSGP: 1,"internet","","",0\r\n\r\nOK\r\n',
    ['AT+QICSGP=1,1,"internet","","",0'] = OK,
    ["AT+QIACT?"] = function()
      return (module.active and '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' or "") .. OK
    end,
    ["AT+QIACT=1"] = function()
      module.active = module.activates
      return module.active and OK or "\r\nERROR\r\n"
    end,
    ["AT+QIDEACT=1"] = function()
      module.active = false
      return OK
    end,
    ["AT+QIGETERROR"] = "\r\n+QIGETERROR: 561,open PDP context failed\r\n\r\nOK\r\n",
    ["AT+CFUN=1,1"] = function(_, port)
      if not module.restarts then return "\r\nERROR\r\n" end
      module.active = false
      if not module.swallows_ok then port:say(OK) end
      port:say("\r\nRDY\r\n", 5)
      return ""
    end,
  }
  local answer = script.quectel(commands)
  local port = script.port(function(port, bytes)
    for line in bytes:gmatch "[^\r\n]+" do module.sent[line] = (module.sent[line] or 0) + 1 end
    if module.silent then return "" end
    return answer(port, bytes)
  end)
  function port.again()
    if module.unplugged then return nil, module.unplugged end
    module.port = new_port(module)
    return module.port
  end
  return port
end

---@return support.kept_module
function kept.new()
  local module = { active = false, activates = true, sim = "READY", registration = 1, restarts = true, told = {},
    sent = {}, silent = false,
    swallows_ok = false, unplugged = false }
  module.port = new_port(module)
  return module
end

--- What the keeper tells is noted, with the seconds since then.
---@param module support.kept_module
---@param keeper hayes.keeper
function kept.note(module, keeper)
  local began = script.now()
  for _, name in ipairs { "up", "down", "waiting", "failed", "gone", "restart", "gave_up", "closed" } do
    keeper:on(name, function(event)
      module.told[#module.told + 1] = ("%g %s"):format(math.floor((event.time - began) * 10 + 0.5) / 10, name)
    end)
  end
end

--- A new module and a modem on it, in virtual time.
---@return support.kept_module module
---@return hayes.modem modem
function kept.open()
  script.virtual_time()
  local module = kept.new()
  return module, assert(hayes.open_port(module.port, "script", {}))
end

function kept.close(modem)
  modem:close()
  script.real_time()
end

return kept
