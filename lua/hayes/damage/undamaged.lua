--- Answers that are known to be complete. A line whose prefix was damaged is not taken for a line of the answer, so an
--- entry that exists would seem to be missing.

local errors = require "hayes.error"

local undamaged = {}

local MOST_ATTEMPTS = 3

--- Repeats a question until no damage was seen while it was answered. A refusal counts only when it is repeated, since
--- the module may have received a damaged question.
---@generic T
---@param modem hayes.modem
---@param question string the command, for errors
---@param ask fun(): T?, hayes.error?
---@return T?, hayes.error?
function undamaged.ask(modem, question, ask)
  local refused = false
  for _ = 1, MOST_ATTEMPTS do
    local before = tostring(modem:line_errors())
    local answer, err = ask()
    if answer and tostring(modem:line_errors()) == before then return answer end
    if err and err.name ~= "bad_answer" then
      if refused or not err.result then return nil, err end
      refused = true
    end
  end
  return nil, errors.new { name = "bad_answer", command = question,
    message = ("the answers to %s are damaged"):format(question), hint = "The line loses or changes bytes." }
end

return undamaged
