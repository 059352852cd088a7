--- A simulated Ai-Thinker module (combo AT): TCP and TLS clients, read one packet at a time, pushed, or in transparent
--- transmission.

local Link = require "simulation.link"

local OK, ERROR = "\r\nOK\r\n", "\r\nERROR\r\n"

local aithinker = {
  name = "aithinker", eol = "\r\n", line = "^(.-)\r\n(.*)$", echo_end = "\r\n", cancelled = ERROR,
  boot = { "\r\nchip:BL602\r\n", "\r\nmanu:Ai-Thinker\r\n", "\r\nready\r\n" },
  commands = {},
}

--- Most bytes of one packet, and most sockets.
local PACKET, MOST = 1460, 5

local function failed(name, code) return ("\r\n+%s:%d\r\nERROR\r\n"):format(name, code) end

local function integer(text) return text and math.tointeger(tonumber(text)) end

function aithinker.clear(module)
  module.sockets, module.push = {}, false
end

function aithinker.each(module, f)
  for id = 1, MOST do
    local conn = module.sockets[id]
    if conn then f(conn, conn.kind, id) end
  end
end

function aithinker.lose_all(module)
  aithinker.each(module, function(conn) conn.link:reset() end)
  if module.connecting then module.connecting:reset() end
end

-- What connections say

local function event(module, text, about)
  module:urc("\r\n+EVENT:" .. text .. "\r\n", about)
end

--- Of a packet that has come it says how long it is.
local function announce(module, conn)
  local known = 0
  for _, size in ipairs(conn.packets) do known = known + size end
  while known < #conn.link.inbox do
    local size = math.min(PACKET, #conn.link.inbox - known)
    known = known + size
    conn.packets[#conn.packets + 1] = size
    event(module, ("SocketDown,%d,%d"):format(conn.id, size), { kind = "recv", conn = conn })
  end
end

local function pass_on(module, conn)
  local link = conn.link
  if module.sockets[conn.id] ~= conn then return end
  if conn.mode == 2 then
    if module.online ~= conn or link.inbox == "" then return end
    local bytes = link:take(#link.inbox)
    return module:say(bytes, { kind = "data", conn = conn, bytes = #bytes })
  end
  if not module.push or #conn.packets > 0 then return announce(module, conn) end
  while link.inbox ~= "" and module:urcs_may_go() do
    local bytes = link:take(PACKET)
    event(module, ("SocketDown,%d,%d,%s"):format(conn.id, #bytes, bytes), { kind = "push", conn = conn, bytes = #bytes })
  end
end

local function delete(module, conn)
  module.sockets[conn.id] = nil
  conn.link:close()
end

local function report_end(module, conn)
  if conn.mode == 2 then
    if conn.end_told or module.online ~= conn then return end
    conn.end_told = true
    return module:say(("\r\n+EVENT:SocketDisconnect,%d\r\n"):format(conn.id), { kind = "closed", conn = conn })
  end
  if not conn.end_told then
    conn.end_told = true
    event(module, "SocketDisconnect," .. conn.id, { kind = "closed", conn = conn })
  end
  if module.habits.auto_delete and conn.link.inbox == "" and not (conn.deleting or conn.reading) then
    conn.deleting = true
    event(module, "SocketAutoDel," .. conn.id, { kind = "closed", conn = conn, taken_in = function()
      if module.sockets[conn.id] == conn then delete(module, conn) end
    end })
  end
end

local function on_link(module, conn)
  if module.sockets[conn.id] ~= conn then return end
  pass_on(module, conn)
  if conn.link.ended and (conn.link.inbox == "" or conn.packets[1] and module.habits.closes_early) then
    report_end(module, conn)
  end
end

--- The access point is lost, and all connections with it.
function aithinker.lose_context(module)
  local any = false
  if module.online then return false end
  aithinker.each(module, function(conn)
    if conn.link.ended then return end
    any = true
    conn.link.ended, conn.link.lost = true, true
  end)
  if not any then return false end
  event(module, "WIFI_DISCONNECT", { kind = "urc" })
  aithinker.each(module, function(conn) on_link(module, conn) end)
  return true
end

function aithinker.on_free(module)
  aithinker.each(module, function(conn) on_link(module, conn) end)
end

-- Transparent transmission

local Connection = {}
Connection.__index = Connection

--- The escape sequence counts with 20 ms of silence on both sides, and is answered at once.
function Connection:input(bytes)
  local module = self.module
  local silent = module.world.now - self.last_input >= 0.02
  self.last_input = module.world.now
  if self.escaping then
    self.escaping = false
    self.link:give("+++")
  end
  if bytes ~= "+++" or not silent then return self.link:give(bytes) end
  local escaping = {}
  self.escaping = escaping
  module.world:after(0.02, function()
    if self.escaping ~= escaping then return end
    self.escaping = false
    if module.online ~= self then return end
    module.online, self.mode, module.settles_until = false, 0, module.world.now + 0.1
    module.escaped_at = module.world.now - module.world.jumped
    module:say(OK, { kind = "escaped" })
    module:flush_urcs()
    on_link(module, self)
    module:go_on()
  end)
end

local commands = aithinker.commands

commands["+SOCKETTT"] = function(module, command)
  local conn, count = nil, 0
  aithinker.each(module, function(one) conn, count = one, count + 1 end)
  if count ~= 1 or conn.link.ended then return failed("SOCKETTT", 105) end
  command.about = { kind = "connect", conn = conn }
  command.after = function()
    module.online, conn.mode, conn.last_input, conn.packets = conn, 2, module.world.now, {}
    on_link(module, conn)
  end
  return ">"
end

-- The other commands

local kinds = { [4] = "tcp", [7] = "ssl" }

commands["+SOCKET"] = function(module, command, rest)
  if rest == "?" then
    local words = {}
    aithinker.each(module, function(conn, _, id)
      words[#words + 1] = ("%d,%d,%d,%s,7,50000,0\r\n"):format(id, conn.type, conn.link.ended and 127 or 3, conn.host)
    end)
    words[#words + 1] = OK
    return table.concat(words)
  end
  local of, host = rest:match("^=(%d+),([^,]*),(%d+)")
  of = integer(of)
  if not kinds[of] then return failed("SOCKET", 4) end
  local id = 1
  while module.sockets[id] do id = id + 1 end
  if id > MOST then return failed("SOCKET", 103) end
  local conn = setmetatable({ kind = kinds[of], type = of, id = id, host = host, mode = 0, module = module, packets = {},
    end_told = false, last_input = 0, escaping = false }, Connection)
  conn.link = Link.new(module.run, host, conn, function() on_link(module, conn) end)
  local boot, seconds = module.boots, conn.link:connect_seconds()
  module.busy_until = math.max(module.busy_until, module.world.now + seconds)
  module.world:after(seconds, function()
    if boot ~= module.boots then return end
    if conn.link.plan.refuses then return module:answer(command, failed("SOCKET", 97)) end
    -- Nothing comes of it before the answer.
    module.connecting = conn.link
    command.after = function()
      module.connecting = false
      module.sockets[id] = conn
      conn.link:connect()
    end
    module:answer(command, ("connect success ConID=%d\r\n%s"):format(id, OK))
  end)
end

commands["+SOCKETSEND"] = function(module, command, rest)
  local id, count = rest:match("^=(%d+),(%d+)$")
  local conn = module.sockets[integer(id)]
  count = integer(count)
  if not conn or not count or count == 0 then return failed("SOCKETSEND", 110) end
  module:take_data(command, count, module.habits.prompt, function(bytes)
    if not conn.link:give(bytes) then return failed("SOCKETSEND", 110) end
    return OK
  end)
end

commands["+SOCKETREAD"] = function(module, command, rest)
  local conn = module.sockets[integer(rest:match("^=(%d+)$"))]
  if not conn then return failed("SOCKETREAD", 110) end
  local size = table.remove(conn.packets, 1)
  conn.reading = true -- it is not deleted before the answer has been said
  command.after = function()
    conn.reading = false
    on_link(module, conn)
  end
  if not size then return ("+SOCKETREAD,%d,0\r\n%s"):format(conn.id, OK) end
  local bytes = conn.link:take(size)
  command.about = { kind = "block", conn = conn, bytes = #bytes }
  return ("+SOCKETREAD,%d,%d,%s\r\n%s"):format(conn.id, #bytes, bytes, OK)
end

commands["+SOCKETDEL"] = function(module, _, rest)
  local conn = module.sockets[integer(rest:match("^=(%d+)$"))]
  if not conn then return failed("SOCKETDEL", 110) end
  delete(module, conn)
  return OK
end

commands["+SOCKETRECVCFG"] = function(module, command, rest)
  local mode = rest:match("^=([01])$")
  if not mode then return failed("SOCKETRECVCFG", 4) end
  module.push = mode == "1"
  command.after = function() aithinker.on_free(module) end
  return OK
end

commands["+GMR"] = function()
  return "at version:release/V4.18_P2.19.1\r\nsdk version:release_bl_iot_sdk_1.6.36\r\n"
    .. "firmware version:V4.18_P1.4.4-e15d67b\r\n" .. OK
end

commands["E0"] = function(module)
  module.echo = false
  return OK
end

--- A URC that concerns no connection.
aithinker.other_urcs = { "\r\n+EVENT:WIFI_CONNECT\r\n", "\r\n+EVENT:WIFI_GOT_IP\r\n", "\r\n+EVENT:MQTT_CONNECT\r\n",
  "\r\n+EVENT:SOMETHING,1\r\n" }

return aithinker
