--- What libserialport wants of a USB serial line, for an emulator's pty: the shim of tty_shim.c, and an entry in sysfs.

local Process = require "support.process"

local usb_line = { name = "/dev/ttyUSB7" }

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text, "\n")
  file:close()
end

--- Compiles a shim of spec/support into a folder; its path.
function usb_line.shim(folder, name)
  local path = ("%s/%s.so"):format(folder, name)
  Process.run { "gcc", "-O1", "-shared", "-fPIC", "-fno-builtin", "-U_FORTIFY_SOURCE", "-o", path,
    ("spec/support/%s.c"):format(name), "-ldl" }
  return path
end

--- Makes the fifth line of a USB device of a pty, in a folder that TTY_SHIM is to name.
function usb_line.make(folder, pty)
  local device = folder .. "/sys/devices/pci0000:00/usb1/1-2"
  local interface = device .. "/1-2:1.2"
  Process.run { "mkdir", "-p", folder .. "/dev", folder .. "/sys/class/tty", interface .. "/ttyUSB7/tty/ttyUSB7" }
  for name, value in pairs { busnum = 1, devnum = 5, idVendor = "2c7c", idProduct = "0901", manufacturer = "Quectel",
    product = "EG915U-EU", serial = "0123456789" } do
    write(device .. "/" .. name, value)
  end
  write(interface .. "/bInterfaceNumber", "02")
  Process.run { "ln", "-sfn", pty, folder .. usb_line.name }
  Process.run { "ln", "-sfn", "../../../ttyUSB7", interface .. "/ttyUSB7/tty/ttyUSB7/device" }
  Process.run { "ln", "-sfn", "../../devices/pci0000:00/usb1/1-2/1-2:1.2/ttyUSB7/tty/ttyUSB7",
    folder .. "/sys/class/tty/ttyUSB7" }
end

return usb_line
