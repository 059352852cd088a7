-- While the engine gets in step: an OK that comes before a probe has gone out is no answer to it.

local Bench = require "support.engine"

local OK = "\r\nOK\r\n"

describe("A probe that the port has not taken yet", function()
  it("is not answered by an OK that comes meanwhile", function()
    local bench = Bench.new("quectel")
    bench.engine:sync(bench.time)
    while bench.engine:output(bench.time) == "" do bench:pass(0.01) end
    bench:receive(OK)
    for probes = 1, 2 do
      assert.is_false(bench.engine:ready(), probes)
      assert.are.same("AT\r", bench:output())
      bench:receive(OK)
      bench:pass(0.05)
    end
    assert.is_true(bench.engine:ready())
    assert.are.same("", bench:output())
  end)
end)
