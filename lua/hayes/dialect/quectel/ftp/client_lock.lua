--- Who uses an FTP session: one caller at a time, and the others wait. A caller that waited for itself would wait for
--- ever: a source, a sink or a progress function that calls the session whose transfer has called it.

local errors = require "hayes.error"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

---@class hayes.quectel.ftp_client_lock
---@field lock hayes.lock
---@field user any     the task that has it, false: nobody
---@field doing string|false what for
local ClientLock = {}
ClientLock.__index = ClientLock

--- Stands for a caller that is no task.
local SCRIPT = {}

function ClientLock.new()
  return setmetatable({ lock = Lock.new(), user = false, doing = false }, ClientLock)
end

local function caller() return wait.innermost_task() or SCRIPT end

--- nil; or the error for a caller that has the session already.
---@param doing string
---@return hayes.error?
function ClientLock:refusal(doing)
  if self.user ~= caller() then return nil end
  return errors.new { name = "busy", origin = "ftp",
    message = ("%s: the session is in the middle of %s, for the same task"):format(doing, self.doing),
    hint = "A source, sink or progress function cannot use the session that calls it: do that before or after the "
      .. "transfer." }
end

--- Waits until nobody has the session, and takes it; to be held in a variable that is `<close>`.
---@param doing string
---@return hayes.quectel.ftp_client_lock?, hayes.error?
function ClientLock:take(doing)
  local err = self:refusal(doing)
  if err then return nil, err end
  self.lock:take()
  self.user, self.doing = caller(), doing
  return self
end

function ClientLock:__close()
  self.user, self.doing = false, false
  self.lock:__close()
end

return ClientLock
