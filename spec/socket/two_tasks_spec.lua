-- Two tasks that receive from one socket: what one of them leaves is the other's, at once.

local hayes = require "hayes"
local Module = require "support.stream_module"
local script = require "support.script"

describe("Of two tasks that receive from one socket", function()
  local module, modem, sock, server

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = assert(hayes.open_port(module.port, "script"))
    sock = assert(modem.tcp.open("server", 7))
    sock:settimeout(200)
    server = module.all[1]
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- What each of the calls gives when the server sends first one thing, and a second later, while both wait, another.
  local function receive_both(first, second, ...)
    local given, before = {}, nil
    local calls = { ... }
    hayes.run(function()
      module:send(server, first)
      hayes.sleep(1)
      local tasks = {}
      for i, call in ipairs(calls) do tasks[i] = hayes.spawn(call) end
      hayes.sleep(1)
      before = hayes.now()
      module:send(server, second)
      for i, task in ipairs(tasks) do given[i] = select(2, task:join(100)) end
    end)
    assert.is_true(hayes.now() - before < 1)
    return given
  end

  local function line() return sock:receive() end

  it("the second gets a line that is shorter than the beginning of the first one's", function()
    assert.are.same({ "the first", "x" }, receive_both("the fi", "rst\nx\n", line, line))
  end)

  it("one takes what there is, and the other gets what comes next, not nothing", function()
    local function part() return sock:receivepartial() end
    local function part_later()
      local got = part()
      module:send(server, "next")
      return got
    end
    assert.are.same({ "now", "next" }, receive_both("", "now", part_later, part))
  end)
end)
