--- Opens connections of one family (TLS, or TCP and UDP) in any access mode, and keeps track of their socket indices.

local Connection = require "hayes.dialect.quectel.socket.connection"
local Send = require "hayes.dialect.quectel.socket.send"
local command = require "hayes.declare.command"
local core = require "hayes.core"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Indices = require "hayes.dialect.quectel.socket.indices"
local reason = require "hayes.dialect.quectel.reason"
local likeness = require "hayes.damage.likeness"
local swallowed = require "hayes.damage.swallowed"

---@class hayes.quectel.opener
local Opener = {}
Opener.__index = Opener

--- The index in the text after `"recv",`; nil if it cannot be read.
local function announced_index(text)
  local digits = text:match("^ *(%d+)%f[,\0]")
  local index = digits and tonumber(digits)
  if index and index < Indices.COUNT and digits == tostring(index) then return index end
end

--- Passes URCs of the family on to its connections. `forget` is called with each connection that has been closed.
---@param family hayes.quectel.family
---@param forget? fun(connection: table)
function Opener.new(modem, family, forget)
  local self = setmetatable({ modem = modem, family = family }, Opener)
  self.indices = Indices.new(modem, family.plural, function() return self:list_used() end, function(index)
    return modem:call("+" .. family.close, "write", { index }) ~= nil
  end, command.most(modem.dialect.commands, "+" .. family.receive, 1, Indices.COUNT - 1, 0) + 1)
  family.forget = function(connection)
    local connections = self.indices.connections
    if connections[connection.id] ~= connection then return end
    connections[connection.id] = nil
    connection:expect_blocks(true)
    if forget then forget(connection) end
  end
  Send.heed_late_answers(modem)
  local keys = modem.dialect.urc_by_name[family.urc].keys
  modem:listen(family.urc, function(event)
    local key = event.fields[1]
    if not keys[key] then return self:on_strange_line(event.line) end
    local connection = self.indices.connections[event.fields[2]]
    if key == "recv" then self:on_recv(event, connection) end
    if key == "closed" and connection then connection:on_closed() end
  end)
  modem:listen("urc", function(event)
    if event.unknown then self:on_strange_line(event.line) end
  end)
  local function on_detached(index)
    for _, connection in pairs(self.indices.connections) do
      if connection.pdp_context == index then connection:on_detached() end
    end
  end
  modem:listen("detaching", function(event)
    for _, connection in pairs(self.indices.connections) do
      if connection.pdp_context == event.fields[1] then connection:on_detaching(event.fields[2]) end
    end
  end)
  modem:listen("detached", function(event) on_detached(event.fields[1]) end)
  modem:listen("+QIURC", function(event)
    if event.fields[1] == "pdpdeact" then on_detached(event.fields[2]) end
  end)
  modem:listen("damage", function(event)
    local connection = event.urc == family.urc and self.indices.connections[event.fields[2]]
    if connection then connection:on_damage(event.kind) end
    for _, text in ipairs(swallowed.announcements(event, family.urc .. ': "recv",')) do self:on_unreadable(text) end
  end)
  return self
end

--- Data has come.
---@param event hayes.event
---@param connection? table with the index in it
function Opener:on_recv(event, connection)
  local text, length = event.line:match('"recv",(.*)') or "", event.fields[3]
  if not announced_index(text) or length and math.type(length) ~= "integer" then return self:on_unreadable(text) end
  if not connection then return end
  -- After a switch it may be a notification of buffer mode; else the line has lost the length, and the data with it.
  local complete = event.data or connection.mode ~= "push" or connection.opened_in ~= "push"
  if complete then connection:on_data(event.data) else connection:on_damage("short_read") end
end

--- An announcement of data was damaged, so pushed data is lost: that of the connection with the index in it; if there
--- is none, of any connection.
---@param text string after `"recv",`
function Opener:on_unreadable(text)
  local connections, index = self.indices.connections, announced_index(text)
  if index and not connections[index] and self.indices:is_others(index) then return end
  for id, connection in pairs(connections) do
    if connection.mode == "push" and (id == index or not connections[index]) then connection:on_damage("short_read") end
  end
end

--- An unknown line. It may be an announcement of data that was damaged.
---@param line string
function Opener:on_strange_line(line)
  local text = likeness.behind(line, self.family.urc .. ': "recv",')
  if text then self:on_unreadable(text) end
end

--- The connections that the module lists, ours and others', with the fields of its state command.
---@return table[]?, hayes.error?
function Opener:list()
  local text = "AT+" .. self.family.state_command
  local response, err = exchange.run(self.modem, text)
  if not response then return nil, err end
  local list = {}
  for i, line in ipairs(response) do
    list[i] = self.modem:fields(text, line)
    if math.type(list[i][1]) ~= "integer" then return nil, failure.bad_answer(self.modem, text, line) end
  end
  return list
end

function Opener:list_used()
  local list, err = self:list()
  if not list then return nil, err end
  local used = {}
  for i, state in ipairs(list) do used[i] = state[1] end
  return used
end

--- The module has restarted, or the port is closed: all connections are gone.
function Opener:reset(err)
  local lost = err or errors.reboot()
  for _, connection in pairs(self.indices:reset()) do
    connection:expect_blocks(true)
    connection:lose(lost)
  end
end

--- The module has it: what it says of this index is for this connection. Its table is another one after each restart.
function Opener:adopt(connection)
  self.indices.connections[connection.id] = connection
end

--- Takes a connection that was adopted back if its opening does not succeed after all.
local Adoption = {}
Adoption.__index = Adoption
function Adoption:__close()
  local connections, connection = self.indices.connections, self.connection
  if not self.complete and connections[connection.id] == connection then connections[connection.id] = nil end
end

--- The code in a deferred result, `+QSSLOPEN: <index>,<err>`; 0: it is open.
local function open_code(response, index)
  local line = response[response.deferred or 0] or ""
  local fields = core.fields(line:match("^%+%u+:(.*)$") or "")
  return fields[1] == index and math.tointeger(fields[2]) or 550
end

---@class hayes.quectel.opening
---@field host string
---@field port integer
---@field mode "buffer"|"push"|"transparent"
---@field auto boolean  commands interrupt transparent mode
---@field doing string  "the TLS connection to h:443", for errors
---@field seconds number longest time that the module may take
---@field command fun(index: integer): string
---@field confirm? fun(hold: hayes.hold): true?, hayes.error?  called right before the opening; no other command goes
---  between the two
---@field context? table the SSL context that the connection uses
---@field pdp_context integer
---@field close_timeout? integer seconds that closing may take in the module
---@field datagrams boolean  it carries datagrams: UDP, DTLS

--- Reserves the line for the confirmation and the opening that follows it; nil if there is nothing to confirm.
local function reserve(self, opening)
  if opening.confirm then return exchange.hold(self.modem) end
end

local function connect(self, index, opening)
  local modem = self.modem
  if opening.mode == "transparent" then DataMode.prepare(modem) end
  local hold <close>, hold_err = reserve(self, opening)
  if hold_err then return nil, hold_err end
  local confirmed, confirm_err = true, nil
  if hold then confirmed, confirm_err = opening.confirm(hold) end
  if not confirmed then return nil, confirm_err end
  local connection = Connection.new(modem, self.family, index, opening)
  connection.context, connection.pdp_context = opening.context, opening.pdp_context
  connection.close_timeout = opening.close_timeout
  local text = opening.command(index)
  connection:expect_blocks(opening.mode == "push")
  if opening.mode == "transparent" then
    local response, err = connection:go_online(text,
      { timeout = opening.seconds, within = hold, ends_hold = hold ~= nil, withdraw = true })
    -- In transparent mode a failure is `ERROR` alone, and in the others it may be.
    if not response then return nil, reason.error(modem, err, opening.doing) or err end
    self:adopt(connection)
    return connection
  end
  local code
  local adoption <close> = setmetatable({ indices = self.indices, connection = connection, complete = false }, Adoption)
  -- URCs with this index are about an earlier connection up to here, and about this one from here on.
  local function on_result(response)
    code = open_code(response, index)
    if code == 0 then self:adopt(connection) end
  end
  local response, err = exchange.run(modem, text, {
    timeout = opening.seconds, deferred = opening.seconds, within = hold, ends_hold = hold ~= nil, withdraw = true,
    came = on_result, ended = function(ended) if not code then on_result(ended) end end,
  })
  adoption.complete = response ~= nil and code == 0
  if adoption.complete then return connection end
  if response then return nil, failure.coded(modem, code, opening.doing) end
  return nil, reason.error(modem, err, opening.doing) or err
end

--- Closes in the module what may have been opened there. A module that does not answer is told again later, and the
--- index is not used before.
local function close_in_module(self, reserved)
  local modem, text = self.modem, ("AT+%s=%d"):format(self.family.close, reserved.index)
  local response, err = exchange.run(modem, text)
  if response or failure.is_refusal(err) then return end
  reserved:keep()
  exchange.insist(modem, text, function() reserved:free() end)
end

local function try(self, opening)
  local reserved <close>, err = self.indices:take()
  if not reserved then return nil, err end
  local connection
  connection, err = connect(self, reserved.index, opening)
  if connection then return connection end
  exchange.expect_blocks(self.modem, self.family.urc, reserved.index, true)
  -- An index that someone else uses stays theirs; any other is closed in the module (SSL note 2.2.2).
  if err.code == 563 then
    self.indices:mark_foreign(reserved.index)
  elseif not self.modem.closed_with and not err.queued then
    close_in_module(self, reserved)
  end
  return nil, err
end

--- Opens a connection. nil and the error if that fails; the module then keeps nothing of it. For transparent mode the
--- caller holds the claim on the line (DataMode.claim).
---@param opening hayes.quectel.opening
function Opener:open(opening)
  local connection, err = try(self, opening)
  if not connection and err.code == 563 then connection, err = try(self, opening) end
  return connection, err
end

return Opener
