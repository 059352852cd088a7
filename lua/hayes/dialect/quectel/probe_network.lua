--- What `hayes probe --yes --echo` tries with a Quectel module that is on line: a TCP connection to a server that sends
--- back what it gets, on PDP context 1.

local echo = require "hayes.profile.echo"
local exchange = require "hayes.exchange"

--- Of the module's connections the last, which an earlier program is least likely to have left open.
local ID <const> = 11

--- An answer to AT+QIRD that announces more than comes after it has no end, seconds.
local READ_WITHIN <const> = 3

--- Opens a connection; mode 0: data is asked for, 1: it is pushed.
local function open(probe, mode)
  local response = probe:send(('AT+QIOPEN=1,%d,"TCP","%s",%d,0,%d'):format(ID, probe.echo.host, probe.echo.port, mode))
  local line = response and response[#response] or ""
  return line:match "%+QIOPEN:%s*%d+,%s*(%d+)" == "0"
end

--- Sends, and gives what came on the line from the command on until the data was announced; nil when it was not.
local function exchange_data(probe)
  local _, raw = echo.send(probe, ("AT+QISEND=%d,%d"):format(ID, #echo.SENT), "+QIURC", '"recv"')
  return raw
end

local function with_pull(probe, habits)
  local raw = exchange_data(probe)
  if not raw then return end
  habits.line_end_before_prompt, habits.space_after_prompt, habits.line_end_after_prompt = echo.prompt(raw)
  local _, _, answer = probe:send(("AT+QIRD=%d,1500"):format(ID), { timeout = READ_WITHIN })
  local urc, length = answer:match '^%s*(.-)%+QIRD:%s*(%d+)'
  if not length then return end
  habits.notification_before_read = urc:find('"recv"', 1, true) ~= nil
  habits.read_announces_more = tonumber(length) > #echo.SENT
end

local function with_push(probe, habits)
  exchange.expect_blocks(probe.modem, "+QIURC", ID, true)
  local raw = exchange_data(probe)
  if raw then
    local _, _, more = probe:send "AT"
    local behind = (raw .. more):match('"recv",%s*%d+,%s*%d+\r\n' .. echo.SENT .. "([\r\n]*)OK")
    if behind then habits.line_end_after_pushed_data = #behind > 2 end
  end
  exchange.expect_blocks(probe.modem, "+QIURC", ID, false)
end

--- Puts the port that URCs go to back, whatever has happened in between.
local Restored = { __close = function(self) self.probe:send(('AT+QURCCFG="urcport","%s"'):format(self.port)) end }

--- URCs, and the results of AT+QIOPEN, come out of this port until what is returned is closed; nil: they do anyway.
local function direct_urcs_here(probe, port)
  if not port or port == "all" or not probe:send 'AT+QURCCFG="urcport","all"' then return nil end
  return setmetatable({ probe = probe, port = port }, Restored)
end

---@param probe hayes.profile.probe
---@param habits table<string, any> where to put what was seen
return function(probe, habits)
  local _directed <close> = direct_urcs_here(probe, habits.urc_port)
  for mode, try in pairs { [0] = with_pull, [1] = with_push } do
    if open(probe, mode) then
      try(probe, habits)
      probe:send(("AT+QICLOSE=%d"):format(ID))
    end
  end
end
