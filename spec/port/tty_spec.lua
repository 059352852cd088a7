-- Ttys that are no serial lines: the emulator's pty.

local core = require "hayes.core"
local hayes = require "hayes"
local ports = require "hayes.port"
local Process = require "support.process"
local raises = require "support.raises"

describe("A tty", function()
  local emulator

  before_each(function() emulator = assert(hayes.emulator()) end)
  after_each(function() emulator:close() end)

  it("is opened exclusively: a second opener is told which port is busy", function()
    local modem <close> = assert(hayes.open(emulator.address))
    local other, err = hayes.open(emulator.address)
    assert.is_nil(other)
    assert.are.same("port_busy", err.name)
    assert.are.same("port", err.origin)
    assert.are.same(emulator.address .. " is in use by another program", tostring(err))
    assert.is_truthy(err.hint:find("fuser -v " .. emulator.address, 1, true))
    assert.is_truthy(modem:at("AT"))
  end)

  -- Root passes such locks, so that these two are told apart as an ordinary user only.
  describe("that a program has locked", function()
    local root = Process.run({ "id", "-u" }):match "%d+" == "0"

    --- Whether another program can open it.
    local function is_free() return (os.execute((": 2>/dev/null <>%s"):format(emulator.address))) == true end

    --- A program that has it open, opened by a Lua expression; ended by close().
    local function opener(expression)
      local log = os.tmpname()
      local program = ([[package.cpath = %q
        local port = assert(%s)
        io.stdout:write("open"):flush()
        require("socket").sleep(60)]]):format(package.cpath, expression:format(emulator.address))
      local process = Process.start({ "lua5.4", "-e", program }, { ours = true, log = log })
      while Process.run { "cat", log } ~= "open" do hayes.sleep(0.01) end
      os.remove(log)
      return process
    end

    local function close(process)
      process:close()
      assert(emulator:control "stats") -- the emulator has seen it
    end

    it("is free again when that was killed", function()
      local process = opener "require('hayes.core').open_port(%q, 115200, 'none')"
      assert.are.same(root, is_free())
      close(process)
      assert.is_true(is_free())
      local modem <close> = assert(hayes.open(emulator.address))
      assert.is_truthy(modem:at("AT"))
    end)

    it("stays locked when another that had it open goes", function()
      local process = opener "io.open(%q)"
      local modem <close> = assert(hayes.open(emulator.address))
      close(process)
      assert.are.same(root, is_free())
      assert.is_truthy(modem:at("AT"))
    end)
  end)

  it("can be opened again after it was closed, in whatever state the module was left", function()
    for _ = 1, 3 do
      local modem = assert(hayes.open(emulator.address))
      assert(modem:at("ATE1"))
      modem:close()
    end
  end)

  --- Calls f in a task that is cancelled at the line of its trace with this number; whether that was before its end.
  local function is_cancelled_at(number, f)
    local count, ok, err = 0, nil, nil
    hayes.run(function()
      local task
      task = hayes.spawn(f, function()
        count = count + 1
        if count == number then hayes.spawn(function() task:cancel() end) end
      end)
      ok, err = task:join()
    end)
    assert.is_true(ok or err.name == "cancelled", tostring(err))
    return not ok
  end

  it("is free again when its opening was cancelled, wherever that was", function()
    local number = 0
    repeat
      number = number + 1
      local is_cancelled = is_cancelled_at(number, function(heard)
        assert(hayes.open(emulator.address, { trace = heard })):close()
      end)
      local modem <close> = assert(hayes.open(emulator.address))
      assert.is_truthy(modem:at("AT"))
    until not is_cancelled
    assert.is_true(number > 5)
  end)

  it("is free again when opening it again was cancelled", function()
    local heard = false
    local modem <close> = assert(hayes.open(emulator.address, { trace = function() return heard and heard() end }))
    local number = 0
    repeat
      number = number + 1
      modem:shut(select(2, modem:at("AT+NONE")))
      local is_cancelled = is_cancelled_at(number, function(f)
        heard = f
        assert(modem:reopen())
      end)
      heard = false
      if is_cancelled then assert(hayes.open(emulator.address)):close() end
      assert(modem:reopen())
      assert.is_truthy(modem:at("AT"))
    until not is_cancelled
    assert.is_true(number > 5)
  end)

  it("tells at once when the other end hangs up, and why", function()
    emulator:control("swallow AT+HOLD")
    local modem <close> = assert(hayes.open(emulator.address))
    local closed
    modem:on("closed", function(event) closed = event end)
    local started = hayes.now()
    hayes.run(function()
      hayes.spawn(function()
        local response, err = modem:at("AT+HOLD", { timeout = 60 })
        assert.is_nil(response)
        assert.are.same("port_gone", err.name)
        assert.are.same(emulator.address .. " has gone: hung up", tostring(err))
      end)
      emulator:control("hangup")
    end)
    hayes.sleep(0)
    assert.is_true(hayes.now() - started < 30)
    assert.are.same("closed", closed.name)
    assert.are.same("port_gone", select(2, modem:at("AT")).name)
  end)

  it("keeps what the port does not take at once", function()
    emulator:close()
    emulator = assert(hayes.emulator { baud = 921600 })
    local modem <close> = assert(hayes.open(emulator.address))
    local bytes = ("0123456789abcdef"):rep(2048)
    local stored = assert(modem.file.upload({ data = bytes }, "UFS:large.bin"))
    assert.are.same(#bytes, stored.bytes)
  end)

  --- The speed that the line is set to, as another program reads it (the TCGETS2 of Linux).
  local function speed()
    return tonumber(Process.run { "python3", "-c", [[
import fcntl, os, struct, sys
line = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
print(struct.unpack("=4I20B2I", fcntl.ioctl(line, 0x802C542A, bytes(44)))[-1])]], emulator.address })
  end

  -- Those with a constant of termios, and those without one.
  local speeds = { 1200, 9600, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000,
    2500000, 3000000, 3500000, 4000000, 1201, 12345, 31250, 250000, 307200, 750000, 1843200, 3999999 }

  it("does any line speed, from its opening on", function()
    for _, baud in ipairs(speeds) do
      local port = assert(core.open_port(emulator.address, baud, "none"))
      port:close()
      assert.are.same(baud, speed())
    end
    local modem <close> = assert(hayes.open(emulator.address, { baud = 250000 }))
    assert.is_truthy(modem:at("AT"))
  end)

  it("does any line speed later on", function()
    for _, baud in ipairs(speeds) do
      local port = assert(core.open_port(emulator.address, 115200, "none"))
      assert.is_true(port:baud(baud))
      port:close()
      assert.are.same(baud, speed())
    end
    local port = assert(core.open_port(emulator.address, 115200, "none"))
    assert.is_false(port:baud(0))
    port:close()
    assert.are.same(115200, speed())
  end)

  it("refuses what is no line speed by name", function()
    local port, err = ports.open(emulator.address, 0, "none")
    assert.is_nil(port)
    assert.are.same("unsupported_speed", err.name)
    assert.is_truthy(tostring(err):find("0 baud", 1, true))
    assert(ports.open(emulator.address, 9600, "none")):close()
  end)

  it("that is not there is an error that names it and those that are", function()
    local modem, err = hayes.open("/dev/ttyUSB99")
    assert.is_nil(modem)
    assert.are.same("no_such_port", err.name)
    assert.are.same("there is no port /dev/ttyUSB99", tostring(err))
    assert.is_truthy(err.hint)
  end)

  it("cannot be a file that is no tty", function()
    local modem, err = hayes.open("/etc/hostname")
    assert.is_nil(modem)
    assert.are.same("port", err.origin)
    assert.is_truthy(tostring(err):find("/etc/hostname", 1, true))
  end)

  it("has an address; anything else is an error that says what one looks like", function()
    local modem, err = hayes.open("ttyUSB2")
    assert.is_nil(modem)
    assert.are.same("bad_address", err.name)
    assert.is_truthy(tostring(err):find("/dev/", 1, true))
    assert.are.same("hayes.open: the address is nil; it must be string", raises(function() hayes.open() end))
    assert.are.same('hayes.open: no option is called "boud" (did you mean baud?)',
      raises(function() hayes.open("/dev/ttyUSB99", { boud = 9600 }) end))
    assert.are.same('hayes.open: flow is "rts"; it must be one of "none", "rtscts", "xonxoff"',
      raises(function() hayes.open("/dev/ttyUSB99", { flow = "rts" }) end))
    assert.are.same('hayes.open: dialect is "quektel"; it must be "auto", one of quectel, aithinker, a table, or the path '
      .. "of a file that returns one (did you mean quectel?)",
      raises(function() hayes.open("/dev/ttyUSB99", { dialect = "quektel" }) end))
  end)
end)
