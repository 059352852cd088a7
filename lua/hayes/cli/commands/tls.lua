--- hayes tls: a verified TLS connection between the terminal and a server, through the module.

local core = require "hayes.core"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"
local wait = require "hayes.wait"

local tls = { no_json = true }

local CHUNK = 4096

function tls.define(command)
  command:description "Open a TLS connection; standard input goes to the server, what it sends to standard output."
  command:argument("host:port", "The server."):target "address"
  target.define_network(command)
  target.define_tls(command)
  command:flag("--tcp", "Without TLS.")
  command:flag("-q --quiet", "Do not say when the connection opens and closes.")
  command:epilog("Examples:\n   hayes tls --ca isrg-root-x1.pem example.com:443\n"
    .. "   printf 'HEAD / HTTP/1.0\\r\\n\\r\\n' | hayes tls --insecure 192.168.1.1:8443")
end

local function split(address)
  local host, port = address:match "^(.+):(%d+)$"
  if not host then stop.wrong_use("%s is no address: write it as HOST:PORT", address) end
  return host, math.tointeger(tonumber(port))
end

--- Standard input to the server, up to its end. Opened anew, so that its mode is left as it is for other programs.
local function send_input(input, socket)
  while true do
    local bytes = input:read_some(CHUNK)
    if bytes == false then
      wait.descriptor(input:fd(), false)
    elseif not bytes or bytes == "" then
      return socket:flush()
    else
      local sent, err = socket:send(bytes)
      if not sent then return nil, err end
    end
  end
end

--- What the server sends, up to its end.
local function print_output(run, socket)
  local sink = run.out.sink()
  while true do
    local bytes, err, rest = socket:receivepartial(CHUNK)
    if not bytes and err == "timeout" then bytes = rest end
    if bytes or (rest and rest ~= "") then stop.unless(sink(bytes or rest)) end
    if not bytes then return stop.unless(sink()) end
  end
end

function tls.run(run)
  local host, port = split(run.arguments.address)
  local options = not run.arguments.tcp and target.tls(run.arguments, "; or --tcp for no TLS")
  local input <close> = stop.unless(core.file("/dev/stdin", "input"))
  local modem = target.go_on_line(run)
  local socket <close> = stop.unless((options and modem.ssl or modem.tcp).open(host, port, options or nil))
  local function say(text, ...)
    if not run.arguments.quiet then run.out:note(text, ...) end
  end
  say("hayes: connected to %s:%d%s", host, port, run.arguments.insecure and " (the server was not verified)" or "")
  local sending = wait.spawn(send_input, input, socket)
  do
    -- Also at Ctrl-C, which raises: the task must not find its input closed.
    local _cancel <close> = setmetatable({}, { __close = function() sending:cancel() end })
    print_output(run, socket)
  end
  say("hayes: %s", tostring(socket:lasterror() or "the connection is closed"))
end

return tls
