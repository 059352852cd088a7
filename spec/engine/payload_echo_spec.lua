-- Modules that repeat the data of a command in front of its answer (Quectel: AT+QISDE=1; with ATE1 the data of
-- AT+QSSLSEND, too): it is dropped like the echo of a command line, whatever it looks like.

local check = require "hayes.check"
local Bench = require "support.engine"

local payloads = {}
for _, text in ipairs(require "vectors.lookalikes") do
  -- An answer begins with CR LF, too: such data is not looked for.
  if text:sub(1, 1) ~= "\r" then payloads[#payloads + 1] = text end
end

local cuts = {
  ["in one piece"] = function(bytes) return { bytes } end,
  ["byte by byte"] = function(bytes)
    local pieces = {}
    for byte in bytes:gmatch "." do pieces[#pieces + 1] = byte end
    return pieces
  end,
}

describe("The echo of data", function()
  for words, pieces in pairs(cuts) do
    for _, payload in ipairs(payloads) do
      for _, prompt in ipairs { "\r\n>", "\r\n> " } do
        for _, echoed in ipairs { true, false } do
          it(("%s %s, %s, after %s"):format(echoed and "is dropped" or "that does not come is not missed", words,
            check.show(payload:sub(1, 20)), check.show(prompt)), function()
            local bench = Bench.new("quectel", pieces)
            bench:command(("AT+QISEND=0,%d"):format(#payload), { data = payload })
            bench:receive(prompt)
            assert.are.same(payload, bench:output())
            bench:receive((echoed and payload or "") .. "\r\nSEND OK\r\n")
            local events = bench:take()
            local final = events[#events]
            assert.are.same({ "final", "ok", "SEND OK" }, { final.kind, final[3], final[4] })
            assert.are.same(1, #events)
            bench:receive("\r\nRDY\r\n")
            assert.is_truthy(bench:last "reboot")
          end)
        end
      end
    end
  end

  it("does not take what a URC in its place says", function()
    local bench = Bench.new "quectel"
    bench:command("AT+QISEND=0,6", { data = "+QIURD" })
    bench:receive("\r\n> ")
    bench:output()
    bench:receive("\r\n+QIURC: \"closed\",3\r\n\r\nSEND OK\r\n")
    assert.are.same(2, #bench:take())
  end)

  it("that is cut short with its command leaves nothing behind", function()
    local bench = Bench.new "quectel"
    bench:command("AT+QISEND=0,20", { data = "0123456789abcdefghij", timeout = 3 })
    bench:receive("\r\n> ")
    bench:output()
    bench:receive("0123456789abcdef")
    bench:pass(4)
    bench:receive("\r\nRDY\r\n")
    assert.is_truthy(bench:last "reboot")
  end)
end)
