--- What an operation that failed gives as its second value.
---
--- An error prints as one readable sentence and concatenates like a string. Programs compare `name`, which is stable;
--- people read `message` and `hint`.

---@class hayes.error what went wrong. It prints as a sentence, and can be concatenated like a string
---@field name string      stable token in snake case: `dns_parse_failed`, `timeout`, `port_busy`, …
---@field message string   one sentence
---@field origin string    who says so: `ssl`, `ftp`, `file`, `cme`, `aithinker`, `port`, `hayes`
---@field code? integer    the module's number
---@field protocol? integer the reply code of an FTP server
---@field hint? string     likely causes and what to try, in order
---@field command? string  the command line, secrets masked
---@field result? string   the final result code as the module sent it
---@field sent? integer    bytes of data that had gone out
---@field final? boolean   trying again would end the same way
---@field queued? boolean  the command was not sent: it was still waiting for the line
local Error = {}
Error.__index = Error
Error.__name = "hayes.error"

function Error:__tostring()
  return self.message
end

function Error.__concat(a, b)
  return tostring(a) .. tostring(b)
end

local errors = {}

--- Makes an error of these fields; `origin` is `hayes` when it is not given.
---@param fields table
---@return hayes.error
function errors.new(fields)
  fields.origin = fields.origin or "hayes"
  return setmetatable(fields, Error)
end

-- What happens to everything that waits for a module, in the same words everywhere.

--- Something that was open has been closed.
---@param what string "the FTP session with example.com"
---@param by? string who closed it: "the module", "the other end"; the caller when not given
---@param fields? table further ones, such as `origin`
---@return hayes.error
function errors.closed(what, by, fields)
  fields = fields or {}
  fields.name = "closed"
  fields.message = what .. " was closed" .. (by and " by " .. by or "")
  return errors.new(fields)
end

--- The module has restarted, and has lost its connections and settings.
---@param doing? string what has failed because of it
---@return hayes.error
function errors.reboot(doing)
  local err = errors.new { name = "reboot", message = "the module has restarted" }
  return doing and errors.within(err, doing) or err
end

--- The library itself has failed.
---@param err any what was raised; an error object stays what it is
---@param consequence? string what it has done about it: ", and closed the modem"
---@return hayes.error
function errors.internal(err, consequence)
  if errors.is(err) then return err end
  return errors.new { name = "internal_error",
    message = ("the library has failed%s: %s"):format(consequence or "", tostring(err)),
    hint = "This is a bug in the library: please report it, with a trace if there is one (the option trace)." }
end

--- Is this what lua(1), or core.catch_interrupts, raises at Ctrl-C?
---@param raised any
---@return boolean
function errors.is_interrupt(raised)
  return type(raised) == "string" and raised:find("interrupted!", 1, true) ~= nil
end

--- Something took longer than it may.
---@param message string
---@param fields? table
---@return hayes.error
function errors.timeout(message, fields)
  fields = fields or {}
  fields.name, fields.message = "timeout", message
  return errors.new(fields)
end

---@return boolean
function errors.is(value)
  return getmetatable(value) == Error
end

--- A copy, for fields of one's own: several connections may have ended with the same error.
---@param err hayes.error
---@return hayes.error
function errors.copy(err)
  local copy = {}
  for key, value in pairs(err) do copy[key] = value end
  return setmetatable(copy, Error)
end

--- A copy of an error with context: `message` gets a prefix, all other fields stay.
---@param err hayes.error
---@param beginning string
---@return hayes.error
function errors.within(err, beginning)
  local copy = errors.copy(err)
  copy.message = beginning .. ": " .. err.message
  return copy
end

--- Turns a sentence of a vendor's table into a name: "DNS parse failed" into `dns_parse_failed`.
---@param text string
---@return string
function errors.token(text)
  return (text:lower():gsub("%(s%)", ""):gsub("[^%w]+", "_"):gsub("^_+", ""):gsub("_+$", ""))
end

return errors
