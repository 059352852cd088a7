--- modem.tcp: TCP connections and servers of an Ai-Thinker module, and the connection that it makes at power-up.

local check = require "hayes.check"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local hosts = require "hayes.stream.host"
local job = require "hayes.job"
local make = require "hayes.stream.make"
local service = require "hayes.dialect.aithinker.service"

local auto_types = { tcp = 4, udp = 2, ssl = 7, ["udp-server"] = 1 }
local auto_names = {}
for name, number in pairs(auto_types) do auto_names[number] = name end

local auto_rules = {
  type = { values = { "tcp", "udp", "ssl", "udp-server" }, default = "tcp", doc = "What it makes." },
  host = { type = "string", line = true, doc = "Name or address of the other end; a server has none." },
  port = { type = "integer", min = 1, max = 65535, unit = "", required = true,
    doc = "That of the other end, or the server's own." },
}

return function(modem)
  ---@class hayes.aithinker.tcp: hayes.aithinker.service modem.tcp of an Ai-Thinker module
  local tcp = service.new(modem, {
    name = "tcp", kind = "tcp", what = "TCP connection", client = 4, server = 3, seed = 5,
  })

  --- What the module lists of TCP, as modem.sockets() does.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: TCP/IP AT Command Set, AT+SOCKET.
  ---@return table[]?, hayes.error?
  function tcp.sockets()
    local list, err = modem.sockets()
    if not list then return nil, err end
    local own = {}
    for _, row in ipairs(list) do
      if row.type:find("^TCP") then own[#own + 1] = row end
    end
    return own
  end

  local function read()
    local fields, err = modem:query("AT+SOCKETAUTOTT?", { "type" })
    if not fields then return nil, err end
    local name = auto_names[fields.type]
    if not name then return false end
    local host, port = fields.remote_host, fields.remote_port
    -- A server has no host, nor need it have an empty field in its place.
    if name == "udp-server" and not port then host, port = nil, math.tointeger(tonumber(host)) end
    if not port or not host and name ~= "udp-server" then return nil, failure.bad_answer(modem, "AT+SOCKETAUTOTT?") end
    return { type = name, host = host ~= "" and host or nil, port = port }
  end

  local function disable()
    local ok, err = modem:call("+SOCKETAUTOTT", "write", { 0 })
    -- Some firmware counts the parameters before it checks the type.
    if not ok and err.result then ok, err = exchange.run(modem, "AT+SOCKETAUTOTT=0,0") end
    if not ok then return nil, err end
    return true
  end

  --- The connection that the module makes by itself after a start, entering transparent transmission (firmware P1.3.0
  --- and later). With a table it is set; false disables it; without an argument it is read: such a table, or false. It
  --- takes effect at the next start, if the module joins its access point then (AT+WAUTOCONN=1). hayes.open on a module
  --- that has woken up like this leaves transparent transmission; the connection stays, as modem.sockets() tells.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: TCP/IP AT Command Set, AT+SOCKETAUTOTT.
  ---@param wanted? table|false { type, host, port }; false: none
  ---@return any, hayes.error?
  function tcp.autoconnect(wanted)
    if wanted == nil then return read() end
    if wanted == false then return disable() end
    local where = "tcp.autoconnect"
    local options = check.options(where, wanted, auto_rules)
    local number = auto_types[options.type]
    if options.type == "udp-server" then
      if options.host then check.fail(where, "host is given; a server has none") end
    elseif not options.host or options.host == "" then
      check.fail(where, "the option host is missing")
    end
    if options.host then hosts.check(where, options.host) end
    local arguments = { number, options.port }
    if options.host then table.insert(arguments, 2, hosts.plain(options.host)) end
    local ok, err = modem:call("+SOCKETAUTOTT", "write", arguments)
    if ok then return true end
    return nil, errors.within(err, "setting the connection made at power-up")
  end

  --- The connection that the module has made by itself after a start (autoconnect), as a socket, of which nobody has
  --- one yet. nil and the error `not_connected` when there is none.
  ---
  --- Errors: `not_connected`, those of modem:at.
  ---
  --- Source: TCP/IP AT Command Set, AT+SOCKETAUTOTT, AT+SOCKET.
  ---@return hayes.socket?, hayes.error?
  function tcp.autoconnected()
    local set, err = read()
    if not set then
      return nil, err or errors.new { name = "not_connected", origin = "aithinker",
        message = "the module is not set to connect by itself", hint = "modem.tcp.autoconnect { host, port } sets it." }
    end
    local number = auto_types[set.type]
    local what = ("connection of the kind %q"):format(set.type)
    local connection
    connection, err = job.open(nil, modem.sockets.take_over, modem.sockets, { type = number,
      host = set.host or "anybody", port = set.port, what = what, mode = "buffer" })
    if not connection then return nil, err end
    local kind = set.type == "ssl" and "SSL" or set.type == "tcp" and "tcp" or "udp"
    return make.over(kind, connection, connection.host, connection.port)
  end

  check.takes(tcp.autoconnect, auto_rules)

  return tcp
end
