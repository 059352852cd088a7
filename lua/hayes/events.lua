--- Events of one modem: who wants to hear of which, and their delivery.

local wait = require "hayes.wait"

---@class hayes.event a URC, or an event of the library. It prints as its line
---@field name string   `+QSSLURC`, `RDY`, `reboot`, …
---@field fields table  the fields after the prefix: integers where they are numbers, strings otherwise; by index, and
---  by name where the dialect names the fields of the URC
---@field line string   the whole line
---@field data? string  the block that came with it
---@field time number   of hayes.now

local Event = { __name = "hayes.event" }

function Event:__tostring()
  return self.line ~= "" and self.line or self.name
end

--- As a program gets it: it prints as the module sent it.
local function for_program(event)
  return getmetatable(event) and event or setmetatable(event, Event)
end

---@class hayes.subscription a handler that modem:on() has set
---@field doubt? string a declared URC whose name is like this one, which is not declared
local Subscription = {}
Subscription.__index = Subscription
Subscription.__name = "hayes.subscription"

function Subscription:__tostring()
  local doubt = self.doubt and (" (no URC of this name is declared; %s is)"):format(self.doubt) or ""
  return ("hayes.subscription: %s%s%s"):format(self.name, doubt, self.active and "" or " (cancelled)")
end

--- No further event is delivered. Any number of times.
function Subscription:cancel()
  self.active = false
  local list = self.list
  self.list = nil
  for i, candidate in ipairs(list or {}) do
    if candidate == self then table.remove(list, i) break end
  end
end

Subscription.__close = Subscription.cancel

local Events = {}
Events.__index = Events

function Events.new()
  return setmetatable({ lists = {} }, Events)
end

local function subscribe(self, name, deliver)
  local list = self.lists[name]
  if not list then
    list = {}
    self.lists[name] = list
  end
  local subscription = setmetatable({ name = name, list = list, active = true, deliver = deliver }, Subscription)
  list[#list + 1] = subscription
  return subscription
end

local function run_handler(subscription, handler, event)
  if not subscription.active then return end
  local ok, err = xpcall(handler, debug.traceback, event)
  if not ok then wait.report("the handler of " .. event.name .. " has failed", err) end
end

--- Each such event starts the handler as a task of its own; it may call anything.
function Events:on(name, handler)
  local subscription
  subscription = subscribe(self, name, function(event)
    wait.spawn_handler(run_handler, subscription, handler, for_program(event))
  end)
  return subscription
end

--- Calls f(event) at once, inside the dispatch: f must neither wait nor raise. For the library's own services.
function Events:listen(name, f)
  return subscribe(self, name, f)
end

--- Waits for the next such event; nil, "timeout" after `timeout` seconds; nil and the error given to close().
function Events:wait(name, timeout)
  local waiter = wait.waiter()
  local subscription <close> = subscribe(self, name, function(event) waiter:fire(for_program(event)) end)
  subscription.waiter = waiter
  return waiter:wait(timeout and wait.now() + timeout)
end

local function deliver(list, event)
  if not list or #list == 0 then return end
  -- A handler may cancel subscriptions, its own among them, while the list is gone through.
  for _, subscription in ipairs({ table.unpack(list) }) do
    if subscription.active then subscription.deliver(event) end
  end
end

--- Delivers an event to those who wait for its name; a URC also to those who want all.
function Events:emit(event, is_urc)
  event.time = event.time or wait.now()
  deliver(self.lists[event.name], event)
  if is_urc then deliver(self.lists.urc, event) end
end

--- Does anybody listen for it?
function Events:has(name)
  for _, subscription in ipairs(self.lists[name] or {}) do
    if subscription.active then return true end
  end
  return false
end

--- Ends all waiting with an error.
function Events:close(err)
  for _, list in pairs(self.lists) do
    for _, subscription in ipairs({ table.unpack(list) }) do
      if subscription.waiter then subscription.waiter:fire(nil, err) end
    end
  end
end

return Events
