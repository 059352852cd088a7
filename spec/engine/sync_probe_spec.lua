-- While the engine gets in step: an OK that comes before a probe has gone out is no answer to it, and those owed to probes
-- sent before are waited for. A prompt, or data mode, that was to be left first still is where it begins again.

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

  it("is told of once to a host that observes, though the port takes it byte by byte", function()
    local bench = Bench.new("quectel")
    bench.engine:observe(true)
    bench.engine:sync(bench.time)
    while bench.engine:output(bench.time) == "" do bench:pass(0.01) end
    for left = 3, 1, -1 do
      assert.are.same({}, bench:take "sent", left)
      assert.are.same(left, #bench.engine:output(bench.time))
      bench.engine:sent(1, bench.time)
      bench:pass(0)
    end
    local sent = bench:take "sent"
    assert.are.same(1, #sent)
    assert.are.same("AT", (sent[1][2]:gsub("\r", "")))
  end)
end)

describe("Getting in step after a command was given up", function()
  it("waits for its answer, too, when a probe was not answered either", function()
    local bench = Bench.new("quectel")
    bench:command("AT+CSQ", { timeout = 1 })
    bench:pass(1.1)
    local probes = 0
    while probes < 2 do
      bench:pass(0.1)
      if bench:output():find "AT" then probes = probes + 1 end
    end
    bench:receive(OK .. OK) -- of the command and the first probe
    bench:pass(0.9)
    assert.are.same("", bench:output())
    bench:receive(OK)
    for _ = 1, 2 do
      bench:pass(0.1)
      assert.are.same("AT\r", bench:output())
      bench:receive(OK)
    end
    bench:pass(0.1)
    assert.is_true(bench.engine:ready())
  end)
end)

describe("Getting in step with a module that is slow to answer each probe", function()
  it("is over when no answer to a probe is still to come", function()
    local bench = Bench.new("quectel")
    bench.engine:sync(bench.time)
    local owed = 0
    for _ = 1, 100 do
      if bench:output():find "AT" then owed = owed + 1 end
      if owed == 4 then break end
      bench:pass(0.1)
    end
    -- It takes longer over each answer than the engine waits for another one.
    for _ = 1, 2 do
      bench:receive(OK)
      bench:pass(1.1)
      if bench:output():find "AT" then owed = owed + 1 end
      bench:receive(OK)
      bench:pass(0.5)
      owed = owed - 2
      assert.is_false(bench.engine:ready(), ("%d answers are still to come"):format(owed))
    end
  end)
end)

describe("Getting in step with a module that answers in order, and each probe late", function()
  --- Lets it answer each probe so many seconds later, and none of those of the first seconds. Gives the seconds until
  --- the engine is in step, and how many answers are still to come then. It says NO CARRIER after so many seconds.
  local function get_in_step(late, deaf_for, hangs_up_at)
    local bench = Bench.new("quectel")
    bench.engine:sync(bench.time)
    local owed, steps = {}, 0
    local hangs_up = hangs_up_at and math.floor(hangs_up_at * 20 + 0.5)
    while not bench.engine:ready() and steps < 1200 do
      for _ in bench:output():gmatch "AT%w*\r" do
        if steps >= deaf_for * 20 then owed[#owed + 1] = steps + late * 20 end
      end
      bench:pass(0.05)
      steps = steps + 1
      if steps == hangs_up then bench:receive "\r\nNO CARRIER\r\n" end
      while owed[1] and owed[1] <= steps do
        table.remove(owed, 1)
        bench:receive(OK)
      end
    end
    return steps / 20, #owed, bench
  end

  for _, late in ipairs { 0.35, 0.7, 1.2, 1.6, 2.1, 2.6, 2.9 } do
    it(("by %g s is over when all of them have come"):format(late), function()
      local seconds, owed = get_in_step(late, 0)
      assert.are.same(0, owed)
      assert.is_true(seconds < 30)
    end)
  end

  it("takes a result that comes by itself for the answer to none of them, and tells of it", function()
    for _, late in ipairs { 0.7, 1.2, 2.1 } do
      for at = 0.1, 5, 0.1 do
        local seconds, owed, bench = get_in_step(late, 0, at)
        assert.are.same(0, owed, ("each %g s late, NO CARRIER after %g s"):format(late, at))
        assert.is_true(seconds < 30)
        if seconds >= at then assert.are.same("NO CARRIER", bench:last("urc")[2].line) end
      end
    end
  end)

  it("does not wait for long for answers to what it has not heard", function()
    for deaf_for = 0.5, 5, 0.5 do
      local seconds, owed = get_in_step(0, deaf_for)
      assert.are.same(0, owed)
      assert.is_true(seconds < deaf_for + 8.5)
    end
  end)
end)

describe("Getting in step that begins again while probes are unanswered", function()
  it("waits for their answers, so that none is taken for that of a command", function()
    local bench = Bench.new("quectel")
    bench.engine:sync(bench.time)
    local probes = 0
    while probes < 3 do
      bench:pass(0.1)
      if bench:output():find "AT" then probes = probes + 1 end
    end
    bench.engine:sync(bench.time)
    bench:pass(0.01)
    assert.are.same("AT\r", bench:output())
    bench:receive(OK)
    bench:pass(0.3)
    assert.are.same("", bench:output()) -- as it would have asked again had it taken this OK for the last probe's
    bench:receive(OK .. OK .. OK)
    bench:pass(1.1)
    assert.is_false(bench.engine:ready())
    for _ = 1, 2 do
      if bench:output():find "AT" then bench:receive(OK) end
      bench:pass(0.1)
    end
    assert.is_true(bench.engine:ready())
  end)
end)

describe("Getting in step that begins again before a prompt or data mode was left", function()
  --- What goes out first.
  local function first_output(bench)
    for _ = 1, 40 do
      local out = bench:output()
      if out ~= "" then return out end
      bench:pass(0.05)
    end
  end

  local cases = {
    { "data mode", "aithinker", "AT+SOCKETTT", { online = true }, "", "+++" },
    { "a prompt", "quectel", "AT+QISEND=0,5", { data = "hello", timeout = 10 }, "\r\n> ", "\27" },
    { "a download", "quectel", 'AT+QFTPGET="a","COM:",0,1000000', { block = 1000000, timeout = 60 },
      "\r\nCONNECT\r\nab", "+++" },
  }

  for _, case in ipairs(cases) do
    local what, dialect, command, options, answer, leaves = table.unpack(case)
    for _, by in ipairs { "itself", "the host" } do
      it(("leaves %s first, where the command was given up by %s"):format(what, by), function()
        local bench = Bench.new(dialect)
        bench:command(command, options)
        bench:receive(answer)
        if by == "the host" then bench.engine:cancel(bench.id, bench.time) end
        bench.engine:sync(bench.time)
        assert.are.same(leaves, first_output(bench))
      end)
    end
    it(("leaves %s first, where the port has not taken the way out of it"):format(what), function()
      local bench = Bench.new(dialect)
      bench:command(command, options)
      bench:receive(answer)
      bench.engine:cancel(bench.id, bench.time)
      while bench.engine:output(bench.time) == "" do bench:pass(0.05) end
      assert.are.same(leaves, bench.engine:output(bench.time))
      bench.engine:sync(bench.time)
      assert.are.same(leaves, first_output(bench))
    end)
  end
end)

describe("What the port has not taken of the bytes for a prompt", function()
  it("does not go into the connection or the download of a CONNECT that comes late", function()
    local bench = Bench.new("quectel")
    bench:command('AT+QFTPGET="a","COM:",0,1000000', { block = 1000000, timeout = 1 })
    local out = ""
    while not out:find "^\r" do -- the module answers nothing, so that everything is tried
      bench:pass(0.1)
      out = bench.engine:output(bench.time)
      if not out:find "^\r" then bench:output() end
    end
    bench.engine:sent(1, bench.time)
    bench:receive("\r\nCONNECT\r\n")
    for _ = 1, 40 do
      out = bench.engine:output(bench.time)
      if out ~= "" then break end
      bench:pass(0.05)
    end
    assert.are.same("+++", (out:gsub("\r", "CR")))
  end)
end)
