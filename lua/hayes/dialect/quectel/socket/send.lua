--- One send to a connection, of which the module may say late that it has taken it.

local exchange = require "hayes.exchange"

--- By modem: the sends that the module has not confirmed yet, in their order. Some modules send SEND OK after SEND
--- FAIL, and it names neither the connection nor its kind.
local unconfirmed_sends = setmetatable({}, { __mode = "k" })

---@class hayes.quectel.send: hayes.request
---@field taken boolean   the module has confirmed it after refusing it
local Send = {}
Send.__index = Send

--- Handles a SEND OK that no command was waiting for: it confirms the last send that was refused.
---@param modem hayes.modem
function Send.heed_late_answers(modem)
  if unconfirmed_sends[modem] then return end
  local unconfirmed = {}
  unconfirmed_sends[modem] = unconfirmed
  modem:listen("SEND OK", function()
    for i = #unconfirmed, 1, -1 do
      if not exchange.is_under_way(modem, unconfirmed[i]) then
        table.remove(unconfirmed, i).taken = true
        return
      end
    end
  end)
end

--- It has ended in some way, and no longer counts as unconfirmed.
function Send:__close()
  local unconfirmed = self.unconfirmed
  for i = #unconfirmed, 1, -1 do
    if unconfirmed[i] == self then return table.remove(unconfirmed, i) end
  end
end

--- It is being sent to the module.
function Send:begun()
  self.unconfirmed[#self.unconfirmed + 1] = self
end

local function on_progress(count, send)
  if count >= #send.data then send.on_written() end
end

--- The request of one send.
---@param connection table
---@param bytes string
---@param on_written? fun() called when the port has taken all of the bytes
---@return hayes.quectel.send
function Send.new(connection, bytes, on_written)
  return setmetatable({ data = bytes, unconfirmed = unconfirmed_sends[connection.modem], taken = false,
    owner = connection, on_written = on_written, progress = on_written and on_progress }, Send)
end

return Send
