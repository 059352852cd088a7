-- Logins of FTP sessions while the module restarts: with the account and the TLS that were asked for, or not at all.

local hayes = require "hayes"
local Module = require "support.tls_module"
local script = require "support.script"

local OK = "\r\nOK\r\n"

local PLAIN = { host = "server.example", user = "me", password = "secret", retries = 0 }
local EXPLICIT = { host = "server.example", user = "me", password = "secret", retries = 0, tls = "explicit",
  ca = "UFS:ca.pem" }
local IMPLICIT = { host = "server.example", user = "me", password = "secret", retries = 0, tls = "implicit",
  verify = "none" }

--- What the module must be set to whenever it is told to log in.
local PROTECTION = {
  [PLAIN] = { account = '"me","secret"', ssltype = "0" },
  [EXPLICIT] = { account = '"me","secret"', ssltype = "2", seclevel = "1", cacert = '"UFS:ca.pem"', sni = "1",
    ignorelocaltime = "0", ignorecertitem = "0" },
  [IMPLICIT] = { account = '"me","secret"', ssltype = "1", seclevel = "0" },
}

--- The ways of a restart in front of a command.
local RESTARTS = {
  -- Another task's command is under way, and the next one of the login waits for its turn meanwhile.
  ["while another task has its turn"] = function(module, modem)
    hayes.spawn(function() modem:at("AT+SLOW") end)
    hayes.spawn(function()
      hayes.sleep(1)
      module:crash(1)
    end)
  end,
  -- The banner comes right behind the answer to the command in front.
  ["right behind an answer"] = function(module)
    local port = module.port
    function port.say(self, bytes, delay)
      port.say = nil
      module:restart()
      return self:say(bytes .. "\r\nRDY\r\n", delay)
    end
  end,
  -- The command in front is never answered.
  ["in place of an answer"] = function(module)
    local port = module.port
    function port.say()
      port.say = nil
      module:crash(1)
    end
  end,
}

describe("An FTP login", function()
  local module, modem, line_lost

  before_each(script.virtual_time)
  after_each(script.real_time)

  --- A module whose session's control connection is lost once when `line_lost` says so.
  local function start()
    line_lost = false
    module = Module.new { commands = { ["AT+SLOW"] = "", ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["^AT%+QFTPSIZE="] = function()
        if not line_lost then return OK .. "\r\n+QFTPSIZE: 0,5\r\n" end
        line_lost = false
        return OK .. "\r\n+QFTPSIZE: 606,0\r\n"
      end } }
    modem = assert(hayes.open_port(module.port, "script"))
    module.counting = true
  end

  --- Lets the module restart behind the command of this number, from now on.
  local function restart_behind(number, restart)
    module.count = 0
    function module.fault(_, count)
      if count ~= number then return end
      module.fault = nil
      restart(module, modem)
    end
  end

  local function check(options, what)
    for _, seen in ipairs(module.opened) do
      for name, value in pairs(PROTECTION[options]) do assert.are.same(value, seen[name], what .. ": " .. name) end
    end
  end

  --- The commands of what f does on a module that does not restart.
  local function commands(f)
    start()
    f()
    modem:close()
    return module.lines
  end

  for name, options in pairs { ["without TLS"] = PLAIN, ["with verified TLS"] = EXPLICIT,
    ["with TLS that is not verified"] = IMPLICIT } do
    for how, restart in pairs(RESTARTS) do
      it(("%s is as asked, or fails, when the module restarts after any of its commands, %s"):format(name, how),
        function()
          local lines = commands(function() assert(modem.ftp.open(options)) end)
          for number, line in ipairs(lines) do
            start()
            restart_behind(number, restart)
            hayes.run(function()
              local ftp, err = modem.ftp.open(options)
              check(options, line)
              if ftp then ftp:close() else assert.are.same("reboot", err.name, line .. ": " .. tostring(err)) end
              assert(modem.ftp.open(options)):close()
              check(options, line)
            end)
            modem:close()
          end
        end)

      it(("%s is done again as asked when the module restarts after any command of a reconnection, %s"):format(name,
        how), function()
        local more = {}
        for key, value in pairs(options) do more[key] = value end
        more.retries = 5
        PROTECTION[more] = PROTECTION[options]
        local function lose_and_reconnect(ftp)
          module.count, module.lines, line_lost = 0, {}, true
          assert.are.same(5, ftp:size("f"))
        end
        local lines = commands(function() lose_and_reconnect(assert(modem.ftp.open(more))) end)
        for number, line in ipairs(lines) do
          start()
          hayes.run(function()
            local ftp = assert(modem.ftp.open(more))
            restart_behind(number, restart)
            lose_and_reconnect(ftp)
          end)
          assert.is_true(#module.opened > 1)
          check(more, line)
          modem:close()
        end
        PROTECTION[more] = nil
      end)
    end
  end
end)
