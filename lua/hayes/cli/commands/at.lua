--- hayes at: sends commands and prints the answers, decoded.

local Output = require "hayes.cli.output"
local advice = require "hayes.cli.advice"
local convert = require "hayes.cli.convert"
local decode = require "hayes.cli.decode"
local input = require "hayes.cli.input"
local mask = require "hayes.display.mask"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local at = {}

local ORDER = { "command", "result", "lines", "fields", "data", "error" }

function at.define(command)
  command:description "Send commands, one after the other, and print the answers with their fields in words."
  target.define(command)
  command:argument("commands", "A command, with or without AT."):args "+"
  command:flag("--raw", "Print what the module sent, and nothing else.")
  command:option("--timeout", "Seconds to wait for each answer. Default: what the notes say."):argname "<s>"
    :convert(convert.seconds "--timeout")
  command:option("--data", "Bytes to send at the prompt: text, @FILE, or - for standard input."):argname "<data>"
  command:option("--expect", "Wait for a result with this prefix after OK: +QPING."):argname "<prefix>"
  command:epilog [[
Examples:
   hayes at AT+CSQ 'AT+CEREG?'
   hayes at --expect +QPING 'AT+QPING=1,"example.com"'
   hayes at --raw --data @ca.pem 'AT+QFUPL="ca.pem",1200'

The first command that fails ends it, with status 1.]]
end

local function show(run, modem, text, response)
  if run.arguments.raw then return run.out:raw(tostring(response)) end
  run.out:line("%s", run.out:style("bold", mask.command(modem.dialect, text)))
  for _, line in ipairs(response) do decode.print(run.out, modem, line) end
  if response.data then run.out:raw(response.data) end
  run.out:line("%s", run.out:style("green", response.result))
end

local function as_json(modem, text, response)
  local result = { command = mask.command(modem.dialect, text), result = response.result, data = response.data,
    lines = Output.list(), fields = Output.list() }
  for i, line in ipairs(response) do
    result.lines[i] = line
    result.fields[i] = decode.values(modem, line)
  end
  return result
end

function at.run(run)
  local arguments = run.arguments
  local data = input.read(arguments.data)
  if data and #arguments.commands > 1 then stop.wrong_use "--data is for one command: there are several" end
  local modem = target.open(run)
  for _, text in ipairs(arguments.commands) do
    local response, err = modem:at(text, { timeout = arguments.timeout, data = data, expect = arguments.expect })
    if not response then stop.with(stop.status_of(err), advice.on(modem, text, err)) end
    run.out:result(run.out.json and as_json(modem, text, response), function() show(run, modem, text, response) end,
      ORDER)
  end
end

return at
