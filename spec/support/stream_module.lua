--- A scripted Quectel module in virtual time with TCP and TLS connections to servers that are tables: what they are to
--- send stands in `outgoing`, what they have got in `got`.

local hayes = require "hayes"
local script = require "support.script"

local Module = {}
Module.__index = Module

local OK, ERROR = "\r\nOK\r\n", "\r\nERROR\r\n"

local kinds = {
  tcp = { open = "QIOPEN", urc = "+QIURC", list = '+QISTATE: %d,"TCP","10.0.0.1",7,0,2,1,%d,%d,"usbat"' },
  ssl = { open = "QSSLOPEN", urc = "+QSSLURC",
    list = '+QSSLSTATE: %d,"SSLClient","10.0.0.1",443,0,2,1,%d,%d,"usbat",0' },
}

local function notify(self, server)
  if server.told or server.mode ~= 0 or server.outgoing == "" then return end
  server.told = true
  self.port:say(('\r\n%s: "recv",%d\r\n'):format(kinds[server.kind].urc, server.id))
end

--- A server sends this.
function Module:send(server, bytes)
  if server.mode == 2 and self.online == server then return self.port:say(bytes) end
  if server.mode == 1 then
    return self.port:say(('\r\n%s: "recv",%d,%d\r\n%s'):format(kinds[server.kind].urc, server.id, #bytes, bytes))
  end
  server.outgoing = server.outgoing .. bytes
  notify(self, server)
end

--- A server closes its end.
function Module:hang_up(server)
  server.gone = true
  if self.online == server then
    self.online = nil
    return self.port:say("\r\nNO CARRIER\r\n")
  end
  self.port:say(('\r\n%s: "closed",%d\r\n'):format(kinds[server.kind].urc, server.id))
end

local function go_online(self, server)
  self.online, self.last = server, script.now()
  local bytes = server.outgoing
  server.outgoing = ""
  return "\r\nCONNECT\r\n" .. bytes
end

local function open(self, kind, id, mode)
  local servers = self.servers[kind]
  if servers[id] then return ERROR end
  local server = { kind = kind, id = id, mode = mode, outgoing = self.greeting, got = "" }
  self.count = self.count + 1
  self.all[self.count] = server
  servers[id] = server
  if mode == 2 then return go_online(self, server) end
  self.port:say(OK .. ("\r\n+%s: %d,0\r\n"):format(kinds[kind].open, id))
  if mode == 1 and server.outgoing ~= "" then
    local bytes = server.outgoing
    server.outgoing = ""
    self:send(server, bytes)
  end
  notify(self, server)
end

local function receive(self, kind, id, most)
  local server = self.servers[kind][id]
  if not server then return ERROR end
  local name = kind == "tcp" and "+QIRD" or "+QSSLRECV"
  local bytes = server.outgoing:sub(1, math.min(most, self.most))
  server.outgoing = server.outgoing:sub(#bytes + 1)
  if bytes == "" then
    server.told = false
    return ("\r\n%s: 0\r\n"):format(name) .. OK
  end
  return ("\r\n%s: %d\r\n%s\r\n"):format(name, #bytes, bytes) .. OK
end

local function take(self, kind, id, count, port)
  local server = self.servers[kind][id]
  if not server or self.refuses then return ERROR end
  port.wanted = { count = count, reply = function(bytes)
    if self.full then return "\r\nSEND FAIL\r\n" end
    server.got = server.got .. bytes
    return "\r\nSEND OK\r\n"
  end }
  return "\r\n> "
end

local function close(self, kind, id)
  local server = self.servers[kind][id]
  self.servers[kind][id] = nil
  if self.online == server then self.online = nil end
  return OK
end

local function list(self, kind, id)
  local lines = {}
  for i = 0, 11 do
    local server = self.servers[kind][i]
    if server and (not id or id == i) then lines[#lines + 1] = "\r\n" .. kinds[kind].list:format(i, i, server.mode) .. "\r\n" end
  end
  return table.concat(lines) .. OK
end

local function through(self, bytes)
  local now = script.now()
  local silent = now - self.last >= 1
  self.last = now
  if self.deaf then return "" end
  if bytes ~= "+++" or not silent then
    self.online.got = self.online.got .. bytes
    return ""
  end
  hayes.spawn(function()
    hayes.sleep(1)
    self.escaped, self.online = self.online, nil
    self.port:say(OK)
  end)
  return ""
end

--- most: bytes that one read gives; delay: seconds before each answer; greeting: what each server sends at once;
--- refuses: it takes no data, and says ERROR; full: no more data, for its buffer is full.
---@param options? { most: integer?, delay: number?, greeting: string?, refuses: boolean?, full: boolean? }
function Module.new(options)
  options = options or {}
  local self = setmetatable({ servers = { tcp = {}, ssl = {} }, all = {}, count = 0, most = options.most or 1500,
    greeting = options.greeting or "", refuses = options.refuses, full = options.full, last = 0 }, Module)
  local function on(kind, f)
    return function(line, port)
      local numbers = {}
      for digits in line:match("=(.*)$"):gmatch("%d+") do numbers[#numbers + 1] = math.tointeger(tonumber(digits)) end
      return f(self, kind, numbers, port)
    end
  end
  local commands = {
    ["^AT%+QICFG="] = OK, ["^AT%+QISWTMD="] = function(line)
      local id, mode = line:match("=(%d+),(%d)")
      local server = self.servers.tcp[tonumber(id)] or self.servers.ssl[tonumber(id)]
      if not server then return ERROR end
      server.mode = tonumber(mode)
      if server.mode == 2 then return go_online(self, server) end
      return OK
    end,
    ["AT+QISTATE"] = function() return list(self, "tcp") end, ["AT+QSSLSTATE"] = function() return list(self, "ssl") end,
    ["^AT%+QISTATE=1,"] = on("tcp", function(_, kind, numbers) return list(self, kind, numbers[2]) end),
    ["^AT%+QSSLSTATE="] = on("ssl", function(_, kind, numbers) return list(self, kind, numbers[1]) end),
    ["^AT%+QIOPEN="] = on("tcp", function(_, kind, numbers) return open(self, kind, numbers[2], numbers[#numbers]) end),
    ["^AT%+QSSLOPEN="] = on("ssl", function(_, kind, numbers) return open(self, kind, numbers[3], numbers[#numbers]) end),
    ["^AT%+QIRD="] = on("tcp", function(_, kind, numbers) return receive(self, kind, numbers[1], numbers[2]) end),
    ["^AT%+QSSLRECV="] = on("ssl", function(_, kind, numbers) return receive(self, kind, numbers[1], numbers[2]) end),
    ["^AT%+QISEND="] = on("tcp", function(_, kind, numbers, port) return take(self, kind, numbers[1], numbers[2], port) end),
    ["^AT%+QSSLSEND="] = on("ssl", function(_, kind, numbers, port) return take(self, kind, numbers[1], numbers[2], port) end),
    ["^AT%+QICLOSE="] = on("tcp", function(_, kind, numbers) return close(self, kind, numbers[1]) end),
    ["^AT%+QSSLCLOSE="] = on("ssl", function(_, kind, numbers) return close(self, kind, numbers[1]) end),
    ["ATO"] = function()
      local server = self.escaped
      if not server or server.gone then return "\r\nNO CARRIER\r\n" end
      self.escaped = nil
      return go_online(self, server)
    end,
    ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n" .. OK,
    ["AT+CPIN?"] = "\r\n+CPIN: READY\r\n" .. OK, ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK,
    ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK, ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
    ["AT+QICSGP=1"] = '\r\n+QICSGP: 1,"internet","","",0\r\n' .. OK, ["^AT%+QICSGP=1,"] = OK,
    ["AT+QIACT=1"] = OK, ["AT+QIDEACT=1"] = OK,
    ["AT+QIGETERROR"] = '\r\n+QIGETERROR: 0,"operate successfully"\r\n' .. OK,
    ["AT+CCLK?"] = function() return os.date('!\r\n+CCLK: "%y/%m/%d,%H:%M:%S+00"\r\n') .. OK end,
    ["^AT%+QSSLCFG="] = function(line)
      local name, index, value = line:match('^AT%+QSSLCFG="([%w_]+)",(%d),?(.*)$')
      self.settings = self.settings or {}
      if value ~= "" then
        self.settings[name .. index] = value
        return OK
      end
      return ('\r\n+QSSLCFG: "%s",%s,%s\r\n'):format(name, index, self.settings[name .. index] or "0") .. OK
    end,
  }
  local answer = script.quectel(commands)
  self.port = script.port(function(port, bytes)
    if self.online then return through(self, bytes) end
    return answer(port, bytes)
  end)
  self.port.delay = options.delay or 0
  return self
end

--- Connections that the module has.
function Module:open_count()
  local count = 0
  for _, servers in pairs(self.servers) do
    for _ in pairs(servers) do count = count + 1 end
  end
  return count
end

return Module
