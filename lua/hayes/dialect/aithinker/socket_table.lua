--- The module's table of sockets, as AT+SOCKET? lists it: those of this program and of others.

local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local undamaged = require "hayes.damage.undamaged"

--- States (names of commands/tcpip.lua) in which a socket is useless.
local DEAD = { disconnected = true, failed = true, ["timed out"] = true, ["to be deleted"] = true }

local CLIENTS = { [2] = true, [4] = true, [7] = true }
local SERVERS, SEEDS = { [3] = true, [6] = true }, { [5] = true, [8] = true }
local UDP_SERVER = 1

---@class hayes.aithinker.socket_table
---@field modem hayes.modem
---@field types table<integer, string> names of the types
---@field states table<integer, string>
local SocketTable = {}
SocketTable.__index = SocketTable

---@param modem hayes.modem
---@return hayes.aithinker.socket_table
function SocketTable.new(modem)
  local described = modem.dialect.commands["+SOCKET"].read.answer
  return setmetatable({ modem = modem, types = described[2].values, states = described[3].values }, SocketTable)
end

--- Whether it is in a state in which it is useless.
function SocketTable.is_dead(row)
  return DEAD[row.state]
end

--- Whether it may be connected. State 1 is "connected" in the page's table and "connecting" in the firmware's, and
--- nothing says which one applies.
function SocketTable.may_be_up(row)
  return row.state == "connected" or row.state == "connecting"
end

--- Whether it is that of a socket that may be in use; the state of a UDP server does not tell.
function SocketTable.is_up(row)
  return SocketTable.may_be_up(row) or row.type == UDP_SERVER
end

--- Whether it is a client of this server of the module.
function SocketTable.is_seed_of(row, server)
  return SEEDS[row.type] and row.server_ConID == server
end

--- The rows of an answer to AT+SOCKET?: the fields of its declaration, and `state` as a word.
local function rows_of(self, response)
  local list = {}
  for _, line in ipairs(response) do
    local row = self.modem:fields("AT+SOCKET?", line)
    if not (row.ConID and row.type and row.status) then
      return nil, failure.bad_answer(self.modem, "AT+SOCKET?", line)
    end
    row.state = self.states[row.status] or ("state %s"):format(row.status)
    list[#list + 1] = row
  end
  return list
end

---@param request? hayes.request
---@return table[]?, hayes.error?
function SocketTable:rows(request)
  local response, err = self.modem:call("+SOCKET", "read", nil, request)
  if not response then return nil, err end
  return rows_of(self, response)
end

--- The rows, and the text that they are of.
local function rows_and_text(self)
  local response, err = self.modem:call("+SOCKET", "read")
  if not response then return nil, err end
  local list
  list, err = rows_of(self, response)
  if not list then return nil, err end
  return { rows = list, text = table.concat(response, "\n") }
end

--- After so many whole answers that differ it is the table that changes.
local ANSWERS = 3

--- Like rows(), but told twice: a row that the line has lost, or a digit that it has changed, leaves no trace.
---@return table[]?, hayes.error?
function SocketTable:all_rows()
  local told, err
  for _ = 1, ANSWERS do
    local before = told
    told, err = undamaged.ask(self.modem, "AT+SOCKET?", function() return rows_and_text(self) end)
    if not told then return nil, err end
    if before and before.text == told.text then break end
  end
  return told.rows
end

-- The row of one connection

--- How often it is asked for: an answer may be missing, be damaged or lack the row, a refusal be that of a damaged
--- command.
local QUESTIONS = 3

--- What the answers to AT+SOCKET? have told of a connection so far.
---@param connection hayes.aithinker.connection
local function new_search(connection)
  return { id = connection.id, asked = 0, not_up = false, err = nil }
end

local function row_with(list, id)
  for _, row in ipairs(list) do
    if row.ConID == id then return row end
  end
end

--- Takes the next answer. True once no other is needed, and the row: nil if there is none, false and the error if the
--- module does not tell. That a connection has ended has to be told twice, since the line may have lost its row or
--- changed a digit of it.
---@return boolean, table|false|nil, hayes.error?
local function conclude(self, search, response, err)
  local list
  if response then list, err = rows_of(self, response) end
  search.asked, search.err = search.asked + 1, err or search.err
  if list then
    local row = row_with(list, search.id)
    if search.not_up or row and SocketTable.is_up(row) then return true, row end
    search.not_up = true
  end
  return search.asked == QUESTIONS, false, search.err
end

--- The row of a connection: nil if the module does not list it, false and the error if it does not tell.
---@param connection hayes.aithinker.connection
---@param request? hayes.request
---@return table|false|nil, hayes.error?
function SocketTable:row(connection, request)
  local search = new_search(connection)
  while true do
    local response, err = self.modem:call("+SOCKET", "read", nil, request)
    local over, row, why = conclude(self, search, response, err)
    if over or not response and not err.result then return row, why end
  end
end

--- Looks up the row of a connection without waiting, ahead of all queued commands, and calls tell(row), with what row()
--- gives. A module that does not answer is asked again, too.
---@param connection hayes.aithinker.connection
---@param tell fun(row: table|false|nil)
---@param search? table what has been told so far
function SocketTable:ask_row(connection, tell, search)
  search = search or new_search(connection)
  local function answered(response, err)
    local over, row = conclude(self, search, response, err)
    if over then return tell(row) end
    self:ask_row(connection, tell, search)
  end
  local request = { next = true, owner = connection.place, finished = answered }
  local ticket = exchange.start(self.modem, "AT+SOCKET?", request)
  if not ticket then tell(false) end
end

local function words(self, list)
  local texts = {}
  for i, row in ipairs(list) do texts[i] = ("%d (%s)"):format(row.ConID, self.types[row.type] or "?") end
  return table.concat(texts, ", ")
end

--- Whether the module has no other connection: transparent transmission takes no ConID (page, AT+SOCKETTT).
---@param connection hayes.aithinker.connection
---@return true?, hayes.error?
function SocketTable:may_be_transparent(connection)
  local list, err = self:all_rows()
  if not list then return nil, err end
  local own, others = nil, {}
  for _, row in ipairs(list) do
    if row.ConID == connection.id then own = row
    elseif row.state ~= "to be deleted" then others[#others + 1] = row end
  end
  if not own or not self.is_up(own) then
    return nil, errors.new { name = "not_connected", origin = "aithinker",
      message = ("transparent transmission needs a connection; this one is %s"):format(own and own.state or "gone") }
  end
  local server = SEEDS[own.type] and #others == 1 and SERVERS[others[1].type]
  if (CLIENTS[own.type] or own.type == UDP_SERVER) and #others == 0 or server then return true end
  return nil, errors.new { name = "not_alone", origin = "aithinker",
    message = ("transparent transmission needs a single connection (or a server and one seed); beside %d "
      .. "the module has %s"):format(connection.id, #others > 0 and words(self, others) or "no server"),
    hint = "Close the others; those of an earlier program are ended with AT+SOCKETDEL=<ConID>." }
end

local function positive(number)
  return math.type(number) == "integer" and number > 0 and number or nil
end

--- The rows for modem.sockets(): { id, type, state, host, port, local_port, server }. Type and state are words; fields
--- that do not apply are absent.
---@return table[]?, hayes.error?
function SocketTable:describe()
  local found, err = self:rows()
  if not found then return nil, err end
  for i, row in ipairs(found) do
    found[i] = {
      id = row.ConID, type = self.types[row.type] or ("type %s"):format(row.type), state = row.state,
      host = row.remote_host ~= "" and row.remote_host or nil, port = positive(row.remote_port),
      local_port = positive(row.local_port), server = SEEDS[row.type] and positive(row.server_ConID) or nil,
    }
  end
  return found
end

return SocketTable
