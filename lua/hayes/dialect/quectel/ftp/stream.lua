--- Uploads of which nobody knows the length beforehand: AT+QFTPPUT without one, which the engine ends by the escape
--- sequence once the source has ended (FTP note 1.5, 2.5).
---
--- ATO does not lead back into it. What firmware and drivers make of the end differs: `+QFTPPUT: 609,0` may come for a
--- file that is whole, so the server's size decides then.

local call = require "hayes.dialect.quectel.ftp.call"
local carry = require "hayes.dialect.quectel.ftp.carry"
local command = require "hayes.declare.command"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local pieces = require "hayes.dialect.quectel.ftp.pieces"
local Progress = require "hayes.dialect.quectel.ftp.progress"
local remote = require "hayes.dialect.quectel.ftp.remote"
local wait = require "hayes.wait"

local source_failed = pieces.source_failed

--- One AT+QFTPPUT that is given its data piece by piece. It is the engine's from start() on, whatever becomes of the
--- task that gives it data.
local Outflow = {}
Outflow.__index = Outflow

local function changed(self)
  local waiter = self.waiter
  self.waiter = wait.waiter()
  waiter:fire()
end

local function start(modem, text, seconds, doing)
  local self = setmetatable({ modem = modem, waiter = wait.waiter(), over = false }, Outflow)
  local ticket, err = exchange.start(modem, text, {
    data = true, timeout = seconds, deferred = seconds,
    begun = function() changed(self) end,
    given = function() changed(self) end,
    ended = carry.get_in_step(modem, doing),
    finished = function(response, failed)
      self.over, self.response, self.err = true, response, failed
      changed(self)
    end,
  })
  self.ticket = ticket
  if ticket then modem.feeder = wait.caller() end
  return ticket and self, err
end

local function await_turn(self)
  while not self.ticket:is_sent() and not self.over do self.waiter:wait() end
  return not self.over
end

--- Gives bytes, and waits until the port has them. False: the module has ended the upload.
function Outflow:give(bytes)
  if bytes == "" then return not self.over end
  if not await_turn(self) or not self.modem:send_data(self.ticket, bytes) then return false end
  self.waiter:wait()
  return not self.over
end

--- There are no more: the module's answer; or nil and the error.
function Outflow:finish()
  self.modem.feeder = nil
  if await_turn(self) then self.modem:finish_data(self.ticket) end
  while not self.over do self.waiter:wait() end
  return self.response, self.err
end

--- The caller has been cancelled, or its source has raised: the module is told that this is the end.
function Outflow:__close()
  self.modem.feeder = nil
  if self.over then return end
  if self.ticket:is_sent() then return self.modem:finish_data(self.ticket) end
  exchange.abandon(self.ticket)
end

--- Gives all that the source has; how many bytes that was, whether it has come to its end, its error.
local function pump(outflow, source, progress)
  local sent = 0
  while true do
    local bytes, words = source()
    if not bytes then return sent, words == nil, words end
    if not outflow:give(bytes) then return sent, false end
    sent = sent + #bytes
    progress:moved(sent)
  end
end

--- Has the server as much as it must have?
local function compare(session, upload, ends_at, doubt)
  local ok, err, there = remote.check_size(session, upload, ends_at, doubt)
  upload.verified = ok and there == ends_at
  return ok, err
end

--- The module's result, seen with what the server has.
local function conclude(session, response, upload, ends_at)
  local text, err = call.result(session.modem, response, upload.doing, "PUT")
  if not text and err.code ~= 609 then return nil, err end
  if upload.is_text or text and not upload.verify then return text and true, err end
  return compare(session, upload, ends_at, err)
end

--- Bytes sent; or nil and the error.
local function send(session, source, upload, progress)
  local modem, doing = session.modem, upload.doing
  local text = command.build(modem.dialect.commands["+QFTPPUT"], "write",
    { upload.path, "COM:", upload.start }, modem.dialect.protocol)
  local outflow <close>, err = start(modem, text, session.seconds, doing)
  if not outflow then return nil, call.refused(modem, err, doing, "PUT") end
  local sent, whole, words = pump(outflow, source, progress)
  local response
  response, err = outflow:finish()
  if words then return nil, source_failed(words) end
  if not response then return nil, call.refused(modem, err, doing, "PUT") end
  local ok
  if not whole then
    ok, err = call.result(modem, response, doing, "PUT")
    return nil, not ok and err or errors.new { name = "session_lost", origin = "ftp",
      message = ("%s: the module ended it after %d bytes"):format(doing, sent) }
  end
  ok, err = conclude(session, response, upload, upload.start + sent)
  return ok and sent, err
end

local function nothing() return nil end

local stream = {}

--- The source with its first bytes looked at, before anything is sent: one that fails at once, or has nothing, leaves
--- the server's file as it is. false: it has nothing.
local function look(source)
  local head, words
  repeat head, words = source() until head ~= ""
  if not head and words then return nil, source_failed(words) end
  return head ~= nil and function()
    local first = head
    head = nil
    if first then return first end
    return source()
  end
end

--- nil and the error where the server has not got as far as the upload begins.
local function check_beginning(session, upload)
  if upload.start == 0 or upload.is_text or not upload.verify then return true end
  local there, err = remote.size(session, upload.path)
  if there == nil then return nil, err end
  if there == "unknown" then return true end
  return remote.check_gap(there, upload.start, upload.doing)
end

local function run(session, source, upload, options, progress)
  local ok, err = check_beginning(session, upload)
  if not ok then return nil, err end
  source, err = look(source)
  if source == nil then return nil, err end
  if source == false and upload.is_part then return 0 end
  if not (source and options.piece) then return send(session, source or nothing, upload, progress) end
  local sent
  sent, err = pieces.send(session, source, upload, options.piece, progress)
  ok = sent
  if sent and upload.verify and not upload.is_text then ok, err = compare(session, upload, upload.start + sent) end
  return ok and sent, err
end

--- Uploads what an LTN12 source gives. A source cannot be read twice: a broken link ends it.
---@return { bytes: integer, seconds: number }?, hayes.error?
function stream.run(session, source, path, options)
  local began, progress = wait.now(), Progress.new(options.progress)
  local upload = {
    path = path, start = options.offset or 0, is_part = (options.offset or options.length) ~= nil,
    is_text = session.options.type == "ascii", verify = options.verify,
    doing = "storing what the source gives as " .. path,
  }
  local sent, err = run(session, source, upload, options, progress)
  if not sent then return nil, err end
  progress:finish(sent)
  return { bytes = sent, seconds = wait.now() - began, verified = upload.verified or false }
end

--- A whole file without content: it has no length that AT+QFTPPUT takes.
---@param doing string for errors
---@return integer?, hayes.error?
function stream.empty(session, path, verify, doing)
  local upload = { path = path, start = 0, is_text = session.options.type == "ascii", verify = verify, doing = doing }
  return send(session, nothing, upload, Progress.new())
end

return stream
