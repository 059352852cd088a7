--- Listens on the line between a modem and its port: the bytes as they came, with the blank lines and spaces that the
--- engine takes no notice of.

local Tap = {}
Tap.__index = Tap

--- Bytes that are kept; no answer that is looked at is longer.
local MOST <const> = 65536

--- From now on the modem's bytes pass through the tap. Once the port is opened again, they do no longer.
---@param modem hayes.modem
function Tap.on(modem)
  local self = setmetatable({ port = modem.port, engine = modem.engine, heard = "" }, Tap)
  modem.port, modem.io = self, self
  return self
end

--- What has come since, and from now on nothing has.
---@return string
function Tap:take()
  local heard = self.heard
  self.heard = ""
  return heard
end

function Tap:fd() return self.port:fd() end

function Tap:close() return self.port:close() end

--- Writes all output; true if the port has not taken all of it.
local function flush(self, now)
  while true do
    local bytes = self.engine:output(now)
    if bytes == "" then return false end
    local count = self.port:write(bytes)
    if not count then return false end
    self.engine:sent(count, now)
    if count < #bytes then return true end
  end
end

--- As engine:push(port, now).
function Tap:push(_, now)
  local blocked = flush(self, now)
  return blocked, self.engine:deadline(now)
end

--- As engine:pump(port, now).
function Tap:pump(_, now)
  local engine = self.engine
  while true do
    local event = table.pack(engine:next_event(now))
    if event[1] then return table.unpack(event, 1, event.n) end
    local blocked = flush(self, now)
    event = table.pack(engine:next_event(now))
    if event[1] then return table.unpack(event, 1, event.n) end
    local bytes, reason = self.port:read()
    if not bytes then return "closed", reason end
    if bytes == "" then return nil, blocked, engine:deadline(now) end
    self.heard = (self.heard .. bytes):sub(-MOST)
    engine:feed(bytes)
  end
end

return Tap
