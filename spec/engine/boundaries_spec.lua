-- The engine where a length, a number or a name is just within a limit, and just beyond it.

local Bench = require "support.engine"
local core = require "hayes.core"

local WRITE = 8
local MOST_OUTSTANDING = 32

local function rules(more)
  local description = {
    protocol = { eol = "\r", prompt = ">", max_line = 16, max_command = 64, guard_ms = 1000, crlf_after_block = true },
    lines = { { text = "OK", kind = "final", success = true }, { text = "ERROR", kind = "final" },
      { text = "CONNECT", kind = "connect", prefix = true }, { text = "+URC:", kind = "urc", prefix = true },
      { text = "+CELL:", kind = "urc", prefix = true, shape = "x" }, { text = "#,GONE", kind = "urc" },
      { text = "SENT", kind = "final", success = true, groups = 2 } },
    commands = {
      { name = "+PUT", info = "prefixed", data_forms = WRITE, data_length_param = 2, data_needs_length = true,
        ack_param = 3, ack_every = 2, ack_byte = "A" },
      { name = "+RUN", info = "prefixed", deferred = "+RUN", deferred_forms = WRITE, deferred_param = 1,
        deferred_field = 1, deferred_end = "nn", timeout_ms = 3000 },
      { name = "+ANY", info = "any" }, { name = "+NUM", info = "bare", info_shape = "n" },
    },
  }
  for name, value in pairs(more or {}) do description.protocol[name] = value end
  return core.rules(description)
end

describe("Fields:", function()
  local function fields(text) return core.fields(text) end

  it("a number is an integer up to the largest one, and text beyond it", function()
    assert.are.same({ math.maxinteger, "9223372036854775808", "92233720368547758070" },
      fields "9223372036854775807,9223372036854775808,92233720368547758070")
    assert.are.same({ -math.maxinteger, "-9223372036854775808" }, fields "-9223372036854775807,-9223372036854775808")
  end)

  it("a number with a zero or a plus in front is text, as it came", function()
    assert.are.same({ 0, "00", "007", "-0", "+1", -1, 10 }, fields "0,00,007,-0,+1,-1,10")
  end)

  it("a parenthesis that closes nothing does not hide the commas after it", function()
    assert.are.same({ "a)", "b", 1 }, fields "a),b,1")
    assert.are.same({ "(0,1)", "x)", 2 }, fields "(0,1),x),2")
  end)

  it("a lone quote is an empty text, and a number in quotes is no number", function()
    assert.are.same({ "" }, fields '"')
    assert.are.same({ "12", "" }, fields '"12",""')
  end)
end)

for way, pieces in pairs(Bench.ways) do
  describe("The engine, with bytes that come in " .. way .. ",", function()
    local bench

    before_each(function() bench = Bench.new(rules(), pieces) end)

    local function kinds_and_lines(bytes)
      bench:receive(bytes)
      local list = {}
      for _, event in ipairs(bench:take()) do
        list[#list + 1] = event.kind .. " " .. tostring(type(event[2]) == "table" and event[2].line or event[2])
      end
      return list
    end

    it("takes a line of just the greatest length, and no longer one", function()
      local longest = ("x"):rep(16)
      assert.are.same({ "unknown " .. longest }, kinds_and_lines("\r\n" .. longest .. "\r\n"))
      assert.are.same({ "overlong 17" }, kinds_and_lines("\r\n" .. longest .. "y\r\n"))
    end)

    it("takes a line of just the greatest length with a NUL in it", function()
      local longest = ("x"):rep(16)
      local bytes = longest:sub(1, 9) .. "\0" .. longest:sub(10)
      assert.are.same({ "unknown " .. longest }, kinds_and_lines("\r\n" .. bytes .. "\r\n"))
      assert.are.same({ "overlong 17" }, kinds_and_lines("\r\n" .. longest .. "\0y\r\n"))
    end)

    it("does not count as a part of a line what a module echoes of Ctrl-Z and ESC, nor as noise a tab", function()
      assert.are.same({ "urc +URC: 1" }, kinds_and_lines "\26\27\r\n\27+URC: 1\r\n")
      assert.are.same({ "urc +URC:\t1" }, kinds_and_lines "\r\n+URC:\t1\r\n")
      local _, noise = bench.engine:noise()
      assert.are.same(3, noise)
      kinds_and_lines "\r\n+URC:\0011\r\n"
      assert.are.same(4, (select(2, bench.engine:noise())))
    end)

    it("tells a hexadecimal field by its four digits", function()
      local response = bench:command "AT+CELL?"
      assert.are.same({ "urc +CELL: 12AB" }, kinds_and_lines "\r\n+CELL: 12AB\r\n\r\n+CELL: 1AB\r\n")
      assert.are.same({ "+CELL: 1AB" }, { table.unpack(response) })
    end)

    it("knows a number of any length in a URC", function()
      for _, line in ipairs { "1,GONE", "12,GONE", "12345,GONE" } do
        assert.are.same({ "urc " .. line }, kinds_and_lines("\r\n" .. line .. "\r\n"))
      end
      assert.are.same({ "unknown ,GONE" }, kinds_and_lines "\r\n,GONE\r\n")
    end)

    it("finds a prompt with and without a space after it that nobody expected", function()
      for _, prompt in ipairs { "\r\n>", "\r\n> " } do
        bench = Bench.new(rules { cancel = "\27" }, pieces)
        bench:command "AT+UNKNOWN"
        bench:receive(prompt)
        bench:pass(1.5)
        assert.are.same("final", (bench:take("final")[1] or {}).kind, prompt)
        bench:pass(0.5)
        assert.are.same("\27", bench:output())
      end
    end)

    it("does not wait for the deferred result of a command that has failed", function()
      bench:command "AT+RUN=1"
      bench:receive "\r\nERROR\r\n"
      local final = bench:take("final")[1]
      assert.is_false(final[5])
      bench:pass(60)
      assert.are.same({}, bench:take("deferred"))
    end)

    it("tells a deferred result from one whose parameter is longer or shorter", function()
      bench:command "AT+RUN=12"
      bench:receive "\r\nOK\r\n"
      bench:take()
      bench:receive "\r\n+RUN: 1,0\r\n\r\n+RUN: 123,0\r\n"
      assert.are.same({}, bench:take("deferred"))
      bench:receive "\r\n+RUN: 12,0\r\n"
      assert.are.same("+RUN: 12,0", bench:take("deferred")[1][4])
    end)

    it("waits for a deferred result as long as for the final result code where no time is declared", function()
      bench:command "AT+RUN=1"
      bench:receive "\r\nOK\r\n"
      bench:take()
      bench:pass(2.9)
      assert.are.same({}, bench:take("deferred"))
      bench:pass(0.2)
      assert.are.same("timeout", bench:take("deferred")[1][3])
    end)

    it("takes one letter of a command's echo for no echo", function()
      local response = bench:command "AT+ANY"
      bench:receive "\r\nA\r\n\r\nOK\r\n"
      assert.are.same({ "A" }, { table.unpack(response) })
    end)
  end)
end

describe("Commands:", function()
  local bench

  before_each(function() bench = Bench.new(rules()) end)

  local function refusal(text, has_data) return bench.engine:refusal(text, has_data) end

  it("a parameter that a result repeats has 15 bytes at most", function()
    assert.is_nil(refusal("AT+RUN=" .. ("k"):rep(15)))
    assert.are.same("key", refusal("AT+RUN=" .. ("k"):rep(16)))
    bench:command("AT+RUN=" .. ("k"):rep(15))
    bench:receive "\r\nOK\r\n"
    bench:take()
    bench:receive("\r\n+RUN: " .. ("k"):rep(15) .. "\r\n")
    assert.are.same("overlong", bench:take()[1].kind)
  end)

  it("a name has 32 bytes at most, and so has the prefix of a result", function()
    assert.is_nil(refusal("AT+" .. ("N"):rep(31)))
    assert.are.same("name", refusal("AT+" .. ("N"):rep(32)))
    local function expecting(length)
      local id, why = Bench.new(rules()).engine:submit({}, "AT+ANY", 0, nil, ("+"):rep(length))
      return id and "taken" or why
    end
    assert.are.same({ "taken", "name" }, { expecting(32), expecting(33) })
    local function declared(name, value)
      return pcall(core.rules, { commands = { { name = name == "name" and value or "+X", info = "any",
        [name] = value } } })
    end
    for _, name in ipairs { "name", "info_prefix", "deferred" } do
      assert.is_true((declared(name, ("P"):rep(32))))
      assert.is_false((declared(name, ("P"):rep(33))))
    end
  end)

  it("a command line has so many bytes at most, and no control character", function()
    assert.is_nil(refusal("AT" .. ("x"):rep(64)))
    assert.are.same("long", refusal("AT" .. ("x"):rep(65)))
    for byte = 0, 255 do
      local is_control = byte < 32 or byte == 127
      assert.are.same(is_control and "byte" or nil, refusal("AT+ANY=" .. string.char(byte)))
    end
  end)

  it("so many deferred results are outstanding at most", function()
    local outstanding = 0
    repeat
      outstanding = outstanding + 1
      local id, why = bench.engine:submit({}, "AT+RUN=" .. outstanding, bench.time)
      if id then
        bench:output()
        bench:receive "\r\nOK\r\n"
      end
      assert(id or why == "deferred", why)
    until not id
    assert.are.same(MOST_OUTSTANDING + 1, outstanding)
    for key = 1, MOST_OUTSTANDING do
      bench:take()
      bench:receive(("\r\n+RUN: %d,0\r\n"):format(key))
      assert.are.same(("+RUN: %d,0"):format(key), bench:take("deferred")[1][4])
    end
  end)

  it("tell how much of their data has gone ten times a second at most", function()
    local engine, told = bench.engine, {}
    assert(engine:submit({}, "AT+PUT=1,40", bench.time, ("x"):rep(40), nil, nil, nil, nil, nil, nil, nil, true))
    bench:output()
    bench:receive "\r\nCONNECT\r\n"
    for _ = 1, 40 do
      assert.is_true(#engine:output(bench.time) > 0)
      engine:sent(1, bench.time)
      bench:pass(0.01)
      for _, event in ipairs(bench:take "progress") do told[#told + 1] = event[2] end
    end
    assert.is_true(#told >= 4 and #told <= 5, #told .. " times")
  end)

  it("any number of deferred results are given up", function()
    for key = 1, 3 * MOST_OUTSTANDING do
      local id = assert(bench.engine:submit({}, "AT+RUN=" .. key, bench.time))
      bench:output()
      bench:receive "\r\nOK\r\n"
      bench.engine:cancel(id, bench.time)
    end
  end)

  it("the parts of an echo are known again after a restart, for which the module has its settings of the factory", function()
    bench = Bench.new("quectel")
    bench.engine:set_echo(false)
    bench:receive "\r\nRDY\r\n"
    bench:get_in_step()
    bench:take()
    local response = bench:command "AT+CGMM"
    bench:receive 'AT+\r\n+QIURC: "pdpdeact",1\r\nCGMM\r\r\nEC200U\r\n\r\nOK\r\n'
    assert.are.same({ "EC200U" }, { table.unpack(response) })
  end)

  it("the data of a URC does not go to the file of the command in flight", function()
    local path = os.tmpname()
    local file <close> = assert(core.file(path, "part"))
    bench = Bench.new("quectel")
    bench:command('AT+QFDWL="UFS:f"', { block = 3, sink = file })
    bench:receive '\r\n+QSSLURC: "recv",0,5\r\nhello\r\n'
    assert.are.same("hello", bench:take("urc")[1][2].data)
    bench:receive "\r\nCONNECT 3\r\nabc\r\n+QFDWL: 3,6102\r\n\r\nOK\r\n"
    assert.are.same("abc", file:read(0, 10))
    os.remove(path)
  end)

  it("connections whose data comes in blocks have numbers up to 31", function()
    local engine = Bench.new("quectel").engine
    assert.is_true(engine:set_blocks("+QSSLURC:", 31, true))
    for _, number in ipairs { -1, 32 } do
      assert.has_error(function() engine:set_blocks("+QSSLURC:", number, true) end)
    end
  end)

  it("data of no bytes is none: the module asks for nothing", function()
    assert.are.same("no data", refusal "AT+PUT=1,5")
    assert.is_nil(refusal("AT+PUT=1,5", true))
    assert.is_nil(refusal "AT+PUT=1,0")
    assert.is_nil(refusal "AT+PUT=1")
  end)

  it("pieces are acknowledged where the parameter is 1, and not with another number", function()
    for _, case in ipairs { { 1, "ab" }, { 0, "abcd" }, { 2, "abcd" } } do
      bench = Bench.new(rules())
      bench:command(("AT+PUT=1,4,%d"):format(case[1]), { data = "abcd" })
      bench:receive "\r\nCONNECT\r\n"
      assert.are.same(case[2], bench:output())
    end
  end)

  it("the question which values there are is answered in any form, and has no deferred result", function()
    local response = bench:command "AT+RUN=?"
    bench:receive "\r\n(0,1)\r\n\r\nOK\r\n"
    assert.are.same({ "(0,1)" }, { table.unpack(response) })
    assert.is_false(bench:take("final")[1][5])
  end)

  it("a semicolon in quotes does not begin another command", function()
    bench:command('AT+RUN="a;b"')
    bench:receive "\r\nOK\r\n"
    assert.is_true(bench:take("final")[1][5])
    bench = Bench.new(rules())
    bench:command('AT+RUN="a";+ANY')
    bench:receive "\r\nOK\r\n"
    assert.is_false(bench:take("final")[1][5])
  end)
end)
