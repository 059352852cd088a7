-- A modem that the program lets go of with connections open: the collector closes it, and there is nothing to report.

local hayes = require "hayes"
local script = require "support.script"
local StreamModule = require "support.stream_module"
local wait = require "hayes.wait"

describe("A modem that nobody holds any more", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("is closed without a word, whatever connections it has", function()
    local module = StreamModule.new()
    local modem = assert(hayes.open_port(module.port, "script"))
    assert(modem.tcp.open("server.example", 7, { mode = "push" }))
    assert(modem.ssl.open("server.example", 443, { verify = "none" }))
    local report, reports = wait.report, {}
    wait.report = function(what, err) reports[#reports + 1] = what .. ": " .. tostring(err) end
    -- The collector finalizes what was made last first: the engine, and then the modem.
    modem.engine:__gc()
    getmetatable(modem).__gc(modem)
    wait.report = report
    assert.is_true(module.port.closed)
    assert.are.same({}, reports)
  end)
end)
