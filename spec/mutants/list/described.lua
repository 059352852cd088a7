-- What describes a module: dialects of one's own, declared connections, profiles, and the scripted module to test them.

local LINKS = "spec/links spec/examples/simcom_a76xx_spec.lua"
local PROFILE = "spec/profile/reader_spec.lua spec/profile/use_spec.lua"
local OWN = "spec/dialect/own_spec.lua"
local TESTING = "spec/dialect/testing_spec.lua"

return {
  { "lua/hayes/links/connection.lua", "self.arrivals, self.has_data = self.arrivals + 1, self.declared.read ~= nil",
    "self.arrivals, self.has_data = self.arrivals + 1, false", LINKS },
  { "lua/hayes/links/connection.lua", "  self.peer_closed = true\n  notify(self)", "  self.peer_closed = true", LINKS },
  { "lua/hayes/profile/reader.lua", "#text > MOST.bytes", "#text >= MOST.bytes", PROFILE },
  { "lua/hayes/profile/reader.lua", "depth > MOST.depth", "depth > MOST.depth + 1", PROFILE },
  { "lua/hayes/profile/reader.lua", "if code > 255 then", "if code > 256 then", PROFILE },
  { "lua/hayes/profile/reader.lua", 'if name and made[name] ~= nil then', "if false then", PROFILE },
  { "lua/hayes/profile/reader.lua", 'if parser:next() ~= "" then', "if false then", PROFILE },
  { "lua/hayes/profile/ranges.lua", "if depth ~= 0 or quoted then return nil end", "", PROFILE },
  { "lua/hayes/testing/init.lua", "while place > 0 and said[place].at > at do", "while place > 0 and said[place].at >= at do",
    TESTING },
  { "lua/hayes/testing/init.lua", "#pattern > #found", "#pattern < #found", TESTING },
  { "lua/hayes/testing/init.lua", "if #bytes < wanted.count then return bytes end", "", TESTING },
  { "lua/hayes/dialect/own.lua", "if earlier.name == name then place = i end", "", OWN },
  { "lua/hayes/dialect/own.lua", "or check.named(of_path, name)", "", OWN },
}
