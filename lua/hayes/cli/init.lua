--- The command `hayes`: what modules can do, from a shell. Exit status: 0 done, 1 the module or the far end refused,
--- 2 wrong use, 3 no such port or it went away, 130 interrupted, 141 the reader of standard output has gone.

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local layout = require "hayes.explain.layout"
local Output = require "hayes.cli.output"
local parser = require "hayes.cli.parser"
local paths = require "hayes.cli.paths"
local printable = require "hayes.cli.printable"
local stop = require "hayes.cli.stop"
local wording = require "hayes.cli.wording"

---@class hayes.cli.run   one run of the command
---@field arguments table  as the parser gives them
---@field out hayes.cli.output
---@field modem? hayes.modem the one that target.open opened

local cli = {}

local STDERR <const> = 2

--- The error as JSON has it: its fields, without what is of use in a script alone.
local function fields_of(err)
  if type(err) ~= "table" then return { name = "wrong_use", message = wording.of(tostring(err)) } end
  local fields = {}
  for name, value in pairs(err) do
    if type(value) ~= "table" and type(value) ~= "function" then fields[name] = value end
  end
  fields.message, fields.hint = wording.of(fields.message), fields.hint and wording.of(fields.hint)
  return fields
end

local function report(out, err)
  -- Standard output may be what has failed.
  if out.json then pcall(out.value, out, { error = fields_of(err) }, { "name", "message", "hint" }) end
  out:note("%s", out:style("red", "hayes: ") .. wording.of(tostring(err)))
  local hint = type(err) == "table" and err.hint
  if hint then out:note("%s", "What to try: " .. wording.of(hint)) end
end

--- Seconds. Where bytes were still on their way that the port did not know of, getting in step takes a second escape
--- sequence.
local LEAVE_TIMEOUT = 12

--- Brings the module back into command mode, so that the next program finds it as this one did. Data mode is left by
--- close(); a command would wait until the connection gives up the line.
local function leave(modem)
  if not modem then return end
  if not exchange.is_kept(modem) then pcall(modem.at, modem, "AT", { timeout = LEAVE_TIMEOUT }) end
  pcall(modem.close, modem)
end

--- The exit status for what a run raised, after telling about it.
local function failed(run, raised)
  if errors.is_interrupt(raised) then
    io.stdout:flush()
    io.stderr:write "\nhayes: interrupted\n"
    leave(run.modem)
    return stop.INTERRUPTED
  end
  if stop.is(raised) and Output.is_reader_gone() then return stop.READER_GONE end
  if stop.is(raised) then
    report(run.out, raised.err)
    return raised.status
  end
  run.out:note("%s", "hayes: this is a bug in the program: " .. tostring(raised))
  return stop.REFUSED
end

--- Message handler: what check.fail raises is wrong use; any other string is a bug.
local function classify(raised)
  if type(raised) ~= "string" or errors.is_interrupt(raised) then return raised end
  local thrower = debug.getinfo(3, "f") -- 2 is error()
  if thrower and thrower.func == check.fail then return stop.new(stop.WRONG_USE, wording.of_wrong_use(raised)) end
  return debug.traceback(raised, 2)
end

--- Runs the command with these arguments; gives the exit status. Interrupts that were held while the program was loaded
--- count from here.
---@param words string[]
---@return integer
function cli.main(words)
  local arguments, err, current = parser.parse(words)
  if not arguments then
    local is_bare = err == "a command is required" -- then what there is helps more than the form
    local message = layout.fit("hayes: " .. printable.text(err), STDERR)
    io.stderr:write(is_bare and current:get_help() or current:get_usage(), "\n", message, "\n")
    return stop.WRONG_USE
  end
  local run = { arguments = arguments, out = Output.new { json = arguments.json } }
  local ok, raised = xpcall(function()
    core.release_interrupts()
    if arguments.shown then return run.out:text(arguments.shown) end
    paths.check(arguments)
    return parser.commands[arguments.command].run(run)
  end, classify)
  local status = stop.DONE
  if not ok then status = failed(run, raised) elseif math.type(raised) == "integer" then status = raised end
  if run.modem then pcall(run.modem.close, run.modem) end
  local flushed, why = pcall(run.out.flush)
  if flushed or status ~= stop.DONE then return status end
  return failed(run, why)
end

return cli
