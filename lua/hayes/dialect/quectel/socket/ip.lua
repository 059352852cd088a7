--- TCP and UDP connections of a Quectel module (TCP/IP note): the part that modem.tcp and modem.udp share, which
--- includes the twelve socket indices.

local check = require "hayes.check"
local Client = require "hayes.stream.client"
local Connection = require "hayes.dialect.quectel.socket.connection"
local DataMode = require "hayes.stream.data_mode"
local errors = require "hayes.error"
local Opener = require "hayes.dialect.quectel.socket.opener"

--- Longest time for AT+QIOPEN according to the note, seconds.
local OPEN_SECONDS = 150

--- Settings that change the form of lines, with the values that the library can read (AT+QICFG). Firmware without such
--- a setting behaves as if it had this value.
local wire_format = { { "recvind", 0 }, { "viewmode", 0 }, { "dataformat", 0, 0 } }

local function rules(default_mode)
  return {
    mode = { values = { "buffer", "push", "transparent" }, default = default_mode,
      doc = "How data comes: it is asked for, it comes with the URC, or the line is the connection." },
    escape = { values = { "manual", "auto" }, default = "manual",
      doc = "auto: commands interrupt transparent mode by themselves." },
    context = { type = "integer", min = 1, max = 16, default = 1, unit = "", doc = "The PDP context." },
    close_timeout = { type = "integer", min = 0, max = 65535, unit = "s",
      doc = "For closing it in the module (10); 0: it does not wait for the other end." },
    local_port = { type = "integer", min = 0, max = 65535, default = 0, unit = "", doc = "0: the module chooses." },
    timeout = { type = "number", min = 0.1, max = 3600, unit = "s",
      doc = "Over all; without it the module has 150 s to connect." },
  }
end

---@class hayes.quectel.ip
---@field modem hayes.modem
---@field opener hayes.quectel.opener
---@field format { is_set: boolean } whether the module has the wire format; another table after each restart
local Ip = {}
Ip.__index = Ip

---@param modem hayes.modem
---@return hayes.quectel.ip
function Ip.new(modem)
  local opener = Opener.new(modem, {
    what = "connection", plural = "TCP and UDP connections", origin = "ssl", -- the notes share their error numbers
    send = "QISEND", receive = "QIRD", close = "QICLOSE", state = "QISTATE=1,", state_command = "QISTATE",
    urc = "+QIURC",
    -- Modules without TLS do not know the command.
    other_state = "QSSLSTATE=", other_what = "TLS connection", must_know = false,
  })
  return setmetatable({ modem = modem, opener = opener, format = { is_set = false } }, Ip)
end

--- The module has restarted, or the port is closed.
---@param err? hayes.error
function Ip:reset(err)
  self.format = { is_set = false }
  self.opener:reset(err)
end

--- The firmware refuses a setting: it does not have that, or will not change it, and then what it is set to must do.
local function check_refused(modem, setting)
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
local function set_echo(modem)
  local response, err = modem:call("+QISDE", "write", { 0 })
  return response or err.result or nil, err
end

local function set_wire_format(self)
  local format = self.format
  if format.is_set then return true end
  local asked, failed = set_echo(self.modem)
  if not asked then return nil, failed end
  for _, setting in ipairs(wire_format) do
    local response, err = self.modem:call("+QICFG", "write", setting)
    if not response then
      if not err.result then return nil, err end
      local ok
      ok, err = check_refused(self.modem, setting)
      if not ok then return nil, err end
    end
  end
  format.is_set = true
  return true
end

--- Opens a connection.
---@param service "TCP"|"UDP"
---@param host string
---@param port integer
---@param options table checked
---@return table?, hayes.error?
function Ip:open(service, host, port, options)
  local _claim <close>, refusal = DataMode.claim(self.modem, options.mode)
  if refusal then return nil, refusal end
  local ok, err = set_wire_format(self)
  if not ok then return nil, err end
  return self.opener:open {
    host = host, port = port, mode = options.mode, auto = options.escape == "auto", seconds = OPEN_SECONDS,
    pdp_context = options.context, close_timeout = options.close_timeout, datagrams = service == "UDP",
    doing = ("the %s connection to %s:%d"):format(service, host, port),
    command = function(index)
      return ('AT+QIOPEN=%d,%d,"%s","%s",%d,%d,%d'):format(options.context, index, service, host, port,
        options.local_port, Connection.modes[options.mode])
    end,
  }
end

--- A service over one kind of socket.
---@param name "tcp"|"udp"
---@param protocol "TCP"|"UDP" as AT+QIOPEN has it
---@param default_mode string
function Ip:service(name, protocol, default_mode)
  local option_rules = rules(default_mode)
  local client = Client.new {
    modem = self.modem, name = name, kind = name, what = protocol .. " connection",
    options = function(where, given) return check.options(where, given, option_rules) end,
    connect = function(host, port, options) return self:open(protocol, host, port, options) end,
  }
  ---@class hayes.quectel.connections modem.tcp and modem.udp of a Quectel module
  local service = {}

  --- Opens a connection. Without a time-out the line must come free within the time-out of a command. UDP is in push
  --- mode unless something else is asked for, since that keeps the borders of datagrams.
  ---
  --- Errors: `dns_parse_failed`, `socket_connection_failed`, `no_free_socket`, `setting_not_kept`, `timeout`, `busy`,
  --- those of modem:at.
  ---
  --- Source: TCP/IP note, QIOPEN.
  ---@param host string a name or an address, up to 255 bytes
  ---@param port integer 1 to 65535
  ---@param options? table how
  ---@return hayes.socket?, hayes.error?
  function service.open(host, port, options)
    return client:open(host, port, options)
  end

  --- A function that makes sockets for connect() with these options, for `http.request { create = … }` and the like;
  --- and one that gives the error of the last connect() that failed, which those call "closed".
  ---
  --- Errors: as for open.
  ---
  --- Source: as for open.
  ---@param options? table as for open
  ---@return fun(): hayes.socket
  ---@return fun(): hayes.error?
  function service.factory(options)
    return client:factory(options)
  end

  check.takes(service.open, option_rules)
  check.takes(service.factory, option_rules)

  return service
end

return function(modem)
  local ip = Ip.new(modem)
  return {
    reset = function(err) ip:reset(err) end,
    service = function(name, protocol, default_mode) return ip:service(name, protocol, default_mode) end,
    --- The connections that the module lists, the library's and others.
    ---
    --- Errors: those of modem:at, `bad_answer`.
    ---
    --- Source: TCP/IP note, QISTATE.
    ---@return table[]?, hayes.error?
    sockets = function() return ip.opener:list() end,
  }
end
