-- A relay's connection: it ends with the client, also where the far end keeps silent, as those of a module are few.

local Connections = require "hayes.cli.relay.connections"
local hayes = require "hayes"
local pump = require "hayes.cli.relay.pump"
local server = require "hayes.cli.relay.server"
local stop = require "hayes.cli.stop"
local testing = require "hayes.testing"
local wait = require "hayes.wait"

local OK = "\r\nOK\r\n"

describe("A connection that a relay carries", function()
  local modem, module, sock

  before_each(function()
    testing.virtual_time()
    module = testing.module {
      ["ATI"] = "SIMCOM\r\n" .. OK, ["^AT%+CMEE"] = OK, ["^AT%+CTZU"] = OK, ["AT+CIPRXGET=1"] = OK,
      ["AT+NETOPEN"] = OK .. "\r\n+NETOPEN: 0\r\n",
      ["^AT%+CIPCLOSE=(%d)"] = function(_, id) return OK .. ("\r\n+CIPCLOSE: %s,0\r\n"):format(id) end,
      ["^AT%+CIPOPEN=(%d)"] = function(_, id) return OK .. ("\r\n+CIPOPEN: %s,0\r\n"):format(id) end,
      ["^AT%+CIPSEND=(%d),(%d+)"] = function(at, id, length)
        at:take(tonumber(length), function() return OK .. ("\r\n+CIPSEND: %s,%s,%s\r\n"):format(id, length, length) end)
        return "\r\n>"
      end,
    }
    modem = assert(module:open { dialect = "examples/dialects/simcom-a76xx.lua" })
    sock = assert(modem.tcp.open("server.example", 80))
  end)

  after_each(function()
    modem:close()
    testing.real_time()
  end)

  it("ends when the client has sent all and the far end says nothing for ten seconds", function()
    local said = { "hello" }
    local client = {}
    function client.receive()
      hayes.sleep(1)
      return table.remove(said)
    end
    function client.send() return true end
    local started, count = testing.now(), nil
    hayes.run(function() count = pump.run(client, sock) end)
    assert.are.same({ 5, 0, "the client has sent all" }, { count.sent, count.received, count.reason })
    assert.are.equal(12, testing.now() - started)
  end)
end)

describe("A relay whose module has lost the data connection, after a restart or by the network", function()
  local off_line = { name = "open_pdp_context_failed", code = 561 }

  local function take(attached)
    local on_line, tries = false, 0
    local modem = { network = { reattach = function()
      tries = tries + 1
      on_line = attached
      return attached or nil, not attached and { name = "not_registered" } or nil
    end } }
    local connections = Connections.new(modem, 60)
    local socket, err = connections:take(function()
      if on_line then return "a connection" end
      return nil, off_line
    end)
    return { socket or err.name, tries }
  end

  it("brings it back for the next client, once", function()
    assert.are.same({ "a connection", 1 }, take(true))
  end)

  it("says why that fails", function()
    assert.are.same({ "not_registered", 1 }, take(false))
  end)
end)

describe("A relay with several clients", function()
  local FULL, REFUSED = { name = "no_free_socket" }, { name = "socket_connect_failed" }

  before_each(function() testing.virtual_time() end)
  after_each(function() testing.real_time() end)

  --- A module that has so many connections, and connections of it. open(name, seconds, err) opens one.
  local function relay_of(most)
    local used = 0
    local self = { connections = Connections.new({}, 60), told = {} }
    local function opening(seconds, err)
      return function()
        if used == most then return nil, FULL end
        used = used + 1
        hayes.sleep(seconds)
        if not err then return { close = function() used = used - 1 end } end
        used = used - 1
        return nil, err
      end
    end
    function self.open(name, seconds, err)
      return hayes.spawn(function()
        local socket, why = self.connections:take(opening(seconds, err))
        local what = socket and "open" or why.name
        self.told[#self.told + 1] = ("%s %s at %g"):format(name, what, hayes.now() - self.began)
        return socket
      end)
    end
    self.began = hayes.now()
    return self
  end

  it("opens connections while one server does not answer", function()
    hayes.run(function()
      local relay = relay_of(3)
      local silent = relay.open("silent", 150, REFUSED)
      hayes.sleep(1)
      relay.open("other", 1):join()
      silent:join()
      assert.are.same({ "other open at 2", "silent socket_connect_failed at 150" }, relay.told)
    end)
  end)

  it("lets those wait in order who come when all are in use, until one ends or is not opened after all", function()
    hayes.run(function()
      local relay = relay_of(2)
      local first = relay.open("first", 0)
      local refused = relay.open("refused", 20, REFUSED)
      hayes.sleep(1)
      local waiting = { relay.open("a", 0), relay.open("b", 0), relay.open("c", 0) }
      hayes.sleep(9)
      local _, socket = first:join()
      relay.connections:give_back(socket)
      refused:join()
      hayes.sleep(10)
      _, socket = waiting[1]:join()
      relay.connections:give_back(socket)
      waiting[3]:join()
      assert.are.same({ "first open at 0", "a open at 10", "refused socket_connect_failed at 20", "b open at 20",
        "c open at 30" }, relay.told)
    end)
  end)

  it("gives up after the time to wait, and not before", function()
    hayes.run(function()
      local relay = relay_of(1)
      relay.open("first", 0)
      relay.open("late", 0):join()
      assert.are.same({ "first open at 0", "late timeout at 60" }, relay.told)
    end)
  end)
end)

describe("A relay", function()
  --- What ends one whose clients are served like this, in order, and what was reported meanwhile.
  local function serve(served)
    local listener <close> = server.listen("127.0.0.1", 0)
    local clients, reports, report = {}, {}, wait.report
    for i = 1, #served do clients[i] = assert(require("socket").connect("127.0.0.1", listener:number())) end
    wait.report = function(_, err) reports[#reports + 1] = tostring(err) end
    local task = hayes.spawn(server.run, listener, function() table.remove(served, 1)() end)
    local _, raised = task:join(10)
    task:cancel()
    wait.report = report
    for _, client in ipairs(clients) do client:close() end
    return raised, reports
  end

  local function fail() error("a mistake", 0) end

  local function end_run()
    hayes.sleep(1.5) -- until the failed task has been reported
    stop.with(stop.REFUSED, "standard output cannot be written")
  end

  it("ends when what it says of a client cannot be printed, and reports mistakes", function()
    local raised, reports = serve { fail, end_run }
    assert.is_true(stop.is(raised), tostring(raised))
    assert.are.equal("standard output cannot be written", tostring(raised))
    assert.is_truthy(#reports == 1 and reports[1]:find("^a mistake"), reports[1])
  end)
end)
