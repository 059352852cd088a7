-- Calls of services, cancelled at each moment: the next command is answered, and the same call works as it did before.

local calls = require "support.calls"
local hayes = require "hayes"
local script = require "support.script"

local MOMENTS = 25

describe("A call that is cancelled, at whatever moment,", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function open(make_port)
    local port = make_port()
    port.delay = 0.01
    modem = assert(hayes.open_port(port, "script", { timeout = 3 }))
  end

  for _, entry in ipairs(calls) do
    local _, make_port, call = table.unpack(entry)

    it("leaves nothing half done: " .. entry.title, function()
      open(make_port)
      local began = hayes.now()
      local undisturbed = hayes.run(call, modem)
      local seconds = hayes.now() - began
      modem:close()
      for i = 0, MOMENTS do
        open(make_port)
        hayes.run(function()
          local task = hayes.spawn(call, modem)
          hayes.sleep(seconds * i / MOMENTS)
          task:cancel()
          task:join(60)
          began = hayes.now()
          assert.is_truthy(modem:at("AT"), i)
          assert.is_true(hayes.now() - began < 60)
          local again = hayes.spawn(call, modem)
          local ended, result = again:join(seconds + 120)
          assert.is_true(ended, ("moment %d: %s"):format(i, result))
          assert.are.same(undisturbed ~= nil, result ~= nil, i)
        end)
        modem:close()
      end
    end)
  end
end)
