--- modem.ssl: TLS connections of a Quectel module (SSL note).

local check = require "hayes.check"
local Contexts = require "hayes.dialect.quectel.ssl.contexts"
local hosts = require "hayes.stream.host"
local job = require "hayes.job"
local make = require "hayes.stream.make"
local settings = require "hayes.dialect.quectel.ssl.settings"
local SslOpener = require "hayes.dialect.quectel.ssl.opener"

return function(modem)
  ---@class hayes.quectel.ssl
  local ssl = {}

  local contexts = Contexts.new(modem)
  ssl.context_pool = contexts -- there are six for all: modem.ftp takes one of them, too

  local opener = SslOpener.new(modem, contexts)

  --- The module has restarted, or the port is closed: connections, settings and contexts are gone.
  function ssl.reset(err)
    contexts:reset()
    opener:reset(err)
  end

  local function check_address(where, host, port)
    check.value(where, "the host", host, { type = "string", line = true, filled = true, longest = 255 })
    hosts.check(where, host)
    return check.value(where, "the port", port, { type = "integer", min = 1, max = 65535 })
  end

  --- Opens a TLS connection. The options are those of settings.lua: verify, ca, certificate, key, key_password (of an
  --- encrypted key), version, ciphers, sni, check_time, ignore, session_cache, dtls, negotiate_timeout, mode, escape,
  --- context, diagnose; close_timeout, seconds for closing it in the module (10); and timeout, seconds over all:
  --- without it each step has a time-out of its own, which includes waiting for the line.
  ---
  --- A module offers one cipher suite or all. If `ciphers` lists several, they are tried in turn, one handshake each;
  --- the next one is tried only after a failed handshake (579; 566 where TCP works). The negotiate_timeout applies to
  --- each.
  ---
  --- If the server is verified, the module is then asked which SSL context the connection uses. In transparent mode
  --- that takes the guard times of an escape sequence, unless the port has DTR.
  ---
  --- With diagnose = true the cause of a failure is investigated, which takes further connections: the error's
  --- `diagnosis`, which is also in its message, explains it in one paragraph.
  ---@param host string
  ---@param port integer
  ---@param options? table
  ---@return hayes.socket?, hayes.error?
  function ssl.open(host, port, options)
    host = hosts.plain(host)
    port = check_address("ssl.open", host, port)
    options = settings.check("ssl.open", options)
    local connection, err = job.open_within(modem, options.timeout,
      ("opening the TLS connection to %s:%d"):format(host, port), opener.open, opener, host, port, options)
    if not connection then return nil, err end
    return make.over("SSL", connection, host, port)
  end

  --- A function for http.request { create = … } and the like: it makes a socket that connect() opens with these
  --- options.
  ---@param options? table
  function ssl.factory(options)
    options = settings.check("ssl.factory", options)
    return function()
      return make.unconnected("SSL", options.dtls ~= false, {
        modem = modem,
        check = function(host, port) check_address("socket:connect", host, port) end,
        open = function(host, port) return opener:open(hosts.plain(host), port, options) end,
      })
    end
  end

  --- Gives an SSL context these settings, for use with modem:at.
  ---@param index integer 0 to 5
  ---@param options? table as for ssl.open, with one suite at most in `ciphers`: a context holds one, or all
  ---@return true?, hayes.error?
  function ssl.configure(index, options)
    check.value("ssl.configure", "the context", index, { type = "integer", min = 0, max = Contexts.COUNT - 1 })
    options = settings.check("ssl.configure", options)
    if #options.ciphers > 1 then
      check.fail("ssl.configure", ("ciphers has %d suites; a context holds one, or all"):format(#options.ciphers))
    end
    return job.run(nil, nil, contexts.configure, contexts, index, options, options.ciphers[1])
  end

  --- What the six SSL contexts are set to: by index, the settings of AT+QSSLCFG by name.
  ---@return table<integer, table<string, any>>?, hayes.error?
  function ssl.contexts()
    return contexts:describe()
  end

  --- The TLS connections that the module lists, the library's and others.
  ---@return table[]?, hayes.error?
  function ssl.sockets()
    return opener:list()
  end

  return ssl
end
