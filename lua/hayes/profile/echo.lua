--- What `hayes probe --yes --echo` does with any module that is connected to a server which sends back what it gets.

local echo = {}

echo.SENT = "hayes"

--- What was sent is back after so many seconds, or does not come at all.
local WITHIN <const> = 10

--- Sends SENT with a command that takes data at a prompt.
---@param probe hayes.profile.probe
---@param command string
---@param urc string   announces that data has come
---@param mark string  a part of its line, by which it is recognised in what came with the command's answer
---@return string? raw    what came on the line with the answer; nil: the command failed
---@return string? whole  the same, and what came until data was announced; nil: it was not
function echo.send(probe, command, urc, mark)
  local sent, _, raw = probe:send(command, { data = echo.SENT })
  if not sent then return nil end
  if not raw:find(mark, 1, true) and not probe.modem:wait(urc, WITHIN) then return raw end
  return raw, raw .. probe:heard()
end

--- How the prompt is written; nothing where there is none.
---@param raw string what came on the line
---@return boolean? line_end_before, boolean? space_after, boolean? line_end_after
function echo.prompt(raw)
  local before, space, behind = raw:match "([\r\n]*)>( ?)([\r\n]*)"
  if before then return before ~= "", space ~= "", space == "" and behind:sub(1, 2) == "\r\n" end
end

return echo
