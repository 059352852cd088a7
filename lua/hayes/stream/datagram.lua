--- UDP sockets: each send is a datagram, and receive() gives one. All else is as with other sockets.

local check = require "hayes.check"
local errors = require "hayes.error"
local incoming = require "hayes.stream.incoming"
local job = require "hayes.job"
local outcome = require "hayes.stream.outcome"
local outgoing = require "hayes.stream.outgoing"
local Socket = require "hayes.stream.socket"

---@class hayes.datagram: hayes.socket
local Datagram = Socket.derive()

local function send_now(self, data)
  local _sending <close> = self.sending:take()
  if not self.connection then return nil, "closed" end
  return self.connection:send(data)
end

--- Sends one datagram: the bytes of data from i to j. Nothing is lost that is not told: the module has it, or an error
--- says so.
---@param data string
---@param i? integer
---@param j? integer
function Datagram:send(data, i, j)
  check.value("socket:send", "the data", data, { type = "string|number" })
  data = tostring(data):sub(i or 1, j or -1)
  if not self.connection or self.closing or self.write_shut or outgoing.is_over(self, #data) then
    return nil, "closed", 0
  end
  -- A length of 0 means something else to modules: on a Quectel module it asks how much has been sent.
  if data == "" then check.fail("socket:send", "the datagram is empty; modules send none without content") end
  if #data > self.connection.chunk then
    check.fail("socket:send", ("the datagram is %d bytes long; the module takes up to %d"):format(#data,
      self.connection.chunk))
  end
  local ok, err = job.run(outcome.deadline(self), nil, send_now, self, data)
  if not ok then
    if err == "timeout" then outcome.late(self, "send") elseif errors.is(err) then outcome.remember(self, err) end
    return nil, outcome.word_for(err), 0
  end
  self.sent = self.sent + #data
  return #data
end

--- The next datagram; with a pattern, that many bytes or lines of those that have come, as a stream.
---@param pattern? string|integer
---@param prefix? string
function Datagram:receive(pattern, prefix)
  if pattern ~= nil then return Socket.receive(self, pattern, prefix) end
  if self.input.size == 0 then
    local ok, err = incoming.wait_for_more(self, outcome.deadline(self), 1)
    if not ok then return nil, err end
  end
  return self:after_input(self.input:take(self.input:first_length()))
end

return Datagram
