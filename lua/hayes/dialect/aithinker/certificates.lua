--- modem.certificates: the three slots of an Ai-Thinker module (page, AT+SSLCRET): a CA, and a client's certificate and
--- key. They are in flash, and hold for all connections.

local check = require "hayes.check"
local errors = require "hayes.error"
local pem = require "hayes.pem"

local slots = { ca = 1, certificate = 2, key = 3 }

--- The firmware's buffer has 2048 bytes (Ai-Thinker's SDK).
local MOST = 2047

local names = { "ca", "certificate", "key" }

return function(modem)
  local certificates = {}
  local known = {} -- what is in a slot, as far as it has been compared

  local function check_kind(where, kind)
    check.value(where, "the kind", kind, { values = names })
  end

  --- The text of what was given for a slot: a local path or { pem = text }. What is no PEM or too long raises.
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

  --- What is in a slot, as a string; "" when it is empty. The key is given, too: it is up to the caller not to show it.
  ---@param kind "ca"|"certificate"|"key"
  ---@return string?, hayes.error?
  function certificates.get(kind)
    check_kind("certificates.get", kind)
    local response, err = modem:call("+SSLCRET", "write", { slots[kind] })
    if not response then return nil, errors.within(err, "reading the " .. kind) end
    if response.missing then
      return nil, errors.new { name = "short_read", origin = "aithinker",
        message = ("the module announced a %s of %d bytes and gave %d"):format(kind, #response.data + response.missing,
          #response.data) }
    end
    known[kind] = response.data or ""
    return known[kind]
  end

  local function write(kind, text)
    known[kind] = nil
    local ok, err = modem:call("+SSLCRET", "write", { slots[kind], #text }, text ~= "" and { data = text } or nil)
    if not ok then return nil, errors.within(err, "writing the " .. kind) end
    local stored
    stored, err = certificates.get(kind)
    if not stored then return nil, err end
    if stored == text then return true end
    known[kind] = nil
    -- Firmware before P1.4.1 counted wrongly.
    return nil, errors.new { name = "not_stored", origin = "aithinker",
      message = ("the module was given a %s of %d bytes and has one of %d that differs"):format(kind, #text, #stored),
      hint = "Try again; if it stays so the firmware is at fault (before P1.4.1 it was)." }
  end

  --- Makes a slot hold this text, writing to flash only when it does not.
  function certificates.ensure(kind, text)
    if known[kind] == nil then
      local stored, err = certificates.get(kind)
      if not stored and not err.result then return nil, err end
      -- A module that does not know the command, or refuses to show an empty slot, has nothing in it.
      if not stored then known[kind] = "" end
    end
    if known[kind] == text then return true end
    return write(kind, text)
  end

  --- Puts a certificate or key into its slot, and compares what is there then.
  ---@param kind "ca"|"certificate"|"key"
  ---@param source string|table a local path, PEM text, or { pem = text }; up to 2047 bytes
  ---@return true?, hayes.error?
  function certificates.set(kind, source)
    check_kind("certificates.set", kind)
    return write(kind, certificates.check("certificates.set", kind, source))
  end

  --- Empties a slot.
  ---@param kind "ca"|"certificate"|"key"
  ---@return true?, hayes.error?
  function certificates.clear(kind)
    check_kind("certificates.clear", kind)
    return write(kind, "")
  end

  --- The module has restarted: another program may have been at the flash.
  function certificates.reset() known = {} end

  return certificates
end
