--- TCP and UDP connections of a Quectel module (TCP/IP note): what modem.tcp and modem.udp share, above all the twelve
--- socket indices.

local check = require "hayes.check"
local Connection = require "hayes.dialect.quectel.connection"
local core = require "hayes.core"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local Indices = require "hayes.dialect.quectel.indices"
local Socket = require "hayes.socket"

--- Time that the note gives the network for AT+QIOPEN, seconds.
local OPEN_SECONDS = 150

--- Settings that change what lines look like, and the values that the library reads (AT+QICFG). Firmware that has not
--- got one is as if it were so.
local wire_format = { { "recvind", 0 }, { "viewmode", 0 }, { "dataformat", 0, 0 } }

local function rules(default_mode)
  return {
    mode = { values = { "buffer", "push", "transparent" }, default = default_mode },
    escape = { values = { "manual", "auto" }, default = "manual" },
    context = { type = "integer", min = 1, max = 16, default = 1 },
    local_port = { type = "integer", min = 0, max = 65535, default = 0 },
  }
end

return function(modem)
  local ip = {}
  local formatted = false

  local function list_used()
    local response, err = modem:call("+QISTATE", "execute")
    if not response then return nil, err end
    local used = {}
    for i, line in ipairs(response) do used[i] = modem:fields("AT+QISTATE", line).connectID end
    return used
  end

  local indices = Indices.new("TCP and UDP connections", list_used, function(index)
    return modem:call("+QICLOSE", "write", { index }) ~= nil
  end)

  local family = {
    what = "connection", origin = "ssl", -- the error numbers are those of TLS connections
    send = "QISEND", receive = "QIRD", close = "QICLOSE", state = "QISTATE=1,",
    forget = function(connection)
      if indices.connections[connection.id] == connection then indices.connections[connection.id] = nil end
    end,
  }

  modem:listen("+QIURC", function(event)
    local connection = indices.connections[event.fields[2]]
    if not connection then return end
    if event.fields[1] == "recv" then connection:on_data(event.data) end
    if event.fields[1] == "closed" then connection:on_closed() end
  end)

  --- The module has restarted, or the port is closed.
  function ip.reset(err)
    formatted = false
    local lost = err or errors.new { name = "reboot", message = "the module has restarted" }
    for _, connection in pairs(indices:reset()) do connection:lose(lost) end
  end

  local function set_wire_format()
    if formatted then return end
    for _, setting in ipairs(wire_format) do modem:call("+QICFG", "write", setting) end
    formatted = true
  end

  local function open_code(response, index)
    local fields = core.fields((response[response.deferred or 0] or ""):match("^%+QIOPEN:(.*)$") or "")
    return fields[1] == index and math.tointeger(fields[2]) or 550
  end

  local function last_error(err, doing)
    if err.result ~= "ERROR" then return err end
    local fields = modem:query("AT+QIGETERROR")
    local code = fields and math.tointeger(fields.err)
    return code and code ~= 0 and failure.coded(modem, code, doing) or err
  end

  --- Sends AT+QIOPEN. The connection, or nil and the error.
  local function connect(index, service, host, port, options)
    local doing = ("the %s connection to %s:%d"):format(service, host, port)
    local text = ('AT+QIOPEN=%d,%d,"%s","%s",%d,%d,%d'):format(options.context, index, service, host, port,
      options.local_port, Connection.modes[options.mode])
    local connection = Connection.new(modem, family, index, host, port, options.mode, options.escape == "auto")
    if options.mode == "transparent" then
      local response, err = connection:go_online(text, { timeout = OPEN_SECONDS })
      if not response then return nil, last_error(err, doing) end
      indices.connections[index] = connection
      return connection
    end
    local open = false
    local response, err = exchange.run(modem, text, {
      -- What the module says of this index up to here is about an earlier connection, and from here about this one.
      ended = function(response)
        open = open_code(response, index) == 0
        if open then indices.connections[index] = connection end
      end,
    })
    if open then return connection end
    if response then return nil, failure.coded(modem, open_code(response, index), doing) end
    return nil, last_error(err, doing)
  end

  local function try_connect(...)
    local reserved <close>, err = indices:take()
    if not reserved then return nil, err end
    local connection
    connection, err = connect(reserved.index, ...)
    if connection then return connection end
    -- An index in use by someone else is left to them, any other is given back to the module.
    if err.code == 563 then
      indices:mark_foreign(reserved.index)
    elseif not modem.closed_with then
      modem:call("+QICLOSE", "write", { reserved.index })
    end
    return nil, err
  end

  local function open_connection(service, host, port, options)
    if options.mode == "transparent" and modem.online then
      return nil, errors.new { name = "busy", message = "another connection is in transparent mode already",
        hint = "There is one line: close that connection first, or switch it to another mode." }
    end
    set_wire_format()
    local connection, err = try_connect(service, host, port, options)
    if not connection and err.code == 563 then connection, err = try_connect(service, host, port, options) end
    return connection, err
  end

  local function check_address(where, host, port)
    check.value(where, "the host", host, { type = "string", line = true })
    if host == "" then check.fail(where, "the host is empty") end
    check.value(where, "the port", port, { type = "integer", min = 1, max = 65535 })
  end

  --- A service over one kind of socket.
  ---@param name "tcp"|"udp"
  ---@param service string as AT+QIOPEN has it
  ---@param default_mode string
  function ip.service(name, service, default_mode)
    local option_rules = rules(default_mode)
    local made = {}

    --- Opens a connection. Options: mode ("buffer", "push", "transparent"; UDP: "push", which keeps the borders of
    --- datagrams); escape ("manual", or "auto": commands interrupt transparent mode); context, the PDP context (1);
    --- local_port (0: the module chooses).
    ---@param host string
    ---@param port integer
    ---@param options? table
    ---@return hayes.socket?, hayes.error?
    function made.open(host, port, options)
      local where = name .. ".open"
      options = check.options(where, options, option_rules)
      check_address(where, host, port)
      local connection, err = open_connection(service, host, port, options)
      if not connection then return nil, err end
      return Socket.new(name, connection, host, port)
    end

    --- A function that makes sockets for connect(), for `http.request { create = … }` and the like.
    ---@param options? table as for open
    function made.factory(options)
      local where = name .. ".factory"
      options = check.options(where, options, option_rules)
      return function()
        return Socket.new(name, nil, nil, nil, function(host, port)
          check_address("socket:connect", host, port)
          return open_connection(service, host, port, options)
        end)
      end
    end

    return made
  end

  --- The connections that the module lists, the library's and others.
  ---@return table[]?, hayes.error?
  function ip.sockets()
    local response, err = modem:call("+QISTATE", "execute")
    if not response then return nil, err end
    local list = {}
    for i, line in ipairs(response) do list[i] = modem:fields("AT+QISTATE", line) end
    return list
  end

  return ip
end
