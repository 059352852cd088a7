--- Services out of data: a dialect declares in `links` how its modules open, send, read and close, and has sockets that
--- keep the whole contract, with no code of its own. For modules whose connections have numbers that the host chooses
--- from a range, and whose data is read by a command after a URC has told of it, or comes with a URC.
---
---     links = {
---       tcp = {
---         kind = "tcp", ids = { first = 0, last = 9 },
---         prepare = { { "+NETOPEN", refused = true } },
---         open = { { "+CIPOPEN", "$id", "TCP", "$host", "$port" } },
---         send = { "+CIPSEND", "$id", "$length", most = 1500 },
---         read = { "+CIPRXGET", 2, "$id", "$length", most = 1500, empty = "refused" },
---         close = { "+CIPCLOSE", "$id" },
---         data = { { urc = "+CIPRXGET", id = "link_num" } },
---         closed = { { urc = "+IPCLOSE", id = "client_index" } },
---       },
---     }
---
--- What it does for that: ids are not used twice; a read goes on until the module says that there is no more, since it
--- tells of data once; what the peer sent before it closed is read before the end is told; a connection that was opened
--- when nobody waits for it any more is closed again; after a send that was not answered nothing more is sent; a
--- restart of the module ends all connections; bytes lost on the line end the connection they belong to.

local check = require "hayes.check"
local Client = require "hayes.stream.client"
local Connection = require "hayes.links.connection"
local job = require "hayes.job"
local Registry = require "hayes.links.registry"
local Server = require "hayes.stream.server"
local tls = require "hayes.tls"
local Trust = require "hayes.links.trust"

---@class hayes.links.step a command, which the dialect declares, and its arguments: `{ "+CIPOPEN", "$id", "TCP" }`;
---  without arguments the execute form is sent. In place of "$id", "$host", "$port", "$length", "$context", "$verify",
---  "$sni", "$ca", "$certificate", "$key", "$name" and "$server" stands what the connection has there
---@field [1] string        the command's name
---@field refused? boolean  the module may refuse it: it has been done before, or its firmware does not know it
---@field only? "ca"|"certificate"|"key"  it is sent where the program has given that

---@class hayes.links.send: hayes.links.step how bytes are sent
---@field most integer      bytes that it takes at most
---@field taken? string     field of its deferred result that says how many of them the module has taken; less than 0:
---  the connection has ended

---@class hayes.links.read: hayes.links.step how received data is read: it is the block of the answer, or comes with one
---  of the URCs in `data` before the command's result
---@field most integer      bytes that are asked for at most
---@field empty? "refused"|"ok"  what the module answers when there is no data: an error, or its success code alone;
---  nil: a block of the length 0. Where an answer with a block has to come and none does, the line has lost data

---@class hayes.links.notice a URC that is about one connection
---@field urc string        its name
---@field key? string       its first field, where others of the same name mean something else: `+QIURC: "closed",0`
---@field id string|integer the field, by name or place, that holds the connection's id

---@class hayes.links.link a service whose connections are declared
---@field kind "tcp"|"udp"|"SSL" of its sockets
---@field what? string      what a connection is called in messages: "TCP connection"
---@field ids { first: integer, last: integer, shared: string? }  shared: services that name the same word take turns
---  with the same ids
---@field prepare? hayes.links.step[]  sent before the first connection after each start of the module
---@field open hayes.links.step[]      the connection is there when the last one has succeeded
---@field opened? hayes.links.step[]   sent then; where one fails, the connection is closed again
---@field send hayes.links.send        how bytes are sent
---@field read? hayes.links.read       nil: all data comes with the URC
---@field close hayes.links.step       also sent before an id is used first: an earlier program may have left it open
---@field needs_close? boolean         it is sent, too, when the peer has closed: the id is free only then
---@field data hayes.links.notice[]    URCs that tell of data, or bring it in a block
---@field closed hayes.links.notice[]  URCs that tell of the end
---@field down? string[]               URCs after which no connection is left, and `prepare` is due again
---@field listen? hayes.links.listen   it has servers
---@field tls? hayes.links.tls         it has TLS

---@class hayes.links.confirmation: hayes.links.step a question, and what must be its answer
---@field read? boolean     the read form is sent (`AT+CSSLCFG?`)
---@field row? any          the first field of the line of the answer that counts: "$context"; nil: the first line
---@field is table<string, any>  what its fields must be, by name: `{ authmode = "$verify" }`

---@class hayes.links.listen servers whose clients get their ids from the module
---@field ids { first: integer, last: integer }  of servers
---@field open hayes.links.step        "$server" and "$port"
---@field close hayes.links.step       "$server"
---@field accepted { urc: string, id: string|integer, server: string|integer } the URC that tells of a client

---@class hayes.links.tls what a service does about certificates
---@field certificates "files"|"slots"|"none"  "files": a file of the module each, under a name made from its content;
---  "slots": the module has one CA, one certificate and one key for all connections, which are written where they
---  differ, and not while an open connection needs others; "none": the module verifies nothing, and ssl.open demands
---  verify = "none"
---@field contexts? { first: integer, last: integer }  "$context" of a connection: its id, counted from `first`
---@field store? hayes.links.step      "files": takes the file as its data; "$name" and "$length"
---@field extension? string            of the names of files: ".pem"
---@field slots? { ca: hayes.links.step?, certificate: hayes.links.step?, key: hayes.links.step? }  "slots": what writes
---  each, and takes it as its data; "$length"
---@field verify? { server: any, mutual: any, none: any }  what "$verify" is for each
---@field settings? hayes.links.step[] sent before `open`, each time: what an earlier connection with that context had
---  is never relied on
---@field confirm? hayes.links.confirmation[]  sent after the settings, where servers are verified; no other command
---  goes between these and the opening

local links = {}

local titles = { tcp = "TCP connection", udp = "UDP connection", SSL = "TLS connection" }

--- The declaration, with what is left out.
local function complete(declared)
  return setmetatable({ what = declared.what or titles[declared.kind] }, { __index = declared })
end

local timeout = { type = "number", min = 0.1, max = 3600 }

--- Checks the options of open(): those of TLS where the service has it.
local function option_check(declared, trust)
  local rules = declared.tls and tls.rules_with { timeout = timeout, sni = { type = "boolean", default = true } }
    or { timeout = timeout }
  return function(where, given)
    local options = check.options(where, given, rules)
    if trust then trust:check(where, options) end
    return options
  end
end

--- The service of this name that a dialect has declared.
---@param modem hayes.modem
---@param name string
---@return table
function links.service(modem, name)
  local declared = complete(modem.dialect.links[name])
  local registry = Registry.of(modem, declared, name)
  local trust = declared.tls and Trust.new(modem, declared.tls) or nil
  local client = Client.new {
    modem = modem, name = name, kind = declared.kind, what = declared.what,
    options = option_check(declared, trust),
    connect = function(host, port, options)
      return Connection.open(registry, declared, { host = host, port = port, options = options, trust = trust })
    end,
    opened = declared.tls and function(socket, options) socket.verified = options.verify ~= "none" end or nil,
  }
  local service = {
    --- Opens a connection. Options: timeout, seconds over all; of TLS: verify, ca, certificate, key, sni.
    open = function(host, port, options) return client:open(host, port, options) end,
    --- A function that makes sockets for connect() with these options, and one that gives the last error.
    factory = function(options) return client:factory(options) end,
    reset = function(err)
      registry:reset(err)
      if trust then trust:reset() end
    end,
  }
  if declared.listen then
    --- Listens for clients; accept() gives them.
    service.listen = function(port, options)
      port = Client.check_port(name .. ".listen", port)
      options = check.options(name .. ".listen", options, { timeout = timeout })
      local listener, err = job.open_within(modem, options.timeout, ("opening the server on port %d"):format(port),
        registry.listen, registry, declared, port)
      if not listener then return nil, err end
      return Server.new(listener, declared.kind)
    end
  end
  return service
end

return links
