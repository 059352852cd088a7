--- The preloaded shim (tty_shim.c) by which libserialport takes a pty for a USB serial line, and what it looks at.

local files = require "support.files"
local folders = require "support.folder"
local Process = require "support.process"

local shim = {}

--- Compiles a shim of spec/support into a folder; its path.
function shim.compile(folder, name)
  local path = ("%s/%s.so"):format(folder, name)
  Process.run { "gcc", "-O1", "-shared", "-fPIC", "-fno-builtin", "-U_FORTIFY_SOURCE", "-o", path,
    ("spec/support/%s.c"):format(name), "-ldl" }
  return path
end

--- A folder of this name with the shim, compiled.
function shim.new(name)
  local folder = folders.absolute(folders.new(name))
  shim.compile(folder, "tty_shim")
  return folder
end

--- Makes a pty a line of a USB device: what sysfs has of it, and a name in /dev.
---@param folder string
---@param name string    "ttyUSB7"
---@param pty string
---@param interface integer
function shim.add(folder, name, pty, interface)
  local device = folder .. "/sys/devices/pci0000:00/usb1/1-2"
  local path = ("%s/1-2:1.%d"):format(device, interface)
  Process.run { "mkdir", "-p", folder .. "/dev", folder .. "/sys/class/tty", ("%s/%s/tty/%s"):format(path, name, name) }
  for file, value in pairs { busnum = 1, devnum = 5, idVendor = "2c7c", idProduct = "0901", manufacturer = "Quectel",
    product = "EG915U-EU", serial = "0123456789" } do
    files.write(device .. "/" .. file, value .. "\n")
  end
  files.write(path .. "/bInterfaceNumber", ("%02x\n"):format(interface))
  Process.run { "ln", "-sfn", pty, folder .. "/dev/" .. name }
  Process.run { "ln", "-sfn", "../../../" .. name, ("%s/%s/tty/%s/device"):format(path, name, name) }
  Process.run { "ln", "-sfn", ("../../devices/pci0000:00/usb1/1-2/1-2:1.%d/%s/tty/%s"):format(interface, name, name),
    folder .. "/sys/class/tty/" .. name }
end

--- The line is unplugged: neither sysfs nor /dev has it any more.
function shim.remove(folder, name)
  Process.run { "rm", "-rf", folder .. "/dev/" .. name, folder .. "/sys/class/tty/" .. name }
end

--- Starts a Lua program under the shim; a file that reads what it prints.
function shim.popen(folder, words)
  local preload = (os.getenv "LD_PRELOAD" or "") .. " " .. folder .. "/tty_shim.so"
  return assert(io.popen(("ulimit -n 4096; TTY_SHIM=%s LD_PRELOAD='%s' LUA_PATH='lua/?.lua;lua/?/init.lua;spec/?.lua;;' "
    .. "LUA_CPATH='%s/?.so;;' lua5.4 %s 2>&1"):format(folder, preload, os.getenv "HAYES_BUILD" or "build",
    Process.quote(words))))
end

return shim
