--- What modem.tcp, modem.udp and modem.ssl of an Ai-Thinker module share: clients and servers over one kind of socket.

local check = require "hayes.check"
local Client = require "hayes.stream.client"
local job = require "hayes.job"
local make = require "hayes.stream.make"
local hosts = require "hayes.stream.host"
local Server = require "hayes.stream.server"

local service = {}

--- Options of every kind; mode is how received data is announced (AT+SOCKETRECVCFG), or transparent transmission.
local option_rules = {
  mode = { values = { "buffer", "push", "transparent" }, default = "buffer",
    doc = "How data comes: it is asked for, it comes with the event, or the line is the connection (not of servers)." },
  escape = { values = { "manual", "auto" }, default = "manual",
    doc = "auto: commands interrupt transparent mode by themselves." },
  keep_alive = { type = "integer", min = 0, max = 7200, default = 0, unit = "s",
    doc = "Time after which TCP asks a silent peer whether it is there; 0: never (framework P2.25.0 and later)." },
  con_id = { type = "integer", min = 0, max = 4294967295, default = 0, unit = "",
    doc = "The ConID wanted; 0: any (BW16 v4.11.0 and later)." },
  timeout = { type = "number", min = 0.1, max = 3600, unit = "s", doc = "Over all; without it each step has its own." },
}

---@class hayes.aithinker.kind
---@field name string      "tcp", of the service
---@field kind "tcp"|"udp"|"SSL" of its sockets
---@field what string      "TCP connection"
---@field client integer   types of AT+SOCKET
---@field server integer
---@field seed? integer    absent: the server is a socket itself (UDP)
---@field rules? table     further options
---@field check? fun(where: string, options: table): table  checks them; raises
---@field open_client? fun(options: table, connect: function): table?, hayes.error?  sees to the slots for certificates
---  and calls connect(needs, hold)
---@field server_rules? table    further options of a server
---@field check_server? fun(where: string, options: table): table
---@field open_server? fun(options: table, connect: function): table?, hayes.error?  as open_client, for a server
---@field explain? fun(err: hayes.error, options: table): hayes.error  says what a failure means with these options
---@field opened? fun(socket: hayes.socket, options: table)

local function all_rules(own)
  local rules = {}
  for name, rule in pairs(option_rules) do rules[name] = rule end
  for name, rule in pairs(own or {}) do rules[name] = rule end
  return rules
end

local function check_host(where, host)
  check.value(where, "the host", host, { type = "string", line = true, filled = true })
  hosts.check(where, host)
  if host:find("[,%s]") then
    check.fail(where, ("the host is %s; it must hold no comma or space"):format(check.show(host)))
  end
  if #host > 200 then check.fail(where, ("the host is %d bytes long; it must be at most 200"):format(#host)) end
end

---@param kind hayes.aithinker.kind
function service.new(modem, kind)
  ---@class hayes.aithinker.service modem.tcp, modem.udp and modem.ssl of an Ai-Thinker module
  local made = {}
  local rules, server_rules = all_rules(kind.rules), all_rules(kind.server_rules)
  local sockets = modem.sockets

  local function options_of(where, given)
    local options = check.options(where, given, rules)
    return kind.check and kind.check(where, options) or options
  end

  local function open_connection(host, port, options)
    local connection, err = sockets:open {
      type = kind.client, host = host, port = port, what = kind.what, auto = options.escape == "auto",
      keep_alive = options.keep_alive, con_id = options.con_id,
      mode = options.mode == "push" and "push" or "buffer", doing = ("the %s to %s:%d"):format(kind.what, host, port),
      with_slots = kind.open_client and function(connect) return kind.open_client(options, connect) end,
    }
    if not connection then return nil, kind.explain and kind.explain(err, options) or err end
    if options.mode ~= "transparent" then return connection end
    local ok
    ok, err = connection:switch("transparent")
    if ok then return connection end
    connection:close()
    return nil, err
  end

  local client = Client.new {
    modem = modem, name = kind.name, kind = kind.kind, what = kind.what, options = options_of, check_host = check_host,
    connect = open_connection, opened = kind.opened,
  }

  --- Opens a connection. The module connects within 30 s or says why not. Certificates and keys of modem.ssl have up to
  --- 2047 bytes; the module has one slot for each, and `slots_in_use` says that another connection needs what is there
  --- (modem.certificates).
  ---
  --- Errors: `timeout`, `busy`, `socket_connect_failed`, `ssl_verify_failed`, `slots_in_use`, `not_stored`,
  --- `con_id_not_given`, `no_con_id`, those of modem:at.
  ---
  --- Source: TCP/IP AT Command Set, AT+SOCKET types 2, 4 and 7.
  ---@param host string a name or an address, up to 200 bytes
  ---@param port integer 1 to 65535
  ---@param options? table how, and of modem.ssl whom to trust
  ---@return hayes.socket?, hayes.error?
  function made.open(host, port, options)
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
  function made.factory(options)
    return client:factory(options)
  end

  --- Listens on a port of the module. TCP and SSL: a server, whose accept([timeout]) gives sockets. UDP: a socket, that
  --- can send once it has received; data goes to the first that sent. A server of modem.ssl has the certificate and key
  --- that it is given, of up to 2047 bytes each, else those of modem.certificates; they cannot be changed until it is
  --- closed.
  ---
  --- Errors: `timeout`, `slots_in_use`, `not_stored`, `con_id_not_given`, those of modem:at.
  ---
  --- Source: TCP/IP AT Command Set, AT+SOCKET types 1, 3 and 6.
  ---@param port integer 1 to 65535
  ---@param options? table how
  ---@return hayes.server|hayes.datagram|nil, hayes.error?
  function made.listen(port, options)
    local where = kind.name .. ".listen"
    options = check.options(where, options, server_rules)
    if kind.check_server then kind.check_server(where, options) end
    port = Client.check_port(where, port)
    if options.mode == "transparent" then
      check.fail(where, 'mode is "transparent"; it must be "buffer" or "push" (sockets have transparent())')
    end
    local object, err = job.open_within(modem, options.timeout, "opening the server on port " .. port,
      sockets.open, sockets, {
        type = kind.server, port = port, mode = options.mode, what = kind.what, seed_type = kind.seed,
        keep_alive = options.keep_alive, con_id = options.con_id,
        listens = kind.seed ~= nil, auto = options.escape == "auto",
        doing = ("the server on port %d"):format(port),
        with_slots = kind.open_server and function(connect) return kind.open_server(options, connect) end,
      })
    if not object then return nil, err end
    if kind.seed then return Server.new(object, kind.kind) end
    object.host = "anybody" -- not known before it sends
    object.port = port
    return make.over(kind.kind, object, object.host, port)
  end

  check.takes(made.open, rules)
  check.takes(made.factory, rules)
  check.takes(made.listen, server_rules)

  return made
end

return service
