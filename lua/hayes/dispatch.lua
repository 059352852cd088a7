--- What a modem does with each event of its engine. Nothing here waits: whoever waits for an event is woken,
--- handlers are started as tasks.

local answer = require "hayes.declare.answer"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local foreign = require "hayes.modem.foreign"
local ports = require "hayes.port"
local wait = require "hayes.wait"

local dispatch = {
  final = exchange.on_final,
  deferred = exchange.on_deferred,
}

local function emit(modem, name, line)
  modem.listeners:emit({ name = name, line = line or "", fields = {} })
end

--- One more of what line_errors() counts.
local function count(modem, what)
  if modem.counting_from then modem.counts[what] = modem.counts[what] + 1 end
end

local function remark(modem, text)
  if modem.trace then modem.trace:remark(wait.now(), text) end
end

function dispatch.urc(modem, event)
  answer.name_event(modem.dialect, event)
  modem.listeners:emit(event, true)
end

function dispatch.unknown(modem, event)
  count(modem, "unknown")
  foreign.note(modem, event.line)
  event.unknown = true
  if not exchange.hold_back(modem, event) then modem.listeners:emit(event, true) end
end

--- The block of the last URC that had one was damaged on the line; its connection listens for this event.
function dispatch.damage(modem, event, kind)
  remark(modem, "a block is damaged: " .. kind)
  modem.listeners:emit { name = "damage", line = event.line, fields = event.fields, urc = event.name, kind = kind,
    data = event.data }
end

function dispatch.data(modem, bytes)
  if modem.online then modem.online:on_data(bytes) end
end

function dispatch.hangup_suspected(modem)
  if modem.online then modem.online:on_hangup_suspected() end
end

function dispatch.data_mode_end(modem, answered, ended, unsent)
  if modem.online then modem.online:on_data_mode_end(answered, ended, unsent) end
end

dispatch.data_written = exchange.on_data_written
dispatch.progress = exchange.on_progress

--- A line of a command that was given up; nil: its result has not come. Another one may have waited for that. Who must
--- undo what the module has done after all listens for this event.
function dispatch.late(modem, line)
  if line then emit(modem, "late", line) end
  if exchange.has_waiting(modem) then exchange.next_turn(modem) end
  if modem.trace and line then remark(modem, "too late: " .. modem.trace:masked(line)) end
end

function dispatch.overlong(modem, length)
  count(modem, "overlong")
  exchange.on_overlong(modem)
  remark(modem, ("a line of %d bytes was thrown away"):format(length))
end

function dispatch.sent(modem, text, bytes)
  if modem.trace then modem.trace:sent(wait.now(), text, bytes) end
end

function dispatch.seen(modem, text, bytes)
  if modem.trace then modem.trace:seen(wait.now(), text, bytes) end
end

function dispatch.desync(modem)
  count(modem, "desyncs")
  foreign.forget(modem)
  exchange.queue_all(modem)
  remark(modem, "getting in step")
  emit(modem, "desync")
end

function dispatch.resync(modem)
  modem.lost = false
  remark(modem, "in step")
  emit(modem, "resync")
  if modem.rebooted and modem.restart then
    modem.rebooted = false
    modem:restart()
  end
  exchange.next_turn(modem)
end

--- Resynchronisation missed its deadline; what waits for the module fails. The engine keeps trying.
function dispatch.unresponsive(modem)
  modem.lost = errors.new {
    name = "no_answer", origin = "port", message = ("the module on %s does not answer"):format(modem.address),
    hint = "The library keeps trying. Check the module's power, and restart the module if it is stuck.",
  }
  remark(modem, "no answer")
  emit(modem, "lost")
  exchange.end_queue(modem, modem.lost, true)
  if modem.online then modem.online:idle() end
end

function dispatch.reboot(modem, line)
  modem.rebooted = true
  if not modem.starting then modem.starting, modem.starter = true, false end
  modem.leaves_by_dtr = nil
  exchange.queue_all(modem)
  exchange.end_hold(modem, errors.reboot())
  remark(modem, "the module has restarted")
  modem:reset_services()
  exchange.end_gone(modem)
  emit(modem, "reboot", line)
end

function dispatch.closed(modem, reason)
  modem:shut(ports.gone(modem.address, reason))
end

return dispatch
