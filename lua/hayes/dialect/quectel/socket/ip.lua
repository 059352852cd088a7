--- TCP and UDP connections of a Quectel module (TCP/IP note): the part that modem.tcp and modem.udp share, which
--- includes the twelve socket indices.

local check = require "hayes.check"
local Connection = require "hayes.dialect.quectel.socket.connection"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local hosts = require "hayes.stream.host"
local job = require "hayes.job"
local make = require "hayes.stream.make"
local Opener = require "hayes.dialect.quectel.socket.opener"

--- Longest time for AT+QIOPEN according to the note, seconds.
local OPEN_SECONDS = 150

--- Settings that change the form of lines, with the values that the library can read (AT+QICFG). Firmware without such
--- a setting behaves as if it had this value.
local wire_format = { { "recvind", 0 }, { "viewmode", 0 }, { "dataformat", 0, 0 } }

local function rules(default_mode)
  return {
    mode = { values = { "buffer", "push", "transparent" }, default = default_mode },
    escape = { values = { "manual", "auto" }, default = "manual" },
    context = { type = "integer", min = 1, max = 16, default = 1 },
    close_timeout = { type = "integer", min = 0, max = 65535 },
    local_port = { type = "integer", min = 0, max = 65535, default = 0 },
    timeout = { type = "number", min = 0.1, max = 3600 },
  }
end

return function(modem)
  local ip = {}
  local formatted = false

  local opener = Opener.new(modem, {
    what = "connection", plural = "TCP and UDP connections", origin = "ssl", -- the notes share their error numbers
    send = "QISEND", receive = "QIRD", close = "QICLOSE", state = "QISTATE=1,", state_command = "QISTATE",
    urc = "+QIURC",
    -- Modules without TLS do not know the command.
    other_state = "QSSLSTATE=", other_what = "TLS connection", must_know = false,
  })

  --- The module has restarted, or the port is closed.
  function ip.reset(err)
    formatted = false
    opener:reset(err)
  end

  --- The firmware refuses a setting: it does not have that, or will not change it, and then what it is set to must do.
  local function check_refused(setting)
    local name = setting[1]
    local response, err = modem:call("+QICFG", "write", { name })
    if not response or not response[1] then return err == nil or err.result ~= nil or nil, err end
    local fields = modem:fields(('AT+QICFG="%s"'):format(name), response[1])
    for i = 2, #setting do
      if math.type(fields[i]) == "integer" and fields[i] ~= setting[i] then
        return nil, errors.new { name = "setting_not_kept", origin = "ssl",
          message = ("the module keeps the socket option \"%s\" at %d, and what it says of received data could not be "
            .. "read"):format(name, fields[i]),
          hint = "Does another program use the module's sockets? AT+QICFG=? tells what the firmware takes." }
      end
    end
    return true
  end

  --- Data of AT+QISEND is not to be repeated. Firmware without that command does not repeat it; nor need it be asked
  --- twice.
  local function set_echo()
    local response, err = modem:call("+QISDE", "write", { 0 })
    return response or err.result or nil, err
  end

  local function set_wire_format()
    if formatted then return true end
    local asked, failed = set_echo()
    if not asked then return nil, failed end
    for _, setting in ipairs(wire_format) do
      local response, err = modem:call("+QICFG", "write", setting)
      if not response then
        if not err.result then return nil, err end
        local ok
        ok, err = check_refused(setting)
        if not ok then return nil, err end
      end
    end
    formatted = true
    return true
  end

  local function open_connection(service, host, port, options)
    local _claim <close>, refusal = DataMode.claim(modem, options.mode)
    if refusal then return nil, refusal end
    local ok, err = set_wire_format()
    if not ok then return nil, err end
    return opener:open {
      host = host, port = port, mode = options.mode, auto = options.escape == "auto", seconds = OPEN_SECONDS,
      pdp_context = options.context, close_timeout = options.close_timeout, datagrams = service == "UDP",
      doing = ("the %s connection to %s:%d"):format(service, host, port),
      command = function(index)
        return ('AT+QIOPEN=%d,%d,"%s","%s",%d,%d,%d'):format(options.context, index, service, host, port,
          options.local_port, Connection.modes[options.mode])
      end,
    }
  end

  local function check_address(where, host, port)
    check.value(where, "the host", host, { type = "string", line = true, filled = true, longest = 255 })
    hosts.check(where, host)
    return check.value(where, "the port", port, { type = "integer", min = 1, max = 65535 })
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
    --- local_port (0: the module chooses); close_timeout, seconds that the module may take to close it (10), 0: it does
    --- not wait for the other end; timeout, seconds over all. Without one the module has 150 s to connect, and
    --- the line must come free within the time-out of a command.
    ---@param host string
    ---@param port integer
    ---@param options? table
    ---@return hayes.socket?, hayes.error?
    function made.open(host, port, options)
      local where = name .. ".open"
      host = hosts.plain(host)
      port = check_address(where, host, port)
      options = check.options(where, options, option_rules)
      local connection, err = job.open_within(modem, options.timeout,
        ("opening the %s connection to %s:%d"):format(service, host, port), open_connection, service, host, port,
        options)
      if not connection then return nil, err end
      return make.over(name, connection, host, port)
    end

    --- A function that makes sockets for connect(), for `http.request { create = … }` and the like.
    ---@param options? table as for open
    function made.factory(options)
      options = check.options(name .. ".factory", options, option_rules)
      return function()
        return make.unconnected(name, service == "UDP", {
          modem = modem,
          check = function(host, port) check_address("socket:connect", host, port) end,
          open = function(host, port) return open_connection(service, hosts.plain(host), port, options) end,
        })
      end
    end

    return made
  end

  --- The connections that the module lists, the library's and others.
  ---@return table[]?, hayes.error?
  function ip.sockets()
    return opener:list()
  end

  return ip
end
