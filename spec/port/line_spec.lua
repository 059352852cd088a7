-- How a tty is set, whose it is, and what becomes of bytes in its queues, as the far end sees it.

local core = require "hayes.core"
local Pty = require "support.pty"

describe("A tty that is opened", function()
  local pty

  before_each(function() pty = Pty.new() end)
  after_each(function() pty:close() end)

  local function open(flow, baud) return assert(core.open_port(pty.address, baud or 115200, flow or "none")) end

  it("is raw, with eight data bits, no parity and one stop bit, however it was", function()
    pty:ask "cook"
    local port <close> = open()
    assert.are.same("115200 8 local", pty:ask "line")
    port:write "\3\4\17\19\r\n\26"
    assert.are.same("\3\4\17\19\r\n\26", pty:take(7))
    pty:send "\3\4\17\19\r\n\26"
    assert.are.same("\3\4\17\19\r\n\26", port:read())
  end)

  it("has the flow control that is asked for", function()
    for flow, line in pairs { none = "115200 8 local", rtscts = "115200 8 local rtscts",
      xonxoff = "115200 8 local xoff xon" } do
      local port <close> = open(flow)
      assert.are.same(line, pty:ask "line")
      assert(port)
    end
  end)

  it("keeps its settings when its speed is changed, and does other speeds", function()
    local port <close> = open("rtscts")
    for _, baud in ipairs { 9600, 12345 } do
      assert.is_true(port:baud(baud))
      assert.are.same(baud .. " 8 local rtscts", pty:ask "line")
    end
  end)

  it("is locked against other programs, and free again when it is closed, though others have it open", function()
    assert.are.same("0", pty:ask "exclusive")
    local port = open()
    assert.are.same("1", pty:ask "exclusive")
    port:close()
    assert.are.same("0", pty:ask "exclusive")
    open():close()
  end)

  it("is neither locked nor set when another program has it", function()
    local port <close> = open("none", 9600)
    local other, problem = core.open_port(pty.address, 115200, "rtscts")
    assert.are.same({ nil, "port_busy" }, { other, problem })
    assert.are.same("9600 8 local", pty:ask "line")
    assert.are.same("1", pty:ask "exclusive")
    assert(port)
  end)

  it("does not give what has come for an earlier program", function()
    pty:send "left over"
    local port <close> = open()
    pty:send "fresh"
    assert.are.same("fresh", port:read())
    assert.are.same("", port:read())
  end)

  it("hangs up in reading and in writing, and says so", function()
    local port <close> = open()
    pty:ask "hangup"
    assert.are.same({ nil, "hung up" }, { port:write "x" })
    assert.are.same({ nil, "hung up" }, { port:read() })
  end)

  it("takes as much as there is room for", function()
    local port <close> = open()
    local bytes, taken = ("0123456789"):rep(1000), 0
    repeat
      local count = port:write(bytes)
      taken = taken + count
    until count < #bytes
    assert.are.same(bytes:rep(taken // #bytes + 1):sub(1, taken), pty:take(taken))
    assert.is_true(port:write "more" > 0)
  end)
end)
