-- A modem and its sockets in a loop of the program's own, which waits for their descriptors and asks for their time-outs.

local hayes = require "hayes"
local lab = require "support.lab"
local Module = require "support.stream_module"
local script = require "support.script"
local socket = require "socket"

local function selectable(fd)
  return { getfd = function() return fd end, dirty = function() return false end }
end

local function is_readable(fd)
  return socket.select({ selectable(fd) }, nil, 0)[1] ~= nil
end

local function is_writable(fd)
  local _, writable = socket.select(nil, { selectable(fd) }, 0)
  return writable[1] ~= nil
end

describe("A modem in another loop", function()
  local module, modem

  --- What a loop does that has come back from its wait.
  local function step_until_idle()
    for _ = 1, 100 do
      assert(modem:step())
      if modem:timeout() ~= 0 then return end
    end
    error "there is always something to do"
  end

  --- Nothing is left of the start-up.
  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = assert(hayes.open_port(module.port, "script"))
    step_until_idle()
    while modem:timeout() do
      script.pass(modem:timeout())
      step_until_idle()
    end
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("says how long until a task has slept", function()
    step_until_idle()
    local slept
    hayes.spawn(function()
      hayes.sleep(5)
      slept = true
    end)
    assert.are.same(0, modem:timeout())
    step_until_idle()
    assert.is_true(math.abs(modem:timeout() - 5) < 1e-6)
    script.pass(5)
    step_until_idle()
    assert.is_true(slept)
  end)

  it("has no time at which it wants to be called when nothing is to come", function()
    step_until_idle()
    assert.is_nil(modem:timeout())
  end)

  it("makes the descriptor readable when something is to be done earlier than was said", function()
    local fd = modem:pollfd()
    step_until_idle()
    modem:timeout()
    assert.is_false(is_readable(fd))
    hayes.spawn(function() hayes.sleep(1) end)
    assert.is_true(is_readable(fd))
    step_until_idle()
    assert.is_false(is_readable(fd))
  end)

  it("makes it readable when a call elsewhere has left something to be done earlier", function()
    local fd = modem:pollfd()
    step_until_idle()
    hayes.run(function()
      modem:on("urc", function() hayes.sleep(3) end)
      module.port:say("\r\n+CREG: 1\r\n")
      modem:wait("+CREG")
      hayes.sleep(0.1)
    end)
    assert.is_true(is_readable(fd))
    step_until_idle()
    assert.is_false(is_readable(fd))
    assert.is_true(modem:timeout() > 2)
  end)

  it("makes it readable when it is closed, and keeps it", function()
    local fd = modem:pollfd()
    step_until_idle()
    modem:close()
    assert.is_true(is_readable(fd))
    assert.are.same(fd, modem:pollfd())
    assert.are.same("closed", select(2, modem:step()).name)
  end)

  it("has a descriptor of its own beside another modem's", function()
    local other = assert(hayes.open_port(Module.new().port, "script"))
    assert.are_not.same(modem:pollfd(), other:pollfd())
    other:close()
  end)

  describe("has a socket whose descriptor", function()
    local sock

    before_each(function()
      sock = assert(modem.tcp.open("server.example", 7))
      sock:settimeout(0)
      step_until_idle()
    end)

    it("is writable while send() takes something at once", function()
      local fd = sock:getfd()
      assert.is_true(is_writable(fd))
      module.full = true -- its buffer; what it has not taken is tried again
      local bytes, at = ("x"):rep(4096), 0
      repeat
        local last, err, part = sock:send(bytes)
        at = at + (last or part)
      until err == "timeout"
      assert.is_false(is_writable(fd))
      module.full = nil
      for _ = 1, 1000 do
        if is_writable(fd) then break end
        script.pass(0.1)
        modem:step()
      end
      assert.is_true(is_writable(fd))
      assert.is_true((sock:send("y")) == 1)
    end)

    it("is readable while receive() gives something at once", function()
      local fd = sock:getfd()
      assert.is_false(is_readable(fd))
      module:send(module.all[1], "a line\n")
      for _ = 1, 100 do
        if is_readable(fd) then break end
        modem:step()
      end
      assert.are.same("a line", sock:receive())
      assert.is_false(is_readable(fd))
      module:hang_up(module.all[1])
      for _ = 1, 100 do modem:step() end
      assert.is_true(is_readable(fd) and is_writable(fd))
      assert.are.same({ nil, "closed", "" }, { sock:receive() })
    end)
  end)

  it("connects a socket with a time-out of 0 in the background, and tells by its descriptor", function()
    local sock = modem.tcp.factory {}()
    sock:settimeout(0)
    module.port.delay = 1
    assert.are.same({ nil, "timeout" }, { sock:connect("server.example", 7) })
    local fd = sock:getfd()
    assert.is_false(is_writable(fd) or is_readable(fd))
    assert.are.same({ nil, "timeout" }, { sock:connect("server.example", 7) })
    for _ = 1, 1000 do
      if is_writable(fd) then break end
      script.pass(0.1)
      modem:step()
    end
    assert.is_false(is_readable(fd))
    assert.are.same(1, sock:connect("server.example", 7))
    assert.are.same({ nil, "already connected" }, { sock:connect("server.example", 7) })
    assert.are.same(2, (sock:send("ab")))
    assert.are.same(1, module:open_count())
  end)

  it("closes a connection in the module that comes when its socket was closed before", function()
    local sock = modem.tcp.factory {}()
    sock:settimeout(0)
    module.port.delay = 1
    assert.are.same({ nil, "timeout" }, { sock:connect("server.example", 7) })
    assert.are.same(1, sock:close())
    for _ = 1, 100 do
      script.pass(0.5)
      modem:step()
    end
    assert.are.same({ 1, 0 }, { module.count, module:open_count() })
  end)

  it("tells of a connection that fails in the background", function()
    local sock = modem.tcp.factory {}()
    sock:settimeout(0)
    local all <const> = 12 -- connections of a module
    local others = {}
    for i = 1, all do others[i] = assert(modem.tcp.open("server.example", 7)) end
    assert.are.same(all, #others)
    local ok, err = sock:connect("server.example", 7)
    while err == "timeout" do
      modem:step()
      ok, err = sock:connect("server.example", 7)
    end
    assert.are.same({ nil, "closed" }, { ok, err })
    assert.is_truthy(sock:lasterror())
  end)
end)

describe("cqueues", function()
  local cqueues = require "cqueues"

  it("takes a modem and a socket as they are", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    local modem <close> = lab.online(tonumber(port))
    local sock = assert(modem.tcp.open(lab.HOST, tonumber(port)))
    local peer = server:accept()
    sock:settimeout(0)
    local controller, got, slept = cqueues.new(), nil, nil
    controller:wrap(function()
      while modem:step() do cqueues.poll(modem) end
    end)
    controller:wrap(function()
      sock:send("question\n")
      peer:settimeout(0)
      while not peer:receive() do cqueues.sleep(0.01) end
      peer:send("answer\n")
      local err
      repeat
        cqueues.poll(sock)
        got, err = sock:receive()
      until err ~= "timeout"
      local task = hayes.spawn(function() hayes.sleep(0.05) return "slept" end)
      while not slept do
        cqueues.sleep(0.01)
        local ended, result = task:join(0)
        slept = ended and result
      end
      modem:close()
    end)
    assert(controller:loop(60))
    assert.are.same({ "answer", "slept" }, { got, slept })
    peer:close()
    server:close()
  end)
end)
