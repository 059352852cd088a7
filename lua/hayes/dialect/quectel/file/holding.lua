--- The lock of a file of the module, held by a call. What the call leaves to be done when it is given up, a file to be
--- closed or to be removed, is done before anybody else has the name.

local Lock = require "hayes.lock"
local wait = require "hayes.wait"

---@class hayes.quectel.holding
---@field name string
---@field lock hayes.lock
local Holding = {}
Holding.__index = Holding

---@param name string
---@param lock hayes.lock which is taken
function Holding.new(name, lock)
  return setmetatable({ name = name, lock = lock, turn = Lock.new(), kept = 0, left = false }, Holding)
end

local function let_go(self)
  if self.left and self.kept == 0 then self.lock:__close() end
end

local Kept = {}
Kept.__index = Kept
function Kept:__close()
  self.holding.kept = self.holding.kept - 1
  let_go(self.holding)
end

local function keep(self)
  self.kept = self.kept + 1
  return setmetatable({ holding = self }, Kept)
end

local function do_in_turn(self, keeping, f)
  local _kept <close> = keeping
  local _turn <close> = self.turn:take()
  return f()
end

--- Does f() and gives what it gives; the lock is kept until it has ended. One after the other.
function Holding:keep(f)
  return do_in_turn(self, keep(self), f)
end

--- The same in the background.
function Holding:later(f)
  wait.spawn_detached(do_in_turn, self, keep(self), f)
end

function Holding:__close()
  self.left = true
  let_go(self)
end

return Holding
