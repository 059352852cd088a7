--- hayes dialect check: what is wrong with a dialect table in a file. No module is needed.

local dialects = require "hayes.dialect"
local stop = require "hayes.cli.stop"

local dialect = {}

function dialect.define(command)
  command:description "Check a dialect of your own, a Lua file that says how a vendor's modules differ."
  command:require_command(true)
  command:command_target "action"
  local check = command:command("check", "Say what is wrong with a dialect. No module is needed.")
  check:argument("file", "A Lua file that returns a dialect table.")
  check:epilog "Example:\n   hayes dialect check examples/dialects/esp-at.lua"
  command:epilog "Example:\n   hayes dialect check examples/dialects/esp-at.lua"
end

local function counted(number, what)
  return ("%d %s%s"):format(number, what, number == 1 and "" or "s")
end

function dialect.run(run)
  local path = run.arguments.file
  local found = stop.unless(dialects.load(path))
  local facts = { name = found.name, commands = #found.declared, urcs = #(found.urcs or {}) }
  run.out:result(facts, function()
    run.out:line("%s: no mistakes; the dialect %s, with %s and %s", path, facts.name,
      counted(facts.commands, "command"), counted(facts.urcs, "URC"))
  end)
end

return dialect
