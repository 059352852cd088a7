-- Bytes that are lost on the line, or come twice: data is never given for whole that is not, as far as what stands
-- around it can tell.

local check = require "hayes.check"
local Bench = require "support.engine"
local core = require "hayes.core"

--- Data that looks like the module's words at its end, where it matters.
local payloads = { "hello", "0123456789\r\n", "\r\n\r\nOK\r\n\r\n", "ends in CR\r", "\nbegins with LF", ("x"):rep(40) }

--- Answers with data as modules give them: how they begin and end around it.
local answers = {
  { "quectel", "AT+QSSLRECV=0,1500", "\r\n+QSSLRECV: %d\r\n", "\r\n\r\nOK\r\n" },
  { "quectel", "AT+QSSLRECV=0,1500", "\r\n+QSSLRECV: %d\r\n", "\r\nOK\r\n" }, -- without the blank line
  { "quectel", "AT+QIRD=0,1500", "\r\n+QIRD: %d\r\n", "\r\n\r\nOK\r\n" },
  { "quectel", "AT+QFREAD=1,1500", "\r\nCONNECT %d\r\n", "\r\nOK\r\n" },
  { "aithinker", "AT+SOCKETREAD=1", "\r\n+SOCKETREAD,1,%d,", "\r\nOK\r\n" },
}

--- Every way in which one byte, or several in a row, can be lost, and one can come twice.
local function damages(stream)
  local all = {}
  for at = 1, #stream do
    for count = 1, 6 do
      if at + count - 1 <= #stream then all[#all + 1] = stream:sub(1, at - 1) .. stream:sub(at + count) end
    end
    all[#all + 1] = stream:sub(1, at) .. stream:sub(at)
  end
  return all
end

describe("The engine, when bytes are lost or come twice,", function()
  for _, answer in ipairs(answers) do
    local dialect, command, head, tail = table.unpack(answer)
    it(("does not take a damaged answer for a whole one: %s, ended by %s"):format(command, check.show(tail)), function()
      for _, payload in ipairs(payloads) do
        local stream = head:format(#payload) .. payload .. tail
        for _, damaged in ipairs(damages(stream)) do
          local bench = Bench.new(dialect)
          -- How this module ends its answers is known from one that was whole.
          bench:command(command)
          bench:receive(head:format(3) .. "abc" .. tail)
          assert.are.same("ok", bench:last("final")[3])
          local response = bench:command(command)
          bench:receive(damaged)
          bench:pass(60)
          local final = bench:last("final")
          -- Where the line with the count is damaged there is no data at all: socket/damage_spec.lua.
          if final[3] == "ok" and response.data then
            assert.are.same(payload, response.data, ("%q taken for %q"):format(damaged, stream))
          end
        end
      end
    end)
  end

  --- What follows data that was pushed: nothing, the line end of its own, the next line.
  for _, push in ipairs {
    { "quectel", '\r\n+QSSLURC: "recv",0,%d\r\n', "", "\r\n+CREG: 1\r\n" },
    { "quectel", '\r\n+QIURC: "recv",0,%d\r\n', "\r\n", "\r\n+CREG: 1\r\n" },
    { "aithinker", "\r\n+EVENT:SocketDown,1,%d,", "\r\n", "\r\n+EVENT:WIFI_GOT_IP\r\n" },
  } do
    local dialect, head, tail, next_line = table.unpack(push)
    it(("reports that data pushed as %s is damaged, by what follows it"):format(check.show(head)), function()
      for _, payload in ipairs(payloads) do
        local stream = head:format(#payload) .. payload .. tail
        for at = #head, #stream do -- behind the length
          for _, damaged in ipairs { stream:sub(1, at - 1) .. stream:sub(at + 1), stream:sub(1, at) .. stream:sub(at) } do
            local bench = Bench.new(dialect)
            bench:receive(damaged .. next_line .. next_line)
            local urc = bench:last("urc", function(event) return event[2].data end)
            if urc and urc[2].data ~= payload then
              assert.is_truthy(bench:last("damage"), ("%q taken for %q"):format(damaged, stream))
              assert.are.same(urc[2], bench:last("damage")[2])
            end
          end
        end
      end
    end)
  end

  it("tells nothing of the kind when all is whole, however it is cut", function()
    for _, answer in ipairs(answers) do
      local dialect, command, head, tail = table.unpack(answer)
      for _, payload in ipairs(payloads) do
        local stream = head:format(#payload) .. payload .. tail
        for cut = 1, #stream do
          local bench = Bench.new(dialect)
          for _ = 1, 2 do
            local response = bench:command(command)
            bench:receive(stream:sub(1, cut))
            bench:receive(stream:sub(cut + 1))
            assert.are.same("ok", bench:last("final")[3])
            assert.are.same(payload, response.data)
          end
        end
      end
    end
  end)

  it("takes a URC between data and its final result code for what it is, and an unknown line for more of the data", function()
    for line, result in pairs { ['+QSSLURC: "closed",3'] = "ok", ["+CREG: 1"] = "ok", ["d"] = "long_read",
      ["+WHAT: 1"] = "long_read" } do
      local bench = Bench.new()
      bench:command("AT+QSSLRECV=0,1500")
      bench:receive("\r\n+QSSLRECV: 3\r\nabc\r\n\r\n" .. line .. "\r\n\r\nOK\r\n")
      assert.are.same(result, bench:last("final")[3], line)
    end
  end)

  --- How answers with data ended, one engine for all of them: by { command, head, end }.
  local function results_of(list)
    local bench, results = Bench.new(), {}
    for i, one in ipairs(list) do
      local command, head, tail = table.unpack(one)
      bench:command(command)
      bench:receive(head:format(3) .. "abc" .. tail)
      results[i] = bench:last("final")[3]
      if not bench.engine:ready() then bench:get_in_step() end
    end
    return results
  end

  local READ, FILE = { "AT+QIRD=0,1500", "\r\n+QIRD: %d\r\n" }, { "AT+QFREAD=1,1500", "\r\nCONNECT %d\r\n" }
  local function ends(what, tail) return { what[1], what[2], tail } end
  local BLANK, NONE = "\r\n\r\nOK\r\n", "\r\nOK\r\n"

  it("knows by command whether a blank line stands after the data", function()
    assert.are.same({ "ok", "ok", "ok", "ok" },
      results_of { ends(READ, BLANK), ends(FILE, NONE), ends(READ, BLANK), ends(FILE, NONE) })
  end)

  it("believes what the answers have in common when the first one of a kind was the damaged one", function()
    assert.are.same({ "ok", "short_read", "short_read", "ok", "ok" },
      results_of { ends(READ, BLANK), ends(READ, NONE), ends(READ, NONE), ends(READ, NONE), ends(READ, NONE) })
    assert.are.same({ "ok", "long_read", "long_read", "ok", "short_read", "ok" }, results_of { ends(READ, NONE),
      ends(READ, BLANK), ends(READ, BLANK), ends(READ, BLANK), ends(READ, NONE), ends(READ, BLANK) })
  end)

  it("says that the data is too long when so much more comes that it makes a line of its own, however long", function()
    assert.are.same({ "ok", "long_read", "long_read" }, results_of { ends(READ, BLANK),
      ends(READ, ("d"):rep(50) .. BLANK), ends(READ, ("d"):rep(50000) .. BLANK) })
  end)

  it("gets in step before the next command when the end of an answer may have been data", function()
    for _, answer in ipairs {
      "\r\n+QIRD: 3\r\nabc\r\nOK\r\n\1\2\r\n\r\nOK\r\n", -- more than announced
      "\4\200+QIRD: 9\r\nabc\r\nOK\r\n\r\n\r\nOK\r\n", -- what announces it is damaged
      ("x"):rep(20000) .. "\r\nOK\r\n\r\nOK\r\n",
    } do
      local bench = Bench.new()
      bench:command("AT+QIRD=0,1500")
      bench:receive("\r\n+QIRD: 3\r\nabc" .. BLANK)
      bench:command("AT+QIRD=0,1500")
      bench:receive(answer)
      assert.is_not_nil(bench:last("final"))
      assert.is_false(bench.engine:ready())
      bench:get_in_step()
    end
  end)

  it("does not call an answer with two blocks whole whose first one was damaged", function()
    local bench = Bench.new()
    bench:command("AT+QIRD=0,1500")
    bench:receive("\r\n+QIRD: 3\r\nabc!\r\n+QIRD: 3\r\nabc" .. BLANK)
    assert.are.same("long_read", bench:last("final")[3])
  end)

  it("tells the module's refusal and not the damage when a command fails after its data", function()
    local bench = Bench.new()
    bench:command("AT+QFREAD=1,1500")
    bench:receive("\r\nCONNECT 3\r\nabcd\r\n+CME ERROR: 417\r\n")
    assert.are.same("error", bench:last("final")[3])
  end)

  it("takes a line that begins with CR alone, as some of the Ai-WB2, for no sign of damage", function()
    local bench = Bench.new("aithinker")
    bench:receive("\r\n+EVENT:SocketDown,1,5,hello\r+WDOMAIN:a,1.2.3.4\r\n")
    assert.is_nil(bench:last("damage"))
  end)

  it("gives up data of a URC that does not come, whose length was damaged, and tells what follows", function()
    local bench = Bench.new()
    bench:receive('\r\n+QIURC: "recv",0,1500\r\nhello')
    bench:pass(4)
    bench:receive(" world\r\n")
    assert.is_nil(bench:last("damage"))
    bench:pass(4.9)
    assert.is_nil(bench:last("damage"))
    bench:pass(0.2)
    local damage = bench:last("damage")
    assert.are.same({ 0, "short_read" }, { damage[2].fields[2], damage[3] })
    bench:receive('\r\n+QIURC: "closed",0\r\n')
    assert.are.same('+QIURC: "closed",0', bench:last("urc")[2].line)
  end)

  it("resynchronises when pushed data was damaged, before another command: an answer may have been data", function()
    for _, flight in ipairs { false, "AT+SOCKETDEL=1" } do
      local bench = Bench.new("aithinker")
      if flight then bench:command(flight) end
      bench:receive("\r\n+EVENT:SocketDown,1,7,hello\r\nOK\r\n")
      assert.is_truthy(bench:last("damage"))
      assert.are.same(flight and "ok", (bench:last("final") or { [3] = false })[3])
      for probe = 1, 2 do
        assert.is_false(bench.engine:ready(), probe)
        bench:pass(0.1)
        assert.are.same("AT\r\n", bench:output(), probe)
        bench:receive("\r\nOK\r\n")
      end
      bench:pass(0.05)
      assert.is_true(bench.engine:ready())
    end
  end)

  it("does so, too, when that was found while a command was on its way out, since the rest of the data comes later", function()
    local bench = Bench.new("aithinker")
    assert(bench.engine:submit({}, "AT+SOCKETDEL=1", bench.time))
    assert.are.same("AT+SOCKETDEL=1\r\n", bench.engine:output(bench.time))
    bench.engine:sent(3, bench.time)
    bench:receive("\r\n+EVENT:SocketDown,1,7,hello\r\nabc\r\n")
    assert.is_truthy(bench:last("damage"))
    bench:output()
    bench:receive("def\r\nOK\r\n")
    assert.are.same("ok", bench:last("final")[3])
    assert.is_false(bench.engine:ready())
    bench:pass(0.1)
    assert.are.same("AT\r\n", bench:output())
  end)

  it("does so, too, when a command that nothing has been sent of is cancelled after that was found", function()
    local bench = Bench.new("aithinker")
    local id = assert(bench.engine:submit({}, "AT+SOCKETDEL=1", bench.time))
    bench:receive("\r\n+EVENT:SocketDown,1,7,hello\r\nabc\r\n")
    assert.is_truthy(bench:last("damage"))
    bench.engine:cancel(id, bench.time)
    bench:pass(0)
    assert.are.same("cancelled", bench:last("final")[3])
    assert.is_false(bench.engine:ready())
    bench:pass(0.1)
    bench:get_in_step()
    bench:command("AT+SOCKETDEL=2")
    bench:receive("\r\nOK\r\n")
    assert.is_true(bench.engine:ready())
  end)

  it("leaves data mode first when the sign of its beginning has got lost, and data came in place of an answer", function()
    for what, data in pairs { ["a line that is no text"] = "\xc4\xcd w", ["a line that is too long"] = ("x"):rep(20000) } do
      local bench = Bench.new("aithinker")
      bench:command("AT+SOCKETTT", { online = true })
      bench:receive(data .. "\r\nERROR\r\n")
      assert.are.same("error", bench:last("final")[3], what)
      assert.is_false(bench.engine:ready(), what)
      local sent = ""
      for _ = 1, 20 do
        bench:pass(0.1)
        sent = sent .. bench:output()
      end
      assert.are.same("+++", sent:sub(1, 3), what)
    end
  end)

  it("does not begin data mode by a prompt among data, some of which has passed as lines", function()
    local bench = Bench.new("aithinker")
    bench:command("AT+SOCKETTT", { online = true })
    bench:receive("\xc4\xcd w\r\n> more")
    assert.are.same("error", bench:last("final")[3])
    assert.is_nil(bench:last("data"))
  end)

  it("leaves modules alone of which it is not known what stands after their data", function()
    local bench = Bench.new(core.rules { protocol = { eol = "\r\n" }, lines = {
      { text = "+IPD,", prefix = true, kind = "urc", block = { length = 2, fields = 2, after = ":" } },
      { text = "#,CLOSED", kind = "urc" },
    } })
    bench:receive("+IPD,0,5:hello0,CLOSED\r\n")
    assert.are.same({ "urc", "urc" }, bench:kinds())
  end)
end)
