--- hayes ports: the serial ports of this machine.

local hayes = require "hayes"
local Output = require "hayes.cli.output"
local stop = require "hayes.cli.stop"

local ports = {}

local ORDER = { "name", "model", "role", "description", "vid", "pid", "serial", "interface" }

function ports.define(command)
  command:description "List the serial ports of this machine. None is opened."
  command:epilog "Example:\n   hayes ports"
end

local function describe(port)
  local what = port.model or ""
  if port.role then what = what .. " (" .. port.role .. ")" end
  return { port.name, what, port.description or "" }
end

function ports.run(run)
  local list = stop.unless(hayes.ports())
  run.out:result(Output.list(list), function()
    if #list == 0 then return run.out:note "hayes: there is no serial port on this machine" end
    local rows = {}
    for i, port in ipairs(list) do rows[i] = describe(port) end
    run.out:table(rows)
  end, ORDER)
end

return ports
