-- exchange.hold reserves the line for a few commands that belong together: nobody's command comes between.

local exchange = require "hayes.exchange"
local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("A hold on the line", function()
  local modem, port

  local function open(commands)
    commands = commands or {}
    for _, name in ipairs { "A", "B", "C" } do commands["AT+" .. name] = commands["AT+" .. name] or OK end
    port = script.port(script.quectel(commands))
    modem = assert(hayes.open_port(port, "script"))
    port.delay = 0.01
  end

  --- The command lines that went out since, in order.
  local function sent(from) return (table.concat(port.log, "", from):gsub("\r", " ")) end

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  it("keeps the commands of others back until it is closed, and lets them go then in their order", function()
    open()
    local from = #port.log + 1
    hayes.run(function()
      local others = {}
      do
        local hold <close> = assert(exchange.hold(modem))
        for i, name in ipairs { "B", "C" } do others[i] = hayes.spawn(function() return modem:at("AT+" .. name) end) end
        for _ = 1, 3 do
          hayes.sleep(0.05)
          assert(exchange.run(modem, "AT+A", { within = hold }))
        end
      end
      for _, task in ipairs(others) do assert.is_truthy(select(2, task:join())) end
    end)
    assert.are.same("AT+A AT+A AT+A AT+B AT+C ", sent(from))
  end)

  it("waits for the command that is under way, and for its turn", function()
    open()
    local from = #port.log + 1
    hayes.run(function()
      hayes.spawn(function() modem:at("AT+B") end)
      hayes.spawn(function() modem:at("AT+C") end)
      hayes.sleep(0)
      local hold <close> = assert(exchange.hold(modem))
      assert(exchange.run(modem, "AT+A", { within = hold }))
    end)
    assert.are.same("AT+B AT+C AT+A ", sent(from))
  end)

  it("ends with the command that ends it, at its final result code and not at its deferred result", function()
    local other_sent
    open {
      ['AT+QPING=1,"h"'] = function(_, at)
        at:say(OK)
        at:say("\r\n+QPING: 565\r\n", 5)
      end,
      ["AT+B"] = function()
        other_sent = hayes.now()
        return OK
      end,
    }
    hayes.run(function()
      local began = hayes.now()
      local hold <close> = assert(exchange.hold(modem))
      local other = hayes.spawn(function() return modem:at("AT+B") end)
      hayes.sleep(0)
      exchange.run(modem, 'AT+QPING=1,"h"', { within = hold, ends_hold = true })
      assert.is_true(hayes.now() - began >= 5)
      assert.is_true(other_sent - began < 1)
      assert.is_true(other:join())
    end)
  end)

  it("is given back when its task is cancelled, waiting for it or having it, or raises", function()
    open { ["AT+A"] = "" } -- no answer
    for _, what in ipairs { "waiting", "having", "raising" } do
      hayes.run(function()
        local first = exchange.hold(modem)
        local second = hayes.spawn(function()
          local hold <close> = assert(exchange.hold(modem))
          if what == "raising" then error({}) end
          exchange.run(modem, "AT+A", { within = hold })
        end)
        hayes.sleep(0)
        if what == "waiting" then second:cancel() end
        getmetatable(first).__close(first)
        hayes.sleep(0.1)
        if what == "having" then second:cancel() end
        second:join()
        assert.are.same("OK", assert(modem:at("AT+B")).result, what)
      end)
    end
  end)

  it("ends when the module restarts, and its commands fail of that and do not go to the new start", function()
    open { ["AT+A"] = function(_, at)
      at:say("\r\nRDY\r\n", 0.02)
      return ""
    end }
    hayes.run(function()
      local hold <close> = assert(exchange.hold(modem))
      local _, err = exchange.run(modem, "AT+A", { within = hold })
      assert.are.same("reboot", err.name)
      local from = #port.log + 1
      _, err = exchange.run(modem, "AT+C", { within = hold })
      assert.are.same("reboot", err.name)
      assert.are.same("OK", assert(modem:at("AT+B")).result)
      assert.is_nil(sent(from):find("+C ", 1, true))
    end)
  end)

  it("goes on after one of its commands was not answered and the module is in step again", function()
    open { ["AT+A"] = "" }
    local hold <close> = assert(exchange.hold(modem))
    local _, err = exchange.run(modem, "AT+A", { within = hold, timeout = 3 })
    assert.are.same("timeout", err.name)
    assert.are.same("OK", assert(exchange.run(modem, "AT+B", { within = hold })).result)
  end)

  it("is not given to anybody, and nothing is sent, when the module restarts in the middle of waiting for it", function()
    for _, said in ipairs { "\r\nOK\r\n\r\nRDY\r\n", "\r\nRDY\r\n" } do -- in one read
      open { ["AT+A"] = function(_, at)
        at:say(said, 0.5)
        return ""
      end }
      hayes.run(function()
        hayes.spawn(function() modem:at("AT+A") end)
        hayes.sleep(0.1)
        local from = #port.log + 1
        local tasks = {}
        for i = 1, 2 do
          tasks[i] = hayes.spawn(function()
            local hold <close>, err = exchange.hold(modem)
            if not hold then return err.name end
            local response
            response, err = exchange.run(modem, "AT+C", { within = hold })
            return response and "sent" or err.name
          end)
        end
        -- One that was given before the restart was seen has ended with it; one that was not waits for the start-up.
        for _, task in ipairs(tasks) do
          local _, how = task:join()
          assert.is_truthy(how == "reboot" or how == "sent", how)
        end
        local all = sent(from)
        local started = all:find("CMEE", 1, true)
        assert.is_truthy(started, all)
        assert.is_truthy((all:find("+C ", 1, true) or math.huge) > started, all)
      end)
      modem:close()
    end
    open()
  end)

  it("that has ended with a restart lets nothing through of what was waiting within it", function()
    open { ["AT+A"] = function(_, at)
      at:say("\r\nRDY\r\n", 0.5)
      return ""
    end }
    hayes.run(function()
      local hold <close> = assert(exchange.hold(modem))
      local from = #port.log + 1
      hayes.spawn(function() exchange.run(modem, "AT+A", { within = hold }) end)
      local second = hayes.spawn(function()
        return select(2, exchange.run(modem, "AT+C", { within = hold }))
      end)
      assert.are.same("reboot", select(2, second:join()).name)
      assert.are.same("OK", assert(modem:at("AT+B")).result)
      assert.is_nil(sent(from):find("+C ", 1, true))
    end)
  end)

  it("keeps a connection in transparent mode that others send on out of the line", function()
    open {
      ["^AT%+QICFG="] = OK, ["AT+QISTATE"] = OK, ["AT+QICLOSE=0"] = OK,
      ['AT+QIOPEN=1,0,"TCP","h",7,0,2'] = "\r\nCONNECT\r\n",
    }
    local answer, online = port.answer, false
    port.answer = function(p, bytes)
      local line, rest = bytes:match("^([^\r]*)\r(.*)$")
      if online and bytes == "+++" then
        online = false
        p:say(OK, 1)
        return ""
      elseif online then
        return ""
      elseif line and (line:find("^AT%+QIOPEN") or line == "ATO") then
        online = true
        p:say("\r\nCONNECT\r\n")
        return rest
      end
      return answer(p, bytes)
    end
    hayes.run(function()
      local sock = assert(modem.tcp.open("h", 7, { mode = "transparent", escape = "auto" }))
      local hold <close> = assert(exchange.hold(modem))
      local from = #port.log + 1
      assert(exchange.run(modem, "AT+A", { within = hold }))
      local sender = hayes.spawn(function() return sock:send("x"), sock:flush() end)
      hayes.sleep(3)
      assert(exchange.run(modem, "AT+A", { within = hold }))
      assert.are.same("AT+A AT+A ", sent(from))
      getmetatable(hold).__close(hold)
      assert.is_true(sender:join())
      assert.are.same("AT+A AT+A ATO x", sent(from))
    end)
  end)

  it("fails when the modem is closed", function()
    open()
    modem:close()
    local hold, err = exchange.hold(modem)
    assert.is_nil(hold)
    assert.are.same("closed", err.name)
  end)
end)
