--- hayes explain: what a command, an error or a line of a module means. No module is needed.

local hayes = require "hayes"
local stop = require "hayes.cli.stop"

local explain = {}

function explain.define(command)
  command:description "Say what a command, an error number or name, or a line of a module means. No module is needed."
  command:argument("what", "A command, a number, a name or a line; several words are one line."):args "+"
  command:epilog("Examples:\n   hayes explain +QSSLCFG\n   hayes explain 'AT+QSSLOPEN=1,0,4,\"example.com\",443,2'\n"
    .. "   hayes explain 579\n   hayes explain '+CME ERROR: 10'")
end

function explain.run(run)
  local found = stop.unless(hayes.explain(table.concat(run.arguments.what, " ")))
  run.out:result(found, function() run.out:line("%s", tostring(found)) end)
end

return explain
