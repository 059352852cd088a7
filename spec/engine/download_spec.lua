-- Downloads whose end the module tells in the middle of the data, and data that looks like it.

local Bench = require "support.engine"

local UNKNOWN = -1
local TRAILER = "\r\nOK\r\n\r\n+QFTPGET: 0,%d\r\n"
local words = "\r\nOK\r\n+QFTPGET: 0,5\r\nNO CARRIER\r\n> \0\26\r\n+QSSLURC: \"recv\",0,5\r\nRDY\r\n"

for way, pieces in pairs(Bench.ways) do
  describe("A download, with bytes that come in " .. way .. ",", function()
    local bench, response

    local function begin(length)
      bench = Bench.new("quectel", pieces)
      response = bench:command('AT+QFTPGET="a","COM:",0', { block = length, expect = "+QFTPGET", timeout = 90 })
      bench:receive("\r\nCONNECT\r\n")
    end

    --- The module, which is in command mode, answers probes; one that is in data mode answers the escape sequence.
    local function settle(online)
      for _ = 1, 100 do
        local out = bench:output()
        if out:find("+++", 1, true) and online then
          bench:pass(1)
          bench:receive("\r\nOK\r\n")
          online = false
        elseif out:find("^AT\r") then
          bench:receive("\r\nOK\r\n")
        elseif out:find("AT\r", 1, true) then
          bench:receive("\r\nERROR\r\n") -- of what had stood in the line before
        end
        bench:pass(0.05)
      end
    end

    local function final() return bench:last("final")[3], bench:last("final")[4] end
    local function deferred() return (bench:last("deferred") or {})[4] end

    it("of known length holds what looks like its end, and its last bytes, too", function()
      for _, bytes in ipairs { words, words:rep(9), "\r\nOK\r\n", "x\r\nNO CARRIER\r\n", "\r\nRDY\r\n", "\r", "\r\n" } do
        begin(#bytes)
        bench:receive(bytes .. TRAILER:format(#bytes))
        bench:pass(1)
        assert.are.same("ok", (final()))
        assert.are.same(bytes, response.data)
        assert.are.same("+QFTPGET: 0," .. #bytes, deferred())
      end
    end)

    it("of unknown length ends where the number that the module tells is right", function()
      for _, bytes in ipairs { words, words:rep(9), "", "x", "\r\n", words .. "\r\nOK\r\n\r\n+QFTPGET: 0,7\r\n" } do
        begin(UNKNOWN)
        bench:receive(bytes .. TRAILER:format(#bytes))
        bench:pass(1)
        assert.are.same("ok", (final()))
        assert.are.same(bytes, response.data or "")
        assert.is_nil(response.missing)
        assert.are.same("+QFTPGET: 0," .. #bytes, deferred())
      end
    end)

    it("goes on when more follows a result that is right by chance", function()
      begin(UNKNOWN)
      bench:receive("abc" .. TRAILER:format(3) .. "more")
      local length = 3 + #TRAILER:format(3) + 4
      bench:receive(TRAILER:format(length))
      bench:pass(1)
      assert.are.same("abc" .. TRAILER:format(3) .. "more", response.data)
    end)

    it("asks the module about a failure in its data, and it was one", function()
      for words_of_failure, result in pairs { ["\r\nNO CARRIER\r\n"] = "error", ["\r\n+CME ERROR: 625\r\n"] = "error",
        ["\r\nOK\r\n\r\n+QFTPGET: 625,0\r\n"] = "ok" } do
        for _, length in ipairs { 100, UNKNOWN } do
          begin(length)
          bench:receive("so far" .. words_of_failure)
          settle(false)
          assert.are.same(result, (final()), words_of_failure)
          assert.are.same("so far", response.data)
          if result == "ok" then assert.are.same("+QFTPGET: 625,0", deferred()) end
          assert.is_true(bench.engine:ready())
        end
      end
    end)

    it("asks the module about a restart in its data, and it was one", function()
      begin(100)
      bench:receive("so far\r\nRDY\r\n")
      settle(false)
      assert.are.same("reboot", (final()))
      assert.is_truthy(bench:last("reboot"))
      assert.are.same("so far", response.data)
    end)

    it("ends that breaks in the middle of such words of its content", function()
      local content = "so far" .. TRAILER:format(7) .. "\r\nNO CARRIER\r\n\r\nOK\r\n> +++\26"
      for words_of_failure, result in pairs { ["\r\nNO CARRIER\r\n"] = "error", ["\r\n+CME ERROR: 625\r\n"] = "error",
        ["\r\nRDY\r\n"] = "reboot", ["\r\nOK\r\n\r\n+QFTPGET: 607,0\r\n"] = "ok" } do
        for cut = 1, #content do
          for _, length in ipairs { 100, UNKNOWN } do
            begin(length)
            bench:receive(content:sub(1, cut) .. words_of_failure)
            settle(false)
            local where = ("%q behind %q"):format(words_of_failure, content:sub(1, cut))
            assert.are.same(result, (final()), where)
            if result == "ok" then assert.are.same("+QFTPGET: 607,0", deferred(), where) end
            local came = response.data or ""
            assert.are.same(content:sub(1, #came), came, where)
            assert.is_true(bench.engine:ready(), where)
          end
        end
      end
    end)

    it("that stops after such words of its content is asked about, and nothing of its content becomes a line", function()
      for _, content in ipairs { "\r\nNO CARRIER\r\n", "\r\nRDY\r\n", "\r\nOK\r\n\r\n+QFTPGET: 625,0\r\n",
        "\r\n+CME ERROR: 625\r\n", TRAILER:format(100) } do
        for _, length in ipairs { 100, UNKNOWN } do
          begin(length)
          bench:receive("so far" .. content)
          bench:pass(content == TRAILER:format(100) and 2 or 1.2)
          assert.are.same("+++", bench:output())
          -- The server goes on, with what would be events, while the module has not yet heeded the question.
          bench:pass(0.2)
          bench:receive('\r\n+QSSLURC: "recv",0,5\r\nEVIL!')
          bench:pass(0.9)
          bench:receive("\r\nOK\r\n")
          settle(false)
          assert.is_nil(bench:last("urc"), content)
          assert.is_nil(bench:last("reboot"), content)
          assert.are_not.same("ok", (final()), content)
          assert.are.same("so far" .. content .. '\r\n+QSSLURC: "recv",0,5\r\nEVIL!', response.data)
          assert.is_true(bench.engine:ready())
        end
      end
    end)

    it("that was asked about, and goes on before it heeds the question, is cancelled", function()
      for _, length in ipairs { 100, UNKNOWN } do
        begin(length)
        bench:receive("so far\r\nNO CARRIER\r\n")
        bench:pass(1.2)
        assert.are.same("+++", bench:output())
        bench:pass(0.98)
        bench:receive("and more\r\nOK\r\n")
        settle(false)
        assert.are.same("cancelled", (final()))
        assert.are.same("so far\r\nNO CARRIER\r\nand more", response.data)
        assert.is_true(bench.engine:ready())
      end
    end)

    it("ends with what the module says after words of its content that look like an end", function()
      for failing, expected in pairs { ["\r\nNO CARRIER\r\n"] = "error", ["\r\n+CME ERROR: 625\r\n"] = "error",
        ["\r\n+CME ERROR: 3\r\n"] = "error",
        ["\r\nOK\r\n\r\n+QFTPGET: 607,426\r\n"] = "ok" } do
        for _, content in ipairs { "so far\r\nRDY\r\n", "so far\r\nRDY\r\n\r\nERROR\r\n",
          "so far\r\nERROR\r\n\r\nSEND OK\r\n" } do
          for _, length in ipairs { 100, UNKNOWN } do
            local where = ("%q behind %q"):format(failing, content)
            begin(length)
            bench:receive(content .. failing)
            settle(false)
            assert.are.same(expected, (final()), where)
            assert.are.same(content, response.data, where)
            assert.is_nil(bench:last("reboot"), where)
            if expected == "ok" then assert.are.same("+QFTPGET: 607,426", deferred(), where) end
          end
        end
      end
    end)

    it("ends with its result behind URCs, whatever looks like an end in its content", function()
      for _, content in ipairs { "x", "x\r\nERROR\r\n\r\nmore", "x\r\nOK\r\n\r\n+QIND: PB DONE\r\n" } do
        for _, length in ipairs { #content, UNKNOWN } do
          begin(length)
          bench:receive(content)
          bench:pass(0.05)
          bench:receive("\r\nOK\r\n\r\n+QIND: PB DONE\r\n\r\n+QFTPGET: 0," .. #content .. "\r\n")
          settle(false)
          assert.are.same("ok", (final()), content)
          assert.are.same(content, response.data)
          assert.are.same("+QFTPGET: 0," .. #content, deferred())
        end
      end
    end)

    it("of which bytes were lost on the line is no success", function()
      local bytes = ("0123456789"):rep(10)
      for lost = 1, 60 do
        begin(#bytes)
        bench:receive(bytes:sub(1, -1 - lost) .. TRAILER:format(#bytes))
        bench:pass(2)
        settle(false)
        assert.are.same("short_read", (final()), lost)
        begin(UNKNOWN)
        bench:receive(bytes:sub(1, -1 - lost) .. TRAILER:format(#bytes))
        bench:pass(2)
        settle(false)
        assert.are.same("short_read", (final()), lost)
        assert.is_true(bench.engine:ready())
      end
    end)

    it("of which bytes came twice is no success", function()
      local bytes = ("0123456789"):rep(10)
      for doubled = 1, 9 do
        begin(#bytes)
        bench:receive(bytes .. bytes:sub(-doubled) .. TRAILER:format(#bytes))
        bench:pass(2)
        assert.are.same("long_read", (final()), doubled)
      end
    end)

    it("that is given up is left while data keeps coming, not after its end", function()
      begin(UNKNOWN)
      bench:pass(2)
      bench:receive("so far")
      bench.engine:cancel(bench.id, bench.time)
      local out, rounds = "", 0
      while out == "" and rounds < 100 do
        rounds = rounds + 1
        bench:receive("more of it")
        bench:pass(0.02)
        out = bench:output()
      end
      assert.are.same("+++", out)
      bench:pass(1)
      bench:receive("the last of it\r\nOK\r\n")
      settle(false)
      assert.are.same("cancelled", (final()))
      assert.is_true(bench.engine:ready())
    end)

    it("that is given up leaves nothing of its data among the lines", function()
      begin(UNKNOWN)
      bench:receive("so far")
      bench.engine:cancel(bench.id, bench.time)
      bench:pass(0)
      assert.are.same("cancelled", (final()))
      bench:receive('\r\n+QSSLURC: "recv",0,5\r\nEVIL!\r\nRDY\r\n')
      settle(true)
      assert.is_nil(bench:last("urc"))
      assert.is_nil(bench:last("reboot"))
      assert.is_true(bench.engine:ready())
    end)

    it("that is given up before CONNECT leaves nothing of its data among the lines either", function()
      for _, length in ipairs { #words, UNKNOWN } do
        bench = Bench.new("quectel", pieces)
        bench:command('AT+QFTPGET="a","COM:",0', { block = length, expect = "+QFTPGET", timeout = 90 })
        bench.engine:cancel(bench.id, bench.time)
        bench:pass(0.05)
        bench:receive("\r\nCONNECT\r\n" .. words)
        bench:pass(0.05)
        bench:receive(TRAILER:format(#words))
        settle(false)
        assert.is_nil(bench:last("urc"))
        assert.is_nil(bench:last("reboot"))
        assert.is_true(bench.engine:ready())
      end
    end)
  end)
end
