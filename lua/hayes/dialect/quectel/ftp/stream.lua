--- Uploads of which nobody knows the length beforehand: AT+QFTPPUT without one, ended by the escape sequence between
--- two silences (FTP note 1.5, 2.5). The module sends nothing of its own meanwhile, so a line of its is its end.
---
--- ATO does not lead back into it. What firmware and drivers make of the end differs: `+QFTPPUT: 609,0` may come for a
--- file that is whole, so the server's size decides then.

local call = require "hayes.dialect.quectel.ftp.call"
local command = require "hayes.dialect.command"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local pieces = require "hayes.dialect.quectel.ftp.pieces"
local Progress = require "hayes.dialect.quectel.ftp.progress"
local remote = require "hayes.dialect.quectel.ftp.remote"
local wait = require "hayes.wait"

local source_failed = pieces.source_failed

--- Bytes given to the port at once.
local CHUNK = 8192

--- The answer to the escape sequence comes at most so long behind its guard time, seconds: some servers take their time
--- to confirm, and firmware that waits for that says OK late.
local ESCAPE_ANSWER = 10

--- What the line is in while the upload goes; stands where a hayes.data_mode would.
local Outflow = {}
Outflow.__index = Outflow

local function new_outflow(modem)
  local ends = { "\r\nOK\r\n", "\r\nNO CARRIER\r\n", "\r\nERROR\r\n", "\r\n+CME ERROR:", "\r\n+QFTPPUT:" }
  for _, text in ipairs(modem.dialect.boot) do ends[#ends + 1] = "\r\n" .. text .. "\r\n" end
  local manners = modem.dialect.manners
  return setmetatable({ modem = modem, ends = ends, held = "", timer = false, state = "command", last_sent = 0,
    pluses = 0, over = wait.waiter(), escape_text = manners.escape, guard = manners.guard_ms / 1000 }, Outflow)
end

function Outflow:on_connect()
  self.modem.online = self
  self.state = "online"
  self.last_sent = wait.now()
end

--- Others that have commands wait: there is no leaving this for a moment.
function Outflow.wanted() end
function Outflow.idle() end

function Outflow:on_given()
  if self.given then self.given:fire() end
end

function Outflow:on_data(bytes)
  self.held = self.held .. bytes
  for _, words in ipairs(self.ends) do
    local at = self.held:find(words, 1, true)
    if at and self.held:sub(-2) == "\r\n" then return wait.schedule(self, wait.now()) end
  end
end

local function leave(self)
  if self.state ~= "online" then return end
  local modem = self.modem
  self.state = "ended"
  if modem.online == self then modem.online = false end
  if self.given then self.given:fire() end
  self.over:fire(true)
  if modem.closed_with then return end
  modem.engine:leave(self.held)
  exchange.release(modem, self)
end

--- The module is in command mode: what it said is lines.
function Outflow:due()
  leave(self)
  self.modem:turn(wait.now())
end

--- The port is closed, or the module has restarted.
function Outflow:lose()
  self.held = ""
  leave(self)
end

local function say(self, bytes)
  local modem = self.modem
  self.given = wait.waiter()
  if self.state ~= "online" or not modem.engine:give(bytes) then return false end
  modem:await(modem.io:push(modem.port, wait.now()))
  self.given:wait()
  self.given = nil
  self.last_sent = wait.now()
  return self.state == "online"
end

--- Data, whatever it is: three plus signs between two silences would end it, so the third goes by itself.
local function write(self, bytes)
  if wait.now() >= self.last_sent + self.guard * 0.9 then self.pluses = 0 end
  local only = not bytes:find("[^+]")
  if not only then
    self.pluses = -1
  elseif self.pluses >= 0 and self.pluses + #bytes == 3 then
    if #bytes > 1 and not say(self, bytes:sub(1, -2)) then return false end
    wait.sleep(math.max(0, self.last_sent + self.guard - wait.now()))
    self.pluses, bytes = 0, "+"
  end
  if only and self.pluses >= 0 then self.pluses = self.pluses + #bytes end
  return say(self, bytes)
end

local function escape(self)
  wait.sleep(math.max(0, self.last_sent + self.guard - wait.now()))
  if not say(self, self.escape_text) then return end
  self.over:wait(wait.now() + self.guard + ESCAPE_ANSWER)
  if self.state ~= "online" then return end
  leave(self)
  self.modem.engine:sync(wait.now())
  self.modem:turn(wait.now())
end

--- The caller has been cancelled, or its source has raised: commands are to go again.
function Outflow:__close()
  if self.state == "online" then wait.spawn_detached(escape, self) end
end

--- Everything from the source to the module; the bytes sent, whether the source has come to its end, its error.
local function pump(self, source, progress)
  local sent = 0
  while true do
    local bytes, words = source()
    if not bytes then return sent, words == nil, words end
    for at = 1, #bytes, CHUNK do
      local chunk = bytes:sub(at, at + CHUNK - 1)
      if not write(self, chunk) then return sent, false end
      sent = sent + #chunk
      progress:moved(sent)
    end
  end
end

local function listen(modem, result)
  local list = {
    modem:listen("+QFTPPUT", function(event) result:fire(event.line) end),
    modem:listen("NO CARRIER", function()
      result:fire(nil, errors.new { name = "no_carrier", origin = "ftp", result = "NO CARRIER",
        message = "the data connection was lost" })
    end),
    modem:listen("reboot", function()
      result:fire(nil, errors.new { name = "reboot", message = "the module has restarted" })
    end),
    modem:listen("closed", function() result:fire(nil, modem.closed_with) end),
  }
  return setmetatable(list, { __close = function()
    for _, subscription in ipairs(list) do subscription:cancel() end
  end })
end

--- Has the server as much as it must have? What stands behind a part may stay there: then the size proves nothing
--- against an error.
local function compare(session, upload, ends_at, err)
  local there, failed = remote.size(session, upload.path)
  if there == nil then return nil, failed end
  if there == ends_at or there == "unknown" and not err then return true end
  if math.type(there) == "integer" and there > ends_at and upload.start > 0 and not err then return true end
  return nil, err or errors.new { name = "size_differs", origin = "ftp",
    message = ("%s: the server has %s bytes, and %d were to be there"):format(upload.doing, there or "no", ends_at) }
end

--- The module's result, seen with what the server has.
local function conclude(session, line, upload, ends_at)
  local text, err = call.result(session.modem, { line, deferred = 1 }, upload.doing)
  if not text and err.code ~= 609 then return nil, err end
  if upload.is_text or text and not upload.verify then return text and true, err end
  return compare(session, upload, ends_at, err)
end

--- Bytes sent; or nil and the error.
local function send(session, source, upload, progress)
  local modem, doing = session.modem, upload.doing
  local outflow <close> = new_outflow(modem)
  local result = wait.waiter()
  local _listening <close> = listen(modem, result)
  local text = command.build(modem.dialect.commands["+QFTPPUT"], "write",
    { upload.path, "COM:", upload.start }, modem.dialect.manners)
  session.outflow = outflow
  local response, err = exchange.run(modem, text, { online = outflow, timeout = session.seconds })
  if not response then return nil, call.refused(modem, err, doing) end
  local sent, whole, words = pump(outflow, source, progress)
  escape(outflow)
  session.outflow = nil
  local line
  line, err = result:wait(wait.now() + session.seconds)
  if words then return nil, source_failed(words) end
  if not line then
    if err == "timeout" then
      err = errors.new { name = "timeout",
        message = ("the module tells no result within %g s"):format(session.seconds) }
    end
    return nil, errors.within(err, doing)
  end
  if not whole then
    local ok
    ok, err = call.result(modem, { line, deferred = 1 }, doing)
    return nil, not ok and err or errors.new { name = "session_lost", origin = "ftp",
      message = ("%s: the module ended it after %d bytes"):format(doing, sent) }
  end
  local ok
  ok, err = conclude(session, line, upload, upload.start + sent)
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
  return { bytes = sent, seconds = wait.now() - began }
end

--- A whole file without content: it has no length that AT+QFTPPUT takes.
---@param doing string for errors
---@return integer?, hayes.error?
function stream.empty(session, path, verify, doing)
  local upload = { path = path, start = 0, is_text = session.options.type == "ascii", verify = verify, doing = doing }
  return send(session, nothing, upload, Progress.new())
end

return stream
