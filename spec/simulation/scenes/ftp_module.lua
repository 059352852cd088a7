--- The FTP client of a simulated Quectel module (FTP note): its states, and single commands. Transfers are in
--- ftp_transfer.lua.

local Server = require "simulation.scenes.ftp_server"

local OK = "\r\nOK\r\n"
local CLOSED, IDLE, TRANSFERRING, CLOSING = 4, 1, 2, 3

local ftp_module = { commands = {}, IDLE = IDLE, TRANSFERRING = TRANSFERRING }
local commands = ftp_module.commands

local function refused(code) return ("\r\n+CME ERROR: %d\r\n"):format(code) end
ftp_module.refused = refused

function ftp_module.clear(module)
  module.server = module.server or Server.new(module.world, module.run.plan.server)
  if module.ftp and module.ftp.break_off then module.ftp.break_off(606) end
  module.ftp = { state = CLOSED, settings = {}, alive = false, pending = false, transfer = false, awaiting = false,
    blocked = false, moved = 0 }
  if module.active == nil then module.active = true end
end

--- The PDP context is lost, and the session with it.
function ftp_module.lose_all(module) module.active = module.habits.activates_itself end

function ftp_module.lose_context(module)
  module.active = false
  ftp_module.lose_session(module)
  return true
end

--- The control connection breaks. False: there is none.
function ftp_module.lose_session(module)
  local ftp = module.ftp
  if not ftp.alive then return false end
  ftp.alive = false
  if ftp.break_off then ftp.break_off(606) end
  return true
end

--- Calls f after so many seconds, unless the module restarts before.
function ftp_module.after(module, seconds, f)
  local boot = module.boots
  module.world:after(seconds, function()
    if boot == module.boots then f() end
  end)
end

--- The number with which a command is refused at once; nil: none.
function ftp_module.refusal(module, name)
  local ftp = module.ftp
  if name == "STAT" or name == "LEN" then return ftp.state == CLOSING and 603 or nil end
  if name == "CLOSE" then return ftp.state == CLOSED and 625 or ftp.state == CLOSING and 603 or nil end
  if ftp.state == CLOSING or ftp.pending or ftp.transfer or ftp.blocked then return 603 end
  if ftp.awaiting and name ~= "PUT" then return 603 end
  if name == "OPEN" then return ftp.state ~= CLOSED and 603 or nil end
  if ftp.state == CLOSED then return 625 end
end

--- Says the result of a command.
function ftp_module.result(module, command, name, code, value)
  if command.boot ~= module.boots or command.result_lost then return end
  module:urc(("\r\n+QFTP%s: %d,%s\r\n"):format(name, code, value), { kind = "result" })
end

--- How long the server is waited for, and whether in vain.
function ftp_module.wait_for_server(module)
  local limit = tonumber(module.ftp.settings.rsptimeout) or 90
  local delay = module.server:delay()
  return math.min(delay, limit), delay > limit
end

--- What a command says once the server has been asked: the answer f() gives, or that there is none.
local function ask_server(module, f)
  local ftp = module.ftp
  if not ftp.alive then
    ftp.state = module.habits.lost_is_closed and CLOSED or ftp.state
    return 606, "0"
  end
  local reply = f()
  return reply[1], reply[2]
end

--- OK, and the result later.
function ftp_module.answer_later(module, command, name, seconds, find)
  if command.boot ~= module.boots then return end
  local ftp = module.ftp
  ftp.pending, command.ftp_name = command, name
  command.after = function()
    ftp_module.after(module, seconds, function()
      if ftp.pending ~= command then return end -- AT+QFTPCLOSE has ended it
      ftp.pending = false
      local code, value = find()
      ftp_module.result(module, command, name, code, value)
    end)
  end
  return OK
end

local function single(name)
  commands["+QFTP" .. name] = function(module, command, rest)
    local refusal = ftp_module.refusal(module, name)
    if refusal then return refused(refusal) end
    local first, second = rest:match('^="([^"]*)",?"?([^"]*)"?$')
    local seconds, in_vain = ftp_module.wait_for_server(module)
    return ftp_module.answer_later(module, command, name, seconds, function()
      if in_vain then return 609, "0" end
      return ask_server(module, function() return Server.does[name](module.server, first or "", second) end)
    end)
  end
end

for name in pairs(Server.does) do single(name) end

commands["+QFTPSTAT"] = function(module, command)
  local refusal = ftp_module.refusal(module, "STAT")
  if refusal then return refused(refusal) end
  command.after = function() ftp_module.result(module, command, "STAT", 0, tostring(module.ftp.state)) end
  return OK
end

commands["+QFTPLEN"] = function(module, command)
  local refusal = ftp_module.refusal(module, "LEN")
  if refusal then return refused(refusal) end
  command.after = function() ftp_module.result(module, command, "LEN", 0, tostring(module.ftp.moved)) end
  return OK
end

commands["+QFTPCFG"] = function(module, _, rest)
  local name, value = rest:match('^="([%w_]+)",?(.*)$')
  if not name then return refused(610) end
  if value == "" then
    return { ('\r\n+QFTPCFG: "%s",%s\r\n'):format(name, module.ftp.settings[name] or "0"), OK }
  end
  module.ftp.settings[name] = value
  return OK
end

commands["+QFTPOPEN"] = function(module, command)
  local ftp, server = module.ftp, module.server
  local refusal = ftp_module.refusal(module, "OPEN")
  if refusal then return refused(refusal) end
  if not ftp.settings.account then return refused(610) end
  ftp.state = 0
  local seconds = math.min(2 * server:delay(), 120)
  return ftp_module.answer_later(module, command, "OPEN", seconds, function()
    ftp.state = CLOSED
    if not module.active or server.down_until > module.world.now then return 605, "0" end
    if seconds == 120 then return 609, "0" end
    ftp.state, ftp.alive, ftp.awaiting, ftp.blocked = IDLE, true, false, false
    return 0, "0"
  end)
end

commands["+QFTPCLOSE"] = function(module, command)
  local ftp = module.ftp
  local refusal = ftp_module.refusal(module, "CLOSE")
  if refusal then return refused(refusal) end
  if ftp.break_off then ftp.break_off(606) end
  if ftp.pending then ftp_module.result(module, ftp.pending, ftp.pending.ftp_name, 606, "0") end
  ftp.state, ftp.alive, ftp.transfer, ftp.awaiting, ftp.blocked = CLOSING, false, false, false, false
  return ftp_module.answer_later(module, command, "CLOSE", math.min(module.server:delay(), 5), function()
    ftp.state = CLOSED
    return 0, "0"
  end)
end

commands["+QIACT"] = function(module, command, rest)
  if rest == "?" then return { module.active and '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' or "", OK } end
  command.seconds = 0.5
  module.active = true
  return OK
end

return ftp_module
