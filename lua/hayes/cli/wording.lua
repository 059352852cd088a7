--- Messages of the library in the words of a command line: what a script would call, a person at a shell types.

local wording = {}

--- Calls that hints name, and what does the same.
local calls = {
  ["modem.network.attach"] = "--apn NAME",
  ["modem.network.diagnose"] = "`hayes info --diagnose --host HOST`",
  ["modem.network.status"] = "`hayes info`",
  ["modem.network.dns"] = "`hayes at AT+QIDNSCFG=1`",
  ["modem.network.resolve"] = "`hayes info --diagnose --host HOST`",
  ["modem.ftp.open"] = "`modem.ftp.open` in a script",
  ["modem.clock.get"] = "`hayes at AT+CCLK?`",
  ["modem.clock.set"] = "`hayes at AT+CCLK=…`",
  ["modem.file.list"] = "`hayes file ls`",
  ["modem.file.delete"] = "`hayes file rm NAME`",
  ["modem.file.space"] = "`hayes file space`",
  ["modem.dns.servers"] = "`hayes at AT+WDNS?`",
  ["modem.sockets"] = "`hayes at AT+SOCKET?`",
  ["modem.wifi.status"] = "`hayes wifi status`",
  ["modem.wifi.scan"] = "`hayes wifi scan`",
  ["modem.wifi.join"] = "`hayes wifi join NAME`",
}

--- Calls whose arguments make a difference, and options of calls.
local phrases = {
  { 'modem.network.dns("8.8.8.8")', "`hayes at 'AT+QIDNSCFG=1,\"8.8.8.8\"'`" },
  { 'modem.network.attach { pin = "…"', '--pin @FILE, modem.network.attach { "…"' },
  { 'verify = "mutual"', "--cert and --key" },
  { 'verify = "none"', "--insecure" },
  { "With pin_again = true it is sent anyway", "`hayes shell` sends it anyway, by AT+CPIN=\"…\"" },
  { "replace = true", "--replace" },
  { "{ data = … }", "--data" },
  { 'flow = "rtscts"', "--flow rtscts" },
  { "Try baud = ", "Try --baud " },
  { "hayes.ports()", "`hayes ports`" },
  { " (ftp:close(), modem.ftp.open)", "" },
  { "A path without / in front begins in the current folder: ftp:pwd() tells that, and ftp:entries() what is in it.",
    "A path begins in the account's folder, and with %2F in front at the server's root: `hayes ftp ls URL` tells what "
      .. "is there." },
  { 'tls = "explicit"', "ftpes://" },
  { "(tls = …)", "(ftps:// or ftpes://)" },
  { 'try data_address = "control"; or active mode (passive = false)', 'try `data_address = "control"` in a script; or '
    .. "active mode (--active)" },
  { "ftp.open { diagnose = true }", "`hayes info --diagnose --host HOST`" },
  { "close it (ftp:close()) and wait", "wait" },
  { " (ftp.open)", "" },
  { "ftp:entries()", "`hayes ftp ls URL`" },
}

local function replace_all(text, from, to)
  local start, stop = text:find(from, 1, true)
  if not start then return text end
  return text:sub(1, start - 1) .. to .. replace_all(text:sub(stop + 1), from, to)
end

--- What no command does, the shell's prompt does.
local function of_call(name, arguments)
  return calls[name] or ("`%s%s` in `hayes shell`"):format(name, arguments)
end

--- The same text, with command lines and options in place of Lua.
---@param text string
---@return string
function wording.of(text)
  for _, phrase in ipairs(phrases) do text = replace_all(text, phrase[1], phrase[2]) end
  text = text:gsub("(modem%.[%l_.]+)( ?%b{})", of_call)
  text = text:gsub("(modem%.[%l_.]+)(%b())", of_call)
  text = text:gsub("modem%.%l+%.[%l_]+", calls)
  text = text:gsub("%f[%w]ftp:%l+%(%)", "`%0` in a script")
  return (text:gsub("%f[%w`]ftp:%l+%f[^%l(]", "`%0` in a script"))
end

--- What a check of the library has raised, without the place in the sources and the name of the function.
---@param raised string
---@return string
function wording.of_wrong_use(raised)
  return wording.of(raised:gsub("^[^%s:]+:%d+: ", ""):gsub("^[%l_]+[.:][%l_]+: ", ""))
end

return wording
