--- The three slots of an Ai-Thinker module (page, AT+SSLCRET): a CA, a certificate and its key. They are in flash, and
--- the module has one of each for all of its connections, clients and servers alike. It uses them in every handshake:
--- when a client connects or, from framework P2.27.0 on, reconnects by itself; and for each client of a server.
---
--- So whoever compares or changes them holds the lock `sockets.opening`. What a slot holds is never cached but read
--- right before AT+SOCKET, with nobody's command between: the module may have restarted after a garbled banner, or
--- another program may have used the line. The read costs what its bytes cost on the line, 0.11 s for a CA of 1,200
--- bytes at 115,200 baud.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"

---@alias hayes.aithinker.slot "ca"|"certificate"|"key"

---@class hayes.aithinker.slots
---@field written table<hayes.aithinker.slot, string> what ssl.open has put there
---@field torn table<hayes.aithinker.slot, table>     a write whose outcome is not known
local Slots = {}
Slots.__index = Slots

local numbers = { ca = 1, certificate = 2, key = 3 }

--- The CA comes last, nearest to AT+SOCKET.
local ORDER = { "key", "certificate", "ca" }

---@param modem hayes.modem
function Slots.new(modem)
  return setmetatable({ modem = modem, written = {}, torn = {} }, Slots)
end

-- One slot

--- What is in a slot; "" when it is empty.
---@param kind hayes.aithinker.slot
---@param hold? hayes.hold
---@return string?, hayes.error?
function Slots:read(kind, hold)
  local response, err = self.modem:call("+SSLCRET", "write", { numbers[kind] }, { within = hold })
  if not response then return nil, errors.within(err, "reading the " .. kind) end
  -- OK alone may stand after a header that the line has damaged.
  if not response[1] then
    return nil, errors.new { name = "no_information", origin = "aithinker", result = response.result,
      message = ("reading the %s: the module does not tell it"):format(kind) }
  end
  return response.data or ""
end

--- A failure that has a result code and is no refusal.
local function may_pass(err) return err.name == "busy" or failure.is_damage(err.name) end

--- The same, for comparing. A module that does not know the command, or does not show the slot, counts as one whose
--- slot is empty: "" and the error.
local function look(self, kind, hold)
  local stored, err = self:read(kind, hold)
  if stored or not err.result or may_pass(err) then return stored, err end
  return "", err
end

---@class hayes.aithinker.slot_change
---@field kind hayes.aithinker.slot
---@field text string       the new content; "": none
---@field before? string    the present content, unless it is the remains of a write
---@field optional? boolean a clean-up, left undone if somebody needs the present content
---@field mends? boolean    the present content is the remains of a write, which nobody can need

--- Writes a slot. The next look tells whether it worked: if the task is cancelled or the module does not answer, the
--- slot may hold part of the text and whatever was sent to get in step again.
local function write(self, change, own, hold)
  local kind, text = change.kind, change.text
  self.torn[kind] = { before = change.before, written = self.written[kind], text = text, own = own }
  self.written[kind] = nil
  local request = { data = text ~= "" and text or nil, within = hold }
  local ok, err = self.modem:call("+SSLCRET", "write", { numbers[kind], #text }, request)
  if ok then return true end
  return nil, errors.within(err, "writing the " .. kind)
end

--- Finds out what became of the last write, given what the slot holds now. False when that is neither the old content
--- nor the new one.
local function settle(self, kind, stored)
  local torn = self.torn[kind]
  if not torn then return true end
  if stored == torn.text then
    self.written[kind] = torn.own and stored ~= "" and stored or nil
  elseif stored == torn.before then
    self.written[kind] = torn.written
  else
    return false
  end
  self.torn[kind] = nil
  return true
end

local function not_stored(change, stored)
  -- Firmware before P1.4.1 counted wrongly.
  return errors.new { name = "not_stored", origin = "aithinker",
    message = ("the module was given a %s of %d bytes and has one of %d that differs"):format(change.kind, #change.text,
      #stored),
    hint = "Try again; if it stays so the firmware is at fault (before P1.4.1 it was)." }
end

-- Who needs what

local what = { ca = "CA", certificate = "certificate", key = "key" }

local ways_out = {
  ca = "Close that one first; or give both the same CA file, with both CAs in it (up to 2047 bytes).",
  certificate = "Close that one first; or give both the same certificate and key.",
  key = "Close that one first; or give both the same certificate and key.",
}

local function in_use(kind, user, way_out)
  return errors.new { name = "slots_in_use", origin = "aithinker", hint = way_out,
    message = ("the module has one %s for all of its connections, and %s needs the one that is there"):format(
      what[kind], user) }
end

--- The error if one of our connections needs the present content, else nil.
local function refused_by_users(self, change)
  local users, err = self.modem.sockets:needing(change.kind, change.text)
  if not users then return err end
  local user = users[1]
  return user and in_use(change.kind, ("%s (ConID %d)"):format(user:title(), user.id), ways_out[change.kind]) or nil
end

local way_out_of_power_up = "modem.tcp.autoconnect(false) ends that; or give both the same, by modem.certificates.set."

--- What to call the TLS connection that the module is set to make at power-up (AT+SOCKETAUTOTT), which uses the slots
--- while no program is there; false when there is none; nil and the error.
local function made_at_power_up(self)
  local set, err = self.modem.tcp.autoconnect()
  if set and set.type == "ssl" then return ("the connection made at power-up (to %s:%d)"):format(set.host, set.port) end
  -- Older firmware has no such command.
  if set == nil and (not err.result or err.name == "busy") then return nil, err end
  return false
end

--- The error if ssl.open must not make a change, else nil. `known`: answers of the module so far.
local function objection(self, change, known)
  if change.mends then return nil end
  local err = refused_by_users(self, change)
  if err then return err end
  if known.power_up == nil then known.power_up, err = made_at_power_up(self) end
  return err or known.power_up and in_use(change.kind, known.power_up, way_out_of_power_up) or nil
end

-- Comparing

--- The change that makes a slot hold a text; nil when it does.
local function change_to(self, kind, text, stored)
  local whole = settle(self, kind, stored)
  if stored == text then
    self.torn[kind] = nil
    return nil
  end
  return { kind = kind, text = text, before = whole and stored or nil }
end

--- The change to a slot that a connection wants nothing in; nil when its content stays. Only the remains of a write are
--- removed, and what ssl.open has put there for an earlier connection.
local function change_to_leave(self, kind, stored)
  if not settle(self, kind, stored) then return { kind = kind, text = "", mends = true } end
  if stored == self.written[kind] then return { kind = kind, text = "", before = stored, optional = true } end
  self.written[kind] = nil -- another program has replaced it
  return nil
end

--- May there be something to remove?
local function may_need_cleaning(self, kind)
  if self.torn[kind] then return true end
  return self.written[kind] ~= nil and not self.modem.sockets:holders(kind, "")[1]
end

--- The changes that make the slots as wanted, and what is in them. `left`: slots that need no cleaning.
local function survey(self, wanted, left, hold)
  local changes, contents = {}, {}
  for _, kind in ipairs(ORDER) do
    local text = wanted[kind]
    if text or may_need_cleaning(self, kind) and not left[kind] then
      local stored, err = look(self, kind, hold)
      if not stored then return nil, err end
      contents[kind] = stored
      if text then
        changes[#changes + 1] = change_to(self, kind, text, stored)
      else
        changes[#changes + 1] = change_to_leave(self, kind, stored)
      end
    end
  end
  return changes, contents
end

--- The changes that may be made; nil and the error when one that is not optional may not. Optional ones that may not go
--- into `left`.
local function permitted(self, changes, left)
  local allowed, known = {}, {}
  for _, change in ipairs(changes) do
    local err = objection(self, change, known)
    if err and not (change.optional and err.name == "slots_in_use") then return nil, err end
    if err then left[change.kind] = true else allowed[#allowed + 1] = change end
  end
  return allowed
end

--- Makes the changes, as far as they may be made.
local function make(self, changes, left)
  local allowed, err = permitted(self, changes, left)
  if not allowed then return nil, err end
  for _, change in ipairs(allowed) do
    local ok
    ok, err = write(self, change, true)
    if not ok then return nil, err end
  end
  return true
end

-- For those who open connections, while they hold sockets.opening

--- Makes the slots hold what is wanted, leaves the others as they are, and once the module has shown that they do,
--- calls open(hold): nobody's command comes between. Gives what that gives; nil and the error when the slots cannot be
--- made so.
local function prepare(self, wanted, open)
  local left, made = {}, {}
  while true do
    local changes, contents
    do
      local hold <close>, err = exchange.hold(self.modem)
      if not hold then return nil, err end
      changes, contents = survey(self, wanted, left, hold)
      if not changes then return nil, contents end
      if #changes == 0 then return open(hold) end
    end
    -- A connection that needed what is there may have been closed meanwhile; but what was written must be there.
    for _, change in ipairs(changes) do
      if made[change.kind] then return nil, not_stored(change, contents[change.kind]) end
      made[change.kind] = true
    end
    local ok, err = make(self, changes, left)
    if not ok then return nil, err end
  end
end

--- Opens a client with what it wants in the slots. `needs`, for open(needs, hold), which sends AT+SOCKET: what the
--- client needs in them while it lives.
---@param wanted table<hayes.aithinker.slot, string>
---@param open fun(needs: table<hayes.aithinker.slot, string>, hold: hayes.hold): table?, hayes.error?
function Slots:open_client(wanted, open)
  return prepare(self, wanted, function(hold) return open(wanted, hold) end)
end

--- Empties a slot that holds the remains of a write.
local function clear_remains(self, kind, hold)
  local change = { kind = kind, text = "", mends = true }
  local ok, err = write(self, change, true, hold)
  if not ok then return nil, err end
  local stored
  stored, err = look(self, kind, hold)
  if not stored or settle(self, kind, stored) then return stored, err end
  return nil, not_stored(change, stored)
end

--- What a server needs of the slots as they are.
local function needs_of_server(self, hold)
  local needs = {}
  for _, kind in ipairs(ORDER) do
    local stored, err = look(self, kind, hold)
    if stored and not settle(self, kind, stored) then stored, err = clear_remains(self, kind, hold) end
    if not stored then return nil, err end
    needs[kind] = stored
  end
  if needs.ca == "" or needs.ca == self.written.ca then needs.ca = nil end
  return needs
end

--- Opens a server, as open_client does. It needs the certificate and key that are there, its own or those that it
--- finds; also the CA, unless ssl.open has put it there: the page does not say whether a server checks its clients
--- against it.
---@param wanted table<hayes.aithinker.slot, string>
---@param open fun(needs: table<hayes.aithinker.slot, string>, hold: hayes.hold): table?, hayes.error?
function Slots:open_server(wanted, open)
  local function open_with_needs(hold)
    local needs, err = needs_of_server(self, hold)
    if not needs then return nil, err end
    return open(needs, hold)
  end
  if next(wanted) then return prepare(self, wanted, open_with_needs) end
  local hold <close>, err = exchange.hold(self.modem)
  if not hold then return nil, err end
  return open_with_needs(hold)
end

-- For those who set them

--- Puts a text into a slot, to stay there; "" empties it. Takes the lock.
---@param kind hayes.aithinker.slot
---@param text string
---@return true?, hayes.error?
function Slots:set(kind, text)
  local _opening <close> = self.modem.sockets.opening:take()
  local stored, err = look(self, kind)
  if not stored then return nil, err end
  -- A slot that the module does not show is written in any case.
  local change = change_to(self, kind, text, stored) or err and { kind = kind, text = text }
  if change then
    err = refused_by_users(self, change)
    if err then return nil, err end
    local ok
    ok, err = write(self, change, false)
    if not ok then return nil, err end
    stored, err = look(self, kind)
    if not stored then return nil, err end
    if change_to(self, kind, text, stored) then return nil, not_stored(change, stored) end
  end
  self.written[kind] = nil
  return true
end

return Slots
