--- The dialects: what vendors' modules say differently, as data. See dialect/command.lua for the form of a command,
--- and dialect/quectel for a whole one.

local check = require "hayes.check"
local command = require "hayes.dialect.command"
local compile = require "hayes.dialect.compile"

---@class hayes.dialect
---@field name string
---@field manners table    eol, prompt, quote ("always" or "needed"), max_line, max_command, gap_ms, guard_ms, escape,
---  cancel
---@field finals table[]   { text, prefix?, success?, group?, urc? }: final result codes
---@field connects? string[] intermediate result codes behind which data mode begins
---@field boot? string[]   lines that tell of a start
---@field urcs? table[]    { name, text?, prefix?, shape?, block?, summary?, source? }
---@field commands hayes.declaration[]
---@field errors? { by_code: table, by_text: table }
---@field detect? fun(ask: fun(command: string): string?): boolean  is it this dialect? ask gives an answer as one text
---@field start? fun(modem: hayes.modem): true?, hayes.error?  start-up, behind echo off; after each reboot, too
---@field identify fun(modem: hayes.modem): table?, hayes.error?
---@field services table<string, string> module names of the services, by the field of the modem

local dialects = {}

--- Those of the library, in the order in which they are asked for.
local known = { "quectel" }

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
    if dialect.detect and dialect.detect(ask) then return dialect end
  end
end

return dialects
