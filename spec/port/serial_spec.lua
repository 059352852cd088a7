-- Serial lines, by libserialport itself: a preloaded shim gives an emulator's pty what libserialport wants of a USB serial
-- line (an entry in sysfs, modem lines).

local folders = require "support.folder"
local hayes = require "hayes"
local Process = require "support.process"

local build = os.getenv("HAYES_BUILD") or "build"

describe("A serial line by libserialport", function()
  local folder, emulator, found

  local function write(path, text)
    local file = assert(io.open(path, "w"))
    file:write(text, "\n")
    file:close()
  end

  --- What sysfs has for the fifth line of a USB device, and a name in /dev for the emulator's pty.
  local function make_tree(pty)
    local device = folder .. "/sys/devices/pci0000:00/usb1/1-2"
    local interface = device .. "/1-2:1.2"
    Process.run { "mkdir", "-p", folder .. "/dev", folder .. "/sys/class/tty", interface .. "/ttyUSB7/tty/ttyUSB7" }
    for name, value in pairs { busnum = 1, devnum = 5, idVendor = "2c7c", idProduct = "0901", manufacturer = "Quectel",
      product = "EG915U-EU", serial = "0123456789" } do
      write(device .. "/" .. name, value)
    end
    write(interface .. "/bInterfaceNumber", "02")
    Process.run { "ln", "-sfn", pty, folder .. "/dev/ttyUSB7" }
    Process.run { "ln", "-sfn", "../../../ttyUSB7", interface .. "/ttyUSB7/tty/ttyUSB7/device" }
    Process.run { "ln", "-sfn", "../../devices/pci0000:00/usb1/1-2/1-2:1.2/ttyUSB7/tty/ttyUSB7",
      folder .. "/sys/class/tty/ttyUSB7" }
  end

  setup(function()
    folder = folders.absolute(folders.new "serial")
    Process.run { "gcc", "-O1", "-shared", "-fPIC", "-U_FORTIFY_SOURCE", "-o", folder .. "/shim.so",
      "spec/support/tty_shim.c", "-ldl" }
    emulator = assert(hayes.emulator { faults = { "swallow AT+HOLD" } })
    make_tree(emulator.address)

    local preload = (os.getenv("LD_PRELOAD") or "") .. " " .. folder .. "/shim.so"
    local command = ("TTY_SHIM=%s LD_PRELOAD='%s' LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='%s/?.so;;' "
      .. "lua5.4 spec/support/serial_check.lua /dev/ttyUSB7 %s/lines %s 2>&1"):format(folder, preload, build, folder,
      emulator.address:match("%d+$"))
    found = {}
    local pipe = assert(io.popen(command))
    for line in pipe:lines() do
      if line == "hangup" then emulator:control("hangup") end
      local name, text = line:match("^(.-): (.*)$")
      if name then found[name] = text end
      if not name and line ~= "hangup" then found.trouble = (found.trouble or "") .. line .. "\n" end
    end
    pipe:close()
  end)

  teardown(function() emulator:close() end)

  it("goes through all of this without trouble", function() assert.is_nil(found.trouble) end)

  it("is listed with its USB ids, interface, model and role", function()
    assert.are.same("2c7c:0901 2 0123456789 EC200U / EG91xU role at", found.listed)
  end)

  it("is opened, and answers", function()
    assert.are.same("quectel", found.opened)
    assert.are.same("OK", found.answer)
  end)

  it("is opened exclusively: a second opener is told which port is busy", function()
    assert.are.same("nil port_busy /dev/ttyUSB7 is in use by another program", found.second)
  end)

  it("is not inherited by programs that are started", function()
    assert.are.same("true", found["kept from children"])
  end)

  it("has DTR and RTS on when open, and sets them", function()
    assert.are.same("DTR,RTS", found.lines)
    assert.are.same("-,RTS", found["dtr off"])
    assert.are.same("DTR,-", found["rts off"])
    assert.are.same("DTR,RTS", found.both)
  end)

  it("changes its speed", function() assert.are.same("true", found.baud) end)

  it("tells at once when the device is unplugged, and why", function()
    assert.are.same("nil port_gone /dev/ttyUSB7 has gone: hung up", found.gone)
    assert.are.same("true port_gone", found.after)
  end)
end)
