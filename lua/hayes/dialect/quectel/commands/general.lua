--- V.250 and 27.007 commands as the AT manuals of the EC200U and EC2x/EG9x families give them.

local states = require "hayes.dialect.quectel.network.states"

local MANUAL = "AT Commands Manual"

local on_off = { [0] = "off", [1] = "on" }

local report = {
  [0] = "no URC", [1] = "URC when the state changes", [2] = "URC with location when state or cell changes",
}

local error_forms = { [0] = "ERROR", [1] = "+CME ERROR: and a number", [2] = "+CME ERROR: and a text" }
local functionality = { [0] = "minimum", [1] = "full", [4] = "no radio" }
local attached = { [0] = "detached", [1] = "attached" }
local active = { [0] = "inactive", [1] = "active" }
local operator_modes = {
  [0] = "automatic", [1] = "manual", [2] = "deregister", [3] = "set the format only", [4] = "manual, then automatic",
}
local operator_formats = { [0] = "long name", [1] = "short name", [2] = "number" }
local flow_by_dte = { [0] = "none", [1] = "XON/XOFF", [2] = "RTS" }
local flow_by_dce = { [0] = "none", [1] = "XON/XOFF", [2] = "CTS" }
local urc_ports = {
  usbat = "the USB AT port", usbmodem = "the USB modem port", uart1 = "the main UART", all = "all of them",
}
local sim_states = {
  READY = "nothing: the SIM is ready",
  ["SIM PIN"] = "the PIN", ["SIM PUK"] = "the PUK and a new PIN", ["SIM PIN2"] = "the PIN2",
  ["SIM PUK2"] = "the PUK2 and a new PIN2", ["PH-SIM PIN"] = "the code of the lock to one card",
  ["PH-FSIM PIN"] = "the code of the lock to the first card", ["PH-NET PIN"] = "the code of the lock to one operator",
  ["PH-NETSUB PIN"] = "the code of the lock to a part of an operator's cards",
  ["PH-SP PIN"] = "the code of the lock to one service provider",
  ["PH-CORP PIN"] = "the code of the lock to one company's cards",
  ["NOT READY"] = "it is still being read", ["NOT INSERTED"] = "there is none",
}
local clock_update = { [0] = "no", [1] = "yes", [3] = "yes, local time" }

local function registration_command(name, what, source)
  return {
    name = name, summary = "Registration " .. what .. ".", source = source,
    params = { { name = "n", type = "integer", values = report, default = 0,
      doc = "Whether the module reports changes." } },
    read = {
      answer = {
        { name = "n", values = report }, { name = "stat", values = states.registration_words },
        { name = "lac", type = "string", optional = true, doc = "Location or tracking area, hexadecimal." },
        { name = "ci", type = "string", optional = true, doc = "Cell, hexadecimal." },
        { name = "AcT", optional = true, values = states.technology_words },
      },
    },
    urcs = { name }, test = true, timeout = 0.3,
  }
end

local function identity(name, what, prefix)
  return {
    name = name, summary = "Gives the " .. what .. ".", source = MANUAL .. ", general commands",
    execute = true, test = true, bare = not prefix, prefix = prefix, answer = { { name = what, type = "bare" } },
    timeout = 0.3,
  }
end

--- V.250's basic syntax: a number right after the name.
local function basic(name, summary, source, values, more)
  local declaration = more or {}
  declaration.name, declaration.summary, declaration.source, declaration.timeout = name, summary, source, 0.3
  declaration.execute = { params = { { name = "value", type = "integer", values = values, optional = true,
    default = 0 } } }
  return declaration
end

return {
  title = "General commands",
  {
    name = "I", summary = "Gives manufacturer, model and firmware revision.", source = MANUAL .. ", general commands",
    execute = true, bare = true, timeout = 0.3,
  },
  identity("+CGMI", "manufacturer"), identity("+GMI", "manufacturer"),
  identity("+CGMM", "model"), identity("+GMM", "model"),
  identity("+CGMR", "revision"), identity("+GMR", "revision"), identity("+QGMR", "revision"),
  {
    name = "+CGSN", summary = "Gives the IMEI.", source = MANUAL .. ", general commands",
    execute = true, test = true, bare = "d", answer = { { name = "imei", type = "bare", doc = "15 digits." } },
    timeout = 0.3,
  },
  {
    name = "+GSN", summary = "Gives the IMEI.", source = MANUAL .. ", general commands",
    execute = true, test = true, bare = "d", answer = { { name = "imei", type = "bare", doc = "15 digits." } },
    timeout = 0.3,
  },
  {
    name = "+CIMI", summary = "Gives the IMSI of the SIM card.", source = MANUAL .. ", (U)SIM commands",
    execute = true, test = true, bare = "d", answer = { { name = "imsi", type = "bare", doc = "15 digits." } },
    timeout = 0.3,
  },
  {
    name = "+QCCID", summary = "Gives the serial number of the SIM card.", source = MANUAL .. ", (U)SIM commands",
    execute = true, test = true, answer = { { name = "iccid", type = "bare", doc = "19 or 20 digits." } },
    timeout = 0.3,
  },
  basic("E", "Echo of command lines.", "V.250 6.2.4", { [0] = "off", [1] = "on" }, {
    remark = "If on, the module also echoes the data of AT+QSSLSEND, which then precedes the answer. The library "
      .. "switches it off." }),
  basic("V", "Form of result codes.", "V.250 6.2.6", { [0] = "numbers", [1] = "words" }, {
    remark = "The library needs words." }),
  basic("Q", "Whether result codes are sent.", "V.250 6.2.5", { [0] = "yes", [1] = "no" }, {
    remark = "With 1, no command is answered." }),
  basic("Z", "Restores the user's profile.", "V.250 6.1.1", { [0] = "the profile stored by &W" }),
  basic("&F", "Restores the factory settings: echo on, text results, no flow control.", "V.250 6.1.2",
    { [0] = "the factory's" }),
  basic("&W", "Stores the current settings in the user's profile.", MANUAL .. ", general commands",
    { [0] = "the only profile" }, {
      remark = "It does not store the settings of AT+QSSLCFG and AT+QICSGP." }),
  basic("&D", "What the module does when DTR drops.", MANUAL .. ", serial interface commands", {
    [0] = "nothing", [1] = "leaves data mode and keeps the connection", [2] = "leaves data mode and hangs up",
  }, { remark = "The factory setting of EC2x is 2; to leave transparent access mode with DTR, set 1 first." }),
  {
    name = "O", summary = "Returns to data mode, on the connection that left it last.", source = "SSL note 1.4",
    execute = true, final = "dial", timeout = 5, connect = { begins = "data mode", instead = "socket:resume()" },
    remark = "CONNECT; NO CARRIER when no connection was in transparent access mode, or it was closed. It does not "
      .. "return into a transfer of files.",
  },
  {
    name = "+++", summary = "Leaves data mode for command mode; the connection stays.", source = "SSL note 1.4",
    sequence = true, timeout = 3,
    remark = "At least 1 s of silence, the three characters within 1 s and without CR, again 1 s of silence; then OK.",
  },
  {
    name = "+CMEE", summary = "Form of error codes.", source = "27.007 9.1",
    params = {
      { name = "n", type = "integer", values = error_forms },
    },
    answer = { { name = "n", values = error_forms } }, read = true, test = true, timeout = 0.3,
    remark = "The library sets 1. With 2, some services still give numbers.",
  },
  {
    name = "+CFUN", summary = "Level of functionality: full, no radio or minimum.", source = "27.007 8.2",
    params = {
      { name = "fun", type = "integer", values = functionality },
      { name = "rst", type = "integer", values = { [0] = "no reset", [1] = "reset first" }, default = 0,
        optional = true },
    },
    answer = { { name = "fun", values = functionality } }, read = true, test = true, timeout = 15,
    urcs = { "+CFUN", "+CPIN", "+QIND" },
    remark = "AT+CFUN=1,1 restarts the module. RDY follows after some seconds; commands before that may be lost.",
  },
  {
    name = "+QPOWD", summary = "Powers the module down; POWERED DOWN follows.", source = MANUAL .. ", general commands",
    remark = "POWERED DOWN follows within 65 s; power may be removed a second later.",
    params = { { name = "n", type = "integer", values = { [0] = "at once", [1] = "in good order (the default)" } } },
    execute = true, test = true, timeout = 0.3,
  },
  {
    name = "+CPIN", summary = "The code that the SIM card asks for; with a PIN, enters it.", source = "27.007 8.3",
    params = {
      { name = "pin", type = "string", max = 8, secret = true, doc = "The code that the card asks for." },
      { name = "new pin", type = "string", max = 8, secret = true, optional = true,
        omitted = "pin is a PIN; needed if it is a PUK", doc = "Replaces the blocked PIN." },
    },
    answer = {
      { name = "code", type = "bare", values = sim_states },
    },
    read = true, test = true, timeout = 5, urcs = { "+CPIN" },
  },
  {
    name = "+QPINC", summary = "Number of attempts left for PIN and PUK.", source = "AT Commands Manual, QPINC",
    answer = {
      { name = "facility", type = "string", values = { SC = "the SIM card", P2 = "PIN2" } },
      { name = "pin_left", doc = "Attempts that are left; at 0 the card is locked." },
      { name = "puk_left", doc = "Attempts that are left; at 0 the card is locked for ever." },
    },
    read = true, test = true, timeout = 5,
  },
  {
    name = "+CSQ", summary = "Signal strength and bit error rate.", source = "27.007 8.5",
    execute = true, test = true, timeout = 0.3,
    answer = {
      { name = "rssi", values = { [99] = "not known" }, scale = { first = -113, step = 2, unit = "dBm" },
        doc = "0: -113 dBm or less, 31: -51 dBm or more, steps of 2 dBm; 99: not known." },
      { name = "ber", values = { [99] = "not known" }, doc = "0 to 7; 99: not known." },
    },
  },
  registration_command("+CREG", "for voice", "27.007 7.2"),
  registration_command("+CGREG", "for packet data (2G, 3G)", "27.007 10.1.20"),
  registration_command("+CEREG", "for packet data (LTE)", "27.007 10.1.22"),
  {
    name = "+CGATT", summary = "Attachment to packet data.", source = "27.007 10.1.9",
    params = { { name = "state", type = "integer", values = attached } },
    answer = { { name = "state", values = attached } }, read = true, test = true, timeout = 140,
  },
  {
    name = "+CGACT", summary = "Activation of 3GPP PDP contexts.", source = "27.007 10.1.10",
    params = {
      { name = "state", type = "integer", values = active },
      { name = "cid", type = "integer", min = 1, max = 15, optional = true, omitted = "all contexts",
        doc = "PDP context." },
    },
    answer = { { name = "cid", doc = "PDP context." }, { name = "state", values = active } }, read = true,
    test = true, timeout = 150,
  },
  {
    name = "+COPS", summary = "The network operator.", source = "27.007 7.3",
    params = {
      { name = "mode", type = "integer", values = operator_modes },
      { name = "format", type = "integer", values = operator_formats, optional = true, default = 0 },
      { name = "oper", type = "string", max = 32, optional = true, omitted = "not needed unless mode is 1 or 4",
        doc = "The operator, in that format." },
      { name = "AcT", type = "integer", values = states.technology_words, optional = true,
        omitted = "any technology" },
    },
    answer = {
      { name = "mode", values = operator_modes }, { name = "format", values = operator_formats },
      { name = "oper", type = "string", doc = "The operator, in that format." },
      { name = "AcT", values = states.technology_words },
    },
    read = true, test = true, timeout = 180,
  },
  {
    name = "+CCLK", summary = "The module's clock: local time with the zone in quarters of an hour.",
    source = "27.007 8.15",
    params = { { name = "time", type = "string", max = 20, doc = "yy/MM/dd,hh:mm:ss±zz" } },
    answer = { { name = "time", type = "string", doc = "yy/MM/dd,hh:mm:ss±zz" } }, read = true, test = true,
    timeout = 0.3,
  },
  {
    name = "+IPR", summary = "Line speed of the UART; lost at a reset unless stored with &W.", source = "V.250 6.2.10",
    params = { { name = "rate", type = "integer", min = 0, max = 4000000, unit = "bit/s",
      doc = "0: the module detects it." } },
    answer = { { name = "rate", unit = "bit/s" } }, read = true, test = true, timeout = 0.3,
  },
  {
    name = "+IFC", summary = "Flow control of the UART.", source = "V.250 6.2.12",
    params = {
      { name = "dce_by_dte", type = "integer", values = flow_by_dte },
      { name = "dte_by_dce", type = "integer", values = flow_by_dce },
    },
    answer = { { name = "dce_by_dte", values = flow_by_dte }, { name = "dte_by_dce", values = flow_by_dce } },
    read = true, test = true, timeout = 0.3,
  },
  {
    name = "+QURCCFG", summary = "The port that URCs are sent to. Stored in flash; EG800K is shipped with usbat.",
    source = MANUAL .. ", general commands",
    keys = {
      urcport = {
        summary = "The port.",
        params = { { name = "urcport", type = "string", max = 16, optional = true, omitted = "asks for the setting",
          open = true, values = urc_ports } },
        answer = { { name = "urcport", type = "string", values = urc_ports } },
      },
    },
    test = true, timeout = 0.3,
    remark = "If it is not the port in use, commands are answered with OK, but no deferred result or URC arrives. "
      .. "The library sets it at start-up.",
  },
  {
    name = "+CTZU", summary = "Whether the network sets the module's clock.", source = "27.007 8.40",
    params = { { name = "onoff", type = "integer", values = clock_update } },
    answer = { { name = "onoff", values = clock_update } }, read = true, test = true, timeout = 0.3,
  },
  {
    name = "+CTZR", summary = "Whether changes of the time zone are reported.", source = "27.007 8.41",
    params = { { name = "reporting", type = "integer", values = on_off } },
    answer = { { name = "reporting", values = on_off } }, urcs = { "+CTZV", "+CTZE" }, read = true, test = true,
    timeout = 0.3,
  },
}
