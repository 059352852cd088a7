--- How modem:keep keeps an Ai-Thinker module joined: AT+STAINFO? or AT+WJAP? to look, AT+WJAP to join again (combo
--- guide), AT+RST to restart.

local errors = require "hayes.error"
local join_options = require "hayes.dialect.aithinker.wifi.join_options"
local Station = require "hayes.dialect.aithinker.wifi.station"
local wait = require "hayes.wait"

--- How long a module that joins again by itself (framework P2.30.0 and later) is left alone, seconds.
local BY_ITSELF = 15

--- What no attempt mends: a wrong password, or a security that the module has not got.
local needs_person = { wi_fi_authentication_failed = true, user_or_password = true }

---@class hayes.aithinker.keep: hayes.keeper.way
---@field modem hayes.modem
---@field options table of wifi.join
---@field station hayes.aithinker.station
local Keep = {}
Keep.__index = Keep

function Keep:look()
  local status, err = self.station:status()
  if not status then return nil, err end
  if status.state == "connected" then return status end
  return false, errors.new { name = "not_joined", origin = "aithinker",
    message = "the module has left the access point; the state is " .. status.state }
end

--- Waits for a module that is joining by itself: AT+WJAP would begin anew.
local function joined_by_itself(self)
  local ends = wait.now() + BY_ITSELF
  while wait.now() < ends do
    local status = self.station:status()
    if not status or status.state == "connected" then return status end
    if status.state ~= "connecting" and status.state ~= "no address" then return nil end
    self.modem:wait("+EVENT:WIFI_GOT_IP", 3)
  end
end

local function join(self)
  return self.modem.wifi.join(self.station.joined or self.options)
end

function Keep:bring_up()
  local status = joined_by_itself(self)
  if status then return status end
  return join(self)
end

function Keep:renew()
  self.modem.wifi.leave()
  return join(self)
end

function Keep:restart()
  return self.modem:call("+RST", "execute")
end

function Keep.needs_person(_, err)
  return needs_person[err.name]
end

function Keep:listen(tell)
  local modem = self.modem
  return {
    modem:listen("+EVENT:WIFI_DISCONNECT", function()
      tell("lost", errors.new { name = "not_joined", origin = "aithinker",
        message = "the module has lost the access point" })
    end),
    modem:listen("+EVENT:WIFI_GOT_IP", function() tell "again" end),
    modem:listen("unwanted", function() tell "off" end),
    modem:listen("wanted", function() tell "on" end),
  }
end

return function(modem, options, where)
  options = join_options.check(where .. ", wifi", options)
  return setmetatable({ modem = modem, options = options, station = Station.of(modem) }, Keep)
end
