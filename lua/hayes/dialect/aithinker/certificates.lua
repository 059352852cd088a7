--- modem.certificates: the three slots of an Ai-Thinker module (page, AT+SSLCRET): a CA, a certificate and its key.
--- They are in flash, and hold for all connections, clients and servers.
---
--- What is set here stays until it is cleared, or until ssl.open is given something else.

local check = require "hayes.check"
local errors = require "hayes.error"
local pem = require "hayes.tls.pem"
local Slots = require "hayes.dialect.aithinker.slots"

--- The firmware's buffer has 2048 bytes (Ai-Thinker's SDK).
local MOST = 2047

local names = { "ca", "certificate", "key" }

return function(modem)
  ---@class hayes.aithinker.certificates modem.certificates of an Ai-Thinker module
  local certificates = {}
  local slots = Slots.new(modem)
  certificates.slots = slots -- modem.ssl opens with them

  local function check_kind(where, kind)
    check.value(where, "the kind", kind, { values = names })
  end

  --- The text of what was given for a slot: a local path or { pem = text }. What is no PEM or too long raises.
  ---@package
  function certificates.check(where, kind, source)
    if type(source) == "string" and source:find("^%u%u+:") then
      check.fail(where, ("%s is %s; this module has slots and no files: give a local path or { pem = … }"):format(kind,
        check.show(source)))
    end
    local text = pem.read(where, kind, source).pem
    if #text > MOST then
      check.fail(where, ("%s is %d bytes long; the module takes up to %d (comments and further certificates "
        .. "in the file count)"):format(kind, #text, MOST))
    end
    return text
  end

  --- Reads a slot; "" if it is empty. This includes the key: it is up to the caller not to show it.
  ---
  --- Errors: those of modem:at, `bad_answer`, `short_read`, `long_read`.
  ---
  --- Source: TCP/IP AT Command Set, AT+SSLCRET.
  ---@param kind "ca"|"certificate"|"key" the slot
  ---@return string?, hayes.error?
  function certificates.get(kind)
    check_kind("certificates.get", kind)
    return slots:read(kind)
  end

  local function set(kind, text, doing)
    local ok, err = slots:set(kind, text)
    if ok then return true end
    return nil, errors.within(err, doing .. kind)
  end

  --- Puts a certificate or key into its slot, unless it is there, and reads it back. Fails with `slots_in_use` while an
  --- open TLS connection or server needs the present content: close that first. A connection that the module makes at
  --- power-up (tcp.autoconnect) uses the new one from the next start on.
  ---
  --- Errors: `slots_in_use`, `not_stored`, those of modem:at.
  ---
  --- Source: TCP/IP AT Command Set, AT+SSLCRET.
  ---@param kind "ca"|"certificate"|"key" the slot
  ---@param source string|table a local path, PEM text, or { pem = text }; up to 2047 bytes
  ---@return true?, hayes.error?
  function certificates.set(kind, source)
    check_kind("certificates.set", kind)
    return set(kind, certificates.check("certificates.set", kind, source), "setting the ")
  end

  --- Empties a slot. Fails with `slots_in_use` while an open TLS connection or server needs the present content.
  ---
  --- Errors: `slots_in_use`, `not_stored`, those of modem:at.
  ---
  --- Source: TCP/IP AT Command Set, AT+SSLCRET.
  ---@param kind "ca"|"certificate"|"key" the slot
  ---@return true?, hayes.error?
  function certificates.clear(kind)
    check_kind("certificates.clear", kind)
    return set(kind, "", "clearing the ")
  end

  --- What is in the slots, as for modem.certificates of other modules: { name, size, kind }, the name being the kind.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: TCP/IP AT Command Set, AT+SSLCRET.
  ---@return { name: string, size: integer, kind: string }[]?, hayes.error?
  function certificates.list()
    local list = {}
    for _, kind in ipairs(names) do
      local text, err = slots:read(kind)
      if not text then return nil, errors.within(err, "reading the " .. kind) end
      if text ~= "" then list[#list + 1] = { name = kind, size = #text, kind = kind } end
    end
    return list
  end

  --- The same as clear().
  ---
  --- Errors: as for clear().
  ---
  --- Source: TCP/IP AT Command Set, AT+SSLCRET.
  ---@param name "ca"|"certificate"|"key" the slot
  ---@return true?, hayes.error?
  function certificates.remove(name)
    check_kind("certificates.remove", name)
    return set(name, "", "removing the ")
  end

  return certificates
end
