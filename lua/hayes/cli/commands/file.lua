--- hayes file: files in the module.

local Output = require "hayes.cli.output"
local progress = require "hayes.cli.progress"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local file = {}

function file.define(command)
  command:description "Files in the module's flash."
  command:command_target "action"
  command:require_command(true)
  local list = command:command("ls", "List them.")
  list:argument("pattern", "Only these: *.pem."):args "?"
  target.define(list)
  local put = command:command("put", "Copy a local file into the module.")
  put:argument("path", "The local file.")
  put:argument("name", "What to call it. Default: as it is called."):args "?"
  put:flag("--replace", "Replace a file of that name.")
  target.define(put)
  local get = command:command("get", "Copy a file out of the module.")
  get:argument("name", "The file.")
  get:argument("path", "Where to; - is standard output. Default: its name."):args "?"
  target.define(get)
  local remove = command:command("rm", "Delete files.")
  remove:argument("names", "The files."):args "+"
  target.define(remove)
  target.define(command:command("space", "Say how much room there is."))
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
    io.stdout:write((stop.unless(modem.file.download(name))))
    return
  end
  local done = stop.unless(modem.file.download(name, path))
  run.out:result(done, function() run.out:line("%s: %d bytes", path, done.bytes) end)
end

function actions.rm(run, modem)
  for _, name in ipairs(run.arguments.names) do stop.unless(modem.file.delete(name)) end
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
