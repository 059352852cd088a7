-- Commands that wait in line for the module, and who may take them out again.

local exchange = require "hayes.exchange"
local hayes = require "hayes"
local job = require "hayes.job"
local lab = require "support.lab"

describe("Commands in line for the module", function()
  local modem, emulator

  setup(function() modem, emulator = lab.modem() end)
  teardown(function()
    modem:close()
    emulator:close()
  end)

  it("leave a response alone that was given with a command which its caller has given up", function()
    hayes.run(function()
      local response = {}
      local request = { into = response }
      emulator:control "swallow AT+COPS=?"
      local task = hayes.spawn(exchange.run, modem, "AT+COPS=?", request)
      hayes.sleep(0)
      task:cancel()
      task:join()
      assert.is_nil(request.into)
      assert(modem:at "AT+CSQ")
      assert.are.same({}, response)
    end)
  end)

  it("keep nothing of their callers once they are over", function()
    hayes.run(function()
      for text, ok in pairs { ["AT+CSQ"] = true, ["AT+NONSENSE"] = false } do
        local kept = setmetatable({}, { __mode = "v" })
        local function give()
          local request = { owner = {}, into = setmetatable({}, { __index = { find = string.find } }) }
          kept.owner, kept.into = request.owner, request.into
          assert.are.same(ok, exchange.run(modem, text, request) ~= nil)
        end
        give()
        collectgarbage()
        collectgarbage()
        assert.are.same({}, kept, text)
      end
    end)
  end)

  it("let those go in front that are to be next", function()
    hayes.run(function()
      local order = {}
      for i = 1, 4 do
        hayes.spawn(function()
          assert(modem:at "AT+CSQ")
          order[#order + 1] = i
        end)
      end
      hayes.spawn(function()
        assert(exchange.run(modem, "AT+CREG?", { next = true }))
        order[#order + 1] = "next"
      end):join()
      assert.are.same("next", order[2])
    end)
  end)

  it("stay in line when an earlier job ends whose own command waited there before", function()
    hayes.run(function()
      hayes.spawn(modem.at, modem, "AT+CSQ")
      local other
      job.run(nil, nil, function()
        -- The command of the job waits for the first, and the third has the line when the job goes on.
        hayes.spawn(function() modem:at "AT+CREG?" end)
        assert(exchange.run(modem, "AT+CGATT?", { withdraw = true }))
        other = hayes.spawn(modem.at, modem, "AT+QIACT?")
      end)
      local ok, response, err = other:join()
      assert.is_true(ok)
      assert.is_truthy(response, tostring(err))
    end)
  end)
end)
