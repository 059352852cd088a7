-- Deferred results that repeat nothing of their command: there is one at a time, and that of a command that was given
-- up counts for no other.

local hayes = require "hayes"
local script = require "support.script"

describe("A deferred result that does not say whose it is", function()
  local modem, asked

  setup(script.virtual_time)
  teardown(script.real_time)

  after_each(function() modem:close() end)

  --- A module that answers AT+QPING after so many seconds, with the address that the ping went to.
  local function open(seconds, commands)
    asked = {}
    local answers = {
      ["^AT%+QPING="] = function(line, port)
        local host = line:match('"(.-)"')
        asked[#asked + 1] = host
        port:say("\r\nOK\r\n")
        port:say(('\r\n+QPING: 0,"%s",32,9,60\r\n'):format(host), seconds(host))
        port:say("\r\n+QPING: 0,1,1,0,9,9,9\r\n", seconds(host))
      end,
      ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n",
    }
    for line, answer in pairs(commands or {}) do answers[line] = answer end
    modem = assert(hayes.open_port(script.port(script.quectel(answers)), "script"))
  end

  local function ping(host, options)
    local response, err = modem:at(('AT+QPING=1,"%s",4,1'):format(host), options)
    return response and response[1]:match('"(.-)"'), err
  end

  it("goes to the command that asked, though others ask meanwhile", function()
    open(function(host) return host == "a" and 9 or 1 end)
    local got, tasks = {}, {}
    for _, host in ipairs { "a", "b", "c" } do
      tasks[#tasks + 1] = hayes.spawn(function() got[host] = ping(host) end)
    end
    for _, task in ipairs(tasks) do task:join() end
    assert.are.same({ a = "a", b = "b", c = "c" }, got)
    assert.are.same({ "a", "b", "c" }, asked)
  end)

  it("keeps nobody else waiting", function()
    open(function() return 9 end, { ['AT+QPING=1,"a",4,1'] = function()
      asked[#asked + 1] = "a"
      return "\r\nOK\r\n"
    end })
    local first = hayes.spawn(function() return ping "a" end)
    local second = hayes.spawn(function() return ping "b" end)
    hayes.sleep(0.1)
    local from = script.now()
    assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
    assert.is_true(script.now() - from < 1)
    assert.are.same({ "a" }, asked)
    first:cancel()
    second:cancel()
  end)

  it("of a command whose caller has left counts for no other", function()
    open(function(host) return host == "a" and 9 or 1 end)
    local task = hayes.spawn(function() return ping "a" end)
    hayes.sleep(0.5)
    task:cancel()
    assert.are.same("b", ping "b")
  end)

  it("of a command that nobody waited long enough for counts for no other", function()
    open(function(host) return host == "a" and 9 or 1 end)
    local address, err = ping("a", { timeout = 3 })
    assert.is_nil(address)
    assert.are.same("timeout", err.name)
    assert.are.same("b", ping "b")
  end)

  it("of a command that never gets one holds up the next for no longer than the module may take", function()
    open(function() return 1 end, { ['AT+QPING=1,"lost",4,1'] = "\r\nOK\r\n" })
    assert.is_nil((ping("lost", { timeout = 3 })))
    local from = script.now()
    assert.are.same("b", ping "b")
    assert.is_true(script.now() - from < 170)
  end)

  it("whose command is repeated before its late OK counts for no other", function()
    local first = true
    open(function() return 1 end, { ["^AT%+QPING="] = function(line, port)
      local host = line:match('"(.-)"')
      local late = first and 6 or 0
      first = false
      port:say("\r\nOK\r\n", late)
      port:say(('\r\n+QPING: 0,"%s",32,9,60\r\n'):format(host), late + 2)
      port:say("\r\n+QPING: 0,1,1,0,9,9,9\r\n", late + 2)
    end })
    assert.is_nil((ping("a", { timeout = 3 })))
    assert.are.same("b", ping "b")
  end)

  it("is over when the module restarts", function()
    open(function() return 1 end, { ['AT+QPING=1,"lost",4,1'] = function(_, port)
      port:say("\r\nOK\r\n")
      port:say("\r\nRDY\r\n", 5)
    end })
    assert.is_nil((ping("lost", { timeout = 3 })))
    local from = script.now()
    assert.are.same("b", ping "b")
    assert.is_true(script.now() - from < 60)
  end)
end)
