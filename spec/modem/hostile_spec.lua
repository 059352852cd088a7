-- A module, or whoever speaks in its place, that means harm: what it sends costs no memory beyond fixed bounds.

local hayes = require "hayes"
local script = require "support.script"

local function heap()
  for _ = 1, 3 do collectgarbage() end
  return collectgarbage "count"
end

--- Memory of this process in KiB; 0 where there is no /proc, or a sanitizer keeps what was freed.
local function resident()
  local file = not os.getenv "LD_PRELOAD" and io.open "/proc/self/statm"
  if not file then return 0 end
  local pages = tonumber(file:read("a"):match "^%d+ (%d+)")
  file:close()
  return pages * 4
end

describe("A hostile module", function()
  local port, modem

  before_each(function()
    script.virtual_time()
    port = script.port(script.quectel { ["AT+CSQ"] = "\r\n+CSQ: 1,2\r\n\r\nOK\r\n" })
    modem = assert(hayes.open_port(port, "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function say_and_measure(bytes, times)
    local before, resident_before = heap(), resident()
    hayes.run(function()
      for _ = 1, times do
        port:say(bytes)
        hayes.sleep(0.01)
      end
    end)
    return heap() - before, resident() - resident_before
  end

  it("reserves no memory by a length that it announces", function()
    for _, length in ipairs { 0x7FFFFFFF, 0x80000000, 1 << 32, 1 << 40 } do
      local used, resident_used = say_and_measure(('\r\n+QIURC: "recv",0,%d\r\n01234'):format(length), 1)
      assert.is_true(used < 64 and resident_used < 4096, ("%d: %.0f KiB, %.0f KiB"):format(length, used, resident_used))
      hayes.run(hayes.sleep, 60)
    end
    assert.is_truthy(modem:at "AT+CSQ")
  end)

  it("takes no more than a line's buffer by a line without an end", function()
    local used, resident_used = say_and_measure(("x"):rep(65536), 200)
    assert.is_true(used < 64 and resident_used < 4096, ("%.0f KiB, %.0f KiB"):format(used, resident_used))
    port:say "\r\n"
    assert.is_truthy(modem:at "AT+CSQ")
  end)

  it("leaves nothing behind by lines that belong to nothing, and by URCs", function()
    say_and_measure(("\r\n+QIND: SMS DONE\r\n\r\n+NOBODY: 1,\"x\"\r\n\r\nnonsense\r\n"):rep(100), 5)
    local used = say_and_measure(("\r\n+QIND: SMS DONE\r\n\r\n+NOBODY: 1,\"x\"\r\n\r\nnonsense\r\n"):rep(100), 50)
    assert.is_true(used < 64, ("%.0f KiB"):format(used))
    assert.is_truthy(modem:at "AT+CSQ")
  end)
end)
