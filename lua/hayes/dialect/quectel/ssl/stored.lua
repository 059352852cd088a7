--- modem.certificates: the certificates and keys that the library has put into the module's flash.

local check = require "hayes.check"

return function(modem)
  ---@class hayes.quectel.certificates modem.certificates of a Quectel module
  local certificates = {}

  --- What the library has stored (`UFS:hayes-NUMBER-HASH.pem`), the oldest first. `kind` is "key" or "certificate", nil
  --- for a damaged file; `used`: a connection, an FTP session or a context set by ssl.configure needs it.
  ---
  --- Errors: those of modem:at, `bad_answer`.
  ---
  --- Source: FILE note, QFLST, QFDWL.
  ---@return { name: string, size: integer, kind: string?, used: boolean }[]?, hayes.error?
  function certificates.list()
    return modem.ssl.context_pool:stored()
  end

  --- Deletes one of them; it is stored again when it is needed. Fails with `certificate_in_use` while it is.
  ---
  --- Errors: `certificate_in_use`, `file_not_found`, those of modem:at.
  ---
  --- Source: FILE note, QFDEL.
  ---@param name string as list() gives it
  ---@return true?, hayes.error?
  function certificates.remove(name)
    check.value("certificates.remove", "the name", name, { type = "string", line = true })
    if not name:find("^UFS:hayes%-%d+%-%x+%.pem$") then
      check.fail("certificates.remove", ("the name is %s; it must be one that certificates.list() gives; other files "
        .. "are for modem.file.delete"):format(check.show(name)))
    end
    return modem.ssl.context_pool:remove(name)
  end

  return certificates
end
