--- What keeper:state() gives.

local State = { __name = "hayes.keeper.state" }

---@class hayes.keeper.state how the connection stands, of keeper:state(). It prints as text. Times are of hayes.now
---@field state string "attached"; "attaching": an attempt is under way; "waiting": for the next attempt, at `next`;
---  "restarting": the module is; "gone": so is the port, which is opened again when it is back; "failed": it takes a
---  person, `error` says for what, and the keeper looks again at `next`; "off": the program has detached it itself;
---  "closed"
---@field since number when the connection came up or, while there is none, was lost
---@field attempts integer that have failed since the connection was lost
---@field error? hayes.error of the last one, or why it was lost; absent while all is well
---@field next? number when it tries again
---@field restarts integer of the module by the keeper, within the time of `budget`
---@field connection? table what modem.network.attach or modem.wifi.join gave; absent while there is none
---@field now number when it was asked

local UNITS = { { 86400, "d" }, { 3600, "h" }, { 60, "min" } }

--- "90 s", "5 min", "3 h": whole units, the one that leaves at least two.
local function duration(seconds)
  for _, unit in ipairs(UNITS) do
    if seconds >= 2 * unit[1] then return ("%d %s"):format(seconds // unit[1], unit[2]) end
  end
  return ("%d s"):format(math.max(0, math.floor(seconds + 0.5)))
end

State.duration = duration

function State:__tostring()
  local connection, seconds = self.connection, duration(self.now - self.since)
  local lines = { ("%s, %s for %s"):format(self.state, connection and "connected" or "without a connection", seconds) }
  if connection and (connection.ip or connection.ip6) then
    lines[#lines + 1] = "address: " .. (connection.ip or connection.ip6)
  end
  if self.error then
    lines[#lines + 1] = "error: " .. tostring(self.error)
    lines[#lines + 1] = self.error.hint and "hint: " .. self.error.hint or nil
  end
  if self.attempts > 0 then lines[#lines + 1] = ("attempts: %d"):format(self.attempts) end
  if self.next then lines[#lines + 1] = "next attempt: in " .. duration(self.next - self.now) end
  if self.restarts > 0 then lines[#lines + 1] = ("restarts: %d"):format(self.restarts) end
  return table.concat(lines, "\n")
end

--- Makes a table of these fields print as text.
---@param fields table
---@return hayes.keeper.state
function State.new(fields)
  return setmetatable(fields, State)
end

return State
