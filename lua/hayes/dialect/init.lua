--- The dialects: what vendors' modules say differently, as data. See dialect/command.lua for the form of a command,
--- and dialect/quectel for a whole one.

local check = require "hayes.check"
local command = require "hayes.dialect.command"
local compile = require "hayes.dialect.compile"

---@class hayes.dialect
---@field name string
---@field manners table    eol, prompt, quote ("always" or "needed"), quote_escape, max_line, max_command, gap_ms,
---  cancel ("": nothing cancels a prompt); of data mode (data_mode.lua): escape, guard_ms, answer_ms, idle_ms,
---  settle_ms, resume, dtr, hangup
---@field finals table[]   { text, prefix?, success?, group?, urc?, name?, summary?, hint? }: final result codes; name,
---  summary and hint make the error of one that tells more than `ERROR`
---@field number_in_front? boolean  the number of an error stands in a line of its own in front of the final result code
---@field redact? table[]   { pattern, replacement }: secrets in lines, beyond the fields declared secret
---@field connects? string[] intermediate result codes behind which data mode begins
---@field boot? table[]    lines that tell of a start, each a text or { text, prefix = true }
---@field urcs? table[]    { name, text?, prefix?, shape?, block?, summary?, source? }
---@field commands hayes.declaration[]
---@field errors? { by_code: table, by_text: table }
---@field detect? fun(ask: fun(command: string): string?): any  is it this dialect? ask gives an answer as one text;
---  a table in place of true is the dialect of that very firmware
---@field start? fun(modem: hayes.modem): true?, hayes.error?  start-up, behind echo off; after each reboot, too
---@field identify fun(modem: hayes.modem): table?, hayes.error?
---@field services? table<string, string|function> what makes the services, or its module's name, by the modem's field

local dialects = {}

--- Those of the library, in the order in which they are asked for.
local known = { "quectel", "aithinker" }

--- Makes a dialect ready for use: its tables are compiled, its commands can be found by name. Any number of times.
---@param dialect hayes.dialect
function dialects.define(dialect)
  if dialect.rules then return dialect end
  check.value("dialect", "the dialect", dialect, { type = "table" })
  check.value("dialect", "name", dialect.name, { type = "string" })
  dialect.manners = dialect.manners or {}
  local by_name = {}
  for _, declaration in ipairs(dialect.commands) do by_name[declaration.name] = declaration end
  dialect.commands = by_name
  dialect.services = dialect.services or {}
  dialect.rules = compile.rules(dialect)
  --- How long a command is waited for, seconds; nil: its declaration does not say.
  dialect.timeout_of = function(text)
    local declaration = by_name[(command.parse(text))]
    return declaration and declaration.timeout and math.max(declaration.timeout, compile.LEAST_TIMEOUT)
  end
  return dialect
end

--- A dialect of the library, or a table of the user's own.
---@param wanted string|hayes.dialect
function dialects.get(wanted)
  if type(wanted) == "table" then return dialects.define(wanted) end
  return dialects.define(require("hayes.dialect." .. wanted))
end

function dialects.names()
  return table.pack(table.unpack(known))
end

--- The first dialect that knows the module by its answers; nil: none does.
---@param ask fun(command: string): string?
function dialects.detect(ask)
  for _, name in ipairs(known) do
    local dialect = dialects.get(name)
    local found = dialect.detect and dialect.detect(ask)
    if found then return type(found) == "table" and dialects.define(found) or dialect end
  end
end

return dialects
