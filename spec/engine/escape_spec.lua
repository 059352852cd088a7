-- Data that could be taken for the escape sequence, for the end of a connection or for an answer; and what is sent to a
-- module that waits for something else than commands.

local Bench = require "support.engine"

describe("Data mode", function()
  local bench

  local function begin(dialect, command, answer)
    bench = Bench.new(dialect)
    bench:command(command or "ATO", { online = true })
    bench:receive(answer or "\r\nCONNECT\r\n")
    bench:pass(5)
    bench:take()
  end

  --- What goes out at this moment of these bytes.
  local function write(bytes)
    assert(bench.engine:write_data(bytes))
    return bench:output()
  end

  --- Time passes until something goes out: that, and how long it took.
  local function wait_for_output(longest)
    for i = 0, longest * 20 do
      local out = bench:output()
      if out ~= "" then return out, i / 20 end
      bench:pass(0.05)
    end
  end

  local function data()
    local all = {}
    for _, event in ipairs(bench.events) do
      if event.kind == "data" then all[#all + 1] = event[2] end
    end
    return table.concat(all)
  end

  it("holds the last character of an escape sequence back that comes in pieces after a silence", function()
    begin "quectel"
    assert.are.same("+", write "+")
    bench:pass(0.1)
    assert.are.same("+", write "+")
    bench:pass(0.1)
    assert.are.same("", write "+")
    local out, seconds = wait_for_output(5)
    assert.are.same("+", out)
    assert.is_true(seconds > 1)
  end)

  it("does not hold back more characters than the sequence has", function()
    begin "quectel"
    assert.are.same("++", write "++")
    bench:pass(0.1)
    assert.are.same("++", write "++")
    begin "quectel"
    assert.are.same("++++", write "++++")
  end)

  it("parts a run of the character where the module requires no silence", function()
    begin("aithinker", "AT+SOCKETTT", ">")
    local all, longest = "", 0
    assert(bench.engine:write_data "a+++b++++++c")
    for _ = 1, 400 do
      local out = bench:output()
      for run in out:gmatch "%++" do longest = math.max(longest, #run) end
      all = all .. out
      bench:pass(0.01)
    end
    assert.are.same("a+++b++++++c", all)
    assert.are.same(2, longest)
  end)

  it("waits for the queue of a driver no longer than that can be", function()
    begin "quectel"
    bench.engine:set_line_speed(960)
    for _ = 1, 4 do
      write(("x"):rep(100000))
      bench:take()
    end
    bench.engine:leave_data_mode(false, bench.time)
    local out, seconds = wait_for_output(200)
    assert.are.same("+++", out)
    assert.is_true(seconds > 60 and seconds < 80, seconds)
  end)

  it("takes for data at once what no module sends after the end of a connection", function()
    local bytes = "\r\nNO CARRIER\r\n\r\nab\1cd"
    begin "quectel"
    bench:receive(bytes)
    assert.are.same(bytes, data())
  end)

  it("takes for data what goes on without an end after the end of a connection", function()
    local bytes = "\r\nNO CARRIER\r\n\r\n" .. ("x"):rep(20000)
    begin "quectel"
    bench:receive(bytes)
    bench:pass(3)
    assert.are.same(#bytes, #data())
  end)
end)

describe("A download that stops after what may begin its end", function()
  it("goes on after a moment", function()
    local bench = Bench.new "quectel"
    bench:command('AT+QFDWL="UFS:f"', { block = -1, expect = "+QFDWL" })
    bench:receive "\r\nCONNECT\r\nabc\r"
    local at = bench.engine:deadline(bench.time)
    assert.is_true(at < bench.time + 1)
  end)
end)

describe("A module that does not answer", function()
  local bench

  before_each(function() bench = Bench.new "quectel" end)

  --- What is sent within so many seconds.
  local function sent(seconds)
    local all = {}
    for _ = 1, seconds * 100 do
      all[#all + 1] = bench:output()
      bench:pass(0.01)
    end
    return table.concat(all)
  end

  it("has its prompt cancelled that comes too late, before anything else is sent", function()
    bench:command("AT+QISEND=0,5", { data = "hello", timeout = 1 })
    bench:pass(1.1)
    bench:receive "\r\n> "
    assert.are.same("\27", sent(1):sub(1, 1))
  end)

  it("is in step when it has answered twice in a row", function()
    bench:receive "\r\nRDY\r\n"
    assert.are.same(2, bench:get_in_step())
  end)

  it("is tried in each way, again and again", function()
    bench:command("AT+CSQ", { timeout = 1 })
    local all = sent(120)
    for _, text in ipairs { "\27", "%+%+%+", "AT\r", ("\r"):rep(100) } do
      assert.is_true(select(2, all:gsub(text, "")) >= 2, text)
    end
  end)

  it("is first given as many bytes as it waits for", function()
    assert(bench.engine:submit({}, "AT+QISEND=0,100", bench.time, ("x"):rep(100), nil, 1))
    bench:output()
    bench:receive "\r\n> "
    assert.are.same(100, #bench.engine:output(bench.time))
    bench.engine:sent(40, bench.time)
    bench:pass(1.1)
    assert.are.same(60, #sent(30):match "AT\r(\r+)")
  end)
end)
