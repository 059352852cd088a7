--- Start-up: from an open port to a modem in a known state, synchronised, with echo off, a dialect and its settings.

local dialects = require "hayes.dialect"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local line_errors = require "hayes.modem.line_errors"
local notifications = require "hayes.modem.notifications"
local wait = require "hayes.wait"

local startup = {}

local MOST_ATTEMPTS = 5

--- The error for a module that does not answer; what was received instead tells why.
local function no_answer(modem, baud, seconds)
  local received, noise = modem.engine:noise()
  if received == 0 then
    return errors.new {
      name = "no_answer", origin = "port", message = ("nothing answers AT on %s within %g s"):format(modem.address,
        seconds),
      hint = "Is the module powered, and on for some seconds? Is this its AT port (hayes.ports() tells the role "
        .. "of USB ports)? "
        .. "Are TX and RX crossed, and the level right? Does the module wait for RTS (flow = \"rtscts\")?",
    }
  end
  if noise * 20 > received or modem.garbled then
    return errors.new {
      name = "wrong_speed", origin = "port",
      message = ("%s gives garbage at %d baud: the line speed is wrong"):format(modem.address, baud),
      hint = "Try baud = 9600, 57600, 230400, 460800 or 921600; AT+IPR? tells what the module is set to.",
    }
  end
  return errors.new {
    name = "no_answer", origin = "port",
    message = ("something is on %s, but it does not answer AT with OK"):format(modem.address),
    hint = "Is this the module's AT port, and not the one for positions or diagnostics? Is another program using "
      .. "the module?",
  }
end

--- Synchronises with the module. Unknown lines that arrive in the meantime may mean that the speed is wrong.
local function get_in_step(modem, baud, seconds)
  local waiter = wait.waiter()
  local _resync <close> = modem:listen("resync", function() waiter:fire(true) end)
  local _lost <close> = modem:listen("lost", function() waiter:fire(nil, no_answer(modem, baud, seconds)) end)
  local _closed <close> = modem:listen("closed", function() waiter:fire(nil, modem.closed_with) end)
  local _unknown <close> = modem:listen("urc", function(event)
    if event.unknown and event.line:find("[\128-\255]") then modem.garbled = true end
  end)
  local now = wait.now()
  modem.engine:sync(now, now + seconds)
  modem:advance_now()
  if modem.closed_with then return nil, modem.closed_with end -- before anybody listened: for want of memory
  return waiter:wait()
end

--- Echo off, result codes as words; then what the dialect wants. A module that does not know ATV1 has word result codes
--- only.
local function make_settings(modem)
  for _, text in ipairs { "ATE0", "ATV1" } do
    local response, err = exchange.run(modem, text)
    if not response and not (err.result and text == "ATV1") then return nil, err end
  end
  modem.engine:set_echo(false)
  return true
end

local function ask(modem, answers, text)
  if answers[text] == nil then
    local response = exchange.run(modem, text)
    answers[text] = response and tostring(response) or false
  end
  return answers[text] or nil
end

local function find_dialect(modem)
  local answers = {}
  local dialect, err = dialects.detect(function(text) return ask(modem, answers, text) end)
  if dialect or err then return dialect, err end
  if modem.closed_with then return nil, modem.closed_with end
  return nil, errors.new {
    name = "unknown_module",
    message = ("the module on %s is of no known kind; it says: %s"):format(modem.address,
      (answers.ATI or answers["AT+GMR"] or "nothing"):gsub("%s+", " ")),
    hint = ("Give the dialect: hayes.open(address, { dialect = … }) with %s, or a table of your own."):format(
      table.concat(dialects.names(), " or ")),
  }
end

--- What the dialect wants to be sent first: a list of command lines, or a function.
---@return true?, hayes.error?
local function initialise(modem)
  local dialect = modem.dialect
  local start = dialect.start
  if type(start) == "table" then
    for _, line in ipairs(start) do
      local optional = type(line) == "table"
      local response, err = exchange.run(modem, optional and line[1] or line)
      if not response and not (optional and line.optional and err.result) then return nil, err end
    end
    return true
  end
  local done = table.pack(start(modem))
  if done[1] or done.n == 0 then return true end -- a function that gives nothing at all has come to its end
  if errors.is(done[2]) then return nil, done[2] end
  return nil, errors.new { name = "start_failed",
    message = ("the start-up of the dialect %s has failed: %s"):format(dialect.name, tostring(done[2] or done[1])) }
end

--- The settings that the module had before it restarted.
local function restore(modem)
  local ok, err = make_settings(modem)
  if ok then ok, err = initialise(modem) end
  if ok then notifications.restore(modem) end
  return ok, err
end

--- After a reboot: the same settings as at the beginning, before any other command.
local function restart(modem)
  wait.spawn_detached(function()
    modem.starter = wait.running()
    local ran, ok, err = xpcall(restore, debug.traceback, modem)
    if not ran then ok, err = false, ok end -- a dialect's function has raised: commands must not wait for it
    if modem.closed_with or modem.rebooted then return end
    if not ok then wait.report("the start-up after a restart of the module has failed", err) end
    modem.starting = false
    exchange.next_turn(modem)
    modem.listeners:emit { name = "ready", line = "", fields = {} }
  end)
end

--- From any state to one in which the dialect's commands work.
local function attempt(modem, options)
  local ok, err = get_in_step(modem, options.baud, options.timeout)
  if ok then ok, err = make_settings(modem) end
  if not ok then return nil, err end
  local dialect
  if options.dialect == "auto" then dialect, err = find_dialect(modem) else dialect = dialects.get(options.dialect) end
  if dialect and options.profile then dialect, err = options.profile:dialect_of(modem, dialect) end
  if not dialect then return nil, err end
  modem:use_dialect(dialects.define(dialect))
  ok, err = initialise(modem)
  if ok then notifications.restore(modem) end -- of a port that was opened again
  return ok, err
end

--- A start-up that is cancelled, or raises, closes the port: nobody has the modem to do that.
local UnderWay = {}
UnderWay.__index = UnderWay
function UnderWay:__close()
  if not self.over then self.modem:shut(errors.closed("the modem on " .. self.modem.address)) end
end

--- Takes a modem on an open port into service; nil, err if that fails. If the module restarts in the meantime (it was
--- only just switched on), start-up begins again.
---@param modem hayes.modem
---@param options { dialect: any, baud: integer, timeout: number }
function startup.run(modem, options)
  local under_way <close> = setmetatable({ modem = modem, over = false }, UnderWay)
  modem.starting, modem.starter = true, wait.running()
  exchange.queue_all(modem)
  local ok, err
  for _ = 1, MOST_ATTEMPTS do
    ok, err = attempt(modem, options)
    if ok or err.name ~= "reboot" then break end
  end
  under_way.over = true
  if not ok then return nil, err end
  modem.restart = restart
  line_errors.start(modem)
  modem.starting = false
  modem.rebooted = false
  exchange.next_turn(modem)
  return modem
end

return startup
