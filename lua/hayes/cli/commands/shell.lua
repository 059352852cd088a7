--- hayes shell: a conversation with a module.

local Shell = require "hayes.cli.shell"
local target = require "hayes.cli.target"

local shell = { no_json = true }

function shell.define(command)
  command:description("Talk to a module: a line that begins with AT is sent, ?WORD explains, anything else is Lua, "
    .. "with `modem` at hand.")
  target.define(command)
  command:flag("--raw", "Print answers as the module sends them, not decoded.")
  command:epilog [[
At the prompt:
   AT+CSQ                    sends a command; Tab completes names, parameters and values
   ?+QSSLCFG  ?579           explains a command, an error, or a line of a module
   modem.network.status()    Lua; the value of an expression is printed, `_` is the last one
   watch 2 AT+CSQ            sends a command every 2 seconds until Ctrl-C
   help                      lists the rest
Ctrl-C ends what is under way, Ctrl-D the shell. Lines are kept in ~/.local/state/hayes/history, without secrets.]]
end

function shell.run(run)
  return Shell.new(run, target.open(run)):run()
end

return shell
