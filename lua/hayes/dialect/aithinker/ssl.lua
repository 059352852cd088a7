--- modem.ssl: TLS connections and servers of an Ai-Thinker module.
---
--- The module has one CA, one certificate and one key for all of its connections (page, AT+SSLCRET). It verifies
--- nothing while it has no CA, and older firmware not even then: `socket.verified` is true only where the firmware is
--- known to check what it was given.

local check = require "hayes.check"
local errors = require "hayes.error"
local service = require "hayes.dialect.aithinker.service"

local rules = {
  verify = { values = { "server", "mutual", "none" }, default = "server" },
  ca = { type = "string|table" },
  certificate = { type = "string|table" },
  key = { type = "string|table" },
}

return function(modem)
  local certificates = modem.certificates

  local function check_options(where, options)
    if options.verify ~= "none" and not options.ca then
      check.fail(where, ('verify = "%s" needs the CA that the server is checked against: give ca = "file.pem" (a local '
        .. 'file or { pem = … }), or say verify = "none" to connect without knowing to whom'):format(options.verify))
    end
    if options.verify == "mutual" and not (options.certificate and options.key) then
      check.fail(where, 'verify = "mutual" needs certificate and key, the client\'s own')
    end
    if (options.certificate == nil) ~= (options.key == nil) then
      check.fail(where, "certificate and key belong together: one of them is missing")
    end
    for _, kind in ipairs { "ca", "certificate", "key" } do
      if options[kind] then options[kind] = certificates.check(where, kind, options[kind]) end
    end
    if options.verify == "none" then options.ca = nil end
    return options
  end

  --- The slots are made to hold what is asked for, and nothing where nothing is: a CA that an earlier program has left
  --- would be checked against.
  local function prepare(options)
    for _, kind in ipairs { "ca", "certificate", "key" } do
      local ok, err = certificates.ensure(kind, options[kind] or "")
      if not ok then return nil, errors.within(err, "preparing the TLS connection") end
    end
    return true
  end

  --- `verified` of a socket: the firmware is known to have checked the server's certificate against the CA.
  local function opened(socket, options)
    socket.verified = options.verify ~= "none" and modem.dialect.lineage.verifies
  end

  return service.new(modem, {
    name = "ssl", kind = "SSL", what = "TLS connection", client = 7, server = 6, seed = 8,
    rules = rules, check = check_options, prepare = prepare, opened = opened,
  })
end
