--- Changes the access mode of a connection in the module (AT+QISWTMD, SSL note 1.4).

local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local undamaged = require "hayes.damage.undamaged"

local access_mode = {}

--- How the modes are called on the wire.
access_mode.numbers = { buffer = 0, push = 1, transparent = 2 }

--- AT+QISWTMD takes an index alone, and TLS connections and others have indices of their own. nil and an error if a
--- connection of the other kind has this index, or if that must be known and cannot be found out.
local function check_unambiguous(self, hold)
  local family = self.family
  local text = ("AT+%s%d"):format(family.other_state, self.id)
  local response, err = undamaged.ask(self.modem, text, function()
    return exchange.run(self.modem, text, { within = hold })
  end)
  if not response and not (err.result and not family.must_know) then
    return nil, errors.within(err, "looking for other connections with the index " .. self.id)
  end
  if not response or not response[1] then return true end
  return nil, errors.new { name = "ambiguous", origin = family.origin,
    message = ("the %s cannot change its access mode: the module has a %s with the same index, %d, and would switch "
      .. "that one"):format(("%s to %s:%s"):format(family.what, self.host, self.port), family.other_what, self.id),
    hint = "Open it in the mode wanted (the option mode), or close the other connection first." }
end

--- Checks that the index is unambiguous and switches the mode; no other command goes between the two. The response; or
--- nil, the error, and whether the module may nevertheless have switched it.
---@param self table the connection
---@param mode "buffer"|"push"|"transparent"
function access_mode.change(self, mode)
  if mode == "transparent" then DataMode.prepare(self.modem) end
  local hold <close>, err = exchange.hold(self.modem)
  if not hold then return nil, err end
  local ok
  ok, err = check_unambiguous(self, hold)
  if not ok then return nil, err end
  local text = ("AT+QISWTMD=%d,%d"):format(self.id, access_mode.numbers[mode])
  local request = { within = hold, ends_hold = true, ended = function() self:expect_blocks(mode == "push") end }
  if mode == "push" then self:expect_blocks(true) end -- data may come in front of the answer
  local response
  if mode == "transparent" then
    response, err = self:go_online(text, request)
  else
    response, err = exchange.run(self.modem, text, request)
  end
  return response, err, not response and not err.result and not err.queued
end

return access_mode
