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
