-- What broke other AT engines in the field, each case as it was reported there; the numbers are those of the list that the
-- cases were collected in. They run on the engine alone, on bytes as modules send them.

local Bench = require "support.engine"

for way, pieces in pairs(Bench.ways) do
  describe("The engine, with bytes that come in " .. way .. ",", function()
    local bench

    before_each(function() bench = Bench.new("quectel", pieces) end)

    local function lines(response) return { table.unpack(response) } end

    local function urc_lines()
      local list = {}
      for _, event in ipairs(bench:take("urc")) do list[#list + 1] = event[2].line end
      return list
    end

    describe("framing:", function()
      it("1. takes a URC between two lines of a response for itself", function()
        local response = bench:command("AT+QFLST")
        bench:receive('\r\n+QFLST: "UFS:a",1\r\n\r\n+QSSLURC: "recv",4\r\n\r\n+QFLST: "UFS:b",2\r\n\r\nOK\r\n')
        assert.are.same({ '+QFLST: "UFS:a",1', '+QFLST: "UFS:b",2' }, lines(response))
        assert.are.same({ '+QSSLURC: "recv",4' }, urc_lines())
      end)

      it("2. takes a URC right after the command, in front of its first line, for itself", function()
        local response = bench:command("AT+CSQ")
        bench:receive('\r\n+QIURC: "pdpdeact",1\r\n\r\n+CSQ: 22,99\r\n\r\nOK\r\n')
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
        assert.are.same({ '+QIURC: "pdpdeact",1' }, urc_lines())
      end)

      it("3. puts a URC together that was split anywhere", function()
        for cut = 1, 12 do
          local text = "\r\n+CREG: 0\r\n"
          bench:receive(text:sub(1, cut))
          bench:receive(text:sub(cut + 1))
          assert.are.same({ "+CREG: 0" }, urc_lines())
        end
      end)

      it("4. does not take a bare URC for a bare answer", function()
        local response = bench:command("AT+CIMI")
        bench:receive("\r\nDST: 1\r\n\r\n460025191757605\r\n\r\nOK\r\n")
        assert.are.same({ "460025191757605" }, lines(response))
        assert.are.same({ "DST: 1" }, urc_lines())
      end)

      it("4. does not take words for an answer that is a number", function()
        local response = bench:command("AT+CGSN")
        bench:receive("\r\nCall Ready\r\n\r\nwhatever\r\n\r\n866758041234567\r\n\r\nOK\r\n")
        assert.are.same({ "866758041234567" }, lines(response))
      end)

      it("5. tells a URC from the response with the same prefix by its fields", function()
        local response = bench:command("AT+CREG?")
        bench:receive("\r\n+CREG: 1\r\n\r\n+CREG: 0,1\r\n\r\nOK\r\n")
        assert.are.same({ "+CREG: 0,1" }, lines(response))
        assert.are.same({ "+CREG: 1" }, urc_lines())

        response = bench:command("AT+CEREG?")
        bench:receive('\r\n+CEREG: 5,"1A2B","01C3D4E5",7\r\n\r\n+CEREG: 2,1,"1A2B","01C3D4E5",7\r\n\r\nOK\r\n')
        assert.are.same({ '+CEREG: 2,1,"1A2B","01C3D4E5",7' }, lines(response))
        assert.are.same({ '+CEREG: 5,"1A2B","01C3D4E5",7' }, urc_lines())
      end)

      it("5. takes that line for a URC when nothing asked for it", function()
        bench:receive("\r\n+CREG: 2\r\n")
        assert.are.same({ "+CREG: 2" }, urc_lines())
      end)

      it("6. passes an unknown URC on and goes on", function()
        local response = bench:command("AT+CSQ")
        bench:receive("\r\n+NEWS: 1,2\r\n\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
        local unknown = bench:take("unknown")
        assert.are.same(1, #unknown)
        assert.are.same("+NEWS", unknown[1][2].name)
        assert.are.same({ 1, 2 }, unknown[1][2].fields)
      end)

      it("7. does not mind CR CR LF, nor stray CRs", function()
        local response = bench:command("AT+CSQ")
        bench:receive("AT+CSQ\r\r\n\r+CSQ: 22,99\r\r\n\r\r\n\r\r\nOK\r\r\n")
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
        assert.are.same({ "final" }, bench:kinds())
      end)

      it("8. needs no leading line end, and takes either half of it behind", function()
        bench:receive("NO CARRIER\r\n")
        assert.are.same({ "NO CARRIER" }, urc_lines())
        local response = bench:command("AT+CSQ")
        bench:receive("+CSQ: 1,99\nOK\r")
        assert.are.same({ "+CSQ: 1,99" }, lines(response))
        assert.are.same({ "final" }, bench:kinds())
      end)

      it("9. parts a final result code from the URC glued to it, and from one after a block", function()
        bench:command("AT+QIACT=1")
        bench:receive('\r\nOK\r\n+QIURC: "pdpdeact",1\r\n')
        assert.are.same({ "final", "urc" }, bench:kinds())

        local response = bench:command("AT+QSSLRECV=4,1500")
        bench:receive('\r\n+QSSLRECV: 3\r\nabc\r\n\r\nOK\r\n\r\n+QSSLURC: "closed",4\r\n')
        assert.are.same("abc", response.data)
        assert.are.same({ "final", "urc" }, bench:kinds())
      end)

      it("10. does not mind NULs, be they ever so many", function()
        bench:receive(("\0"):rep(5000))
        local response = bench:command("AT+CSQ")
        bench:receive("\0\0\r\n+CS\0Q: 22,99\r\n\0\r\nO\0K\r\n")
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
        assert.are.same({ "final" }, bench:kinds())
      end)

      it("11. tells once of an overlong line and reads the next one", function()
        local response = bench:command("AT+CSQ")
        bench:receive("\r\n+JUNK: " .. ("x"):rep(20000) .. "\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
        assert.are.same({ "overlong", "final", "desync" }, bench:kinds()) -- it may have been data, with OK in it
      end)

      it("11. tells how long it was", function()
        bench:receive("\r\n" .. ("y"):rep(9999) .. "\r\n")
        assert.are.same(9999, bench:take("overlong")[1][2])
      end)

      it("12. does not find result codes inside a payload", function()
        local payload = "\r\nOK\r\nERROR\r\n+CME ERROR: 3\r\nNO CARRIER\r\nRDY\r\n> \r\n+QSSLURC: \"closed\",4\r\n"
        local response = bench:command("AT+QSSLRECV=4,1500")
        bench:receive(("\r\n+QSSLRECV: %d\r\n"):format(#payload) .. payload .. "\r\n\r\nOK\r\n")
        assert.are.same(payload, response.data)
        assert.are.same({ "final" }, bench:kinds())
      end)

      it("12. does not find result codes inside longer lines", function()
        local response = bench:command("ATI")
        bench:receive("\r\nOK Computer\r\nERROR-free\r\nNOT OK\r\n\r\nOK\r\n")
        assert.are.same({ "OK Computer", "ERROR-free", "NOT OK" }, lines(response))
      end)

      it("13. drops the echo, in one piece or around a URC, and needs none", function()
        for _, echo in ipairs { "", "AT+CSQ\r", "AT+C\r\n+CREG: 1\r\nSQ\r" } do
          local response = bench:command("AT+CSQ")
          bench:receive(echo .. "\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
          assert.are.same({ "+CSQ: 22,99" }, lines(response))
          assert.are.same(0, #bench:take("unknown"))
        end
      end)

      it("13. drops a Ctrl-Z that is echoed", function()
        bench:command("AT+QSSLSEND=4", { data = "hi\26" })
        bench:receive("\r\n> ")
        bench:output()
        bench:receive("\26\r\nSEND OK\r\n")
        assert.are.same({ "final" }, bench:kinds())
      end)

      it("14. survives bytes that the line has lost or changed", function()
        local response = bench:command("AT+CSQ", { timeout = 2 })
        bench:receive("\r\n+CSQ 22,99\r\n\r\nO}\r\n")
        assert.are.same({ "+CSQ 22,99" }, lines(response))
        bench:pass(2.1)
        assert.are.same({ "unknown", "final", "desync" }, bench:kinds())
        bench:get_in_step()
        response = bench:command("AT+CSQ")
        bench:receive("\r\n+CSQ: 21,99\r\n\r\nOK\r\n")
        assert.are.same({ "+CSQ: 21,99" }, lines(response))
      end)
    end)

    describe("commands:", function()
      it("15. does not give a late response to the next command", function()
        bench:command("AT+CSQ", { timeout = 1 })
        bench:pass(1.1)
        assert.are.same("timeout", bench:take("final")[1][3])
        assert.is_false(bench.engine:ready())
        bench:receive("\r\n+CSQ: 1,99\r\n\r\nOK\r\n")
        assert.are.same({ "late", "late" }, bench:kinds())
        bench:get_in_step()
        local response = bench:command("AT+CSQ")
        bench:receive("\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
      end)

      it("15. is not fooled when the late result comes while the next question is out", function()
        bench:command("AT+QIACT=1", { timeout = 1 })
        bench:pass(1.1)
        bench:pass(0.2)
        assert.are.same("AT\r", bench:output())
        bench:receive("\r\nERROR\r\n") -- of QIACT, not of the probe
        assert.is_false(bench.engine:ready())
        bench:receive("\r\nOK\r\n") -- of the probe
        assert.is_false(bench.engine:ready())
        bench:get_in_step()
        assert.is_true(bench.engine:ready())
      end)

      it("15. waits for all answers when a busy module answers its probes in one go", function()
        bench:command("AT+QIACT=1", { timeout = 1 })
        bench:pass(1.1)
        local probes = 0
        for _ = 1, 20 do
          bench:pass(0.1)
          local _, count = bench:output():gsub("AT\r", "")
          probes = probes + count
        end
        assert.is_true(probes >= 2)
        bench:receive("\r\nOK\r\n" .. ("\r\nOK\r\n"):rep(probes))
        assert.is_false(bench.engine:ready())
        bench:take()
        bench:get_in_step()
        local response = bench:command("AT+CSQ")
        bench:receive("\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
      end)

      it("16. does not prepend leftover text of an error to the next reply", function()
        bench:command("AT+CPIN?")
        bench:receive("\r\n+CME ERROR: SIM not inserted\r\n")
        local response = bench:command("ATI")
        bench:receive("\r\nQuectel\r\nEC200U\r\n\r\nOK\r\n")
        assert.are.same({ "Quectel", "EC200U" }, lines(response))
      end)

      it("17. keeps a deferred result apart from the command's own end, and from other commands meanwhile", function()
        local response = bench:command('AT+QSSLOPEN=1,0,4,"h",443,0')
        bench:receive("\r\nOK\r\n")
        local final = bench:take("final")[1]
        assert.are.same({ "ok", true }, { final[3], final[5] })
        bench:command("AT+CSQ")
        bench:receive("\r\n+CSQ: 22,99\r\n\r\n+QSSLOPEN: 4,566\r\n\r\nOK\r\n")
        local events = bench:take()
        assert.are.same({ "deferred", "final" }, { events[1].kind, events[2].kind })
        assert.are.equal(response, events[1][2])
        assert.are.same("+QSSLOPEN: 4,566", events[1][4])
      end)

      it("17. tells the deferred results of several commands apart by their key", function()
        local first = bench:command('AT+QSSLOPEN=1,0,4,"h",443,0')
        bench:receive("\r\nOK\r\n")
        local second = bench:command('AT+QSSLOPEN=1,0,5,"h",443,0')
        bench:receive("\r\nOK\r\n")
        bench:take()
        bench:receive("\r\n+QSSLOPEN: 5,0\r\n\r\n+QSSLOPEN: 4,0\r\n")
        local events = bench:take("deferred")
        assert.are.equal(second, events[1][2])
        assert.are.equal(first, events[2][2])
      end)

      it("17. takes a deferred result in front of the final result code", function()
        local response = bench:command("AT+QPING=1,\"h\"")
        bench:receive('\r\n+QPING: 565\r\n\r\nOK\r\n')
        local events = bench:take()
        assert.are.same({ "deferred", "final" }, { events[1].kind, events[2].kind })
        assert.is_false(events[2][5])
        assert.are.same({}, lines(response))
      end)

      it("18. knows the final result codes of sends, and takes them from no other command", function()
        bench:command("AT+QSSLSEND=4,2", { data = "hi" })
        bench:receive("\r\n> ")
        bench:output()
        bench:receive("\r\nSEND FAIL\r\n")
        local final = bench:take("final")[1]
        assert.are.same({ "error", "SEND FAIL" }, { final[3], final[4] })
        bench:command("AT+CSQ")
        bench:receive("\r\nSEND OK\r\n")
        assert.are.same({ "unknown" }, bench:kinds())
      end)

      it("19. gives a long command its own time, and gets on after it was cancelled", function()
        bench:command("AT+COPS=?")
        bench:pass(170)
        assert.are.same({}, bench:kinds())
        bench.engine:cancel(bench.id, bench.time)
        bench:pass(0)
        assert.are.same("cancelled", bench:take("final")[1][3])
        bench:pass(0.2)
        assert.are.same("AT\r", bench:output()) -- any byte aborts the search (V.250 5.6.1)
        bench:receive("\r\nOK\r\n") -- of the search
        bench:get_in_step()
        assert.is_true(bench.engine:ready())
      end)

      it("22. ends a command once when its answer races with its time-out", function()
        bench:command("AT+CSQ", { timeout = 1 })
        bench.time = bench.time + 1.5
        bench:receive("\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
        bench:pass(5)
        local finals = bench:take("final")
        assert.are.same(1, #finals)
      end)

      it("22. ends a command once when its answer races with its cancellation", function()
        bench:command("AT+CSQ")
        bench.engine:cancel(bench.id, bench.time)
        bench:receive("\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
        local finals = bench:take("final")
        assert.are.same(1, #finals)
        assert.are.same("cancelled", finals[1][3])
      end)

      it("22. takes a command back that the port has taken nothing of, and stays in step", function()
        local id = assert(bench.engine:submit({}, "AT+CSQ", bench.time))
        bench.engine:cancel(id, bench.time)
        bench:pass(0)
        assert.are.same({ "final" }, bench:kinds())
        assert.is_true(bench.engine:ready())
        assert.are.same("", bench:output())
      end)

      it("25. reads what a broken or hostile module sends without harm", function()
        for _, line in ipairs {
          "+QSSLURC:", "+QSSLURC: ,,,", '+QSSLURC: "recv",4,99999999999999999999', '+QSSLURC: "recv",4,-5',
          '+QSSLURC: "recv', "+CREG:", "+CREG: ,", "+QSSLOPEN: ", "+QSSLOPEN: ,", ":", ",", '"', "(((", "+", "+:",
        } do
          bench:receive("\r\n" .. line .. "\r\n")
        end
        bench:take()
        local response = bench:command("AT+CSQ")
        bench:receive("\r\n+CSQ: 22,99\r\n\r\nOK\r\n")
        assert.are.same({ "+CSQ: 22,99" }, lines(response))
        assert.are.same({ "final" }, bench:kinds())
      end)

      it("25. does not believe a length that is no number, or too large to be one", function()
        for _, length in ipairs { "x", "", "1e3", "0x10", "99999999999999999999", "-1" } do
          local response = bench:command("AT+QSSLRECV=4,1500")
          bench:receive(("\r\n+QSSLRECV: %s\r\n\r\nOK\r\n"):format(length))
          assert.is_nil(response.data)
          assert.are.same({ "final" }, bench:kinds())
        end
      end)
    end)

    describe("prompts and data:", function()
      it("26. takes a prompt with or without line ends around it", function()
        for _, prompt in ipairs { "\r\n> ", ">", "\r\n>\r\n", "\r\n>" } do
          bench:command("AT+QSSLSEND=4,5", { data = "hello" })
          bench:receive(prompt)
          assert.are.same("hello", bench:output())
          bench:receive("\r\nSEND OK\r\n")
          assert.are.same({ "final" }, bench:kinds())
        end
      end)

      it("26. sends nothing before the prompt, and takes > for one only when it is due", function()
        bench:command("AT+QSSLSEND=4,5", { data = "hello" })
        assert.are.same("", bench:output())
        bench:receive("\r\n> ")
        assert.are.same("hello", bench:output())
        bench:receive("\r\nSEND OK\r\n")
        bench:take()
        local response = bench:command("ATI")
        bench:receive("\r\n> a line\r\n\r\nOK\r\n")
        assert.are.same({ "> a line" }, lines(response))
      end)

      it("27. ends the command line with CR alone, so that no LF becomes the first byte of the data", function()
        bench:command("AT+QSSLSEND=4,5", { data = "hello" })
        assert.are.same("AT+QSSLSEND=4,5\r", bench.line)
      end)

      it("28. lets no other command between prompt and data", function()
        bench:command("AT+QSSLSEND=4,5", { data = "hello" })
        local id, why = bench.engine:submit({}, "AT+CSQ", bench.time)
        assert.is_nil(id)
        assert.are.same("busy", why)
        bench:receive('\r\n+QSSLURC: "recv",4\r\n\r\n> ')
        id, why = bench.engine:submit({}, "AT+CSQ", bench.time)
        assert.is_nil(id)
        assert.are.same("busy", why)
        assert.are.same("hello", bench:output())
      end)

      it("29. ends at an error in place of the prompt, and sends no data", function()
        bench:command("AT+QSSLSEND=4,5", { data = "hello" })
        bench:receive("\r\nERROR\r\n")
        local final = bench:take("final")[1]
        assert.are.same({ "error", 5 }, { final[3], final[6] })
        assert.are.same("", bench:output())
        assert.is_true(bench.engine:ready())
      end)

      it("29. stops at an error in the middle of the data, says how much went out, and gets in step", function()
        bench:command('AT+QFUPL="a",10,5', { data = "0123456789" })
        bench:receive("\r\nCONNECT\r\n")
        bench.engine:sent(4, bench.time) -- the port takes four bytes
        bench:receive("\r\n+CME ERROR: 403\r\n")
        local final = bench:take("final")[1]
        assert.are.same({ "error", "+CME ERROR: 403", 6 }, { final[3], final[4], final[6] })
        assert.is_nil(bench:output():find("456789", 1, true))
        assert.is_false(bench.engine:ready())
        bench:pass(0.2)
        assert.are.same("\27", bench:output()) -- out of whatever is open
        bench:pass(0.3)
        bench:get_in_step()
      end)
    end)

    describe("lifecycle:", function()
      it("36. fails what is under way when the module restarts in the middle of a command", function()
        local open = bench:command('AT+QSSLOPEN=1,0,4,"h",443,0')
        bench:receive("\r\nOK\r\n")
        bench:take()
        bench:command("AT+CSQ")
        bench:receive("\r\n\0\0RDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n")
        local events = bench:take()
        assert.are.same({ "final", "deferred", "reboot" }, { events[1].kind, events[2].kind, events[3].kind })
        assert.are.same({ "reboot", "reboot" }, { events[1][3], events[2][3] })
        assert.are.equal(open, events[2][2])
        assert.is_false(bench.engine:ready())
        bench:pass(0.6)
        bench:get_in_step()
        assert.are.same({ "resync" }, bench:kinds())
      end)

      it("36. tells of a restart once, however many boot lines there are", function()
        bench:receive("\r\nPOWERED DOWN\r\n")
        bench:pass(0.3)
        bench:receive("\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+QIND: PB DONE\r\n")
        assert.are.same(1, #bench:take("reboot"))
        bench:pass(0.6)
        bench:get_in_step()
        bench:receive("\r\nRDY\r\n")
        assert.are.same(1, #bench:take("reboot"))
      end)

      it("36. knows a restart in the middle of an answer by the echo that comes back", function()
        bench.engine:set_echo(false)
        bench:command("AT")
        bench:receive("\r\n+Q\r\nRDY\r\n\r\n+CPIN: READY\r\nAT\r\r\nOK\r\n")
        assert.are.same("reboot", bench:take("final")[1][3])
      end)

      it("36. does not take RDY inside a block for a restart", function()
        local response = bench:command("AT+QSSLRECV=4,1500")
        bench:receive("\r\n+QSSLRECV: 7\r\n\r\nRDY\r\n\r\n\r\nOK\r\n")
        assert.are.same("\r\nRDY\r\n", response.data)
        assert.are.same({ "final" }, bench:kinds())
      end)

      it("36. leaves the prompt of a command that the restart has cut off", function()
        bench:command("AT+QSSLSEND=4,5", { data = "hello" })
        bench:receive("\r\n> ")
        bench:receive("\r\nRDY\r\n")
        assert.are.same("reboot", bench:take("final")[1][3])
        assert.are.same("", bench:output())
        bench:pass(0.6)
        assert.are.same("AT\r", bench:output())
      end)
    end)
  end)
end
