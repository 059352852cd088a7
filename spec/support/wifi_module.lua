--- A scripted Ai-Thinker module in virtual time, with a table of sockets whose far ends the spec plays.
---
--- `habits` are ways in which firmware differs: reads_with_colon, seeds_unannounced, no_con_id (OK alone for servers),
--- misspelt (SocketDissconnect), auto_delete, prompt (what stands in place of `>`), silent (a send to a ConID that is not
--- there gets no answer), strict_escape (any `+++` in one burst leaves transparent mode), verifies (a CA in its slot is
--- checked against: a server's is what `authorities` has for its name).

local check = require "hayes.check"
local script = require "support.script"

local Module = {}
Module.__index = Module

Module.GMR = {
  legacy = "at version:release/V4.18_P2.19.1\r\nsdk version:release_bl_iot_sdk_1.6.36\r\n"
    .. "firmware version:V4.18_P1.4.4-e15d67b\r\n\r\nOK\r\n",
  middleware = "at version:release/V4.18_P2.31.1\r\nsdk version:release_bl_iot_sdk_1.6.40\r\n"
    .. "firmware version:V4.18_P23.2.1-1234567\r\n\r\nOK\r\n",
  framework3 = "at version:V4.18P_3.8.0\r\nsdk version:1.6.40\r\nfirmware version:V4.18_P3.0.1\r\n\r\nOK\r\n",
}

local OK = "\r\nOK\r\n"

local function failed(name, code) return ("\r\n+%s:%d\r\nERROR\r\n"):format(name, code) end

function Module:row(id)
  local socket = self.sockets[id]
  return ("%d,%d,%d,%s,%s,%s,%d\r\n"):format(id, socket.type, socket.status, socket.host or "", socket.port or -1,
    socket.local_port or -1, socket.server or 0)
end

function Module:table()
  local lines = {}
  for i, id in ipairs(check.names(self.sockets)) do lines[i] = self:row(id) end
  return table.concat(lines) .. OK
end

function Module:add(socket)
  local id = 1
  while self.sockets[id] do id = id + 1 end
  socket.status, socket.packets, socket.got = socket.status or 3, {}, ""
  self.sockets[id] = socket
  return id
end

local SERVERS = { [1] = true, [3] = true, [6] = true }

--- Takes note of what a connection is made with, of all that holds for the module as a whole.
function Module:note(kind, host)
  self.opened_in[#self.opened_in + 1] = self.push and "push" or "buffer"
  if kind ~= 6 and kind ~= 7 then return end
  local slots = self.certificates
  self.handshakes[#self.handshakes + 1] = { type = kind, host = host, ca = slots["1"] or "", certificate = slots["2"] or "",
    key = slots["3"] or "" }
end

function Module:open(line)
  local kind, rest = line:match("^AT%+SOCKET=(%d),(.*)$")
  kind = math.tointeger(tonumber(kind))
  local count = 0
  for _ in pairs(self.sockets) do count = count + 1 end
  if count >= 5 then return failed("SOCKET", 103) end
  if SERVERS[kind] then
    self:note(kind)
    local id = self:add { type = kind, local_port = math.tointeger(tonumber(rest:match("^%d+"))) }
    return self.habits.no_con_id and OK or ("\r\nconnect success ConID=%d\r\n%s"):format(id, OK)
  end
  local host, port = rest:match("^([^,]*),(%d+)")
  self:note(kind, host)
  if self.refuses then return failed("SOCKET", self.refuses) end
  if kind == 7 and self.habits.verifies and self.certificates["1"] and self.certificates["1"] ~= self.authorities[host] then
    return failed("SOCKET", 109)
  end
  local id = self:add { type = kind, host = host, port = math.tointeger(tonumber(port)) }
  return ("connect success ConID=%d\r\n%s"):format(id, OK)
end

function Module:send(line, port)
  local id, length = line:match("=(%d+),(%d+)$")
  local socket = self.sockets[math.tointeger(tonumber(id))]
  self.largest = math.max(self.largest or 0, math.tointeger(tonumber(length)))
  port.wanted = { count = math.tointeger(tonumber(length)), reply = function(bytes)
    if not socket then return self.habits.silent and "" or failed("SOCKETSEND", 110) end
    socket.got = socket.got .. bytes
    socket.sends = (socket.sends or 0) + 1
    return OK
  end }
  return self.habits.prompt or ">"
end

function Module:read(line)
  local id = math.tointeger(tonumber(line:match("%d+$")))
  local socket = self.sockets[id]
  self.reads = (self.reads or 0) + 1
  if not socket then return failed("SOCKETREAD", 110) end
  local packet = table.remove(socket.packets, 1)
  local head = "+SOCKETREAD" .. (self.habits.reads_with_colon and ":" or ",") .. id
  if not packet then return head .. ",0\r\n" .. OK end
  return ("%s,%d,%s\r\n%s"):format(head, #packet, packet, OK)
end

function Module:delete(line)
  local id = math.tointeger(tonumber(line:match("%d+$")))
  if not self.sockets[id] then return failed("SOCKETDEL", 110) end
  self.sockets[id] = nil
  return OK .. (self.habits.auto_delete and ("\r\n+EVENT:SocketAutoDel,%d\r\n"):format(id) or "")
end

function Module:certificate(line, port)
  local kind, length = line:match("=(%d),?(%d*)$")
  if length == "" then
    local text = self.certificates[kind] or ""
    return ("\r\n+SSLCRET:%s,%d,%s\r\n%s"):format(kind, #text, text, OK)
  end
  self.writes = (self.writes or 0) + 1
  if length == "0" then
    self.certificates[kind] = nil
    return OK
  end
  port.wanted = { count = math.tointeger(tonumber(length)), reply = function(bytes)
    self.certificates[kind] = self.damages and bytes:sub(1, -2) .. "?" or bytes
    return OK
  end }
  return ">"
end

--- What the module takes in transparent mode: bursts with silence around them.
local function transparent(self, port, bytes)
  local now = script.now()
  local silent = now - self.last >= 0.02
  self.last = now
  if self.habits.strict_escape and bytes:find("+++", 1, true) or silent and bytes == "+++" then
    self.online = false
    port:say(OK, 0.025)
    return ""
  end
  self.through = self.through .. bytes
  return ""
end

--- Transparent transmission has no ConID: a client must be alone.
function Module:has_client_beside_others()
  local count, clients = 0, 0
  for _, socket in pairs(self.sockets) do
    count = count + 1
    if not socket.server and not SERVERS[socket.type] then clients = clients + 1 end
  end
  return clients > 0 and count > 1
end

--- options: lineage ("legacy"), habits, commands (further ones), pieces.
function Module.new(options)
  options = options or {}
  local self = setmetatable({ sockets = {}, habits = options.habits or {}, certificates = {}, authorities = {},
    handshakes = {}, opened_in = {}, through = "", last = 0, online = options.online or false }, Module)
  local commands = {
    ["AT"] = OK, ["ATE0"] = OK, ["ATI"] = "Unknown cmd:ATI\r\n", ["ATV1"] = "Unknown cmd:ATV1\r\n",
    ["AT+GMR"] = Module.GMR[options.lineage or "legacy"],
    ["AT+SOCKET?"] = function() return self:table() end,
    ["^AT%+SOCKET="] = function(line) return self:open(line) end,
    ["^AT%+SOCKETSEND="] = function(line, port) return self:send(line, port) end,
    ["^AT%+SOCKETREAD="] = function(line) return self:read(line) end,
    ["^AT%+SOCKETDEL="] = function(line) return self:delete(line) end,
    ["^AT%+SSLCRET="] = function(line, port) return self:certificate(line, port) end,
    ["^AT%+SOCKETRECVCFG="] = function(line)
      self.push = line:sub(-1) == "1"
      return OK
    end,
    ["^AT%+SOCKETTT"] = function()
      if self:has_client_beside_others() then return failed("SOCKETTT", 105) end
      self.online, self.last = true, script.now()
      return ">"
    end,
  }
  for line, reply in pairs(options.commands or {}) do commands[line] = reply end
  local answer = script.commands(commands)
  self.log = {}
  self.port = script.port(function(port, bytes)
    if self.online then return transparent(self, port, bytes) end
    local line = bytes:match("^([^\r]*)\r\n")
    if line and not port.wanted then self.log[#self.log + 1] = line end
    return answer(port, bytes)
  end)
  if options.pieces then self.port.pieces = options.pieces end
  return self
end

function Module:event(text, delay) self.port:say("\r\n+EVENT:" .. text .. "\r\n", delay) end

--- The far end sends a packet.
function Module:incoming(id, bytes)
  if self.push then return self:event(("SocketDown,%d,%d,%s"):format(id, #bytes, bytes)) end
  table.insert(self.sockets[id].packets, bytes)
  self:event(("SocketDown,%d,%d"):format(id, #bytes))
end

--- The far end closes.
function Module:hang_up(id)
  self.sockets[id].status = 127
  self:event((self.habits.misspelt and "SocketDissconnect," or "SocketDisconnect,") .. id)
  if self.habits.auto_delete then
    self.sockets[id] = nil
    self:event("SocketAutoDel," .. id)
  end
end

--- A client connects to a server of the module; its ConID.
function Module:client(server)
  local kind = self.sockets[server].type
  local id = self:add { type = kind == 6 and 8 or 5, host = "192.168.1.7", port = 51000, server = server }
  if not self.habits.seeds_unannounced then self:event(("SocketSeed,%d,%d"):format(id, server)) end
  return id
end

--- How often a command was sent whose line has this pattern.
function Module:count(pattern)
  local count = 0
  for _, line in ipairs(self.log) do count = count + (line:find(pattern) and 1 or 0) end
  return count
end

return Module
