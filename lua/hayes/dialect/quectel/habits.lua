--- What the firmware of Quectel modules does differently from the notes, by revision: `modem:habits()` shows what is
--- known of the module at hand. And the modules whose firmware speaks another dialect altogether.

local habits = {}

---@class hayes.habit
---@field value any
---@field source string where that is known from

--- { beginning of the revision, name, value }. What is known of a family stands before what is known of one revision.
local known = {
  { "EG800K", "tls_failure_code", 566 },
  { "EG800K", "last_error_after_tls_failure", 0 },
  { "EG800K", "opens_until_exhausted", 20 },
  { "EG800K", "urc_port_as_shipped", "usbat" },
  { "EG800K", "ftp_password_shown", false },
  { "EG800K", "ftp_blocked_after_615", true },
  { "EG800K", "pdp_contexts", 8 },
  { "EC200U", "line_end_after_pushed_data", true },
  { "EC25", "key_password", true },
  { "EG25", "key_password", true },
  { "BG770A", "pdp_contexts", 5 },
  { "BG96MAR02A07M1G", "first_command_lost", true },
}

--- The habits of a revision, by name.
---@param revision? string as ATI tells it: `EC200UCNAAR03A15M08`
---@return table<string, hayes.habit>
function habits.of(revision)
  local found = {}
  for _, row in ipairs(known) do
    local family, name, value = row[1], row[2], row[3]
    if revision and revision:sub(1, #family) == family then
      found[name] = { value = value, source = "known of firmware " .. family .. "…" }
    end
  end
  return found
end

--- Models whose commands have the same names and other parameters and answers: beginning of the model, what it is.
local other_dialects = {
  { "BC660K", "an NB-IoT module" }, { "BC66", "an NB-IoT module" }, { "BC65", "an NB-IoT module" },
  { "BC68", "an NB-IoT module" }, { "BC9", "an NB-IoT module" }, { "BC2", "an NB-IoT module" },
  { "M95", "a GSM module" }, { "M66", "a GSM module" }, { "M65", "a GSM module" }, { "M10", "a GSM module" },
  { "MC60", "a GSM module" }, { "MC20", "a GSM module" },
}

--- The model that the answer to ATI names, and what it is, if that speaks another dialect.
---@param answer string
---@return string? model, string? what
function habits.other_dialect(answer)
  for line in answer:gmatch "[^\r\n]+" do
    local model = line:match "^%s*Quectel[_ ]+([%w%-]+)" or line:match "^%s*([%w%-]+)%s*$"
    for _, row in ipairs(model and other_dialects or {}) do
      if model:sub(1, #row[1]) == row[1] and not model:find "^Quectel" then return model, row[2] end
    end
  end
end

return habits
