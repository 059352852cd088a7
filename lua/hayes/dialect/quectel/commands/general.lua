--- V.250 and 27.007 commands as the AT manuals of the EC200U and EC2x/EG9x families give them.

local MANUAL = "AT Commands Manual"

local on_off = { [0] = "off", [1] = "on" }

local registration = {
  [0] = "not registered, not searching",
  [1] = "registered, home network",
  [2] = "not registered, searching",
  [3] = "registration denied",
  [4] = "unknown",
  [5] = "registered, roaming",
}

local technology = {
  [0] = "GSM", [1] = "GSM Compact", [2] = "UTRAN", [3] = "GSM with EGPRS", [4] = "UTRAN with HSDPA",
  [5] = "UTRAN with HSUPA", [6] = "UTRAN with HSDPA and HSUPA", [7] = "E-UTRAN", [8] = "E-UTRAN NB-S1",
}

local report = {
  [0] = "no URC", [1] = "URC when the state changes", [2] = "URC with location when state or cell changes",
}

local function registration_command(name, what)
  return {
    name = name, summary = "Registration " .. what .. ".", source = MANUAL .. ", network service commands",
    params = { { name = "n", type = "integer", values = report, default = 0,
      doc = "Whether the module reports changes." } },
    read = {
      answer = {
        { name = "n", values = report }, { name = "stat", values = registration }, { name = "lac", type = "string" },
        { name = "ci", type = "string" }, { name = "AcT", values = technology },
      },
    },
    test = true, timeout = 0.3,
  }
end

local function identity(name, what, prefix)
  return {
    name = name, summary = "Gives the " .. what .. ".", source = MANUAL .. ", general commands",
    execute = true, test = true, bare = not prefix, prefix = prefix, answer = { { name = what } }, timeout = 0.3,
  }
end

return {
  {
    name = "I", summary = "Gives manufacturer, model and firmware revision.", source = MANUAL .. ", general commands",
    execute = true, bare = true, timeout = 0.3,
  },
  identity("+CGMI", "manufacturer"), identity("+GMI", "manufacturer"),
  identity("+CGMM", "model"), identity("+GMM", "model"),
  identity("+CGMR", "revision"), identity("+GMR", "revision"), identity("+QGMR", "revision"),
  {
    name = "+CGSN", summary = "Gives the IMEI.", source = MANUAL .. ", general commands",
    execute = true, test = true, bare = "d", answer = { { name = "imei" } }, timeout = 0.3,
  },
  {
    name = "+GSN", summary = "Gives the IMEI.", source = MANUAL .. ", general commands",
    execute = true, test = true, bare = "d", answer = { { name = "imei" } }, timeout = 0.3,
  },
  {
    name = "+CIMI", summary = "Gives the IMSI of the SIM card.", source = MANUAL .. ", (U)SIM commands",
    execute = true, test = true, bare = "d", answer = { { name = "imsi" } }, timeout = 0.3,
  },
  {
    name = "+QCCID", summary = "Gives the serial number of the SIM card.", source = MANUAL .. ", (U)SIM commands",
    execute = true, test = true, answer = { { name = "iccid", type = "string" } }, timeout = 0.3,
  },
  {
    name = "E", summary = "Echo of command lines: E0 off, E1 on.", source = "V.250 6.2.4", execute = true,
      timeout = 0.3,
  },
  {
    name = "V", summary = "Form of result codes: V0 numbers, V1 words.", source = "V.250 6.2.6", execute = true,
    timeout = 0.3,
  },
  {
    name = "Q", summary = "Result codes: Q0 sent, Q1 suppressed.", source = "V.250 6.2.5", execute = true,
      timeout = 0.3,
  },
  {
    name = "Z", summary = "Restores the user's profile.", source = "V.250 6.1.1", execute = true, timeout = 0.3,
  },
  {
    name = "&F", summary = "Restores the factory settings: echo on, text results, no flow control.",
    source = "V.250 6.1.2", execute = true, timeout = 0.3,
  },
  {
    name = "&W", summary = "Stores the current settings in the user's profile.", source = MANUAL
      .. ", general commands",
    execute = true, timeout = 0.3,
  },
  {
    name = "&D",
      summary = "What the module does when DTR drops: &D0 nothing, &D1 leave data mode and keep the connection, "
      .. "&D2 hang up.", source = MANUAL .. ", serial interface commands", execute = true, timeout = 0.3,
  },
  {
    name = "O", summary = "Returns to data mode.", source = "SSL note 1.4", execute = true, final = "dial", timeout = 5,
  },
  {
    name = "+CMEE", summary = "Form of error codes.", source = "27.007 9.1",
    params = {
      { name = "n", type = "integer", values = { [0] = "ERROR", [1] = "+CME ERROR: and a number",
        [2] = "+CME ERROR: and a text" } },
    },
    answer = { { name = "n" } }, read = true, test = true, timeout = 0.3,
  },
  {
    name = "+CFUN", summary = "How much of the module is on.", source = "27.007 8.2",
    params = {
      { name = "fun", type = "integer", values = { [0] = "minimum", [1] = "full", [4] = "no radio" } },
      { name = "rst", type = "integer", values = { [0] = "no reset", [1] = "reset first" }, default = 0,
        optional = true },
    },
    answer = { { name = "fun" } }, read = true, test = true, timeout = 15,
  },
  {
    name = "+QPOWD", summary = "Powers the module down; POWERED DOWN follows.", source = MANUAL .. ", general commands",
    params = { { name = "n", type = "integer", values = { [0] = "at once", [1] = "in order" }, default = 1 } },
    execute = true, test = true, timeout = 0.3,
  },
  {
    name = "+CPIN", summary = "What the SIM card waits for, and the answer to it.", source = "27.007 8.3",
    params = {
      { name = "pin", type = "string", max = 8, secret = true },
      { name = "new pin", type = "string", max = 8, secret = true, optional = true },
    },
    answer = {
      { name = "code", values = { READY = "nothing", ["SIM PIN"] = "the PIN", ["SIM PUK"] = "the PUK and a new PIN" } },
    },
    read = true, test = true, timeout = 5,
  },
  {
    name = "+CSQ", summary = "Signal strength and bit error rate.", source = "27.007 8.5",
    execute = true, test = true, timeout = 0.3,
    answer = {
      { name = "rssi", doc = "0: -113 dBm or less, 31: -51 dBm or more, steps of 2 dBm; 99: not known." },
      { name = "ber", doc = "0 to 7; 99: not known." },
    },
  },
  registration_command("+CREG", "for voice"),
  registration_command("+CGREG", "for packet data (2G, 3G)"),
  registration_command("+CEREG", "for packet data (LTE)"),
  {
    name = "+CGATT", summary = "Attachment to packet data.", source = "27.007 10.1.9",
    params = { { name = "state", type = "integer", values = { [0] = "detached", [1] = "attached" } } },
    answer = { { name = "state" } }, read = true, test = true, timeout = 140,
  },
  {
    name = "+CGACT", summary = "Activation of 3GPP PDP contexts.", source = "27.007 10.1.10",
    params = {
      { name = "state", type = "integer", values = { [0] = "inactive", [1] = "active" } },
      { name = "cid", type = "integer", min = 1, max = 15, optional = true },
    },
    answer = { { name = "cid" }, { name = "state" } }, read = true, test = true, timeout = 150,
  },
  {
    name = "+COPS", summary = "The network operator.", source = "27.007 7.3",
    params = {
      { name = "mode", type = "integer", values = { [0] = "automatic", [1] = "manual", [2] = "deregister",
        [3] = "set the format only", [4] = "manual, then automatic" } },
      { name = "format", type = "integer", values = { [0] = "long name", [1] = "short name", [2] = "number" },
        optional = true },
      { name = "oper", type = "string", optional = true },
      { name = "AcT", type = "integer", values = technology, optional = true },
    },
    answer = {
      { name = "mode" }, { name = "format" }, { name = "oper", type = "string" }, { name = "AcT", values = technology },
    },
    read = true, test = true, timeout = 180,
  },
  {
    name = "+CCLK", summary = "The module's clock: local time with the zone in quarters of an hour.",
      source = "27.007 8.15",
    params = { { name = "time", type = "string", max = 20, doc = "yy/MM/dd,hh:mm:ss±zz" } },
    answer = { { name = "time", type = "string" } }, read = true, test = true, timeout = 0.3,
  },
  {
    name = "+IPR", summary = "Line speed of the UART; survives a reset only with &W.", source = "V.250 6.2.10",
    params = { { name = "rate", type = "integer", min = 0, max = 4000000, unit = "bit/s" } },
    answer = { { name = "rate" } }, read = true, test = true, timeout = 0.3,
  },
  {
    name = "+IFC", summary = "Flow control of the UART.", source = "V.250 6.2.12",
    params = {
      { name = "dce_by_dte", type = "integer", values = { [0] = "none", [1] = "XON/XOFF", [2] = "RTS" } },
      { name = "dte_by_dce", type = "integer", values = { [0] = "none", [1] = "XON/XOFF", [2] = "CTS" } },
    },
    answer = { { name = "dce_by_dte" }, { name = "dte_by_dce" } }, read = true, test = true, timeout = 0.3,
  },
  {
    name = "+QURCCFG", summary = "Which port URCs go to. Stored; EG800K was shipped with usbat.",
    source = MANUAL .. ", general commands",
    keys = {
      urcport = {
        params = { { name = "urcport", type = "string", max = 16, optional = true,
          doc = "usbat, usbmodem, uart1, all and more, as the test form tells." } },
        answer = { { name = "urcport", type = "string" } },
      },
    },
    test = true, timeout = 0.3,
  },
  {
    name = "+CTZU", summary = "Whether the network sets the module's clock.", source = "27.007 8.40",
    params = { { name = "onoff", type = "integer", values = { [0] = "no", [1] = "yes", [3] = "yes, local time" } } },
    answer = { { name = "onoff" } }, read = true, test = true, timeout = 0.3,
  },
  {
    name = "+CTZR", summary = "Whether changes of the time zone are reported.", source = "27.007 8.41",
    params = { { name = "reporting", type = "integer", values = on_off } },
    answer = { { name = "reporting" } }, read = true, test = true, timeout = 0.3,
  },
}
