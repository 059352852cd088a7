--- A scripted Quectel module in virtual time that keeps its TLS settings as real ones do, and can be made to lose,
--- change and forget what it is told. It opens every connection, and notes with which settings.

local script = require "support.script"

local Module = {}
Module.__index = Module

local OK, ERROR = "\r\nOK\r\n", "\r\nERROR\r\n"

--- From the factory nothing is verified (EG800K).
local function factory()
  return { sslversion = "4", ciphersuite = "0XFFFF", seclevel = "0", sni = "0", ignorelocaltime = "1",
    negotiatetime = "300", ignorecertitem = "0", ignoreinvalidcertsign = "0", ignoremulticertchainverify = "0",
    session_cache = "0", dtls = "0", dtlsversion = "0", cacert = '""', clientcert = '""', clientkey = '""',
    cacertex = '""' }
end

--- As it is when it has been switched on. A restart that the library does not see: the banner was lost on the line.
function Module:restart()
  for index = 0, 5 do
    self.contexts[index] = factory()
    for _, name in ipairs(self.unknown) do self.contexts[index][name] = nil end
  end
  self.ftp = { ssltype = "0", sslctxid = "0", account = '"",""' }
end

--- It fails: what it was doing and saying is gone, and it hears nothing until it has come up again, which it says.
---@param seconds number until then
function Module:crash(seconds)
  local port = self.port
  port.said, port.written = {}, ""
  self:restart()
  self.connections, self.online = {}, false
  self.deaf = true
  port:say("\r\nRDY\r\n", seconds)
end

--- Data mode begins; the escape sequence ends it.
function Module:go_online()
  self.online = true
  return "\r\nCONNECT\r\n"
end

local function setting(self, line)
  local name, index, value = line:match('^AT%+QSSLCFG="(%w[%w_]*)",(%d)(.*)$')
  local context = self.contexts[tonumber(index)]
  if not context or not context[name] then return ERROR end
  if value == "" then return ('\r\n+QSSLCFG: "%s",%s,%s\r\n'):format(name, index, context[name]) .. OK end
  context[name] = value:sub(2)
  return OK
end

local function ftp_setting(self, line)
  local name, value = line:match('^AT%+QFTPCFG="([%w_]+)"(.*)$')
  if value == "" then return ('\r\n+QFTPCFG: "%s",%s\r\n'):format(name, self.ftp[name] or "0") .. OK end
  self.ftp[name] = value:sub(2)
  return OK
end

local function snapshot(context)
  local copy = {}
  for name, value in pairs(context) do copy[name] = value end
  return copy
end

local function open(self, line)
  local context, id, mode = line:match("^AT%+QSSLOPEN=%d+,(%d),(%d+),.*,(%d)$")
  if not self.contexts[tonumber(context)] then return ERROR end
  self.opened[#self.opened + 1] = snapshot(self.contexts[tonumber(context)])
  self.connections[id] = context
  if mode == "2" then return self:go_online() end
  return OK .. ("\r\n+QSSLOPEN: %s,0\r\n"):format(id)
end

local function log_in(self)
  local seen = snapshot(self.contexts[tonumber(self.ftp.sslctxid)])
  seen.ssltype, seen.account = self.ftp.ssltype, self.ftp.account
  self.opened[#self.opened + 1] = seen
  return OK .. "\r\n+QFTPOPEN: 0,0\r\n"
end

local function state(self, line)
  local id = line:match("%d+$")
  local context = self.connections[id]
  if not context then return OK end
  return ('\r\n+QSSLSTATE: %s,"SSLClient","10.0.0.1",443,0,2,1,%s,0,"usbat",%s\r\n'):format(id, id, context) .. OK
end

--- unknown: settings that its firmware does not have; fault(line, number): what happens to a command, of those behind
--- start-up: nil (nothing), "lose" (it is done, and its answer does not arrive), "refuse" (it came changed, and is not
--- understood), or another command line, as which it came; commands: further ones, as of script.commands.
---@param options? { unknown: string[]?, fault: (fun(line: string, number: integer): string?)?, commands: table? }
function Module.new(options)
  options = options or {}
  local self = setmetatable({ contexts = {}, opened = {}, connections = {}, unknown = options.unknown or {},
    fault = options.fault, count = 0, lines = {} }, Module)
  self:restart()
  local handle = {
    ["^AT%+QSSLCFG="] = setting, ["^AT%+QFTPCFG="] = ftp_setting, ["^AT%+QSSLOPEN="] = open,
    ["^AT%+QFTPOPEN="] = log_in, ["^AT%+QSSLSTATE="] = state,
    ["^ATO$"] = Module.go_online,
    ["^AT%+QSSLCLOSE="] = function(_, line)
      self.connections[line:match("%d+$")] = nil
      return OK
    end,
  }
  local commands = {
    ["AT+QSSLSTATE"] = OK, ["AT+QFTPSTAT"] = OK .. "\r\n+QFTPSTAT: 0,4\r\n",
    ["^AT%+QFTPCLOSE"] = OK .. "\r\n+QFTPCLOSE: 0,0\r\n",
    ["AT+CCLK?"] = function() return os.date('!\r\n+CCLK: "%y/%m/%d,%H:%M:%S+00"\r\n') .. OK end,
  }
  for pattern, answer in pairs(handle) do
    commands[pattern] = function(line) return answer(self, line) end
  end
  for line, reply in pairs(options.commands or {}) do commands[line] = reply end
  local answer = script.quectel(commands)
  self.port = script.port(function(port, bytes)
    if self.deaf and port.said[1] then return "" end
    self.deaf = false
    if self.online then
      if bytes == "+++" then
        self.online = false
        port:say(OK, 1)
      end
      return ""
    end
    local line, rest = bytes:match("^([^\r]*)\r(.*)$")
    if not line or not self.counting or line == "AT" then return answer(port, bytes) end
    self.count = self.count + 1
    self.lines[self.count] = line
    local fault = self.fault and self.fault(line, self.count)
    if fault == "refuse" then
      port:say(ERROR)
      return rest
    elseif fault == "lose" then
      local said = #port.said
      answer(port, line .. "\r")
      while #port.said > said do table.remove(port.said) end
      return rest
    end
    return answer(port, (fault or line) .. "\r" .. rest)
  end)
  return self
end

return Module
