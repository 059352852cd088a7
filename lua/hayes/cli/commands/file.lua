--- hayes file: files in the module.

local core = require "hayes.core"
local Output = require "hayes.cli.output"
local progress = require "hayes.cli.progress"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local file = {}

function file.define(command)
  command:description "Files in the module's flash."
  command:command_target "action"
  command:require_command(true)
  local list = command:command("ls", "List the files in the module's flash.")
  list:argument("pattern", "Only these: *.pem."):args "?"
  list:epilog "Examples:\n   hayes file ls\n   hayes file ls '*.pem'"
  target.define(list)
  local put = command:command("put", "Copy a local file into the module.")
  put:argument("path", "The local file.")
  put:argument("name", "What to call it. Default: as it is called."):args "?"
  put:flag("--replace", "Replace a file of that name.")
  put:epilog "Examples:\n   hayes file put ca.pem\n   hayes file put --replace settings.new settings.txt"
  target.define(put)
  local get = command:command("get", "Copy a file out of the module.")
  get:argument("name", "The file.")
  get:argument("path", "Where to; - is standard output. Default: its name."):args "?"
  get:epilog "Examples:\n   hayes file get log.txt\n   hayes file get log.txt - | less"
  target.define(get)
  local remove = command:command("rm", "Delete files.")
  remove:argument("names", "The files; for a name with * it asks."):args "+"
  remove:flag("--yes", "Do not ask.")
  remove:epilog "Examples:\n   hayes file rm log.txt\n   hayes file rm --yes '*.tmp'"
  target.define(remove)
  local space = command:command("space", "Say how much room there is.")
  space:epilog "Example:\n   hayes file space"
  target.define(space)
  command:epilog "Examples:\n   hayes file put ca.pem\n   hayes file ls '*.pem'"
end

local actions = {}

function actions.ls(run, modem)
  local list = stop.unless(modem.file.list(run.arguments.pattern))
  run.out:result(Output.list(list), function()
    local rows = {}
    for i, entry in ipairs(list) do rows[i] = { ("%10d"):format(entry.size), entry.name } end
    run.out:table(rows)
  end)
end

function actions.put(run, modem)
  local path = run.arguments.path
  local name = run.arguments.name or path:match "[^/]+$"
  local done = stop.unless(modem.file.upload(path, name, { replace = run.arguments.replace or false }))
  run.out:result(done, function() run.out:line("%s: %d bytes", name, done.bytes) end)
end

function actions.get(run, modem)
  local name = run.arguments.name
  local path = run.arguments.path or name:gsub("^%u+:", "")
  if path == "-" then
    local sink = run.out.sink()
    stop.unless(sink((stop.unless(modem.file.download(name)))))
    stop.unless(sink())
    return
  end
  local done = stop.unless(modem.file.download(name, path))
  run.out:result(done, function() run.out:line("%s: %d bytes", path, done.bytes) end)
end

--- The files that a pattern stands for. Ends the run unless the person wants them to be deleted.
local function files_of(run, modem, pattern)
  local list = stop.unless(modem.file.list(pattern))
  if #list == 0 then stop.with(stop.REFUSED, ("no file is called like %s"):format(pattern)) end
  local names = {}
  for i, entry in ipairs(list) do names[i] = entry.name end
  if run.arguments.yes then return names end
  if not core.is_terminal(0) then
    stop.wrong_use("%s stands for %s: give --yes to delete them", pattern, table.concat(names, ", "))
  end
  run.out:note("%s stands for %s. Delete them? [y/N]", pattern, table.concat(names, ", "))
  local answer = io.read "l" or ""
  if not answer:lower():find "^%s*y" then stop.with(stop.REFUSED, "nothing was deleted") end
  return names
end

function actions.rm(run, modem)
  local names = {}
  for _, name in ipairs(run.arguments.names) do
    local found = name:find("*", 1, true) and files_of(run, modem, name) or { name }
    table.move(found, 1, #found, #names + 1, names)
  end
  for _, name in ipairs(names) do stop.unless(modem.file.delete(name)) end
end

function actions.space(run, modem)
  local space = stop.unless(modem.file.space())
  run.out:result(space, function()
    run.out:line("%s free of %s", progress.size(space.free), progress.size(space.total))
  end)
end

function file.run(run)
  local modem = target.open(run)
  if not modem.file then stop.wrong_use("the module on %s has no files", modem.address) end
  return actions[run.arguments.action](run, modem)
end

return file
