--- What `hayes probe` asks a Quectel module beyond the test commands.

--- There is no such file, and no such connection.
local NO_FILE <const> = "UFS:hayes.no-such-file"

--- So long a deferred result is waited for that may go to another port, seconds.
local DEFERRED <const> = 3

--- The port that URCs go to, as it is set.
local function urc_port(probe)
  local response = probe:send 'AT+QURCCFG="urcport"'
  return response and response[1] and response[1]:match '"urcport"%s*,%s*"([^"]+)"'
end

--- Is the error told by its number, and not in words? nil: neither.
local function is_number(err)
  local code = err.result and err.result:match "^%+CME ERROR:%s*(.*)$"
  if code then return code:find "^%d+$" ~= nil end
end

--- Puts the form of errors back, whatever has happened in between.
local Restored = { __close = function(self) self.probe:send(("AT+CMEE=%d"):format(self.form)) end }

--- f(probe) while errors have this form; nil where the module does not say which one they have.
---@param form 1|2
local function with_errors_as(form, probe, f)
  local response = probe:send "AT+CMEE?"
  local before = response and math.tointeger(tonumber((response[1] or ""):match "%+CMEE:%s*(%d)"))
  if not before then return nil end
  local _restored <close> = setmetatable({ probe = probe, form = before }, Restored)
  if not probe:send(("AT+CMEE=%d"):format(form)) then return nil end
  return f(probe)
end

--- Asked while words are wanted: are the errors of files numbers all the same?
local function mixed_error_texts(probe)
  local opened, err = probe:send(('AT+QFOPEN="%s",2'):format(NO_FILE))
  if opened then return nil end
  return is_number(err)
end

local function ftp_status_before_ok(probe)
  local _, _, raw = probe:send("AT+QFTPSTAT", { deferred = DEFERRED })
  local status, ok = raw:find("+QFTPSTAT:", 1, true), raw:find "[\r\n]OK[\r\n]"
  if status and ok then return status < ok end
end

--- Asked while numbers are wanted: is it told in words that a file exists? A file of one byte is stored, then again,
--- and removed.
local function existing_file_as_text(probe)
  local upload = 'AT+QFUPL="UFS:hayes.probe",1,5'
  local stored = probe:send(upload, { data = "x" })
  if not stored then return nil end
  local again, err = probe:send(upload, { data = "x" })
  probe:send 'AT+QFDEL="UFS:hayes.probe"'
  local number = not again and is_number(err)
  if again or number == nil then return nil end
  return not number
end

---@param probe hayes.profile.probe
---@return table<string, any> habits, table<string, string> facts
return function(probe)
  local row = probe:answer "ATI" or {}
  local facts = { manufacturer = row[2], model = row[3],
    revision = table.concat(row, "\n"):match "Revision:%s*([^\n]+)" }
  local habits = {
    urc_port = urc_port(probe),
    mixed_error_texts = with_errors_as(2, probe, mixed_error_texts),
    ftp_status_before_ok = ftp_status_before_ok(probe),
  }
  if probe.yes then habits.existing_file_as_text = with_errors_as(1, probe, existing_file_as_text) end
  if probe.echo then require "hayes.dialect.quectel.probe_network"(probe, habits) end
  return habits, facts
end
