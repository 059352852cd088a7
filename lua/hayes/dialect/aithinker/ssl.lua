--- modem.ssl: TLS connections and servers of an Ai-Thinker module.
---
--- The module has one CA, one certificate and one key for all of its connections (page, AT+SSLCRET). It verifies
--- nothing while it has no CA, and older firmware not even then: `socket.verified` is true only where the firmware is
--- known to check what it was given. No firmware checks dates: `verified` says that the certificate
--- was issued under the CA, not that it has not expired.
---
--- What ssl.open does with the three slots:
---
--- * What it is given is in its slot when the module begins to connect. The slot is read, written if it held something
---   else, and read again; nobody's command comes between that and AT+SOCKET.
--- * Where it is given nothing (with verify = "none" that includes the CA) the slot stays as it is. A certificate that
---   modem.certificates.set has put there is shown to servers that ask for one; and firmware that checks servers checks
---   them against a CA that is there, verify = "none" or not: such a failure says so (109). Only what an earlier
---   ssl.open has put there itself is removed, once no open connection needs it.
--- * A slot that others need is not changed: the error `slots_in_use` names them. An open TLS client needs what it was
---   given, as the module may reconnect it by itself (framework P2.27.0 and later). A server needs the certificate and
---   key that it was given or has found, and a CA unless ssl.open put it there. A TLS connection at power-up
---   (tcp.autoconnect) needs all three as they are.
--- * What earlier programs have left open, or modem:at opens, counts for nothing here.

local check = require "hayes.check"
local errors = require "hayes.error"
local service = require "hayes.dialect.aithinker.service"
local tls = require "hayes.tls"

--- The module has refused the server's certificate.
local VERIFY_FAILED = 109

return function(modem)
  local certificates = modem.certificates

  local function read_identity(where, options)
    if (options.certificate == nil) ~= (options.key == nil) then
      check.fail(where, "certificate and key belong together: one of them is missing")
    end
    tls.read_sources(where, options, certificates.check)
    return options
  end

  local function check_options(where, options)
    tls.require_sources(where, options, 'a local file or { pem = … }')
    read_identity(where, options)
    if options.verify == "none" then options.ca = nil end
    return options
  end

  local function open_client(options, connect)
    return certificates.slots:open_client({ ca = options.ca, certificate = options.certificate, key = options.key },
      connect)
  end

  local function open_server(options, connect)
    return certificates.slots:open_server({ certificate = options.certificate, key = options.key }, connect)
  end

  --- The module has no setting for not verifying: it has a CA, or none.
  local function explain(err, options)
    if err.code ~= VERIFY_FAILED or options.verify ~= "none" then return err end
    local explained = errors.within(err, "the module has checked the server against the CA in its slot")
    explained.hint = 'An open connection needs that CA, or modem.certificates.set or an earlier program has put it '
      .. 'there: modem.certificates.clear("ca") removes it when no open connection needs it.'
    return explained
  end

  --- `verified` of a socket: the firmware is known to have checked the server's certificate against the CA, though not
  --- its dates.
  local function opened(socket, options)
    socket.verified = options.verify ~= "none" and modem.dialect.lineage.verifies
  end

  return service.new(modem, {
    name = "ssl", kind = "SSL", what = "TLS connection", client = 7, server = 6, seed = 8,
    rules = tls.rules, check = check_options,
    server_rules = { certificate = tls.rules.certificate, key = tls.rules.key }, check_server = read_identity,
    open_client = open_client, open_server = open_server, explain = explain,
    opened = opened,
  })
end
