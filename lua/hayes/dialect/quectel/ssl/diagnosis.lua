--- Finds out why a TLS connection cannot be opened, by chapter 4 of the SSL note: the data connection, the name, a
--- plain TCP connection; then the clock, the certificates in the flash, and handshakes with one option changed at a
--- time.
---
--- The handshakes send no data, and are closed at once; there are at most six for each suite of `ciphers`.

local diagnosis = require "hayes.dialect.quectel.network.diagnosis"
local validity = require "hayes.dialect.quectel.ssl.validity"

local ssl_diagnosis = {}

local below_tls = { "module", "sim", "registration", "packet data", "data connection", "DNS servers", "name", "TCP" }

local function find(report, name)
  for _, step in ipairs(report) do
    if step.check == name then return step end
  end
end

local function ended(text)
  return text:find("[%.%?]$") and text or text .. "."
end

local function with_hint(text, hint)
  return hint and ended(text) .. " " .. ended(hint) or ended(text)
end

--- What is wrong below TLS; nil if a TCP connection to the server works, or would.
local function explain_network(report)
  local tcp, name = find(report, "TCP"), find(report, "name")
  if tcp and tcp.ok then return nil end
  for _, check in ipairs(below_tls) do
    local step = find(report, check)
    local harmless = check == "DNS servers" and (not name or name.ok)
    if step and not step.ok and not harmless then
      return with_hint(("it is not TLS that fails, but what comes before it: %s: %s"):format(check, step.text),
        step.hint)
    end
  end
end

--- The same in words, of a protocol over TCP that may use no TLS at all.
---@param report hayes.diagnosis
---@return string
function ssl_diagnosis.below_tls(report)
  local reason = explain_network(report)
  if reason then return (reason:gsub("^it is not TLS that fails, but what comes before it: ", "")) end
  local tcp = find(report, "TCP")
  return tcp and ended(tcp.text) or "nothing was found."
end

--- Files of the module that were named, and are not there.
local function explain_files(modem, options)
  for _, option in ipairs { "ca", "certificate", "key" } do
    local path = options[option] and options[option].path
    if path then
      local size, err = modem.file.size(path)
      if not size and not err then
        return ("the option %s is %q, and the module has no such file. Store it with modem.file.upload(source, %q), or "
          .. "give a local file."):format(option, path, path)
      end
    end
  end
end

local function explain_clock(report, options)
  local clock = find(report, "clock")
  if options.verify == "none" or not options.check_time or not clock or clock.ok then return nil end
  return with_hint("the module's clock says " .. clock.text, clock.hint)
end

local function flaws(host, options)
  return {
    { "expired", "the server's certificate, or one above it, has expired" },
    { "not_yet_valid", "the server's certificate, or one above it, is not valid yet" },
    { "name", ("the server's certificate is not for %s%s"):format(host, options.sni and "" or
      "; sni is off, with which a server of several names shows the certificate of another one: try sni = true") },
    { "untrusted", ("the server's chain does not end in %s: it is the wrong CA, the certificate is signed by itself, "
      .. "or the server does not send its intermediate certificate"):format(options.ca.name) },
  }
end

local function with_ignored(options, name)
  local ignore = { name }
  for _, given in ipairs(options.ignore) do ignore[#ignore + 1] = given end
  return ignore
end

--- What a wrong clock makes of a certificate: one is not valid yet for a clock that is behind, and another has expired
--- for one that is ahead.
local function is_of_clock(flaw, off)
  return flaw == "expired" and off > 0 or flaw == "not_yet_valid" and off < 0
end

--- The server's certificate is what the module refuses: for which flaw?
local function explain_certificate(modem, host, options, succeeds)
  for _, flaw in ipairs(flaws(host, options)) do
    if succeeds { ignore = with_ignored(options, flaw[1]) } then
      local dated = flaw[1] == "expired" or flaw[1] == "not_yet_valid"
      local clocks = dated and validity.compare(modem, options)
      if clocks and clocks.words and is_of_clock(flaw[1], clocks.off) then
        return ("%s, by the module's clock; but %s."):format(flaw[2], clocks.words)
      end
      return ("the handshake succeeds with ignore = { %q }: %s."):format(flaw[1], flaw[2])
    end
  end
  return "the handshake succeeds when the server's certificate is not checked, and with no single flaw ignored: the "
    .. "certificate has several, or one of another kind."
end

--- The same handshake, the server's certificate not checked. What the client shows of itself stays.
local function unchecked(options)
  if options.verify == "mutual" then return { ignore = { "everything" } } end
  return { verify = "none" }
end

local function explain_handshake(modem, host, options, succeeds)
  if succeeds {} then
    return "a second attempt succeeds: what was wrong has passed (a certificate in the module's flash that was damaged "
      .. "is replaced)."
  end
  if options.verify ~= "none" and succeeds(unchecked(options)) then
    return explain_certificate(modem, host, options, succeeds)
  end
  local loose = unchecked(options)
  loose.ciphers = { "0XFFFF" }
  if options.dtls then
    loose.dtls = options.dtls == "1.2" and "1.0" or "1.2"
  else
    loose.version = "all"
  end
  if succeeds(loose) then
    return ("the handshake succeeds with %s and all cipher suites: the server does not speak %s, or none of the "
      .. "ciphers given."):format(options.dtls and ("dtls = %q"):format(loose.dtls) or 'version = "all"',
      options.dtls and "DTLS " .. options.dtls or options.version)
  end
  local client = 'the server may demand a client certificate (verify = "mutual" with certificate and key)'
  if options.verify == "mutual" then
    client = "the server may refuse the client's certificate, or the key may not belong to it"
  end
  return ("the handshake fails with all versions and suites, and the server's certificate not checked: %s; it may "
    .. "speak nothing that the module knows (TLS 1.3 alone, newer suites); or what listens there does not speak %s.")
    :format(client, options.dtls and "DTLS" or "TLS")
end

--- One paragraph.
---@param modem hayes.modem
---@param err hayes.error   of the attempt
---@param options table     checked
---@param succeeds fun(changes: table): boolean  does it open with these options changed?
---@return string
function ssl_diagnosis.explain(modem, err, host, port, options, succeeds)
  -- Over UDP there is no connection to try.
  local report = diagnosis.run(modem, modem.network, host, not options.dtls and port or nil, options.context)
  local reason = explain_network(report)
  if reason then return "Diagnosis: " .. reason end
  local tcp = find(report, "TCP")
  local words = { "Diagnosis:" }
  if tcp then words[2] = ("%s, so it is TLS that fails."):format(tcp.text) end
  if tcp and err.code == 566 then
    words[#words + 1] = "This firmware gives 566 for that, too, whatever the reason."
  end
  local found = explain_files(modem, options) or explain_clock(report, options)
    or explain_handshake(modem, host, options, succeeds)
  words[#words + 1] = tcp and found:gsub("^%l", string.upper) or found
  return table.concat(words, " ")
end

return ssl_diagnosis
