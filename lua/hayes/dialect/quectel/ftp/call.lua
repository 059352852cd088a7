--- One command of the FTP note and what it answers: `OK`, and `+QFTPxxx: <err>,<what was asked for or the server's
--- reply code>` after it, or in front (note 3.6).

local errors = require "hayes.error"
local failure = require "hayes.failure"
local ftp_errors = require "hayes.dialect.quectel.ftp.errors"

local call = {}

--- What a reply of the server means for a command: words and a hint; nil where nothing more can be said.
local function meaning_of(code, protocol, name)
  local refusal = ftp_errors.refusals[name]
  if refusal and (protocol == 550 or code == 627 and not protocol) then return refusal end
  return ftp_errors.protocol[protocol or code == 627 and 550]
end

--- The error with this number, and the server's reply code: the one that it gave, or the only one that leads to this
--- number.
---@param code integer
---@param protocol? integer
---@param doing string
---@param name? string the command, without `+QFTP`
---@return hayes.error
function call.failed(modem, code, protocol, doing, name)
  local err = failure.coded(modem, code, doing)
  protocol = protocol ~= 0 and protocol or ftp_errors.replies[code]
  err.protocol = protocol
  local known, words = meaning_of(code, protocol, name), ftp_errors.meanings[code]
  if protocol then
    err.message = ("%s; the server said %d%s"):format(err.message, protocol, known and ", " .. known[1] or "")
  elseif known or words then
    err.message = ("%s: %s"):format(err.message, known and known[1] or words)
  end
  err.hint = known and known[2] or err.hint
  return err
end

--- A command that was refused at once, seen as what was to be done by it.
---@param err hayes.error
---@param doing string
---@param name? string the command, without `+QFTP`
function call.refused(modem, err, doing, name)
  if err.origin ~= "ftp" then
    local seen = errors.within(err, doing)
    if err.result == "NO CARRIER" then seen.name, seen.origin = "no_carrier", "ftp" end
    return seen
  end
  local seen = call.failed(modem, err.code, nil, doing, name)
  seen.command, seen.result, seen.response = err.command, err.result, err.response
  return seen
end

local function bad_answer(line, doing)
  return errors.new { name = "bad_answer", origin = "ftp", result = line,
    message = ("%s: the module answered %s"):format(doing, line ~= "" and line or "OK and nothing else") }
end

local function no_number(text, doing)
  return errors.new { name = "bad_answer", origin = "ftp", result = text,
    message = ("%s: the module's result is %q, and a number was to be in it"):format(doing, text) }
end

--- What stands after the 0 of a deferred result; nil and the error when it is not 0.
---@param name? string the command, without `+QFTP`
---@return string?, hayes.error?
function call.result(modem, response, doing, name)
  local line = response[response.deferred or 0] or ""
  local code, rest = line:match("^%+%u+:%s*(%d+)%s*,?%s*(.-)%s*$")
  code = math.tointeger(tonumber(code))
  if not code then return nil, bad_answer(line, doing) end
  if code == 0 then return rest end
  local err = call.failed(modem, code, math.tointeger(tonumber(rest)), doing, name)
  err.response = response
  return nil, err
end

--- Sends a command and gives what stands in its result.
---@param name string   without `+QFTP`
---@param arguments? table
---@param seconds number for the answer
---@param doing string  for errors
---@param hold? hayes.hold the reservation of the line that ends with it
---@return string?, hayes.error?
function call.run(modem, name, arguments, seconds, doing, hold)
  local response, err = modem:call("+QFTP" .. name, arguments and "write" or "execute", call.with_paths(arguments),
    { timeout = seconds, deferred = seconds, within = hold, ends_hold = hold ~= nil })
  if not response then return nil, call.refused(modem, err, doing, name) end
  return call.result(modem, response, doing, name)
end

--- The first number of a result; nil and an error when it has none, or none that an integer holds.
---@param text string what call.run() gives
---@param doing string for the error
---@return integer?, hayes.error?
function call.number(text, doing)
  local number = math.tointeger(tonumber(text:match("%d+")))
  if number then return number end
  return nil, no_number(text, doing)
end

--- Sends a command whose result is a number.
---@return integer?, hayes.error?
function call.ask_number(modem, name, arguments, seconds, doing)
  local text, err = call.run(modem, name, arguments, seconds, doing)
  if not text then return nil, err end
  return call.number(text, doing)
end

--- Does the server not do this at all?
---@param err hayes.error
function call.cannot(err)
  local protocol = err.protocol
  if protocol then return protocol == 500 or protocol == 502 or protocol == 504 end
  return err.code == 620 or err.code == 622 or err.code == 624
end

--- Programs behind a server may take a path that begins with a dash for an option (`ls -R`).
---@param arguments? table
function call.with_paths(arguments)
  local sent = {}
  for i, argument in ipairs(arguments or {}) do
    sent[i] = type(argument) == "string" and argument:sub(1, 1) == "-" and "./" .. argument or argument
  end
  return arguments and sent
end

--- The error for what the numbers of the module's commands cannot say.
---@param what string
---@param size integer
---@param hint string
function call.too_large(doing, what, size, hint)
  return errors.new { name = "too_large", origin = "ftp", hint = hint,
    message = ("%s: %s ends at byte %d, and the module's commands count to 2147483647"):format(doing, what, size) }
end

local lost_names = {
  timeout = true, reboot = true, port_gone = true, no_answer = true, no_carrier = true, data_not_taken = true,
  cancelled = true, session_lost = true, size_differs = true, bad_answer = true, busy = true,
  content_differs = true,
}

--- Is it the connection, the module or the line that has failed, and not what was asked for?
---@param err hayes.error
function call.is_loss(err)
  if err.final then return false end
  if err.protocol and err.protocol >= 500 then return false end
  if err.protocol == 452 then return false end
  -- The server had agreed to the transfer, or said that it is complete, so it is no missing file.
  if err.code == 627 and err.protocol and err.protocol < 400 then return true end
  return lost_names[err.name] or failure.is_damage(err.name) or err.origin == "ftp" and ftp_errors.is_loss[err.code]
    or false
end

return call
