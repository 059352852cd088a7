--- One command that carries data, over the port or between the server and a file of the module.

local call = require "hayes.dialect.quectel.ftp.call"
local failure = require "hayes.failure"
local wait = require "hayes.wait"

local carry = {}

--- Bytes at the end of what has come before a link went silent that may be the module's words and not the file's:
--- they are thrown away, and asked for again.
carry.DOUBTFUL = 512

--- For `ended` of an upload. A module that has ended data mode by itself takes what it had not yet read, be it the
--- escape sequence, for command lines: the last of them has no end, so that the next command would become a part of it,
--- and others may be answered.
---@return fun(response: hayes.response)
function carry.get_in_step(modem, doing)
  return function(response)
    if not call.result(modem, response, doing) then modem:resync() end
  end
end

--- Over the port. What the result tells, and the response; nil, the error and the response.
---@param session table
---@param name string `PUT`, `GET`, `LIST`, …
---@param arguments table
---@param request hayes.request with `data` or `block`
---@param moved? fun(bytes: integer)
---@return string?, any, hayes.response?
function carry.over_port(session, name, arguments, request, moved, doing)
  local modem = session.modem
  request.timeout, request.deferred, request.progress = session.seconds, session.seconds, moved
  if request.data then request.ended = carry.get_in_step(modem, doing) end
  local response, err = modem:call("+QFTP" .. name, "write", call.with_paths(arguments), request)
  -- Neither has it read the rest where it hangs up.
  if not response and request.data and err.result == "NO CARRIER" then modem:resync() end
  if not response then return nil, call.refused(modem, err, doing, name), err.response end
  local text, failed = call.result(modem, response, doing, name)
  return text, failed, response
end

--- Seconds between two looks at how far a transfer inside the module is.
local LOOK_AGAIN = 1

local function look(session, moved, state)
  while not state.over do
    wait.sleep(LOOK_AGAIN)
    if state.over or session.modem.closed_with then return end
    local text = call.run(session.modem, "LEN", nil, session.seconds, "asking how far it is")
    local done = text and math.tointeger(tonumber(text:match("%d+")))
    if done and not state.over then moved(done) end
  end
end

local Looking = {}
Looking.__index = Looking
function Looking:__close() self.over = true end

local Writing = {}
Writing.__index = Writing

--- The file is whole, or the caller's own again.
function Writing:keep()
  self.over = true
  if self.session.half_file == self.name then self.session.half_file = nil end
end

--- Deletes it: the beginning of a file is of no use in the module. Where no answer to that comes, login.lua does so.
function Writing:discard()
  if carry.delete(self.session.modem, self.name) then self:keep() end
end

function Writing:__close()
  if not self.over then self.session.half_file = self.name end
end

--- For a file of the module that a transfer writes, to be held in a variable that is `<close>`. Left before it is kept
--- or discarded, by a cancelled task: the module may go on until the session is logged out, and what it has of the file
--- is of no use. login.lua removes it.
---@param name string
function carry.writing(session, name)
  return setmetatable({ session = session, name = name, over = false }, Writing)
end

--- Deletes a file of the module. False: the module has not answered, and it may still be there. A file that it refuses
--- to delete is not there, or is in somebody's use.
---@param name string
---@return boolean is_done
function carry.delete(modem, name)
  local ok, err = modem.file.delete(name)
  return ok or failure.is_refusal(err)
end

--- Slower than this a transfer inside the module is taken for stuck, bytes a second.
local SLOWEST = 200

--- Between the server and a file of the module; other commands go meanwhile. The number that the result tells.
---@param size integer? bytes, as far as known
---@return integer?, hayes.error?
function carry.inside(session, name, arguments, size, moved, doing)
  local modem = session.modem
  local state <close> = setmetatable({ over = false }, Looking)
  if moved then wait.spawn_detached(look, session, moved, state) end
  local response, err = modem:call("+QFTP" .. name, "write", call.with_paths(arguments),
    { timeout = session.seconds, deferred = session.seconds + (size or 1 << 20) / SLOWEST })
  if not response then return nil, call.refused(modem, err, doing, name) end
  local text
  text, err = call.result(modem, response, doing, name)
  if not text then return nil, err end
  return call.number(text, doing)
end

--- A file on the server from a place on, up to so many bytes, without a sink: what came of it that is sure.
---@return string?, hayes.error?
function carry.read(session, remote, start, length, doing)
  local text, err, response = carry.over_port(session, "GET", { remote, "COM:", start, length }, { block = length },
    nil, doing)
  if not text then return nil, err end
  local data = response.data or ""
  if #data ~= math.tointeger(tonumber(text:match("%d+"))) then data = data:sub(1, -carry.DOUBTFUL - 1) end
  return data
end

return carry
