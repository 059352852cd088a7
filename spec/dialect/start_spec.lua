-- What a dialect has sent when a modem is opened, and after each restart of the module: a list of command lines, or a
-- function that may use modem:at.

local errors = require "hayes.error"
local hayes = require "hayes"
local scripted_module = require "support.scripted_module"
local testing = require "hayes.testing"

local OK = scripted_module.OK

describe("The start-up of a dialect", function()
  local answers, module

  before_each(function()
    testing.virtual_time()
    answers = { ["AT+ONE=1"] = OK, ["AT+TWO?"] = "\r\n+TWO: 7\r\n" .. OK }
    module = testing.module(answers)
  end)

  after_each(testing.real_time)

  local function open(start)
    return module:open { dialect = { name = "mine", finals = { { "OK", success = true }, { "ERROR" } }, boot = { "RDY" },
      commands = { { name = "+TWO", read = true, answer = { { name = "n" } } } }, start = start } }
  end

  local function times(line) return scripted_module.count(module, line) end

  it("may be a list of command lines, of which the module may refuse those that are optional", function()
    local modem <close> = assert(open { "AT+ONE=1", { "AT+NONE", optional = true }, "AT+TWO?" })
    assert.are.same({ 1, 1, 1 }, { times "AT+ONE=1", times "AT+NONE", times "AT+TWO?" })
    module:say "\r\nRDY\r\n"
    assert(modem:wait("ready", 30))
    assert.are.same({ 2, 2, 2 }, { times "AT+ONE=1", times "AT+NONE", times "AT+TWO?" })
  end)

  it("may be left out, and so may be how a module is asked what it is", function()
    answers["ATI"] = "ACME\r\n1000\r\n" .. OK
    local modem <close> = assert(open(nil))
    assert.are.same("ACME, 1000", modem:identify().model)
  end)

  it("fails where the module refuses a line of the list", function()
    local modem, err = open { "AT+NONE", "AT+ONE=1" }
    assert.is_nil(modem)
    assert.are.same({ "AT+NONE", 0 }, { err.command, times "AT+ONE=1" })
    assert.is_true(module.closed)
  end)

  it("may be a function that uses modem:at, call and query, and need not give anything", function()
    local seen
    local function start(modem)
      assert(modem:at "AT+ONE=1")
      seen = { modem:query("AT+TWO?").n, modem:call("+TWO", "read")[1] }
    end
    local modem <close> = assert(open(start))
    assert.are.same({ 7, "+TWO: 7" }, seen)
    module:say "\r\nRDY\r\n"
    seen = nil
    assert(modem:wait("ready", 30))
    assert.are.same({ 7, "+TWO: 7" }, seen)
  end)

  it("fails with what the function gives", function()
    local modem, err = open(function(modem) return modem:at "AT+NONE" end)
    assert.are.same({ nil, "AT+NONE" }, { modem, err.command })
    modem, err = open(function() return nil, errors.new { name = "unusable", message = "no" } end)
    assert.are.same({ nil, "unusable" }, { modem, err.name })
    modem, err = open(function() return nil, "the SIM is missing" end)
    assert.are.same({ nil, "start_failed" }, { modem, err.name })
    assert.is_truthy(err.message:find("mine has failed: the SIM is missing", 1, true))
    modem, err = open(function() return false end)
    assert.are.same({ nil, "start_failed" }, { modem, err.name })
  end)

  it("that raises has hayes.open raise, and the port is closed", function()
    local ok, err = pcall(open, function() error "oops" end)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("oops", 1, true))
    assert.is_true(module.closed)
  end)

  it("that raises after a restart is reported, and commands are sent all the same", function()
    local has_started, stderr, said = false, io.stderr, {}
    local modem <close> = assert(open(function()
      if has_started then error "oops" end
      has_started = true
    end))
    io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end } -- luacheck: ignore
    module:say "\r\nRDY\r\n"
    hayes.sleep(30)
    local answer, err = modem:at("AT+ONE=1", { timeout = 5 })
    io.stderr = stderr -- luacheck: ignore
    assert.is_truthy(answer, tostring(err))
    assert.is_truthy(said[1]:find("start-up after a restart", 1, true), said[1])
    assert.is_truthy(said[1]:find("oops", 1, true), said[1])
  end)
end)
