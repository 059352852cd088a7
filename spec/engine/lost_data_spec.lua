-- Bytes of an upload, or what the module says of it, that the line has lost: each side waits for the other.

local check = require "hayes.check"
local Bench = require "support.engine"

describe("The engine, when an upload", function()
  local bench

  before_each(function() bench = Bench.new() end)

  --- What it sends within so many seconds, and after how many.
  local function output_within(seconds)
    for step = 1, seconds * 20 do
      bench:pass(0.05)
      local out = bench:output()
      if out ~= "" then return out, step / 20 end
    end
  end

  it("loses a byte, ends it by the escape sequence within 10 s, whatever the time-out", function()
    local response = bench:command('AT+QFUPL="a",10,60', { data = "0123456789", timeout = 60 })
    bench:receive("\r\nCONNECT\r\n")
    assert.are.same("0123456789", bench:output())
    local out, after = output_within(20)
    assert.are.same("+++", out)
    assert.is_true(after < 9)
    bench:pass(1)
    bench:receive("\r\n+QFUPL: 9,1234\r\n\r\nOK\r\n")
    assert.are.same({ "+QFUPL: 9,1234" }, { table.unpack(response) })
    assert.are.same("ok", bench:last("final")[3])
    bench:get_in_step()
  end)

  it("loses an acknowledgement, does so, too", function()
    bench:command('AT+QFUPL="a",2048,60,1', { data = ("x"):rep(2048), timeout = 60 })
    bench:receive("\r\nCONNECT\r\n")
    assert.are.same(1024, #bench:output())
    assert.are.same("+++", (output_within(10)))
  end)

  it("is answered late, waits for the answer after the escape sequence", function()
    bench:command('AT+QFUPL="a",10,60', { data = "0123456789", timeout = 60 })
    bench:receive("\r\nCONNECT\r\n")
    bench:output()
    assert.are.same("+++", (output_within(10)))
    assert.is_nil((output_within(40)))
    bench:receive("\r\n+QFUPL: 10,1\r\n\r\nOK\r\n")
    assert.are.same("ok", bench:last("final")[3])
    bench:get_in_step()
  end)

  it("loses a byte while the port takes nothing, does not keep the loop awake", function()
    bench:command('AT+QFUPL="a",10,60', { data = "0123456789", timeout = 60 })
    bench:receive("\r\nCONNECT\r\n")
    bench:output()
    bench.time = bench.time + 8
    assert.is_true(bench.engine:deadline(bench.time) > bench.time)
    assert.are.same("+++", bench:output())
  end)

  it("is answered at once, sends no escape sequence", function()
    bench:command('AT+QFUPL="a",10,60', { data = "0123456789", timeout = 60 })
    bench:receive("\r\nCONNECT\r\n")
    bench:output()
    bench:receive("\r\n+QFUPL: 10,1\r\n\r\nOK\r\n")
    assert.is_true(bench.engine:ready())
    assert.is_nil((output_within(30)))
  end)

  it("is that of an FTP server, leaves it the time that it needs", function()
    bench:command('AT+QFTPPUT="a","COM:",0,10,1', { data = "0123456789", timeout = 60 })
    bench:receive("\r\nCONNECT\r\n")
    bench:output()
    assert.is_nil((output_within(50)))
  end)

  it("loses CONNECT, waits for it no longer than the command's own time", function()
    bench:command('AT+QFUPL="a",10,60', { data = "0123456789", timeout = 60 })
    local _, after = output_within(60)
    assert.is_true(after < 11)
    assert.are.same("timeout", bench:last("final")[3])
  end)
end)

describe("A download of known length", function()
  for _, last in ipairs { "\r\nNO CARRIER\r\n", "\r\nERROR\r\n", "\r\nOK\r\n", "\r\n+QFTPGET: 608,426\r\n" } do
    it(("whose last bytes are %s waits for the answer, however late that is"):format(check.show(last)), function()
      local bench = Bench.new()
      local bytes = ("x"):rep(100) .. last
      local response = bench:command(('AT+QFTPGET="a","COM:",0,%d'):format(#bytes), { block = #bytes, timeout = 60 })
      bench:receive("\r\nCONNECT\r\n" .. bytes)
      bench:pass(20)
      assert.are.same("", bench:output())
      bench:receive("\r\nOK\r\n")
      bench:receive(("\r\n+QFTPGET: 0,%d\r\n"):format(#bytes))
      assert.are.same("ok", bench:last("deferred", function(event) return not event[5] end)[3])
      assert.are.same(bytes, response.data)
    end)
  end
end)

describe("A download that is given up", function()
  for _, when in ipairs { "before OK", "in the middle of the result", "after the result" } do
    it("leaves no result to be waited for: " .. when, function()
      local bench = Bench.new()
      local function step(bytes, name)
        bench:receive(bytes)
        if when == name then bench.engine:cancel(bench.id, bench.time) end
      end
      bench:command('AT+QFTPGET="a","COM:",0,5', { block = 5, timeout = 60 })
      step("\r\nCONNECT\r\nab", "before OK")
      step("\r\nOK\r\n\r\n+QF", "in the middle of the result")
      step("TPGET: 616,426\r\n", "after the result")
      bench:get_in_step()
      assert.is_truthy(bench.engine:submit({}, 'AT+QFTPGET="a","COM:",0,5', bench.time, nil, nil, 60, nil, nil, 5))
    end)
  end

  it("is asked for an answer once, where its data has stopped", function()
    local bench = Bench.new()
    bench:command('AT+QFTPGET="a","COM:",0,1000000', { block = 1000000, timeout = 60 })
    bench:receive("\r\nCONNECT\r\nab")
    bench.engine:cancel(bench.id, bench.time)
    local sent = {}
    for _ = 1, 60 do
      bench:pass(0.05)
      local out = bench:output()
      if out ~= "" then sent[#sent + 1] = out end
      if #sent == 2 then break end
    end
    assert.are.same({ "+++", "AT\r" }, sent)
  end)

  it("waits for no result once its session is known to be closed", function()
    local bench = Bench.new()
    bench:command('AT+QFTPGET="a","COM:",0,5', { block = 5, timeout = 60 })
    bench.engine:cancel(bench.id, bench.time)
    bench:get_in_step()
    local function submit()
      return bench.engine:submit({}, 'AT+QFTPGET="a","COM:",0,5', bench.time, nil, nil, 60, nil, nil, 5)
    end
    assert.are.same({ nil, "pending" }, { submit() })
    bench.engine:forget_results("+QSSL")
    assert.are.same({ nil, "pending" }, { submit() })
    bench.engine:forget_results("+QFTP")
    assert.is_truthy(submit())
  end)
end)
