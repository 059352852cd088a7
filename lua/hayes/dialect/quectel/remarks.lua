--- What the reference of Quectel modules says beyond the declarations.

local suites = require "hayes.dialect.quectel.ssl.suites"
local ssl_settings = require "hayes.dialect.quectel.ssl.settings"

local function suite_table()
  local rows = { "| code | name | certificate | since | in the emulator |", "|---|---|---|---|---|" }
  for _, suite in ipairs(suites.list) do
    rows[#rows + 1] = ("| `%s` | %s | %s | %s | %s |"):format(suite.code, suite.name, suite.certificate,
      suite.since == "ssl3" and "SSL 3.0" or "TLS 1.2", suite.missing and "no: " .. suite.missing or "yes")
  end
  rows[#rows + 1] = ("\n`%s` stands for all of them. Which ones a firmware has, "
    .. "`AT+QSSLCFG=?` tells: EC25 and EG25 lack `0X0004`, `0XC002`, `0XC007`, `0XC00C` and `0XC011`."):format(
    suites.ALL)
  return table.concat(rows, "\n")
end

local function missing_versions()
  local words = {}
  for _, why in pairs(ssl_settings.missing_versions) do words[#words + 1] = why .. "." end
  table.sort(words)
  return table.concat(words, "\n")
end

return {
  { title = "What the notes print wrongly", text = [[
The SSL note prints `QSSLRCV`, `QSSSEND` and `secclevel` in places; no firmware is known to take them. They are
`AT+QSSLRECV`, `AT+QSSLSEND` and `"seclevel"`. The first field of `+QSSLOPEN: 4,0` is the clientID.]] },
  { title = "Defaults that surprise", text = [[
`sni` is 0 until it is set: servers with several names then show the wrong certificate. `ignorelocaltime` is 1:
expired certificates are accepted. `seclevel` is 0: nobody is authenticated. None of the settings of `AT+QSSLCFG`
survives a restart, and `AT&W` does not store them. `modem.ssl.open` sets all of them.]] },
  { title = "Data access modes", text = [[
In buffer access mode `+QSSLURC: "recv",<clientID>` comes once; the next comes only after everything was read, so
read until a read gives 0 bytes. In direct push mode data is part of the URC, after its length, and
`AT+QSSLRECV` answers `ERROR`. In transparent access mode the port belongs to the connection: what goes in and out is
data, until `+++` between guard times of 1 s (or DTR, after `AT&D1`) brings `OK`, or the end of the connection brings
`NO CARRIER`. `ATO` or `AT+QISWTMD=<clientID>,2` returns.]] },
  { title = "Refused certificates", text = [[
The SSL note gives 579 for a failed handshake. EG800K gives 566 for every reason instead, and `AT+QIGETERROR` says 0:
no CA, wrong CA, expired, wrong name. `modem.ssl.open` with `diagnose = true` tells them apart as far as it can.]] },
  { title = "Cipher suites", text = suite_table() },
  { title = "Versions", text = "What hayes-emulator cannot speak: " .. missing_versions() },
}
