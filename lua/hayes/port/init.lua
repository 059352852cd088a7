--- Addresses: what a port is called and how it is opened.

local core = require "hayes.core"
local errors = require "hayes.error"
local usb = require "hayes.port.usb"

local ports = {}

---@class hayes.port_description a serial line of this machine
---@field name string its path
---@field description? string as the system has it
---@field vid? integer of a USB device: its vendor
---@field pid? integer of a USB device: its product
---@field serial? string of a USB device: its serial number
---@field interface? integer of a USB device: which of its interfaces
---@field model? string of a known module
---@field role? string what the module does there: "at", "modem", …

--- The serial lines of this machine: a list of { name, description, vid, pid, serial, interface, model, role }.
--- Nothing is opened. nil, err where the build cannot tell.
---
--- Errors: `not_supported`.
---@return hayes.port_description[]?, hayes.error?
function ports.list()
  local list = core.list_ports()
  if not list then
    return nil, errors.new { name = "not_supported", origin = "port",
      message = "this build cannot list serial ports: it was made without libserialport" }
  end
  for _, port in ipairs(list) do port.model, port.role = usb.identify(port.vid, port.pid, port.interface) end
  return list
end

local function names_of_others()
  local list, names = core.list_ports(), {}
  if not list then
    return "Check the name (`ls /dev/ttyUSB* /dev/ttyACM*` shows those of USB), the cable and, with dmesg, the driver."
  end
  for _, port in ipairs(list) do names[#names + 1] = port.name end
  if #names == 0 then return "There is no serial port on this machine; check the cable and, with dmesg, the driver." end
  return "The ports of this machine are " .. table.concat(names, ", ") .. "."
end

local describe = {
  no_such_port = function(address)
    local path = address:match("^unix:(.*)$")
    if path then
      return ("there is no socket %s"):format(path),
        "The program that makes it has not been started, or makes it elsewhere."
    end
    return "there is no port " .. address, names_of_others()
  end,
  port_busy = function(address)
    return address .. " is in use by another program",
      ("`fuser -v %s` shows by which; ModemManager, a getty, ser2net and "
      .. "other scripts are the usual ones."):format(address)
  end,
  permission_denied = function(address)
    return "no permission to open " .. address,
      "Add yourself to the group that owns it (on Debian: sudo usermod -aG dialout $USER) and log in again."
  end,
  unsupported_speed = function(address, words, baud)
    return ("%s does not do %d baud: %s"):format(address, baud, words), "115200 is what modules have from the factory."
  end,
  bad_address = function(address, words)
    return ("%q is not an address: %s"):format(address, words)
  end,
  connection_refused = function(address)
    return "nothing listens at " .. address, "Is ser2net, or the emulator, running there?"
  end,
  port_failed = function(address, words)
    return ("%s cannot be opened: %s"):format(address, words)
  end,
}

--- What a path leads to where it leads to no terminal.
local other_kinds = {
  file = "is a file and not a port", folder = "is a folder and not a port", fifo = "is a FIFO and not a port",
  socket = "is a socket: write it as unix:%s", block = "is a block device and not a port",
  character = "is a device that is no terminal",
}

--- The error where the path leads to something else; nil where it does not. A broken terminal is a device, too.
local function other_kind(address, system_words)
  local kind = address:find("^/") and core.inspect(address)
  local words = other_kinds[kind]
  if not words or kind == "character" and system_words ~= "Inappropriate ioctl for device" then return nil end
  return errors.new { name = "bad_address", origin = "port", hint = names_of_others(),
    message = ("%s %s"):format(address, words:format(address)) }
end

local function failed(problem, address, words, baud)
  local other = (problem == "port_failed" or problem == "no_such_port") and other_kind(address, words)
  if other then return other end
  local message, hint = describe[problem](address, words, baud)
  return errors.new { name = problem, origin = "port", message = message, hint = hint }
end

--- Opens an address; nil, err when that fails.
---@param address string
---@param baud integer
---@param flow string
function ports.open(address, baud, flow)
  local port, problem, words = core.open_port(address, baud, flow)
  if port then return port end
  return nil, failed(problem, address, words, baud)
end

--- The error for a port that was open and has failed.
---@param address string
---@param reason string
function ports.gone(address, reason)
  local words = reason:match("^connect: (.*)$")
  if words == "Connection refused" then return failed("connection_refused", address) end
  if words then return failed("port_failed", address, words) end
  return errors.new {
    name = "port_gone", origin = "port", message = ("%s has gone: %s"):format(address, reason),
    hint = "The cable was unplugged, the adapter or the module reset, or the other end closed the connection. Open it "
      .. "again once it is back.",
  }
end

return ports
