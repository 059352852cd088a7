--- A program that uses a module on the real driver of USB serial lines. The module is unplugged in the middle of a TLS
--- exchange and comes back under another name, and the program goes on from there.
--- Usage: lua5.4 session.lua UDC HOST PORT CA   UDC: the file by which the module is plugged in and unplugged

package.path, package.cpath = "/lua/?.lua;/lua/?/init.lua;" .. package.path, "/lib/?.so"

local hayes = require "hayes"

local udc, host, port, ca = table.unpack(arg)
local LINES, UNPLUGGED_AT = 40, 20

local function say(...) print("session: " .. string.format(...)) end

local function plug(name)
  local file = assert(io.open(udc, "w"))
  assert(file:write(name, "\n"))
  assert(file:close())
end

--- The port of the module that answers AT, by its USB id; waits some tenths of a second for it.
local function find_port(tenths)
  for _ = 0, tenths do
    for _, found in ipairs(hayes.ports()) do
      if found.vid == 0x2c7c and found.pid == 0x0901 and found.role == "at" then return found end
    end
    hayes.sleep(0.1)
  end
end

local function open()
  local found = assert(find_port(300), "the module has not come up")
  say("%s is %04x:%04x, interface %d, %s, serial number %s", found.name, found.vid, found.pid, found.interface,
    found.model, found.serial)
  local modem = assert(hayes.open(found.name, { timeout = 30 }))
  say("%s answers: %s", found.name, table.concat(assert(modem:at "ATI"), " "))
  assert(modem.network.attach { apn = "internet" })
  local sock = assert(modem.ssl.open(host, math.tointeger(port), { ca = ca, timeout = 60 }))
  sock:settimeout(30)
  say "the TLS connection is open and verified"
  return modem, sock, found.name
end

local function line_of(number) return ("%d %s"):format(number, ("line"):rep(60)) end

--- Sends lines, from this one on, and checks that they come back turned round. The number of the line after the last one
--- that did, and the error that was in the way, if one was.
local function exchange(sock, first, last)
  for number = first, last do
    local line = line_of(number) .. "\n"
    local sent, err, got = sock:send(line:sub(1, 100))
    if number == UNPLUGGED_AT and first == 1 then plug "" end
    if sent then sent, err = sock:send(line:sub(101)) end
    if sent then got, err = sock:receive "*l" end
    if not got then return number, err end
    assert(got == line_of(number):reverse(), "line " .. number .. " came back changed")
  end
  return last + 1
end

local function main()
  plug "dummy_udc.0"
  local modem, sock, name = open()
  local other = assert(io.open("/dev/ttyUSB0", "r")) -- a number that is not free again when the module comes back
  local since
  modem:on("closed", function(err) since = err end)
  local following, err = exchange(sock, 1, LINES)
  assert(following == UNPLUGGED_AT and err, "the exchange went on over the unplugging")
  say("unplugged in the middle of line %d: %s", following, tostring(err))
  hayes.sleep(0)
  assert(since, "the modem does not tell that its port has gone")
  say("the modem ends with: %s", tostring(since))
  assert(select(2, modem:at "AT") ~= nil, "the old modem still answers")
  assert(not find_port(0), "the module is still listed")
  modem:close()

  plug "dummy_udc.0"
  local again
  modem, sock, again = open()
  other:close()
  assert(again ~= name, "the module has come back under the same name")
  local finished
  finished, err = exchange(sock, following, LINES)
  assert(finished == LINES + 1, err)
  say("lines %d to %d are exchanged on %s", following, LINES, again)
  assert(sock:close())
  modem:close()
end

local ok, err = xpcall(main, debug.traceback)
if not ok then
  print("session: " .. tostring(err))
  os.exit(1)
end
