--- What the program has sent goes out before a modem is closed or the program ends, within a bound; a line on stderr
--- says what did not. Data mode is left: what the next program sends would go to the far end of the connection.
---
--- The end of a program comes in three ways: the main chunk ends, or raises, and lua_close runs the finalizers; os.exit
--- does so or not, and then core.at_exit calls.

local core = require "hayes.core"
local wait = require "hayes.wait"

local farewell = {}

--- Longest time for sending, and for leaving data mode after that, seconds.
local SEND_BOUND, ESCAPE_BOUND = 2, 5

--- What has something to send. Its unsent(modem) is the number of bytes, false if it is of another modem; gather()
--- queues whatever the program has handed over, without waiting; send_until(deadline) waits until it is sent; report()
--- is called when stderr has been told what was not.
local senders = setmetatable({}, { __mode = "k" })

--- From now on the sender may have something to send.
function farewell.note(sender)
  senders[sender] = true
end

--- It has nothing more to send.
function farewell.forget(sender)
  senders[sender] = nil
end

--- So many bytes of this sender will not be sent.
function farewell.tell(sender, bytes)
  sender:report()
  farewell.forget(sender)
  io.stderr:write(("hayes: %d bytes of %s were not sent before the end\n"):format(bytes, tostring(sender)))
end

--- The senders of this modem, with all that is handed over to them.
local function senders_of(modem)
  local list = {}
  for sender in pairs(senders) do
    if sender:unsent(modem) then list[#list + 1] = sender end
  end
  for _, sender in ipairs(list) do pcall(sender.gather, sender) end -- there may be no memory for it
  return list
end

--- Says what of this modem has not been sent, and will not be.
function farewell.report(modem)
  for _, sender in ipairs(senders_of(modem)) do
    local count = sender:unsent(modem)
    if count > 0 then farewell.tell(sender, count) else farewell.forget(sender) end
  end
end

local function send_rest(modem, deadline)
  for _, sender in ipairs(senders_of(modem)) do
    if modem.closed_with or modem.lost then return end
    sender:send_until(deadline)
  end
end

local function leave_data_mode(modem)
  local online = modem.online
  if online and not modem.closed_with and not modem.lost then online:escape(wait.now() + ESCAPE_BOUND) end
end

--- Sends what there is of this modem, or says what could not be sent, and leaves data mode. From now on nothing more is
--- taken.
function farewell.bid(modem)
  modem.leaving = true
  if next(senders) ~= nil then
    pcall(send_rest, modem, wait.now() + SEND_BOUND) -- the task may have been cancelled, and may not wait any more
    farewell.report(modem)
  end
  pcall(leave_data_mode, modem)
end

-- The end of the program

local modems = setmetatable({}, { __mode = "v" }) -- guards, by number
local count = 0

local Guard = {}
Guard.__index = Guard

--- When a guard is collected, the weak table has let go of it before; when the state is closed, it has not.
function Guard:__gc()
  if modems[self.number] == self then pcall(farewell.bid, self.modem) end
end

--- Watches over a modem for the end of the program. To be called when everything that sending needs has been made:
--- finalizers run in the reverse order.
---@return table guard to be kept by the modem alone
function farewell.guard(modem)
  count = count + 1
  local guard = setmetatable({ modem = modem, number = count }, Guard)
  modems[count] = guard
  return guard
end

core.at_exit(function()
  for _, guard in pairs(modems) do pcall(farewell.bid, guard.modem) end
end)

return farewell
