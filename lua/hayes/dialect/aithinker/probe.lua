--- What `hayes probe` asks an Ai-Thinker module beyond the declared questions.

local lineage = require "hayes.dialect.aithinker.lineage"

--- There is no such connection: the answer shows what a failed command is answered with.
local FAILS <const> = "AT+SOCKETREAD=4294967295"

--- No firmware has it.
local UNKNOWN <const> = "AT+HAYES"

---@param probe hayes.profile.probe
---@return table<string, any> habits, table<string, string> facts
return function(probe)
  local row = probe:answer "AT+GMR" or {}
  local _, _, firmware = lineage.of(table.concat(row, "\n"))
  local habits = {}
  local response, err, raw = probe:send(FAILS)
  if not response and err.result then
    habits.error_word = raw:match "(%+?ERROR)\r?\n"
    habits.number_before_error = raw:find "%+%u+:%d+\r?\n" ~= nil
  end
  response, err = probe:send(UNKNOWN)
  if not response and err.result then habits.unknown_command_is_error = not err.result:find "^[Uu]nknown cmd" end
  if probe.echo then require "hayes.dialect.aithinker.probe_network"(probe, habits) end
  return habits, { manufacturer = "Ai-Thinker", model = "combo AT", revision = firmware }
end
