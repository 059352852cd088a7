--- Errors made out of what a module said, or did not say, to a command; and of sources and sinks on this host.

local answer = require "hayes.declare.answer"
local check = require "hayes.check"
local errors = require "hayes.error"
local mask = require "hayes.display.mask"

local failure = {}

local lossy = "The line loses or doubles bytes: use flow control (flow = \"rtscts\", where module and cable have it), "
  .. "a lower speed or a shorter cable. modem:line_errors() counts what looked wrong."

local function describe(modem, code, words, set)
  local table_of = modem.dialect.errors
  if not table_of then return nil end
  local by_code = set and table_of.sets and table_of.sets[set] or table_of.by_code
  if code then return by_code and by_code[code] end
  return words and table_of.by_text and table_of.by_text[errors.token(words)]
end

--- The error with this number of the vendor's; `doing` is what failed of it: a command line, or words.
---@param code integer
---@param doing string
---@param set? string of the dialect's `errors.sets`, where the vendor counts errors of different kinds from 1 each
---@return hayes.error
function failure.coded(modem, code, doing, set)
  if math.type(code) ~= "integer" then
    return errors.new { name = "bad_answer", message = ("%s failed: the module gives no error number"):format(doing) }
  end
  local known = describe(modem, code, nil, set)
  return errors.new {
    name = known and known.name or ("error_%d"):format(code):gsub("-", "minus_"), code = code,
    origin = known and known.origin or "cme",
    message = ("%s failed: %s (%d)"):format(doing, known and known.text or "an error that the notes do not list", code),
    hint = known and known.hint,
    condition = known and known.condition, -- what sockets call it: "refused", "unknown host", "timeout"
  }
end

--- What the dialect says of a final result code.
---@param modem hayes.modem
---@param line string
---@return hayes.final?
function failure.final_of(modem, line)
  for _, final in ipairs(modem.dialect.finals) do
    if final.prefix and line:sub(1, #final[1]) == final[1] or line == final[1] then return final end
  end
end

--- The command that a mistyped one may have been, as a question; "" where the dialect knows it, or nothing like it.
local function meant(modem, shown)
  local commands = modem.dialect.commands
  local name = shown:upper():gsub("^AT", ""):match "^%p?[%w_]+"
  if not name or commands[name] then return "" end
  if commands["+" .. name] then return ("Did you mean AT+%s? "):format(name) end
  local nearest = #name > 3 and check.nearest(name, check.names(commands))
  if not nearest or check.distance(name, nearest) > (#name > 6 and 2 or 1) then return "" end
  return ("Did you mean AT%s? "):format(nearest)
end

--- The error for a final result code that the dialect gives a name of its own: `[Busy]Cmd running`.
local function named_final(modem, shown, line)
  local final = failure.final_of(modem, line)
  if not final or not final.name then return nil end
  local words = final.summary or mask.line(modem.dialect, line)
  local hint = final.name == "unknown_command" and meant(modem, shown) .. (final.hint or "") or final.hint
  return errors.new { name = final.name, message = ("%s failed: %s"):format(shown, words), hint = hint }
end

--- Where the dialect says the number in a line of its own (`+SOCKET:97`, then `ERROR`): that number. The same line
--- before `OK` is an information response.
local function number_in_front(modem, response)
  if not modem.dialect.number_in_front or not response then return nil end
  local last = response[#response]
  return last and math.tointeger(tonumber(last:match("^%+[%w_]+%s*:%s*(%d+)%s*$")))
end

--- Where the line before it has a field that is declared to be an error's number (`+CIPOPEN: 0,4`, then `ERROR`): that
--- error.
local function declared_in_front(modem, text, shown, response)
  local last = response and response[#response]
  if not last then return nil end
  local commands = modem.dialect.commands
  local code, set = answer.error_in(commands, text, last, response.deferred ~= nil)
  if not code and not response.deferred then code, set = answer.error_in(commands, text, last, true) end
  return code and code ~= 0 and failure.coded(modem, code, shown, set) or nil
end

--- Where it says what is wrong in words (`+IP ERROR: Network is already opened`, then `ERROR`), and the dialect knows
--- those (`errors.by_text`): that error.
local function words_in_front(modem, shown, response)
  local last = response and response[#response]
  local words = last and last:match "^%+[%w ]+:%s*(.-)%s*$"
  local known = words and describe(modem, nil, words)
  if not known then return nil end
  if known.code then return failure.coded(modem, known.code, shown) end
  return errors.new { name = known.name, origin = known.origin, hint = known.hint, condition = known.condition,
    message = ("%s failed: %s"):format(shown, known.text) }
end

--- The deferred result of a command tells of an error, by a field that is declared to (`error = true`): that error. A
--- field without a number tells nothing: the line has lost or changed bytes.
---@param modem hayes.modem
---@param text string
---@param response hayes.response
---@return hayes.error?
function failure.of_result(modem, text, response)
  if not response.deferred then return nil end
  local line = response[response.deferred]
  local code, set, damaged = answer.error_in(modem.dialect.commands, text, line, true)
  if damaged then return failure.bad_answer(modem, text, line, damaged) end
  if not code or code == 0 then return nil end
  local shown = mask.command(modem.dialect, text)
  local err = failure.coded(modem, code, shown, set)
  err.command, err.result = shown, mask.line(modem.dialect, line)
  return err
end

--- The error that a final result code tells of: `ERROR`, `+CME ERROR: 10`, `+CME ERROR: SIM not inserted`.
local function of_line(modem, text, shown, line, response)
  local named = named_final(modem, shown, line)
  if named then return named end
  local in_front = number_in_front(modem, response)
  if in_front then return failure.coded(modem, in_front, shown) end
  local told = declared_in_front(modem, text, shown, response) or words_in_front(modem, shown, response)
  if told then return told end
  local words = line:match("^%+CM[ES] ERROR:%s*(.-)%s*$")
  if words and errors.token(words) == "" then return failure.bad_answer(modem, text, line) end
  local known = describe(modem, math.tointeger(tonumber(words)), words)
  local code = known and known.code or math.tointeger(tonumber(words))
  if code then return failure.coded(modem, code, shown) end
  return errors.new {
    name = words and errors.token(words) or "error", origin = words and "cme" or "hayes",
    message = ("%s failed: the module answered %s"):format(shown, words or line),
    hint = not words and meant(modem, shown) .. "The command may be unknown to this firmware, or its parameters wrong."
      or nil,
  }
end

--- Why the line is not free for a command, in words, and what to do about it.
---@param modem hayes.modem
---@return string, string? hint
function failure.line_taken(modem)
  if not modem.online then return "the line was not free" end
  return "a connection in transparent mode has the line, which carries no commands in data mode",
    "socket:escape() of that connection leaves data mode for commands, and close() ends it; opened with "
      .. 'escape = "auto" it makes way by itself.'
end

--- What was to be done within so many seconds was not.
---@param modem? hayes.modem
---@param doing string
---@param seconds number
---@return hayes.error
function failure.out_of_time(modem, doing, seconds)
  local message, hint = ("%s: that was not over within %g s"):format(doing, seconds), nil
  if modem and modem.online and modem.online:keeps_line() then
    local words
    words, hint = failure.line_taken(modem)
    message = message .. ": " .. words
  end
  return errors.timeout(message, { hint = hint })
end

--- A command would wait for ever.
---@param modem hayes.modem
---@return hayes.error
function failure.deadlock(modem)
  local words = failure.line_taken(modem)
  return errors.new { name = "busy", queued = true,
    message = words .. ", and nobody else can end that while this waits",
    hint = "Call escape() or close() of that connection first, or open it with escape = \"auto\"; with a time-out a "
      .. "command waits for the other end to close the connection." }
end

--- A source sends a command while the line waits for the source.
---@param modem hayes.modem
function failure.feeding(modem)
  return errors.new { name = "busy", queued = true,
    message = ("an upload has the line of the modem on %s, and waits for the caller's own source"):format(
      modem.address),
    hint = "Give the upload the option piece, such as piece = 65536: between two pieces the line is free; or let "
      .. "another task gather what the source gives." }
end

--- A line of an answer is not what it must be: it has changed on the line, or the firmware is of another kind.
---@param text string  the command
---@param line? string
---@param field? string the name of what is wrong with it
function failure.bad_answer(modem, text, line, field)
  local shown = mask.command(modem.dialect, text)
  local said = line and mask.line(modem.dialect, line)
  return errors.new { name = "bad_answer", command = shown,
    message = ("the answer to %s is damaged%s: %s"):format(shown, field and (" (%s)"):format(field) or "",
      said or "it is missing"),
    hint = lossy }
end

local messages = {
  timeout = "no answer to %s within %g s",
  no_result = "%s was answered, and its result did not come within %g s",
  reboot = "the module restarted before it had answered %s",
  cancelled = "%s was cancelled",
  no_data_mode = "the module answered %s with OK, and is not in data mode",
  short_read = "bytes of the answer to %s were lost on the line: fewer came than it announced",
  long_read = "the answer to %s is damaged: more bytes came than it announced",
}

local hints = {
  no_result = "Do results and URCs go to another port of the module? With some commands the network decides how long "
    .. "it takes: give a longer timeout.",
  short_read = lossy, long_read = lossy, no_data_mode = lossy,
  timeout = "The module may be busy, or the line loses bytes. The library resynchronises with the module before "
    .. "the next command.",
  reboot = "Its sockets and sessions are gone; open them again. A module that restarts by itself often lacks power: it "
    .. "draws up to 2 A while it sends.",
}

--- Why a command failed.
---@param text string      the command line
---@param result string    "error", "timeout", "cancelled", "reboot", "closed", "short_read", "long_read" or
---  "no_data_mode"
---@param line? string     its final result code
---@param seconds? number  how long it was waited for
---@param response? hayes.response what was received before that
---@return hayes.error
function failure.of_command(modem, text, result, line, seconds, response)
  if result == "closed" then return modem.closed_with end
  local shown = mask.command(modem.dialect, text)
  local err
  if result == "error" then
    err = of_line(modem, text, shown, line, response)
  else
    local words = result
    if result == "timeout" and response and response.result then
      words, seconds = "no_result", seconds or modem.dialect.deferred_timeout_of(text)
    end
    err = errors.new { name = result, hint = hints[words],
      message = messages[words]:format(shown, seconds or modem.dialect.timeout_of(text) or modem.timeout_s) }
  end
  err.command = shown
  -- Some modules repeat the command line, secrets and all (`Unknown cmd:AT+WJAP=…`).
  err.result = line and mask.line(modem.dialect, line)
  return err
end

--- Whether an error is the module's own refusal, as against a silence, a restart or a closed port. One that was cut
--- off, `+CME ERROR:` and nothing behind it, does not count: nobody knows what has become of the command.
---@param err hayes.error
---@return boolean
function failure.is_refusal(err)
  return err.result ~= nil and err.name ~= "bad_answer"
end

local damaged_words = {
  short_read = "bytes of %s were lost on the line", long_read = "%s came with more bytes than were announced",
}

--- Whether the line has lost bytes of a block, or added some: what follows stands behind a gap.
---@param result string what a command ended with, or the name of an error
function failure.is_damage(result) return damaged_words[result] ~= nil end

--- Data was damaged on the line, as what followed it shows.
---@param kind "short_read"|"long_read"
---@param what string
---@param origin string
---@return hayes.error
function failure.damaged(kind, what, origin)
  return errors.new { name = kind, origin = origin, message = damaged_words[kind]:format(what), hint = hints[kind] }
end

--- A command ended well and yet did not take all of its data.
---@param unsent integer bytes that were not sent
---@param length? integer of the data, if that is known
function failure.data_not_taken(modem, text, result, unsent, length)
  local shown = mask.command(modem.dialect, text)
  local so_far = length and ("when %d of %d bytes of data had been sent"):format(length - unsent, length)
    or "before all of its data had been sent"
  return errors.new { name = "data_not_taken", command = shown, result = result,
    message = ("%s ended with %s %s"):format(shown, result, so_far) }
end

--- A source on this host, a file or the caller's function, has failed.
---@param what string
---@param words any what the system, or the function, says
---@return hayes.error
function failure.of_source(what, words)
  return errors.new { name = "source_failed", message = ("reading %s failed: %s"):format(what, words) }
end

--- A sink on this host has failed.
---@param what string
---@param words any
---@return hayes.error
function failure.of_sink(what, words)
  return errors.new { name = "sink_failed", message = ("writing to %s failed: %s"):format(what, words) }
end

return failure
