-- Mixed use of a scripted module, in virtual time, with restarts: a program holds no more after the last round than after
-- the first. `make soak` does it for longer, with a module in software and real servers.

local hayes = require "hayes"
local Meter = require "soak.meter"
local Module = require "support.stream_module"
local script = require "support.script"

local WARM_UP <const>, ROUNDS <const> = 20, 80

local kinds = { tcp = 7, ssl = 443 }

describe("Mixed use", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  --- A server says something and closes, or goes on.
  local function talk(module, modem, kind, hangs_up)
    local sock, err = modem[kind].open("h", kinds[kind], kind == "ssl" and { verify = "none", check_time = false } or {})
    if not sock then return nil, err end
    local _closing <close> = sock
    sock:settimeout(2)
    local server = module.all[module.count]
    sock:send(("x"):rep(3000))
    module:send(server, ("y"):rep(2000))
    sock:receive(1000)
    if hangs_up then module:hang_up(server) end
    sock:receive(5000)
  end

  local function round(module, modem, number)
    local tasks = {}
    for i, kind in ipairs { "tcp", "ssl", "tcp", "ssl" } do
      tasks[i] = hayes.spawn(talk, module, modem, kind, (number + i) % 3 == 0)
    end
    tasks[5] = hayes.spawn(function()
      for _ = 1, 5 do modem:at("AT+CSQ", { timeout = 5 }) end
    end)
    tasks[6] = hayes.spawn(function() modem:wait("+QIND", 1) end)
    local subscription <close> = modem:on("+QIND", function() modem:at("AT+CSQ") end)
    modem.port:say("\r\n+QIND: SMS DONE\r\n", 0.1)
    hayes.sleep(0.05 * (number % 30))
    tasks[number % #tasks + 1]:cancel()
    if number % 10 == 0 then
      module.servers, module.online = { tcp = {}, ssl = {} }, nil
      modem.port:say("\r\nRDY\r\n")
    end
    for _, task in ipairs(tasks) do task:join(120) end
    hayes.sleep(120)
    assert.is_true(subscription.active)
  end

  it("holds no more after the last round than after the first", function()
    local module = Module.new { delay = 0.01 }
    local modem = assert(hayes.open_port(module.port, "script", { timeout = 3 }))
    local meter = Meter.new { rss = math.huge, heap = 16 * 1024, descriptors = math.huge }
    for number = 1, ROUNDS do
      hayes.run(round, module, modem, number)
      module.all, module.port.log, module.port.lines = {}, {}, {} -- what the script has recorded
      meter:take()
    end
    modem:close()
    assert.are.same({}, meter:grown(WARM_UP))
  end)
end)
