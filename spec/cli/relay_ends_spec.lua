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
