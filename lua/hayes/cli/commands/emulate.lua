--- hayes emulate: a module in software on a terminal of its own.

local convert = require "hayes.cli.convert"
local hayes = require "hayes"
local stop = require "hayes.cli.stop"

local emulate = {}

local DEFAULT_MODULE = "EC200U"

function emulate.define(command)
  command:description "Run a module in software, and print the port that it answers on. Ctrl-C ends it."
  command:argument("module", "EC200U, EC200A or Ai-WB2."):args "?":default(DEFAULT_MODULE)
    :choices { "EC200U", "EC200A", "Ai-WB2" }
  command:option("--flash", "The folder that is the module's flash. Default: a new one, removed at the end.")
    :argname "<folder>"
  command:option("--resolve", "Where a host name leads, such as example.com=127.0.0.1:8443; may be repeated.")
    :argname "<name=address>":count "*"
  command:option("--quirks", "Habits of real firmware, with commas between them."):argname "<names>"
  command:option("--faults", "Faults of line, module and network: drop=0.01 (a probability), reboot:50 (the 50th "
    .. "word), deaf:AT+CSQ; hayes-emulator --faults list names them.")
    :argname "<names>"
  command:option("--seed", "What decides the faults. Default: 1."):argname "<n>"
    :convert(convert.integer("--seed", 0, math.maxinteger))
  command:option("--link", "A path at which the port is to be found, too."):argname "<path>"
  command:epilog "Example:\n   hayes emulate --link /tmp/module &\n   hayes info -p /tmp/module"
end

local function addresses(list)
  local map = {}
  for _, word in ipairs(list or {}) do
    local name, address = word:match "^([^=]+)=(.+)$"
    if not name then stop.wrong_use("--resolve %s: write it as name=address", word) end
    map[name] = address
  end
  return map
end

function emulate.run(run)
  local arguments = run.arguments
  local module = arguments.module or DEFAULT_MODULE
  local emulator <close> = stop.unless(hayes.emulator { module = module, flash = arguments.flash,
    resolve = addresses(arguments.resolve), quirks = arguments.quirks, link = arguments.link,
    faults = arguments.faults, seed = arguments.seed })
  run.out:result({ module = module, address = emulator.address }, function()
    run.out:line("%s", emulator.address)
  end)
  io.stdout:flush()
  while true do hayes.sleep(3600) end
end

return emulate
