-- Data that goes between the port and a file, or in acknowledged pieces, without passing through Lua.

local Bench = require "support.engine"
local core = require "hayes.core"
local checksum = require "hayes.dialect.quectel.file.checksum"

for way, pieces in pairs(Bench.ways) do
  describe("The engine, with bytes that come in " .. way .. ",", function()
    local bench, path

    before_each(function()
      bench = Bench.new("quectel", pieces)
      path = os.tmpname()
    end)

    after_each(function() os.remove(path) end)

    local function write(bytes)
      local file <close> = assert(io.open(path, "wb"))
      file:write(bytes)
    end

    local function read()
      local file <close> = assert(io.open(path, "rb"))
      return file:read("a")
    end

    local words = "\r\nOK\r\n+QFTPGET: 0,5\r\nNO CARRIER\r\n> \0\26"

    it("sends a part of a file behind CONNECT", function()
      local bytes = words:rep(3000)
      write(bytes)
      local file = assert(core.file(path, "read"))
      assert(file:seek(7))
      local response = bench:command('AT+QFUPL="a",50000', { data = file, length = 50000 })
      bench:receive("\r\nCONNECT\r\n")
      assert.is_true(bench:output() == bytes:sub(8, 50007))
      bench:receive("\r\n+QFUPL: 50000,abcd\r\n\r\nOK\r\n")
      assert.are.same("ok", bench:take("final")[1][3])
      assert.are.same({ "+QFUPL: 50000,abcd" }, { table.unpack(response) })
      assert.are.same({ 50000, checksum.of(bytes:sub(8, 50007)) }, { file:transferred() })
    end)

    it("waits for the acknowledgement of each 1024 bytes in ACK mode", function()
      local bytes = ("0123456789abcdef"):rep(160) -- 2560
      bench:command('AT+QFUPL="a",2560,5,1', { data = bytes })
      bench:receive("\r\nCONNECT\r\n")
      assert.is_true(bench:output() == bytes:sub(1, 1024))
      assert.are.same("", bench:output())
      bench:receive("A")
      assert.is_true(bench:output() == bytes:sub(1025, 2048))
      bench:receive("A")
      assert.is_true(bench:output() == bytes:sub(2049))
      bench:receive("\r\n+QFUPL: 2560,1\r\n\r\nOK\r\n")
      assert.are.same("ok", bench:take("final")[1][3])
    end)

    it("takes an acknowledgement behind the last byte or does without it", function()
      for _, last in ipairs { "A", "" } do
        bench:command('AT+QFUPL="a",1024,5,1', { data = ("x"):rep(1024) })
        bench:receive("\r\nCONNECT\r\n")
        assert.are.same(1024, #bench:output())
        bench:receive(last .. "\r\n+QFUPL: 1024,0\r\n\r\nOK\r\n")
        assert.are.same("ok", bench:take("final")[1][3])
      end
    end)

    it("sends no data to a module that has stopped waiting for it, and gets in step", function()
      bench:command('AT+QFWRITE=0,5', { data = "AT\r\nA" })
      bench:receive("\r\nCONNECT\r\n")
      bench:receive("\r\n+QFWRITE: 0,0\r\n")
      assert.are.same("", bench:output())
      bench:receive("\r\n+CME ERROR: 421\r\n")
      assert.are.same("error", bench:last("final")[3])
      assert.is_false(bench.engine:ready())
      bench:get_in_step()
    end)

    it("gets in step when a command has failed whose data the module may have taken for commands", function()
      bench:command('AT+QFWRITE=0,5', { data = "AT\r\nA" })
      bench:receive("\r\nCONNECT\r\n")
      assert.are.same("AT\r\nA", bench:output())
      bench:receive("\r\n+QFWRITE: 0,0\r\n\r\n+CME ERROR: 421\r\n\r\nOK\r\n")
      assert.are.same("error", bench:last("final")[3])
      assert.is_false(bench.engine:ready())
      bench:get_in_step()
    end)

    it("is in step after a result that only data can have", function()
      bench:command("AT+QISEND=0,5", { data = "hello" })
      bench:receive("\r\n> ")
      assert.are.same("hello", bench:output())
      bench:receive("\r\nSEND FAIL\r\n")
      assert.is_true(bench.engine:ready())
    end)

    it("writes a block of known length behind CONNECT to a file, whatever is in it", function()
      local bytes = words:rep(500)
      local file = assert(core.file(path, "part"))
      local response = bench:command('AT+QFTPGET="a","COM:",0,' .. #bytes, { block = #bytes, sink = file,
        expect = "+QFTPGET" })
      bench:receive("\r\nCONNECT\r\n" .. bytes .. "\r\nOK\r\n\r\n+QFTPGET: 0," .. #bytes .. "\r\n")
      assert.is_true(read() == bytes)
      assert.are.same({ #bytes, checksum.of(bytes) }, { file:transferred() })
      assert.are.same(#bytes, response.received)
      assert.is_nil(response.data)
      assert.is_nil(response.missing)
      assert.are.same("+QFTPGET: 0," .. #bytes, bench:take("deferred")[1][4])
    end)

    --- An upload of unknown length, of which all has been sent, and the escape sequence behind it.
    local function upload()
      bench = Bench.new("quectel", pieces)
      bench:command('AT+QFTPPUT="a","COM:",0', { data = true, expect = "+QFTPPUT", timeout = 90 })
      bench:receive("\r\nCONNECT\r\n")
      assert.is_true(bench.engine:write_data("all of it"))
      assert.are.same("all of it", bench:output())
      bench.engine:finish_data()
      bench:pass(1.2)
      assert.are.same("+++", bench:output())
    end

    it("gets in step where the module ends an upload sooner than it can have heeded the escape sequence", function()
      for answer, result in pairs { ["\r\nOK\r\n\r\n+QFTPPUT: 609,0\r\n"] = "ok", ["\r\nNO CARRIER\r\n"] = "error" } do
        upload()
        bench:pass(0.3)
        bench:receive(answer)
        assert.are.same(result, bench:last("final")[3])
        assert.is_false(bench.engine:ready())
        bench:get_in_step()
      end
      upload()
      bench:pass(1.2)
      bench:receive("\r\nOK\r\n\r\n+QFTPPUT: 0,9\r\n")
      assert.are.same("ok", bench:last("final")[3])
      assert.is_true(bench.engine:ready())
    end)

    it("is given up by the escape sequence, before which nothing goes out that would become data", function()
      for _, begun in ipairs { true, false } do
        bench = Bench.new("quectel", pieces)
        bench:command('AT+QFTPPUT="a","COM:",0,9,1', { data = "all of it", expect = "+QFTPPUT", timeout = 90 })
        if begun then
          bench:receive("\r\nCONNECT\r\n")
          assert.are.same("all ", bench.engine:output(bench.time):sub(1, 4))
          bench.engine:sent(4, bench.time)
        end
        bench.engine:cancel(bench.id, bench.time)
        if not begun then bench:receive("\r\nCONNECT\r\n") end
        local out = ""
        while out == "" do
          bench:pass(0.05)
          out = bench:output()
        end
        assert.are.same("+++", out)
        bench:pass(1)
        bench:receive("\r\nOK\r\n\r\n+QFTPPUT: 0,4\r\n")
        bench:get_in_step()
      end
    end)

    it("tells how much of a block has not come when it is given up", function()
      local file = assert(core.file(path, "part"))
      local response = bench:command('AT+QFTPGET="a","COM:",0,100', { block = 100, sink = file, timeout = 5 })
      bench:receive("\r\nCONNECT\r\nonly this")
      bench:pass(6)
      assert.are.same("timeout", bench:take("final")[1][3])
      assert.are.same({ 9, 91 }, { response.received, response.missing })
      assert.are.same("only this", read())
    end)

    it("gathers a block without a file", function()
      local response = bench:command('AT+QFDWL="a"', { block = 5 })
      bench:receive("\r\nCONNECT\r\nhello\r\n+QFDWL: 5,1\r\n\r\nOK\r\n")
      assert.are.same("hello", response.data)
      assert.are.same("+QFDWL: 5,1", response[2])
    end)
  end)
end

describe("A file for the engine", function()
  it("that cannot be opened gives the system's error message", function()
    assert.are.same({ nil, "No such file or directory", "no_such_file" }, { core.file("/no/such/file", "read") })
    assert.are.same({ nil, "Is a directory", "is_a_directory" }, { core.file("/", "read") })
  end)

  it("raises when it is to read fewer than no bytes", function()
    local file <close> = assert(core.file("/dev/null", "read"))
    for name, call in pairs { read = function() file:read(0, -1) end, read_some = function() file:read_some(-1) end } do
      local ok, err = pcall(call)
      assert.is_false(ok)
      assert.is_truthy(tostring(err):find("must not be negative", 1, true), name .. ": " .. tostring(err))
    end
  end)

  it("that becomes shorter while it is sent says so", function()
    local path = os.tmpname()
    local file = assert(core.file(path, "read"))
    local bench = Bench.new("quectel")
    bench:command('AT+QFUPL="a",10', { data = file, length = 10, timeout = 3 })
    bench:receive("\r\nCONNECT\r\n")
    assert.are.same("", bench:output())
    assert.are.same("the file has become shorter", file:failure())
    bench:pass(4)
    assert.are.same("timeout", bench:take("final")[1][3])
    os.remove(path)
  end)
end)
