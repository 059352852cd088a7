--- Ai-Thinker Wi-Fi modules with "combo" AT firmware: Ai-WB2, BW16, BW20, Ai-M61 and Ai-M62 (page "TCP/IP AT Command
--- Set"). Firmware like ESP-AT on the same modules speaks another dialect.

local lineage = require "hayes.dialect.aithinker.lineage"

--- Seconds.
local GET_OUT_WITHIN = 30

local function commands()
  local list = {}
  for _, part in ipairs { "general", "tcpip" } do
    for _, declaration in ipairs(require("hayes.dialect.aithinker.commands." .. part)) do
      list[#list + 1] = declaration
    end
  end
  return list
end

local function event(name, summary, more)
  local declaration = more or {}
  declaration.name, declaration.summary = "+EVENT:" .. name, summary
  declaration.prefix = declaration.prefix or false
  return declaration
end

--- `+EVENT:SocketSeed,2,1`: fields after a comma.
local function listed(name, summary, answer, block)
  return event(name, summary, { text = "+EVENT:" .. name .. ",", prefix = true, answer = answer, block = block })
end

local connection = { { name = "ConID", doc = "The connection." } }
local length = { name = "length", unit = "bytes", doc = "What has come." }

local urcs = {
  listed("SocketDown", "A connection has received data; in push mode it follows the length.",
    { connection[1], length }, { length = 2, fields = 2, after = "," }),
  listed("SocketSeed", "A client has connected to a server.",
    { { name = "ConID", doc = "The connection with the client." }, { name = "server_ConID", doc = "The server." } }),
  listed("SocketDisconnect", "A connection has ended.", connection),
  listed("SocketDissconnect", "A connection has ended (as older firmware and the guide spell it).",
    connection),
  listed("SocketReconnect", "The module has re-established a client's connection (framework P2.27.0 and later).",
    connection),
  listed("SocketAutoDel", "A connection has ended and its slot is free (firmware P1.4.4 and later).", connection),
  { name = "+Seed", text = "+Seed:", prefix = true, summary = "A client has connected to a server (BW20)." },
  event("WIFI_CONNECT", "The station has joined an access point."),
  event("WIFI_GOT_IP", "The station has an address."),
  event("WIFI_DISCONNECT", "The station has lost its access point."),
  event("WIFI_SCAN_DONE", "A scan has ended."),
  event("WIFI_APCLIENTCONNECTED", "A station has joined the module's access point.",
    { text = "+EVENT:WIFI_APCLIENTCONNECTED:", prefix = true }),
  event("WIFI_APCLIENTDISCONNECT", "A station has left the module's access point.",
    { text = "+EVENT:WIFI_APCLIENTDISCONNECT:", prefix = true }),
  event("MQTT_CONNECT", "The MQTT client is connected."),
  event("MQTT_DISCONNECT", "The MQTT client has lost its connection."),
  listed("MQTT_SUB", "A message; its content follows the length.",
    { { name = "topic", type = "string" }, length }, { length = 2, fields = 2, after = "," }),
  { name = "+DATA", text = "+DATA:", prefix = true, summary = "Data of a BLE connection.",
    block = { length = 1, fields = 1, after = "," } },
  { name = "+BLUFIDATA", text = "+BLUFIDATA:", prefix = true,
    summary = "Data while the network is being set up by BLE.",
    block = { length = 1, fields = 1, after = "," } },
  { name = "+EVENT", text = "+EVENT:", prefix = true, summary = "Another event." },
}

local function source_of(name)
  if name:find "WIFI" then return "combo guide, Wi-Fi commands" end
  if name:find "MQTT" then return "combo guide, MQTT commands" end
  if name == "+DATA" or name == "+BLUFIDATA" then return "combo guide, BLE commands" end
  return "TCP/IP AT Command Set, events"
end

for _, urc in ipairs(urcs) do urc.source = source_of(urc.name) end

--- Such a command was not taken, and is sent again.
local busy_retry = { after = 0.2, times = 25 }

local busy = "The module was still at work on the command before; try again in a second."

--- A module that is set to connect by itself (AT+SOCKETAUTOTT) does so some seconds after a start, and then enters
--- transparent transmission: it sends `connect success ConID=1`, `OK`, `>` unasked. Commands would go to the far end,
--- so the library resynchronises, which sends the escape sequence.
local function watch_for_autoconnect(modem)
  if modem.autoconnect_watch then return end
  modem.autoconnect_watch = modem:listen("urc", function(heard)
    if not heard.unknown or not heard.line:find("^connect%s*success") or modem.online then return end
    modem:resync(GET_OUT_WITHIN)
  end)
end

local function start(modem)
  watch_for_autoconnect(modem)
  return true
end

--- The dialect of one lineage.
local function make(of)
  return {
    name = "aithinker", title = "Ai-Thinker Wi-Fi modules",
    lineage = of,
    protocol = {
      eol = "\r\n", prompt = ">", quote = "needed", quote_escape = "\\", max_command = of.max_command,
      -- Nothing cancels a prompt.
      cancel = "", result_codes_on = "", crlf_after_block = true,
      -- The module wants 20 ms of silence around `+++` (older firmware none) and answers at once; to be left alone for
      -- 1 s then is the guide's advice, and 1 s before it what users found to work.
      escape = "+++", guard_ms = 1000, answer_ms = 0, idle_ms = 20, settle_ms = 1000,
      follow_prefix = "\r\n+EVENT:", resume = "AT+SOCKETTT", dtr = false,
    },
    finals = {
      { "OK", success = true },
      { "ERROR" },
      { "+OK", success = true }, -- BW20
      { "+ERROR" },              -- SDK of January 2024
      { "[Busy]", prefix = true, name = "busy", summary = "the module is busy with another command", hint = busy,
        retry = busy_retry },
      { "busy ", prefix = true, name = "busy", summary = "the module is busy with another command", hint = busy,
        retry = busy_retry },
      { "Unknown cmd:", prefix = true, name = "unknown_command", summary = "the module does not know the command",
        hint = "This firmware has not got it; AT+GMR tells its version." },
    },
    connects = {},
    -- The last line of the banner; the BW16 has only the line before it.
    boot = { "ready", { "#calibration_ok", prefix = true } },
    urcs = urcs,
    commands = commands(),
    number_in_front = true,
    spelling = { colon = ":", quotes = false },
    errors = require "hayes.dialect.aithinker.errors",
    redact = {
      { "^(Password:).+$", "%1***" },
      -- Neither name nor password is quoted, and either may hold commas: everything before the last six fields, of
      -- which the first is an address, is replaced.
      { "^(%+WJAP:%d+,).*(," .. ("%x%x:"):rep(5) .. "%x%x,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*)$", "%1***,***%2" },
      { "^(%+WJAP:%d+,).+$", "%1***" }, { "^(%+WJAP:)%D.*$", "%1***" },
      { "^(%+WAUTOCONN:%d+,).+$", "%1***" }, { "^(%+WAP:).+$", "%1***" },
      -- A command that it does not know comes back with its parameters.
      { "^([Uu]nknown cmd:[^=]*=).*,.*$", "%1***" },
      -- A line of PEM: of a key, when the length that announced it got lost.
      { "^[%w+/=]+$", function(line) return #line >= 40 and "***" or nil end },
    },
    services = {
      sockets = "hayes.dialect.aithinker.sockets",
      tcp = "hayes.dialect.aithinker.tcp",
      udp = "hayes.dialect.aithinker.udp",
      ssl = "hayes.dialect.aithinker.ssl",
      certificates = "hayes.dialect.aithinker.certificates",
      dns = "hayes.dialect.aithinker.dns",
      wifi = "hayes.dialect.aithinker.wifi",
    },
    keep = { wifi = "hayes.dialect.aithinker.wifi.keep" },
    start = start,
    habits = function() return lineage.habits(of) end,
    probe = function(probe) return require "hayes.dialect.aithinker.probe"(probe) end,
    --- { manufacturer, model, revision, framework, lineage }; there is no serial number to ask for.
    identify = function(modem)
      local response, err = modem:call("+GMR", "execute")
      if not response then return nil, err end
      local found, framework, firmware = lineage.of(table.concat(response, "\n"))
      return { manufacturer = "Ai-Thinker", model = "combo AT", revision = firmware, framework = framework,
        lineage = found and found.name }
    end,
  }
end

-- Without asking: the limits of the oldest.
local aithinker = make(lineage.all.legacy)

local made = { legacy = aithinker }

function aithinker.detect(ask)
  local answer = ask("AT+GMR")
  local found = answer and lineage.of(answer)
  if not found then return false end
  made[found.name] = made[found.name] or make(found)
  return made[found.name]
end

return aithinker
