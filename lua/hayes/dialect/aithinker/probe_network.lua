--- What `hayes probe --yes --echo` tries with an Ai-Thinker module that is on line: a TCP connection to a server that
--- sends back what it gets.

local echo = require "hayes.profile.echo"

local function row_of(probe, habits, id)
  local rows = probe:send "AT+SOCKET?"
  for _, row in ipairs(rows or {}) do
    local state, server = row:match("^" .. id .. ",%d+,(%d+),.*,(%-?%d+)$")
    if state then
      habits.connected_state, habits.no_server = math.tointeger(tonumber(state)), math.tointeger(tonumber(server))
    end
  end
end

--- Sends, and reads what comes back.
local function exchange_data(probe, habits, id)
  local raw, came = echo.send(probe, ("AT+SOCKETSEND=%s,%d"):format(id, #echo.SENT), "+EVENT:SocketDown", "SocketDown")
  if not raw then return end
  habits.line_end_before_prompt, habits.space_after_prompt = echo.prompt(raw)
  if not came then return end
  local _, _, answer = probe:send("AT+SOCKETREAD=" .. id)
  local before, separator = answer:match "([\r\n]*)%+SOCKETREAD([,:])%d"
  if not before then return end
  habits.line_end_before_read, habits.colon_after_read = before ~= "", separator == ":"
end

--- Is there an event, too, of a connection that was deleted on demand?
local function delete(probe, habits, id)
  local deleted, _, raw = probe:send("AT+SOCKETDEL=" .. id)
  local _, _, more = probe:send "AT"
  if deleted then habits.event_after_delete = (raw .. more):find "SocketAutoDel" ~= nil end
end

---@param probe hayes.profile.probe
---@param habits table<string, any> where to put what was seen
return function(probe, habits)
  local _, _, raw = probe:send("AT+WDOMAIN=" .. probe.echo.host)
  local before = raw:match "([\r\n]*)%+WDOMAIN"
  if before then habits.lone_cr_before_address = before:find "\n" == nil and before ~= "" end
  local opened = probe:send(("AT+SOCKET=4,%s,%d"):format(probe.echo.host, probe.echo.port))
  local id = opened and table.concat(opened, "\n"):match "ConID=(%d+)"
  if not id then return end
  row_of(probe, habits, id)
  exchange_data(probe, habits, id)
  delete(probe, habits, id)
end
