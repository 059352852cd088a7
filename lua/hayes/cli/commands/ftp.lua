--- hayes ftp: files on FTP and FTPS servers, through the module.

local Output = require "hayes.cli.output"
local convert = require "hayes.cli.convert"
local ftp_url = require "hayes.cli.ftp_url"
local lfs = require "lfs"
local local_file = require "hayes.local_file"
local mirror = require "hayes.cli.mirror"
local progress = require "hayes.cli.progress"
local secret = require "hayes.cli.secret"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local ftp = {}

--- What all four actions take.
local function define_action(command)
  command:option("--password", "The password: @FILE, or - to be asked. Default: the one in the URL, or $FTP_PASSWORD.")
    :argname "<password>"
  command:option("--retries", "Attempts in a row without progress before it gives up. Default: 20."):argname "<n>"
    :convert(convert.integer("--retries", 0, 1000))
  command:flag("--active", "Let the server open the data connections.")
  target.define_network(command)
  target.define_tls(command)
end

function ftp.define(command)
  command:description "Files on FTP and FTPS servers, through the module. Transfers resume after any interruption."
  command:command_target "action"
  command:require_command(true)
  local url = "ftp://, ftpes:// (TLS asked for) or ftps:// (TLS from the beginning) user@host:port/path. The path "
    .. "begins in the account's folder; with %2F in front, at the server's root. %20 is a space."
  local get = command:command("get", "Fetch a file.")
  get:argument("url", url)
  get:argument("path", "Where to; - is standard output. Default: its name."):args "?"
  get:epilog [[
Examples:
   hayes ftp get ftp://files.example.com/pub/firmware.bin
   hayes ftp get --ca ca.pem ftpes://me@files.example.com/in/log.txt - | less]]
  define_action(get)
  local put = command:command("put", "Store a file.")
  put:argument("path", "The local file.")
  put:argument("url", url .. " One that ends with / names the folder.")
  put:flag("--verify-content", "Read the file back and compare it.")
  put:epilog [[
Examples:
   hayes ftp put log.bin ftpes://me@files.example.com/in/ --ca ca.pem
   hayes ftp put --verify-content --password @secret log.bin ftp://me@files.example.com/in/monday.bin]]
  define_action(put)
  local list = command:command("ls", "List a folder.")
  list:argument("url", url)
  list:epilog [[
Examples:
   hayes ftp ls ftp://files.example.com/pub
   hayes ftp ls --json ftp://files.example.com/pub]]
  define_action(list)
  local copy = command:command("mirror", "Bring a folder, with what is below it, into a local folder.")
  copy:argument("url", url)
  copy:argument("path", "The local folder.")
  copy:epilog "Example:\n   hayes ftp mirror ftp://files.example.com/pub ./pub"
  define_action(copy)
  command:epilog("Examples:\n   hayes ftp put log.bin ftpes://me@files.example.com/in/log.bin --ca ca.pem\n"
    .. "   hayes ftp ls ftp://files.example.com/pub\n   hayes ftp mirror ftp://files.example.com/pub ./pub")
end

local function open(run, modem, options)
  local arguments = run.arguments
  local who = ("the password of %s at %s"):format(options.user or "anonymous", options.host)
  local password = options.password
  if arguments.password or not password then
    password = secret.read(run.out, arguments.password, "FTP_PASSWORD", who)
  end
  options.password, options.retries = password, arguments.retries
  if arguments.active then options.passive = false end
  if options.tls then
    for name, value in pairs(target.tls(arguments)) do options[name] = value end
  end
  options.on_retry = function(err, _, pause)
    run.out:note("hayes: %s; it tries again %s", tostring(err), pause < 1 and "at once" or ("in %.0f s"):format(pause))
  end
  return stop.unless(modem.ftp.open(options))
end

local function report(run, what, done)
  run.out:result(done, function()
    run.out:line("%s: %d bytes in %.1f s%s", what, done.bytes, done.seconds,
      done.resumed_at and (", resumed at byte %d"):format(done.resumed_at) or "")
  end)
end

local actions = {}

function actions.get(run, session, path)
  local to = run.arguments.path or path:match "[^/]+$"
  if not to then stop.wrong_use "the URL names a folder: `hayes ftp mirror` fetches those" end
  local show, finish = progress.new(run.out)
  local done, err = session:get(path, to == "-" and run.out.sink() or to, { progress = show })
  finish()
  stop.unless(done, err)
  if to ~= "-" then report(run, to, done) end
end

function actions.put(run, session, path)
  local show, finish = progress.new(run.out)
  if path == "" or path:find "/$" then path = path .. run.arguments.path:match "[^/]+$" end
  local done, err = session:put(run.arguments.path, path, { progress = show,
    verify = run.arguments.verify_content and "content" or nil })
  finish()
  report(run, run.arguments.path, stop.unless(done, err))
end

function actions.ls(run, session, path)
  local entries = stop.unless(session:entries(path ~= "" and path or nil))
  table.sort(entries, function(a, b) return a.name < b.name end)
  run.out:result(Output.list(entries), function()
    local rows = {}
    for i, entry in ipairs(entries) do
      rows[i] = { entry.type == "dir" and "         -" or ("%10d"):format(entry.size or 0),
        entry.modified and os.date("!%Y-%m-%d %H:%M", entry.modified) or "", entry.name
        .. (entry.type == "dir" and "/" or "") }
    end
    run.out:table(rows)
  end)
end

function actions.mirror(run, session, path)
  local done = stop.unless(mirror.fetch(session, path, run.arguments.path, function(text)
    run.out:note("%s", text)
  end))
  run.out:result(done, function()
    run.out:line("%d files fetched, %d were as they should be", done.fetched, done.kept)
  end)
end

--- A download needs a folder that its file can be in.
local function check_place(path)
  if lfs.attributes(path, "mode") == "directory" then
    stop.wrong_use("%s is a folder: name the file that is to be written, as in %s/name", path, (path:gsub("/+$", "")))
  end
  local folder = path:match "^(.*)/" or "."
  if lfs.attributes(folder ~= "" and folder or "/", "mode") ~= "directory" then
    stop.wrong_use("the file cannot be written: there is no folder %s", folder)
  end
end

--- What is wrong with the local side is told before the module does anything.
local function check_local(run)
  if run.arguments.action == "get" and run.arguments.path and run.arguments.path ~= "-" then
    check_place(run.arguments.path)
  end
  if run.arguments.action ~= "put" then return end
  stop.unless(local_file.check_source(run.arguments.path, {}))
end

function ftp.run(run)
  check_local(run)
  local options, path = ftp_url.parse(run.arguments.url)
  local modem = target.open(run)
  if not modem.ftp then stop.wrong_use("the module on %s has no FTP client", modem.address) end
  target.connect(run)
  local session <close> = open(run, modem, options)
  return actions[run.arguments.action](run, session, path)
end

return ftp
