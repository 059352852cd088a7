--- What every module says (V.250, 27.007): enough to synchronise with a module and to identify it.


local function bare(name, summary)
  return { name = name, summary = summary, source = "27.007 5", execute = true, bare = true,
    answer = { { name = "text", type = "bare" } }, timeout = 3 }
end

return {
  name = "v250",
  title = "Any module",
  about = "What every module says (V.250, 27.007).",
  -- CR ends a line for most, CR LF for some; an LF too many is ignored in command mode by all.
  protocol = { eol = "\r\n" },
  finals = {
    { "OK", success = true },
    { "ERROR" },
    { "+CME ERROR:", prefix = true },
    { "+CMS ERROR:", prefix = true },
    { "NO CARRIER", group = "dial", urc = true },
    -- A program before this one may have left numbers for result codes (V.250 6.2.6).
    { "0", success = true },
    { "4" },
    -- Modules that do not know ATI answer with other words, and with no final result code after them.
    { "Unknown cmd:", prefix = true },
    { "[Busy]", prefix = true },
    { "+ERROR" },
  },
  connects = { "CONNECT" },
  boot = { "RDY", "ready" },
  urcs = {},
  commands = {
    bare("I", "Identification."), bare("+CGMI", "Manufacturer."), bare("+CGMM", "Model."),
    bare("+CGMR", "Revision."), bare("+CGSN", "Serial number."),
  },
  identify = function(modem)
    local identity = {}
    local asked = { manufacturer = "+CGMI", model = "+CGMM", revision = "+CGMR", imei = "+CGSN" }
    for field, name in pairs(asked) do
      local response, err = modem:call(name, "execute")
      if not response and err.name ~= "error" and err.origin ~= "cme" then return nil, err end
      identity[field] = response and response[1]
    end
    return identity
  end,
  start = function() return true end,
  errors = { by_code = {}, by_text = {} },
}
