-- What must not make a program hang or die: a port that takes nothing, an error or a failed allocation in the middle of
-- an event, a time that is no number, objects used behind their finalizers.

local core = require "hayes.core"
local dialects = require "hayes.dialect"
local hayes = require "hayes"
local raises = require "support.raises"
local script = require "support.script"
local wait = require "hayes.wait"
local WifiModule = require "support.wifi_module"

local OK = "\r\nOK\r\n"
local NAN = 0 / 0

describe("A program does not hang", function()
  local modem, port, reports

  local function open(commands, options)
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script", options))
  end

  before_each(function()
    script.virtual_time()
    reports = {}
    stub(wait, "report", function(what, err) reports[#reports + 1] = what .. ": " .. tostring(err) end)
  end)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    wait.report:revert()
    script.real_time()
  end)

  describe("when a port takes nothing:", function()
    it("the command is given up at its time-out, others run meanwhile, and it works again when the port does", function()
      open()
      port.full = true
      local steps = 0
      hayes.run(function()
        local beside = hayes.spawn(function()
          for _ = 1, 10 do
            hayes.sleep(0.1)
            steps = steps + 1
          end
        end)
        local response, err = modem:at("AT+CSQ", { timeout = 2 })
        assert.is_nil(response)
        assert.are.same("timeout", err.name)
        assert(beside:join())
      end)
      assert.are.same(10, steps)
      port.full = false
      assert.are.same("OK", assert(modem:at("AT")).result)
    end)

    it("the engine names no time that is over as the next one to be called at", function()
      local engine = core.engine(dialects.get("quectel").rules)
      assert(engine:submit({}, "AT+CSQ", 100, nil, nil, 5))
      assert.are.same("AT+CSQ\r", engine:output(100))
      assert.are.same(105, engine:deadline(100.5))
      engine:sent(3, 101)
      assert.are.same(106, engine:deadline(101))
    end)
  end)

  describe("when an error is raised while an event is delivered:", function()
    it("by the trace function of the program, which is told of once and not called any more", function()
      local calls = 0
      open({ ["AT+X"] = OK }, { trace = function()
        calls = calls + 1
        if calls == 12 then error "disk full" end
      end })
      for _ = 1, 10 do assert(modem:at("AT+X")) end
      assert.are.same(12, calls)
      assert.are.same(1, #reports)
      assert.is_truthy(reports[1]:find("the trace function has failed", 1, true))
      assert.is_truthy(reports[1]:find("disk full", 1, true))
    end)

    it("inside the library: the modem is closed, and everything under way ends with an error that says so", function()
      for _, message in ipairs { "not enough memory", "a fault" } do
        open { ["AT+X"] = "" }
        modem:listen("+CREG", function() error(message, 0) end)
        hayes.run(function()
          local waiting = hayes.spawn(function() return modem:at("AT+X", { timeout = 60 }) end)
          local listening = hayes.spawn(function() return modem:wait("+CMTI", 60) end)
          hayes.sleep(0.1)
          port:say "\r\n+CREG: 1\r\n"
          local _, response, err = waiting:join(1)
          assert.is_nil(response)
          assert.are.same(message == "a fault" and "internal_error" or "out_of_memory", err.name)
          assert.is_truthy(tostring(err):find(message, 1, true))
          assert.is_nil((select(2, listening:join(1))))
        end)
        assert.are.same(modem:at("AT"), nil)
        assert.is_true(port.closed)
      end
    end)

    it("by a service while the modem is closed: the others are told all the same", function()
      open { ["AT+X"] = "" }
      modem.services.broken = { reset = function() error("broken", 0) end }
      hayes.run(function()
        local waiting = hayes.spawn(function() return modem:at("AT+X", { timeout = 60 }) end)
        hayes.sleep(0.1)
        modem:close()
        local _, _, err = waiting:join(1)
        assert.are.same("closed", err.name)
      end)
      assert.is_truthy(reports[1]:find("broken", 1, true))
    end)
  end)

  describe("when there is no memory for a task:", function()
    local function without_memory(f)
      local create = stub(coroutine, "create", function() error("not enough memory", 0) end)
      local result = table.pack(pcall(f))
      create:revert()
      return table.unpack(result, 1, result.n)
    end

    it("spawn raises, and run does not wait for it", function()
      local ran = hayes.run(function()
        local ok, err = without_memory(function() hayes.spawn(print) end)
        assert.is_false(ok)
        assert.are.same("not enough memory", err)
        hayes.sleep(0.1)
        return "to the end"
      end)
      assert.are.same("to the end", ran)
    end)

    it("run raises, and the next one runs", function()
      assert.is_false((without_memory(function() hayes.run(print) end)))
      assert.are.same(7, hayes.run(function() return 7 end))
    end)
  end)

  it("when one timer's owner raises: the others have their turn", function()
    local served = {}
    local owners = {}
    for i = 1, 3 do
      owners[i] = { due = function()
        served[#served + 1] = i
        if i == 1 then error("broken", 0) end
      end }
      wait.schedule(owners[i], wait.now() + 1)
    end
    assert.is_false((pcall(hayes.sleep, 2)))
    hayes.sleep(1)
    table.sort(served)
    assert.are.same({ 1, 2, 3 }, served)
  end)

  it("when a time is NaN: that raises, and says which", function()
    local module = WifiModule.new()
    local wifi = assert(hayes.open_port(module.port, "script"))
    local server = assert(wifi.tcp.listen(80))
    open { ["^AT%+QICFG="] = OK, ["AT+QISTATE"] = OK, ["AT+QICLOSE=0"] = OK,
      ["^AT%+QIOPEN="] = OK .. "\r\n+QIOPEN: 0,0\r\n" }
    local sock = assert(modem.tcp.open("h", 80))
    local calls = {
      function() hayes.sleep(NAN) end,
      function() hayes.spawn(function() end):join(NAN) end,
      function() hayes.open("/dev/null", { timeout = NAN }) end,
      function() hayes.open("/dev/null", { gap = NAN }) end,
      function() hayes.emulator { latency = NAN } end,
      function() modem:at("AT", { timeout = NAN }) end,
      function() modem:wait("+CREG", NAN) end,
      function() modem:step(NAN) end,
      function() modem.network.attach { apn = "a", timeout = NAN } end,
      function() sock:settimeout(NAN) end,
      function() server:settimeout(NAN) end,
      function() server:accept(NAN) end,
      function() wifi.wifi.join { ssid = "a", timeout = NAN } end,
    }
    for i, call in ipairs(calls) do
      assert.is_truthy(raises(call):find("is NaN; it must be a number", 1, true), i)
    end
    server:close()
    wifi:close()
  end)

  it("nor end with a fault of memory: what is used behind its finalizer raises", function()
    local rules = dialects.get("quectel").rules
    local methods = { "set_rules", "submit", "cancel", "sync", "write_data", "finish_data", "set_hangups",
      "leave_data_mode", "end_data_mode", "ready", "set_echo", "observe", "noise", "set_times", "set_line_speed", "push",
      "pump", "feed", "next_event", "output", "deadline", "sent" }
    for _, name in ipairs(methods) do
      local engine = core.engine(rules)
      getmetatable(engine).__gc(engine)
      getmetatable(engine).__gc(engine)
      local ok, err = pcall(engine[name], engine, 0, 0, 0)
      assert.is_false(ok, name)
      assert.is_truthy(tostring(err):find("the engine is closed", 1, true), name .. ": " .. tostring(err))
    end
    local own = core.rules { lines = {}, commands = {} }
    local engine = core.engine(own)
    getmetatable(own).__gc(own)
    assert(engine:submit({}, "AT+X", 0)) -- they live as long as an engine uses them
    getmetatable(engine).__gc(engine)
    assert.is_false((pcall(core.engine, own)))
    local set = core.pollset()
    getmetatable(set).__gc(set)
    assert.is_false((pcall(set.add, set, 0, {})))
  end)

  it("nor when the program ends while a finalizer opens, reopens and uses what is being collected", function()
    local code = [[
      local hayes = require "hayes"
      local box = {} -- finalizers run in the reverse order of creation: this one behind those of what it uses
      leftover = setmetatable({}, { __gc = function()
        local modem = box.modem
        for _, f in ipairs {
          function() modem:reopen() end,
          function() modem.closed_with = false modem:at("AT") end,
          function() modem:advance(0) end,
          function() hayes.sleep(0) end,
          function() modem.engine:sync(0) end,
          function() modem.engine:feed("\r\nOK\r\n") modem.engine:next_event(0) end,
          function() modem:close() end,
        } do pcall(f) end
      end })
      local emulator = hayes.emulator()
      box.modem = assert(hayes.open(emulator.address))
      box.modem:on("+CREG", print)
      print("done")
    ]]
    local build = os.getenv("HAYES_BUILD") or "build"
    local command = ("LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='%s/?.so;;' lua5.4 -e %s"):format(build,
      "'" .. code:gsub("'", "'\\''") .. "'")
    local pipe = assert(io.popen(command .. "; echo ended with $?"))
    local out = pipe:read("a")
    pipe:close()
    assert.are.same("done\nended with 0\n", out)
  end)
end)
