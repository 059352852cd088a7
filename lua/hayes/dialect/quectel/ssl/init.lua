--- modem.ssl: TLS connections of a Quectel module (SSL note).

local check = require "hayes.check"
local Client = require "hayes.stream.client"
local job = require "hayes.job"
local settings = require "hayes.dialect.quectel.ssl.settings"
local SslContexts = require "hayes.dialect.quectel.ssl.contexts"
local SslOpener = require "hayes.dialect.quectel.ssl.opener"

return function(modem)
  ---@class hayes.quectel.ssl modem.ssl of a Quectel module
  local ssl = {}

  local contexts = SslContexts.new(modem)
  ssl.context_pool = contexts -- there are six for all: modem.ftp takes one of them, too

  local opener = SslOpener.new(modem, contexts)
  local client = Client.new {
    modem = modem, name = "ssl", kind = "SSL", what = "TLS connection", options = settings.check,
    connect = function(host, port, options) return opener:open(host, port, options) end,
    datagrams = function(options) return options.dtls ~= false end,
  }

  --- The module has restarted, or the port is closed: connections, settings and contexts are gone.
  function ssl.reset(err)
    contexts:reset()
    opener:reset(err)
  end

  --- Opens a TLS connection. A time-out of a step includes waiting for the line.
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
  ---
  --- Errors: `dns_parse_failed`, `socket_connection_failed`, `ssl_handshake_fail`, `setting_not_kept`,
  --- `unknown_setting`, `no_free_context`, `no_free_socket`, `damaged`, `timeout`, `busy`, those of modem:at, and those
  --- of files on this host for certificates.
  ---
  --- Source: SSL note 2.2.1 and 2.2.2.
  ---@param host string a name or an address, up to 255 bytes
  ---@param port integer 1 to 65535
  ---@param options? table whom to trust, and how
  ---@return hayes.socket?, hayes.error?
  function ssl.open(host, port, options)
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
  function ssl.factory(options)
    return client:factory(options)
  end

  check.takes(ssl.open, settings.rules)
  check.takes(ssl.factory, settings.rules)

  --- Gives an SSL context these settings, for use with modem:at.
  ---
  --- Errors: `setting_not_kept`, `unknown_setting`, `damaged`, those of modem:at.
  ---
  --- Source: SSL note 2.2.1.
  ---@param index integer 0 to 5
  ---@param options? table as for ssl.open, with one suite at most in `ciphers`: a context holds one, or all
  ---@return true?, hayes.error?
  function ssl.configure(index, options)
    check.value("ssl.configure", "the context", index, { type = "integer", min = 0, max = SslContexts.COUNT - 1 })
    options = settings.check("ssl.configure", options)
    if #options.ciphers > 1 then
      check.fail("ssl.configure", ("ciphers has %d suites; a context holds one, or all"):format(#options.ciphers))
    end
    return job.run(nil, nil, contexts.configure, contexts, index, options, options.ciphers[1])
  end

  --- What the six SSL contexts are set to: by index, the settings of AT+QSSLCFG by name.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: SSL note 2.2.1.
  ---@return table<integer, table<string, any>>?, hayes.error?
  function ssl.contexts()
    return contexts:describe()
  end

  --- The TLS connections that the module lists, the library's and others.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: SSL note 2.2.6.
  ---@return table[]?, hayes.error?
  function ssl.sockets()
    return opener:list()
  end

  return ssl
end
