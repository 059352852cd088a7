--- A small MQTT 3.1.1 client in the manner of luamqtt: it uses a connector as luamqtt's documentation describes it, and
--- waits in steps of 5 ms as luamqtt's ioloop does: connect(conn), send(conn, data, i, j), receive(conn, size),
--- settimeout(conn, seconds), shutdown(conn), with conn.host, conn.port and conn.secure.

local Client = {}
Client.__index = Client

local function text(s) return string.pack(">s2", s) end

local function packet(first, body)
  local length, rest = "", #body
  repeat
    local digit = rest % 128
    rest = rest // 128
    length = length .. string.char(rest > 0 and digit | 128 or digit)
  until rest == 0
  return string.char(first) .. length .. body
end

local function send(self, data)
  local i = 1
  while i <= #data do
    local last = assert(self.connector.send(self.conn, data, i))
    i = last + 1
  end
end

--- So many bytes, asked for again after each time-out.
local function receive(self, size)
  if size == 0 then return "" end
  for _ = 1, 20000 do
    local bytes, err = self.connector.receive(self.conn, size)
    if bytes then
      assert(#bytes == size)
      return bytes
    end
    assert(err == "timeout", err)
    self.timeouts = self.timeouts + 1
  end
  error "nothing comes"
end

local function next_packet(self)
  local first = receive(self, 1):byte()
  local length, shift = 0, 0
  repeat
    local digit = receive(self, 1):byte()
    length = length | (digit & 127) << shift
    shift = shift + 7
  until digit < 128
  return first, receive(self, length)
end

--- Connects, and waits for CONNACK.
function Client.connect(connector, conn, id)
  local self = setmetatable({ connector = connector, conn = conn, id = 0, messages = {}, timeouts = 0, open = {} }, Client)
  assert(connector.connect(conn))
  connector.settimeout(conn, 0.005)
  send(self, packet(0x10, text "MQTT" .. "\4\2" .. string.pack(">I2", 60) .. text(id)))
  local first, body = next_packet(self)
  assert(first == 0x20 and body == "\0\0")
  return self
end

local answers = {
  [0x30] = function(self, first, body)
    local topic, at = string.unpack(">s2", body)
    local qos = first >> 1 & 3
    local number
    if qos > 0 then number, at = string.unpack(">I2", body, at) end
    self.messages[#self.messages + 1] = { topic = topic, qos = qos, payload = body:sub(at) }
    if qos > 0 then send(self, packet(qos == 1 and 0x40 or 0x50, string.pack(">I2", number))) end
  end,
  [0x40] = function(self, _, body) self.open[string.unpack(">I2", body)] = nil end,
  [0x50] = function(self, _, body) send(self, packet(0x62, body)) end,
  [0x60] = function(self, _, body) send(self, packet(0x70, body)) end,
  [0x70] = function(self, _, body) self.open[string.unpack(">I2", body)] = nil end,
  [0x90] = function(self, _, body) self.open[string.unpack(">I2", body)] = nil end,
}

--- Handles packets until there are so many messages, and everything sent is confirmed.
function Client:run(count)
  while #self.messages < count or next(self.open) do
    local first, body = next_packet(self)
    answers[first & 0xf0](self, first, body)
  end
end

local function number(self)
  self.id = self.id + 1
  self.open[self.id] = true
  return string.pack(">I2", self.id)
end

function Client:subscribe(topic, qos)
  send(self, packet(0x82, number(self) .. text(topic) .. string.char(qos)))
end

function Client:publish(topic, payload, qos)
  send(self, packet(0x30 | qos << 1, text(topic) .. (qos > 0 and number(self) or "") .. payload))
end

function Client:disconnect()
  send(self, packet(0xe0, ""))
  self.connector.shutdown(self.conn)
end

return Client
