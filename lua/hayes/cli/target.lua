--- Which module a command is about, and the way to its network.

local hayes = require "hayes"
local convert = require "hayes.cli.convert"
local secret = require "hayes.cli.secret"
local stop = require "hayes.cli.stop"

local target = {}

--- Options of every command that uses a module, but one: who makes a profile has none yet.
---@param command table
---@param knows_nothing? boolean
function target.define(command, knows_nothing)
  command:option("-p --port", "The module: /dev/ttyUSB2, tcp:host:port, unix:/path, emulator, emulator:Ai-WB2. "
    .. "Default: $HAYES_PORT, or the only known module that is plugged in.")
  command:option("--baud", "Bits per second. Default: 115200.", nil, convert.integer("--baud", 1200, 4000000))
  command:option("--flow", "Flow control: none, rtscts or xonxoff. Default: none.")
    :choices { "none", "rtscts", "xonxoff" }
  command:option("--dialect", "How the module speaks: a name, or the path of a dialect file. Default: it is asked; "
    .. "dialects of one's own in $HAYES_DIALECTS count."):argname "<dialect>"
  command:option("--trace", "Write the dialogue with the module to a file, secrets masked."):argname "<file>"
  if knows_nothing then return end
  command:option("--profile", "The module's profile, which `hayes probe` has written."):argname "<file>"
end

--- Options of commands that need the network, too.
function target.define_network(command)
  target.define(command)
  command:option("--apn", "The operator's access point name, for a cellular module. Default: as it is set up.")
  command:option("--apn-user", "User name for the APN, where the operator wants one."):argname "<user>"
  command:option("--apn-password", "Its password: @FILE, or - to be asked. Default: $HAYES_APN_PASSWORD.")
    :argname "<password>"
  command:option("--pin", "The SIM card's PIN: @FILE, or - to be asked. Default: $HAYES_PIN."):argname "<pin>"
  command:option("--ssid", "The access point to join, for a Wi-Fi module. Default: the one it is connected to.")
  command:option("--wifi-password", "Its password: @FILE, or - to be asked. Default: $HAYES_WIFI_PASSWORD.")
    :argname "<password>"
end

--- Options that say who the server must be.
function target.define_tls(command)
  command:option("--ca", "The CA that the server is verified against, a PEM file."):argname "<file>"
  command:option("--cert", "A client certificate, a PEM file."):argname "<file>"
  command:option("--key", "Its key, a PEM file."):argname "<file>"
  command:flag("--insecure", "Do not verify the server.")
end

--- The TLS options for the library.
---@param arguments table
---@param plain? string what else may be said, of commands that do without TLS
function target.tls(arguments, plain)
  if not arguments.ca and not arguments.insecure then
    stop.wrong_use("say which CA the server is verified against, with --ca FILE; or --insecure to connect without "
      .. "knowing to whom" .. (plain or ""))
  end
  if arguments.cert and not arguments.key or arguments.key and not arguments.cert then
    stop.wrong_use "a client certificate needs its key, and the key its certificate: give both --cert and --key"
  end
  return {
    ca = arguments.ca, certificate = arguments.cert, key = arguments.key,
    verify = arguments.insecure and "none" or arguments.cert and "mutual" or nil,
  }
end

local function words_of(list)
  local words = {}
  for i, port in ipairs(list) do words[i] = ("%s (%s)"):format(port.name, port.model) end
  return table.concat(words, ", ")
end

--- The only port on which a known module answers commands.
local function only_module()
  local list, err = hayes.ports()
  if not list then stop.with(stop.NO_PORT, ("say which port the module is on with -p PORT: %s"):format(err)) end
  local known, answering = {}, {}
  for _, port in ipairs(list) do
    if port.model then known[#known + 1] = port end
    if port.role == "at" then answering[#answering + 1] = port end
  end
  local candidates = #answering > 0 and answering or known
  if #candidates == 1 then return candidates[1].name end
  if #candidates > 1 then
    stop.wrong_use("there is more than one module: say which with -p: %s", words_of(candidates))
  end
  stop.with(stop.NO_PORT, "no known module is plugged in: say which port it is on with -p PORT (`hayes ports` lists "
    .. "them; `-p emulator` is a module in software)")
end

--- The address that a command line means.
---@return string
function target.address(arguments)
  local variable = os.getenv "HAYES_PORT"
  return arguments.port or variable ~= "" and variable or only_module()
end

--- Opens the module that a command line means; ends the run where that fails.
---@return hayes.modem
function target.open(run)
  local arguments = run.arguments
  local address = target.address(arguments)
  local modem = stop.unless(hayes.open(address, { baud = arguments.baud, flow = arguments.flow,
    trace = arguments.trace, dialect = arguments.dialect, profile = arguments.profile }))
  run.modem = modem
  return modem
end

local function join(run)
  local arguments = run.arguments
  if not arguments.ssid then
    local status = stop.unless(run.modem.wifi.status())
    if status.state == "connected" then return end
    stop.wrong_use "the Wi-Fi module is not connected to an access point: say which with --ssid NAME"
  end
  stop.unless(run.modem.wifi.join { ssid = arguments.ssid, password = secret.read(run.out, arguments.wifi_password,
    "HAYES_WIFI_PASSWORD", "the password of " .. arguments.ssid) })
end

local function attach(run)
  local arguments = run.arguments
  local pin = secret.read(run.out, arguments.pin, "HAYES_PIN", "the PIN")
  if not arguments.apn and not pin then
    local active, err = run.modem.network.reattach()
    if active then return end
    run.out:note "hayes: the data connection is not set up in the module; --apn NAME gives the operator's access point"
    stop.with(stop.status_of(err), err)
  end
  if not arguments.apn then stop.wrong_use "with --pin, say which access point the operator has: --apn NAME" end
  stop.unless(run.modem.network.attach { apn = arguments.apn, pin = pin, user = arguments.apn_user,
    password = secret.read(run.out, arguments.apn_password, "HAYES_APN_PASSWORD", "the password of the APN") })
end

local cellular_options, wifi_options = { "apn", "apn_user", "apn_password", "pin" }, { "ssid", "wifi_password" }

--- Ends the run where it was given one of these options, which this kind of module has no use for.
local function refuse(run, kind, options)
  for _, name in ipairs(options) do
    if run.arguments[name] then
      stop.wrong_use("the module on %s is %s --%s", run.modem.address, kind, (name:gsub("_", "-")))
    end
  end
end

--- Brings the open module on line.
function target.connect(run)
  local modem = run.modem
  if modem.wifi then
    refuse(run, "a Wi-Fi module: it takes --ssid and --wifi-password, and not", cellular_options)
    join(run)
  elseif modem.network then
    refuse(run, "a cellular module: it takes --apn and --pin, and not", wifi_options)
    attach(run)
  end
end

--- Opens the module and brings it on line.
---@return hayes.modem
function target.go_on_line(run)
  local modem = target.open(run)
  target.connect(run)
  return modem
end

return target
