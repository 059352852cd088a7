-- Serial lines by libserialport, as their far end sees them.

local Pty = require "support.pty"
local shim = require "support.shim"

describe("A serial line by libserialport", function()
  local found, pty

  setup(function()
    local folder = shim.new "serial_line"
    pty = Pty.new()
    shim.add(folder, "ttyUSB7", pty.address, 2)
    found = {}
    local pipe = shim.popen(folder, { "spec/support/serial_lines.lua", "/dev/ttyUSB7", pty.path, folder .. "/lines",
      pty.address:match "%d+$" })
    for line in pipe:lines() do
      local name, text = line:match "^(.-): (.*)$"
      found[name or "trouble"] = text or line
    end
    pipe:close()
  end)

  teardown(function() pty:close() end)

  it("goes through all of this without trouble", function() assert.is_nil(found.trouble) end)

  it("is raw, and has the flow control that is asked for", function()
    assert.are.same("115200 8 local", found.none)
    assert.are.same("115200 8 local rtscts", found.rtscts)
    assert.are.same("115200 8 local xoff xon", found.xonxoff)
    assert.are.same("true 9600 8 local rtscts", found["rtscts at another speed"])
    for _, flow in ipairs { "none", "rtscts", "xonxoff" } do assert.are.same("DTR,RTS", found[flow .. " lines"]) end
  end)

  it("is locked while it is open, and free when it is closed, though others have it open", function()
    assert.are.same("1", found.exclusive)
    assert.are.same("nil port_busy", found.second:match "^nil %S+")
    assert.are.same("0", found["exclusive after"])
  end)

  it("does the speeds that the driver does", function()
    assert.are.same("true 9600 8 local", found["baud 9600"])
    assert.are.same("true 921600 8 local", found["baud 921600"])
    assert.are.same("true 12345 8 local", found["baud 12345"])
  end)

  it("does not give what has come for an earlier program", function()
    assert.are.same("fresh", found.read)
    assert.are.same("", found["read after"])
  end)

  it("takes as much as there is room for", function() assert.are.same("true 4 more", found.full) end)

  it("works with a descriptor beyond those that select() can take", function()
    assert.are.same("true", found.high)
    assert.are.same("up", found["read high"])
    assert.are.same("4 down", found["write high"])
    assert.are.same("true 9600 8 local", found["baud high"])
    assert.are.same("true -,RTS", found["dtr high"])
  end)

  it("hangs up in reading and in writing, and cannot be opened then", function()
    assert.are.same("nil hung up", found.gone)
    assert.are.same("nil hung up", found["gone in writing"])
    assert.are.same("nil", found.unplugged:match "^nil")
  end)
end)
