--- modem.sockets: the module's table of sockets, which TCP, UDP and TLS share (page, AT+SOCKET). Called, it lists them.

local Connection = require "hayes.dialect.aithinker.connection"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Lock = require "hayes.lock"
local likeness = require "hayes.damage.likeness"
local Listener = require "hayes.dialect.aithinker.listener"
local Unclaimed = require "hayes.dialect.aithinker.unclaimed"
local undamaged = require "hayes.damage.undamaged"
local wait = require "hayes.wait"

local recv_modes = { buffer = 0, push = 1 }

--- Errors that say that something must be freed before anything else can be opened.
local EXHAUSTED = { [33] = true, [37] = true, [96] = true, [103] = true }

--- States (by their names in commands/tcpip.lua) of what is of no use to anybody.
local DEAD = { disconnected = true, failed = true, ["timed out"] = true, ["to be deleted"] = true }

local CLIENTS = { [2] = true, [4] = true, [7] = true }
local SERVERS, SEEDS = { [3] = true, [6] = true }, { [5] = true, [8] = true }
local UDP_SERVER = 1

local DATA_EVENT = "+EVENT:SocketDown,"

--- Nothing tells firmware by the page's table, where 1 is connected, from that by the other, where it is connecting:
--- the module knows best whether it can be used.
local function may_be_up(row)
  return row.state == "connected" or row.state == "connecting"
end

return function(modem)
  ---@class hayes.aithinker.sockets
  local sockets = {}
  local connections, listeners = {}, {} -- by ConID
  local unclaimed = Unclaimed.new()     -- what has come for others
  local mode_set = false                -- what AT+SOCKETRECVCFG is set to, as far as is known

  --- Held while a global setting of the module is made or read, until the command that depends on it has been answered:
  --- AT+SOCKET depends on the mode and the slots for certificates, AT+SOCKETTT on there being one connection.
  sockets.opening = Lock.new()

  local described = modem.dialect.commands["+SOCKET"].read.answer
  local types, states = described[2].values, described[3].values

  -- The table

  --- Rows of AT+SOCKET?, with the fields of its declaration and `state` in words.
  local function rows_of(response)
    local list = {}
    for _, line in ipairs(response) do
      local row = modem:fields("AT+SOCKET?", line)
      if not (row.ConID and row.type and row.status) then return nil, failure.bad_answer(modem, "AT+SOCKET?", line) end
      row.state = states[row.status] or ("state %s"):format(row.status)
      list[#list + 1] = row
    end
    return list
  end

  ---@param request? hayes.request
  local function rows(request)
    local response, err = modem:call("+SOCKET", "read", nil, request)
    if not response then return nil, err end
    return rows_of(response)
  end

  --- Looks up the row of a ConID without waiting, ahead of all queued commands, and calls tell(row): nil if there is
  --- none, false if the module does not answer.
  local function ask_row(id, tell)
    local ticket = exchange.start(modem, "AT+SOCKET?", { next = true, finished = function(response)
      local list = response and rows_of(response)
      if not list then return tell(false) end
      for _, row in ipairs(list) do
        if row.ConID == id then return tell(row) end
      end
      tell(nil)
    end })
    if not ticket then tell(false) end
  end

  --- As rows(), where it matters that no row is missing.
  local function all_rows()
    return undamaged.ask(modem, "AT+SOCKET?", function() return rows() end)
  end

  local function forget(object)
    if connections[object.id] == object then connections[object.id] = nil end
    if listeners[object.id] == object then listeners[object.id] = nil end
  end

  local function set_mode(mode)
    if mode_set == mode then return true end
    mode_set = false -- unknown if the task is cancelled, or the module does not answer
    local ok, err = modem:call("+SOCKETRECVCFG", "write", { recv_modes[mode] })
    if not ok then return nil, err end
    mode_set = mode
    return true
  end

  local function words(list)
    local texts = {}
    for i, row in ipairs(list) do texts[i] = ("%d (%s)"):format(row.ConID, types[row.type] or "?") end
    return table.concat(texts, ", ")
  end

  --- Transparent transmission has no ConID: the module must have nothing to choose from (page, AT+SOCKETTT).
  local function may_be_transparent(connection)
    local list, err = all_rows()
    if not list then return nil, err end
    local own, others = nil, {}
    for _, row in ipairs(list) do
      if row.ConID == connection.id then own = row
      elseif row.state ~= "to be deleted" then others[#others + 1] = row end
    end
    if not own or not may_be_up(own) and own.type ~= UDP_SERVER then
      return nil, errors.new { name = "not_connected", origin = "aithinker",
        message = ("transparent transmission needs a connection; this one is %s"):format(own and own.state or "gone") }
    end
    local server = SEEDS[own.type] and #others == 1 and SERVERS[others[1].type]
    if (CLIENTS[own.type] or own.type == UDP_SERVER) and #others == 0 or server then return true end
    return nil, errors.new { name = "not_alone", origin = "aithinker",
      message = ("transparent transmission needs a single connection (or a server and one seed); beside %d "
        .. "the module has %s"):format(connection.id, #others > 0 and words(others) or "no server"),
      hint = "Close the others; those of an earlier program are ended with AT+SOCKETDEL=<ConID>." }
  end

  sockets.shared = { rows = rows, ask_row = ask_row, forget = forget, set_mode = set_mode,
    mode = function() return mode_set end, may_be_up = may_be_up, may_be_transparent = may_be_transparent,
    opening = sockets.opening }

  -- Who needs the slots for certificates

  --- Our connections and servers that need another content of a slot than this text.
  ---@param kind hayes.aithinker.slot
  ---@param text string
  function sockets.holders(kind, text)
    local found = {}
    for _, list in ipairs { connections, listeners } do
      for _, object in pairs(list) do
        local needed = object.slots and object.slots[kind]
        if needed and needed ~= text and not object.deleted then found[#found + 1] = object end
      end
    end
    return found
  end

  --- Those of them that the module still lists: it may have restarted unnoticed.
  ---@return table[]?, hayes.error?
  function sockets.needing(kind, text)
    local candidates = sockets.holders(kind, text)
    if #candidates == 0 then return candidates end
    local list, err = all_rows()
    if not list then return nil, err end
    local there, found = {}, {}
    for _, row in ipairs(list) do there[row.ConID] = not DEAD[row.state] and row.type or nil end
    for _, object in ipairs(candidates) do
      if there[object.id] == object.type then found[#found + 1] = object end
    end
    return found
  end

  -- Opening

  --- Frees slots that this program does not use: those of connections that have ended, else one of an earlier program.
  local function make_room()
    local list = rows()
    local dead, foreign = {}, nil
    for _, row in ipairs(list or {}) do
      if not connections[row.ConID] and not listeners[row.ConID] then
        if DEAD[row.state] then dead[#dead + 1] = row.ConID else foreign = foreign or row.ConID end
      end
    end
    if #dead == 0 then dead[1] = foreign end
    local freed = false
    for _, id in ipairs(dead) do freed = modem:call("+SOCKETDEL", "write", { id }) ~= nil or freed end
    return freed
  end

  --- The ConID in `connect success ConID=1`; some text of the vendor's has it without the spaces.
  local function con_id(response)
    for _, line in ipairs(response) do
      local id = line:match("[Cc]on[Ii][Dd]%s*=%s*(%d+)")
      if id then return math.tointeger(tonumber(id)) end
    end
  end

  --- Firmware that answers OK alone (the guide's TCP server): the newest row like it.
  local function find_id(wanted)
    local found
    for _, row in ipairs(rows() or {}) do
      local same = row.type == wanted.type and (row.local_port == wanted.port or row.remote_port == wanted.port)
      local ours = connections[row.ConID] or listeners[row.ConID]
      if same and not ours then found = math.max(found or 0, row.ConID) end
    end
    return found
  end

  local function register(id, wanted)
    local before = connections[id] or listeners[id]
    if before then before:on_deleted() end -- its end has not been told
    if wanted.listens then
      listeners[id] = Listener.new(modem, sockets.shared, id, wanted)
      return listeners[id]
    end
    connections[id] = Connection.new(modem, sockets.shared, id, wanted)
    return connections[id]
  end

  --- The parameters that only some firmware has are left out where they ask for nothing.
  local function command_of(wanted)
    local text = wanted.host and ("AT+SOCKET=%d,%s,%d"):format(wanted.type, wanted.host, wanted.port)
      or ("AT+SOCKET=%d,%d"):format(wanted.type, wanted.port)
    local keep_alive, id = wanted.keep_alive or 0, wanted.con_id or 0
    if id ~= 0 then return ("%s,%d,%d"):format(text, keep_alive, id) end
    return keep_alive ~= 0 and ("%s,%d"):format(text, keep_alive) or text
  end

  --- Firmware that does not know of ConIDs wanted gives another.
  local function check_id(object, wanted)
    local id = wanted.con_id or 0
    if id == 0 or object.id == id then return object end
    object:abandon()
    return nil, errors.new { name = "con_id_not_given", origin = "aithinker",
      message = ("ConID %d was asked for, and the module gave %d"):format(id, object.id),
      hint = "This firmware chooses ConIDs by itself: leave the option con_id out." }
  end

  --- Sends AT+SOCKET. `hold`: the hold on the line, if there is one; it ends with the command.
  local function connect(wanted, hold)
    local text = command_of(wanted)
    local object
    local response, err = exchange.run(modem, text, {
      within = hold, ends_hold = hold ~= nil, withdraw = true,
      -- What the module says of this ConID up to here is about an earlier connection, and from here about this one.
      ended = function(answer)
        local id = con_id(answer)
        if id then object = register(id, wanted) end
      end,
    })
    if object then return check_id(object, wanted) end
    if not response then return nil, err end
    local id = find_id(wanted)
    if not id then
      return nil, errors.new { name = "no_con_id", origin = "aithinker",
        message = "the module says OK, and neither gives nor lists a ConID" }
    end
    object = register(id, wanted)
    if not wanted.listens then object.doubtful = true end -- what was said of it before could not be known for its own
    return object
  end

  local function prepare_and_connect(wanted)
    local ok, err = set_mode(wanted.mode)
    if not ok then return nil, err end
    if not wanted.with_slots then return connect(wanted) end
    return wanted.with_slots(function(needs, hold)
      wanted.slots = needs
      return connect(wanted, hold)
    end)
  end

  local function try(wanted)
    local object, err = prepare_and_connect(wanted)
    if object then return object end
    return nil, errors.within(err, wanted.doing)
  end

  --- The error for opening something while a connection is in transparent mode: that one must be the module's only one,
  --- or the module does not return to it after a command.
  local function line_taken(wanted)
    if not modem.online then return nil end
    return errors.new { name = "busy", message = wanted.doing .. ": another connection is in transparent mode",
      hint = "There is one line: close that connection, or leave transparent mode with socket:switch(\"buffer\")." }
  end

  --- A connection, or (listens) a listener; nil and the error.
  ---@param wanted hayes.aithinker.opening with `doing` for errors, `listens`, and with_slots(connect): makes the slots
  ---  for certificates as needed and calls connect(needs, hold)
  function sockets.open(wanted)
    local err = line_taken(wanted)
    if err then return nil, err end
    local _opening <close> = sockets.opening:take()
    err = line_taken(wanted)
    if err then return nil, err end
    local object
    object, err = try(wanted)
    if not object and EXHAUSTED[err.code] and make_room() then object, err = try(wanted) end
    return object, err
  end

  --- A connection that the module has made by itself, as one of ours: nil and the error when it lists none like it.
  ---@param wanted { type: integer, host: string?, port: integer, what: string, mode: "buffer" }
  function sockets.take_over(wanted)
    local _opening <close> = sockets.opening:take()
    local ok, err = set_mode(wanted.mode)
    if not ok then return nil, err end
    local list
    list, err = all_rows()
    if not list then return nil, err end
    for _, row in ipairs(list) do
      local same = row.type == wanted.type and (row.remote_port == wanted.port or row.local_port == wanted.port)
      local usable = may_be_up(row) or row.type == UDP_SERVER
      if same and usable and not connections[row.ConID] and not listeners[row.ConID] then
        local connection = register(row.ConID, wanted)
        connection.doubtful = true
        connection:on_data() -- what had come before was announced to nobody
        return connection
      end
    end
    return nil, errors.new { name = "not_connected", origin = "aithinker",
      message = ("the module has not made the %s to port %d, or it is in use already"):format(wanted.what, wanted.port),
      hint = "It does so after a start, once it has joined its access point (AT+WAUTOCONN=1); modem.sockets() lists "
        .. "what there is." }
  end

  -- Events

  local function on(name, method)
    modem:listen("+EVENT:" .. name, function(event)
      local object = connections[event.fields[1]] or listeners[event.fields[1]]
      if object and object[method] then object[method](object, event.data) end
    end)
  end

  --- Data was announced, and damage was done to that. What was pushed is lost: of the connection with the ConID in it
  --- or, where that is none of ours, of any.
  local function on_unreadable(text)
    local id = math.tointeger(tonumber(text:match("^(%d+),")))
    for known, connection in pairs(connections) do
      if connection.mode == "push" and (known == id or not connections[id]) then connection:on_damage("short_read") end
    end
  end

  --- An unknown line may be a damaged announcement of data.
  modem:listen("urc", function(event)
    if not event.unknown and event.name ~= "+EVENT" then return end
    local text = likeness.behind(event.line, DATA_EVENT)
    if text then on_unreadable(text) end
  end)

  modem:listen("damage", function(event)
    local connection = event.urc == "+EVENT:SocketDown" and connections[event.fields[1]]
    if connection then connection:on_damage(event.kind) end
  end)

  modem:listen("+EVENT:SocketDown", function(event)
    local fields = event.fields
    local whole = math.type(fields[1]) == "integer" and math.type(fields[2]) == "integer" and #fields == 2
    if not whole then return on_unreadable(event.line:match("^.-,(.*)") or "") end
    local connection = connections[fields[1]] or listeners[fields[1]]
    if connection and connection.on_data then return connection:on_data(event.data) end
    if connection or not next(listeners) then return end
    unclaimed:put(fields[1], event.data)
    for _, listener in pairs(listeners) do listener:look_soon() end
  end)
  on("SocketDisconnect", "on_closed")
  on("SocketDissconnect", "on_closed")
  on("SocketReconnect", "on_renewed")
  on("SocketAutoDel", "on_deleted")

  local function only_listener()
    local id = next(listeners)
    if id and not next(listeners, id) then return listeners[id] end
  end

  --- A client has connected: its ConID, and the server's (0 on some firmware).
  local function on_seed(event)
    local seed, server = event.fields[1], event.fields[2]
    local listener = listeners[server] or only_listener()
    if listener and math.type(seed) == "integer" then sockets.adopt(listener, seed) end
  end

  modem:listen("+EVENT:SocketSeed", on_seed)
  modem:listen("+Seed", on_seed)

  --- Makes a connection of a seed, unless it is known.
  function sockets.adopt(listener, id)
    local known = connections[id]
    if known and not known.peer_closed then return end
    local connection = register(id, listener:seed())
    listener:on_seed(connection)
    unclaimed:hand_over(connection)
  end

  --- Is it a client of this server that nobody knows? One that has ended is of interest if it has sent something.
  local function is_new_seed(row, listener)
    return SEEDS[row.type] and row.server_ConID == listener.id and not connections[row.ConID]
      and (not DEAD[row.state] or unclaimed:has(row.ConID))
  end

  --- Takes seeds whose event did not come (BW20 firmware P1.0.22) from the table.
  function sockets.look_for_seeds(listener)
    local listed, asked = {}, wait.now()
    local list = rows()
    for _, row in ipairs(list or {}) do
      listed[row.ConID] = true
      if is_new_seed(row, listener) then
        sockets.adopt(listener, row.ConID)
        local connection = connections[row.ConID]
        if mode_set ~= "push" then connection:on_data() end
        if DEAD[row.state] then connection:on_closed() end
      end
    end
    if list then unclaimed:keep(listed, asked) end
  end

  sockets.shared.look_for_seeds = sockets.look_for_seeds

  --- The module has restarted, or the port is closed: all is gone.
  function sockets.reset(err)
    local lost = err or errors.reboot()
    local had, listened = connections, listeners
    connections, listeners, mode_set = {}, {}, false
    unclaimed = Unclaimed.new()
    for _, connection in pairs(had) do connection:lose(lost) end
    for _, listener in pairs(listened) do listener:lose(lost) end
  end

  --- What the module lists, the library's and others': { id, type, state, host, port, local_port, server }. Type and
  --- state in words; fields that do not apply are absent.
  ---@return table[]?, hayes.error?
  local function list()
    local found, err = rows()
    if not found then return nil, err end
    for i, row in ipairs(found) do
      local function positive(number) return math.type(number) == "integer" and number > 0 and number or nil end
      found[i] = {
        id = row.ConID, type = types[row.type] or ("type %s"):format(row.type), state = row.state,
        host = row.remote_host ~= "" and row.remote_host or nil, port = positive(row.remote_port),
        local_port = positive(row.local_port), server = SEEDS[row.type] and positive(row.server_ConID) or nil,
      }
    end
    return found
  end

  return setmetatable(sockets, { __call = list })
end
