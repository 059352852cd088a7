-- Data mode in the engine: when the escape sequence goes out, whose `OK` answers it, and that the end of a connection
-- is noticed while data is on its way to it.

local Bench = require "support.engine"

local OK = "\r\nOK\r\n"

for way, pieces in pairs(Bench.ways) do
  describe("Data mode, with bytes that come in " .. way .. ",", function()
    local bench

    local function begin()
      bench = Bench.new("quectel", pieces)
      bench:command("ATO", { online = true })
      bench:receive("\r\nCONNECT\r\n")
      assert.are.same({ "final" }, bench:kinds())
    end

    --- Time passes in steps; what goes out meanwhile, and when the first of it did.
    local function run(seconds)
      local from, first, all = bench.time, nil, {}
      while bench.time < from + seconds do
        local out = bench:output()
        if out ~= "" then first = first or bench.time - from end
        all[#all + 1] = out
        bench:pass(0.05)
      end
      return table.concat(all), first
    end

    local function data()
      local all = {}
      for _, event in ipairs(bench.events) do
        if event.kind == "data" then all[#all + 1] = event[2] end
      end
      return table.concat(all)
    end

    it("sends the escape sequence a second after CONNECT at the earliest", function()
      begin()
      bench:output()
      bench.engine:leave_data_mode(false, bench.time)
      local out, at = run(3)
      assert.are.same("+++", out)
      assert.is_true(at >= 0.99, at)
    end)

    it("sends it a second after the last byte has left a slow line behind a relay", function()
      begin()
      bench.engine:set_line_speed(960)
      assert.is_true(bench.engine:write_data(("x"):rep(4800)))
      assert.are.same(4800, #bench:output())
      bench.engine:leave_data_mode(false, bench.time)
      local out, at = run(6.5)
      assert.are.same("+++", out)
      assert.is_true(at >= 5.99, at)
    end)

    it("that begins when its command has been given up is left, and what comes in it is no line", function()
      bench = Bench.new("quectel", pieces)
      bench:command('AT+QIOPEN=1,0,"TCP","h",7,0,2', { online = true })
      bench.engine:cancel(bench.id, bench.time)
      bench:pass(0.05)
      bench:receive("\r\nCONNECT\r\n\r\nRDY\r\n")
      local out = ""
      for _ = 1, 20 do
        bench:receive('\r\nRDY\r\n\r\n+QIURC: "closed",0\r\n')
        bench:pass(0.1)
        out = out .. bench:output()
      end
      assert.are.same("+++", out)
      bench:receive(OK)
      bench:get_in_step()
      assert.is_nil(bench:last("urc"))
      assert.is_nil(bench:last("reboot"))
    end)

    it("is got out of by a cancelled upload after what is still on a slow line, too", function()
      bench = Bench.new("quectel", pieces)
      bench.engine:set_line_speed(960)
      bench:command('AT+QFTPPUT="a","COM:",0', { data = true, expect = "+QFTPPUT", timeout = 90 })
      bench:receive("\r\nCONNECT\r\n")
      assert.is_true(bench.engine:write_data(("x"):rep(4800)))
      assert.are.same(4800, #bench:output())
      bench.engine:cancel(bench.id, bench.time)
      local out, at = run(6.5)
      assert.are.same("+++", out)
      assert.is_true(at >= 5.99, at)
    end)

    it("takes no OK that came before the escape sequence for the answer to it", function()
      begin()
      bench.engine:leave_data_mode(false, bench.time)
      run(0.9)
      bench:receive("from the server" .. OK)
      run(1)
      assert.is_nil(bench:last("data_mode_end"))
      bench:receive("more" .. OK)
      run(1.5)
      assert.are.same({ "data_mode_end", true, false, 0, kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
      assert.are.same("from the server" .. OK .. "more", data())
    end)

    it("takes the URCs that a module has kept to itself meanwhile for what they are, and data for data", function()
      begin()
      bench:receive("first\r\nNO CARRIER\r\n")
      run(0.4)
      assert.is_truthy(bench:last("hangup_suspected"))
      bench.engine:leave_data_mode(false, bench.time)
      run(1.5)
      bench:receive(OK .. '\r\n+QIURC: "recv",3\r\n\r\n+QIURC: "closed",4\r\n')
      run(0.5)
      assert.are.same({ "data_mode_end", true, false, 0, kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
      assert.are.same("first\r\nNO CARRIER\r\n", data())
      assert.are.same('+QIURC: "closed",4', bench:last("urc")[2].line)
    end)

    it("takes data that was pushed for another connection meanwhile for that connection's", function()
      for _, before in ipairs { "", '\r\n+CREG: 1\r\n\r\n+QIURC: "recv",3\r\n' } do
        begin()
        bench.engine:leave_data_mode(false, bench.time)
        run(2.2)
        bench:receive(OK .. before .. '\r\n+QSSLURC: "recv",4,7\r\n>r\xfa\x99\x86x\xb6\r\n')
        run(1)
        assert.is_true(bench:last("data_mode_end")[2])
        assert.are.same("", data())
        assert.are.same(">r\xfa\x99\x86x\xb6", bench:last("urc")[2].data)
      end
    end)

    it("takes the same from a server for data when the answer comes after it", function()
      begin()
      bench.engine:leave_data_mode(false, bench.time)
      run(1.7)
      local sent = OK .. '\r\n+QIURC: "recv",1,5\r\n\xff evil'
      bench:receive(sent)
      run(0.4)
      bench:receive(OK)
      run(1)
      assert.is_true(bench:last("data_mode_end")[2])
      assert.is_nil(bench:last("urc"))
      assert.are.same(sent, data())
    end)

    it("lets nothing of what comes after an OK that is data become a line", function()
      begin()
      bench.engine:leave_data_mode(false, bench.time)
      run(1.7)
      bench:receive("a" .. OK .. 'b\r\n+QIURC: "closed",0\r\n')
      run(0.3)
      bench:receive(OK)
      run(1)
      assert.is_nil(bench:last("urc"))
      assert.are.same("a" .. OK .. 'b\r\n+QIURC: "closed",0\r\n', data())
      assert.is_true(bench:last("data_mode_end")[2])
    end)

    it("does not take what another connection's data holds for the end", function()
      for _, pushed in ipairs { "\r\nNO CARRIER\r\n", "\r\nNO CARRIER\r\nx", "\xfa\r\nNO CARRIER\r\n" } do
        begin()
        bench.engine:leave_data_mode(false, bench.time)
        run(2.2)
        bench:receive(OK .. ('\r\n+QSSLURC: "recv",4,%d\r\n%s\r\n'):format(#pushed, pushed))
        run(1)
        assert.are.same({ "data_mode_end", true, false, 0, kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
        assert.are.same("", data())
        assert.are.same(pushed, bench:last("urc")[2].data)
      end
    end)

    it("takes no OK for the answer that another connection's data begins with, behind the end", function()
      for _, before in ipairs { "", "\r\n+QIOPEN: 1,0\r\n", '\r\n+QIURC: "recv",1,3\r\nabc\r\n' } do
        begin()
        bench.engine:leave_data_mode(false, bench.time)
        run(1.2)
        bench:receive("\r\nNO CARRIER\r\n" .. before)
        run(0.7)
        bench:receive('\r\n+QIURC: "recv",1,4\r\nOK\r\n\r\n')
        run(4)
        assert.are.same({ "data_mode_end", false, true, 0, kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
        assert.are.same("", data())
        assert.are.same("OK\r\n", bench:last("urc")[2].data)
      end
    end)

    it("takes the OK behind data that looks like the end and like an announcement for the answer", function()
      -- Of five announced bytes, four would have come.
      for _, line in ipairs { '+QIURC: "recv",1,4\r\n', '+QIURC: "recv",1,5' } do
        local sent = "\r\nNO CARRIER\r\n\r\n" .. line
        begin()
        bench.engine:leave_data_mode(false, bench.time)
        run(1.2)
        bench:receive(sent)
        run(0.7)
        bench:receive(OK)
        run(4)
        assert.is_true(bench:last("data_mode_end")[2])
        assert.are.same(sent, data())
      end
    end)

    it("takes words of the end for data, where more data follows them and no answer comes", function()
      begin()
      local received = "first\r\nNO CARRIER\r\n\r\n+CREG: 1\r\n\xfa and more"
      bench:receive("first\r\nNO CARRIER\r\n")
      run(0.4)
      assert.is_truthy(bench:last("hangup_suspected"))
      bench.engine:leave_data_mode(false, bench.time)
      assert.are.same("+++", (run(1.15)))
      bench:receive("\r\n+CREG: 1\r\n\xfa and more")
      run(3)
      assert.are.same({ "data_mode_end", false, false, 0, kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
      assert.are.same(received, data())
      assert.is_nil(bench:last("urc"))
    end)

    it("notices the end while data is to go out, and sends none of it to a module that has left", function()
      begin()
      assert.is_true(bench.engine:write_data("first"))
      assert.are.same("first", bench:output())
      bench:receive("\r\nNO CARRIER\r\n")
      assert.is_true(bench.engine:write_data("second"))
      local out = run(0.5)
      assert.are.same("", out)
      assert.is_truthy(bench:last("hangup_suspected"))
      bench.engine:leave_data_mode(false, bench.time)
      local asked = run(3)
      assert.are.same("+++", asked:sub(1, 3))
      assert.is_nil(asked:find("second", 1, true))
      assert.are.same({ "data_mode_end", false, true, #"second", kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
      assert.are.same("", data())
    end)

    it("notices the end also where it comes together with what shows that an earlier one was data", function()
      begin()
      bench:receive("\r\nNO CARRIER\r\n")
      run(0.5)
      assert.are.same(1, #bench:take("hangup_suspected"))
      bench:receive("is in a page\r\nNO CARRIER\r\n")
      run(0.5)
      assert.are.same("\r\nNO CARRIER\r\nis in a page", data())
      assert.are.same(1, #bench:take("hangup_suspected"))
    end)

    it("asks about the end, too, where it was being left with data still to go out", function()
      begin()
      assert.is_true(bench.engine:write_data("second"))
      bench.engine:leave_data_mode(false, bench.time)
      bench:receive("\r\nNO CARRIER\r\n")
      local out = run(3.5)
      assert.are.same("+++", out:sub(1, 3))
      assert.are.same({ "data_mode_end", false, true, #"second", kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
    end)

    it("waits for the answer without asking to be called when the end comes right after the escape sequence", function()
      begin()
      bench.engine:leave_data_mode(false, bench.time)
      assert.are.same("+++", (run(1.15)))
      bench:receive("\r\nNO CARRIER\r\n")
      run(3)
      assert.are.same({ "data_mode_end", false, true, 0, kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
    end)

    it("is opened while the result of an earlier opening is still to come, which is that one's", function()
      local commands = { { 'AT+QIOPEN=1,%d,"TCP","h",7,0,%d', "+QIOPEN" },
        { 'AT+QSSLOPEN=1,0,%d,"h",443,%d', "+QSSLOPEN" } }
      for _, command in ipairs(commands) do
        bench = Bench.new("quectel", pieces)
        bench:command(command[1]:format(0, 0))
        local first = bench.id
        bench:receive(OK)
        local second = bench:command(command[1]:format(1, 2), { online = true })
        bench:receive(("\r\n%s: 0,0\r\n"):format(command[2]))
        local result = bench:last("deferred")
        assert.is_truthy(result)
        assert.is_nil(second[1])
        assert.are_not.same(first, bench.id)
        bench:receive("\r\nCONNECT\r\n")
        assert.are.same("online", bench:last("final")[3])
      end
    end)

    it("is given up in the end where the port takes nothing any more", function()
      begin()
      assert.is_true(bench.engine:write_data("stuck"))
      bench.engine:leave_data_mode(false, bench.time)
      bench:pass(119)
      assert.is_nil(bench:last("data_mode_end"))
      assert.are.same(220, bench.engine:deadline(bench.time))
      bench:pass(1)
      assert.are.same({ "data_mode_end", false, false, #"stuck", kind = "data_mode_end", n = 4 }, bench:last("data_mode_end"))
    end)

    it("sends what was given when what had looked like the end was data", function()
      begin()
      bench:receive("\r\nNO CARRIER\r\n")
      assert.is_true(bench.engine:write_data("second"))
      assert.are.same("", (run(0.1)))
      bench:receive("and more")
      assert.are.same("second", (run(0.1)))
      assert.are.same("\r\nNO CARRIER\r\nand more", data())
      assert.is_nil(bench:last("hangup_suspected"))
    end)

    it("and an upload without a length want to be called at once when what was given has gone out", function()
      local uploading = { text = 'AT+QFTPPUT="a","COM:",0', options = { data = true, expect = "+QFTPPUT", timeout = 9 } }
      for _, wanted in ipairs { { text = "ATO", options = { online = true } }, uploading } do
        bench = Bench.new("quectel", pieces)
        bench:command(wanted.text, wanted.options)
        bench:receive("\r\nCONNECT\r\n")
        assert.is_true(bench.engine:write_data("some"))
        bench.engine:sent(#bench.engine:output(bench.time), bench.time)
        assert.are.same(bench.time, bench.engine:deadline(bench.time))
        bench:pass(0)
        assert.is_truthy(bench:last("data_written"))
      end
    end)

    it("splits three plus signs that stand alone, and lets all others pass as they are", function()
      begin()
      run(2)
      for _, bytes in ipairs { "+++", "++", "++++", "+++x", "x+++" } do
        assert.is_true(bench.engine:write_data(bytes))
        local out = bench:output()
        assert.are.same(bytes == "+++" and "++" or bytes, out)
        assert.are.same(bytes:sub(#out + 1), (run(4)))
      end
    end)

    it("keeps the third of them back until the run is over for every clock, however often it is asked", function()
      begin()
      run(2)
      assert.is_true(bench.engine:write_data("+++"))
      assert.are.same("++", bench:output())
      local out, at = run(3)
      assert.are.same("+", out)
      assert.is_true(at >= 1.4, at)
      -- Nobody can tell whether these go on with a run or begin one.
      for _, rest in ipairs { "+", "++", "+++" } do
        run(3)
        assert.is_true(bench.engine:write_data("+"))
        assert.are.same("+", bench:output())
        run(0.95)
        assert.is_true(bench.engine:write_data(rest))
        out, at = run(3)
        assert.are.same(rest == "+++" and "++" or rest, out:sub(1, rest == "+++" and 2 or nil))
        assert.is_true(at >= 0.5, at)
      end
    end)

    it("sends the escape sequence apart from plus signs in front of it", function()
      begin()
      run(2)
      assert.is_true(bench.engine:write_data("++"))
      assert.are.same("++", bench:output())
      bench.engine:leave_data_mode(false, bench.time)
      local out, at = run(3)
      assert.are.same("+++", out)
      assert.is_true(at >= 1.4, at)
    end)

    it("by DTR is left at once, and by the escape sequence when the module does not heed DTR", function()
      begin()
      bench.engine:leave_data_mode(true, bench.time)
      assert.are.same("", (run(0.1)))
      bench:receive(OK)
      run(0.2)
      assert.is_true(bench:last("data_mode_end")[2])
      begin()
      bench.engine:leave_data_mode(true, bench.time)
      assert.are.same("+++", (run(3)))
      bench:receive(OK)
      run(0.2)
      assert.is_true(bench:last("data_mode_end")[2])
    end)
  end)
end
