--- hayes emulate: a module in software on a terminal of its own.

local check = require "hayes.check"
local Emulator = require "hayes.emulator"
local convert = require "hayes.cli.convert"
local hayes = require "hayes"
local Output = require "hayes.cli.output"
local profiles = require "hayes.profile"
local stop = require "hayes.cli.stop"

local emulate = {}

local DEFAULT_MODULE = "EC200U"
local LOOK_EVERY <const> = 1 -- seconds from one look at whether the emulator is there to the next

function emulate.define(command)
  command:description "Run a module in software, and print the port that it answers on. Ctrl-C ends it."
  command:argument("module", "EC200U, EC200A or Ai-WB2. Default: EC200U, or the one nearest to the profile.")
    :args "?":choices { "EC200U", "EC200A", "Ai-WB2" }
  command:option("--flash", "The folder that is the module's flash. Default: a new one, removed at the end.")
    :argname "<folder>"
  command:option("--profile", "Answer like the module of this profile, which `hayes probe` has written.")
    :argname "<file>"
  command:option("--resolve", "Where connections to a host lead: all of them, whatever their port "
    .. "(example.com=127.0.0.1:8443), or those to one port (example.com:443=127.0.0.1:8443). Without a port behind the "
    .. "address they keep theirs. May be repeated.")
    :argname "<host[:asked]=address[:port]>":count "*"
  command:option("--quirks", "Habits of real firmware, separated by commas; `list` prints their names.")
    :argname "<names>"
  command:option("--faults", "Faults of line, module and network: drop=0.01 (a probability), reboot:50 (the 50th "
    .. "word), deaf:AT+CSQ; `list` prints their names.")
    :argname "<names>"
  command:option("--seed", "Seed of faults and of all that is random. Default: 1."):argname "<n>"
    :convert(convert.integer("--seed", 0, math.maxinteger))
  command:option("--link", "Also make the port available at this path, by a symbolic link."):argname "<path>"
  command:epilog "Example:\n   hayes emulate --link /tmp/module &\n   hayes info -p /tmp/module"
end

local function addresses(list)
  local map, given = {}, {}
  for _, word in ipairs(list or {}) do
    local name, address = word:match "^([^=]+)=(.+)$"
    if not name then stop.wrong_use("--resolve %s: write it as host[:asked]=address[:port]", word) end
    local earlier = given[name:lower()]
    if earlier then
      stop.wrong_use("--resolve %s: %s was given, too, and a host leads to one address", word, earlier)
    end
    map[name], given[name:lower()] = address, word
  end
  return map
end

local function print_list(run, list, columns)
  run.out:result(Output.list(list), function()
    local rows = {}
    for i, entry in ipairs(list) do
      rows[i] = {}
      for k, column in ipairs(columns) do rows[i][k] = entry[column] end
    end
    run.out:table(rows)
  end, columns)
end

--- Ends the run where a quirk is misspelt.
local function check_quirks(given)
  local names, known = {}, {}
  for i, quirk in ipairs(stop.unless(Emulator.quirks())) do names[i], known[quirk.name] = quirk.name, true end
  for name in given:gmatch "[^,]+" do
    local nearest = not known[name] and check.nearest(name, names)
    if not known[name] then
      stop.wrong_use("no quirk is called %q%s; `hayes emulate --quirks list` prints them", name,
        nearest and (" (did you mean %s?)"):format(nearest) or "")
    end
  end
end

--- Gives the emulator, or ends the run: by its own usage where what an option was given is wrong.
local function start(options)
  local emulator, err = hayes.emulator(options)
  if not emulator and err.wrong_option then stop.with(stop.WRONG_USE, err) end
  return stop.unless(emulator, err)
end

function emulate.run(run)
  local arguments = run.arguments
  if arguments.quirks == "list" then return print_list(run, stop.unless(Emulator.quirks()), { "name", "what" }) end
  if arguments.faults == "list" then
    return print_list(run, stop.unless(Emulator.faults()), { "name", "where", "what" })
  end
  if arguments.quirks then check_quirks(arguments.quirks) end
  if arguments.profile then stop.unless(profiles.load(arguments.profile)) end
  local module = arguments.module or not arguments.profile and DEFAULT_MODULE or nil
  local emulator <close> = start { module = module, profile = arguments.profile,
    flash = arguments.flash, resolve = addresses(arguments.resolve), quirks = arguments.quirks, link = arguments.link,
    faults = arguments.faults, seed = arguments.seed }
  run.out:result({ module = module, profile = arguments.profile, address = emulator.address }, function()
    run.out:line("%s", emulator.address)
  end)
  run.out.flush()
  -- Somebody may end the emulator itself: then there is nothing left to wait for.
  local is_there, err
  repeat
    hayes.sleep(LOOK_EVERY)
    is_there, err = emulator:control "port"
  until not is_there
  stop.unless(is_there, err)
end

return emulate
