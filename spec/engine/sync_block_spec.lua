-- A block that is pushed while the engine gets in step is not cut off by the next probe, and one whose end does not come
-- is told as damaged.

local Bench = require "support.engine"

local OK = "\r\nOK\r\n"

describe("A block that comes while the engine gets in step", function()
  local bench

  --- Out of step, with a probe that was answered.
  before_each(function()
    bench = Bench.new("quectel")
    bench:command("AT+CSQ", { timeout = 1 })
    bench:pass(1)
    for _ = 1, 2 do -- the first OK may be the late one of the command
      while bench:output() ~= "AT\r" do bench:pass(0.01) end
      bench:receive(OK)
    end
    bench:take()
  end)

  it("is whole, although it is the time of the next probe meanwhile", function()
    bench:receive('\r\n+QIURC: "recv",1,10\r\n')
    local probed = ""
    for byte in ("0123456789"):gmatch(".") do
      bench:receive(byte)
      probed = probed .. bench:output()
      bench:pass(0.15)
    end
    assert.are.same("", probed)
    assert.are.same("0123456789", bench:last("urc")[2].data)
    bench:get_in_step()
  end)

  it("is given up soon when the rest does not come, and its connection told", function()
    bench:receive('\r\n+QIURC: "recv",1,1000\r\n01234')
    for _ = 1, 6 do bench:pass(0.05) end
    assert.are.same("short_read", bench:last("damage")[3])
    bench:get_in_step()
  end)

  it("of a command that was given up is not read as lines, though it pauses", function()
    bench:get_in_step()
    bench:command('AT+QFDWL="a"', { block = 20, timeout = 60 })
    bench:receive("\r\nCONNECT\r\n0123456789")
    bench.engine:cancel(bench.id, bench.time)
    for _ = 1, 16 do
      bench:pass(0.05)
      assert.are.same("", bench:output())
    end
    bench:receive("\r\nRDY\r\n789\r\n+QFDWL: 20,1234\r\n\r\nOK\r\n")
    bench:get_in_step()
    assert.is_nil(bench:last("reboot"))
  end)

  it("is told as damaged, too, when it was cut off before the command was given up", function()
    bench:get_in_step()
    bench:command("AT+CSQ", { timeout = 1 })
    bench:receive('\r\n+QIURC: "recv",1,1000\r\n01234')
    for _ = 1, 40 do
      bench:pass(0.05)
      if bench:last("damage") then break end
    end
    assert.are.same("short_read", bench:last("damage")[3])
    bench:get_in_step()
  end)
end)

describe("Data that is pushed without end", function()
  --- Seconds until the engine is in step, with a module that pushes a block each so many seconds, and answers each probe.
  local function time_to_get_in_step(gap)
    local bench = Bench.new("quectel")
    bench:command("AT+CSQ", { timeout = 1 }) -- whose answer is lost
    bench:pass(1)
    local seconds = 0
    while not bench.engine:ready() and seconds < 60 do
      bench:receive('\r\n+QIURC: "recv",1,10\r\n0123456789')
      if bench:output():find "AT" then bench:receive(OK) end
      bench:pass(gap)
      seconds = seconds + gap
    end
    return seconds
  end

  for _, gap in ipairs { 0.03, 0.09, 0.15, 0.28, 0.5 } do
    it(("does not keep the engine from getting in step with the module: each %g s"):format(gap), function()
      assert.is_true(time_to_get_in_step(gap) < 12)
    end)
  end

  it("does not make it ask before the answer could have come from behind that data", function()
    local bench = Bench.new("quectel")
    bench.engine:sync(bench.time)
    bench:pass(0.01)
    assert.are.same("AT\r", bench:output())
    for _ = 1, 40 do
      bench:receive('\r\n+QIURC: "recv",1,10\r\n0123456789')
      bench:pass(0.1)
      assert.are.same("", bench:output())
    end
    bench:receive(OK)
    bench:pass(0.1)
    bench:receive(bench:output() == "AT\r" and OK or "")
    bench:pass(0.1)
    assert.is_true(bench.engine:ready())
  end)
end)
