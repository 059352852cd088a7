-- What print shows of objects that programs hold.

local hayes = require "hayes"

describe("An object prints", function()
  it("as what it is and how it stands: tasks", function()
    local task = hayes.spawn(function() hayes.sleep(0.01) end)
    assert.are.equal("hayes.task: running", tostring(task))
    task:join()
    assert.are.equal("hayes.task: done", tostring(task))
    local failed = hayes.spawn(function() error("no paper", 0) end)
    failed:join()
    assert.is_truthy(tostring(failed):find "^hayes%.task: failed: no paper", tostring(failed))
    local cancelled = hayes.spawn(function() hayes.sleep(60) end)
    cancelled:cancel()
    cancelled:join()
    assert.are.equal("hayes.task: cancelled", tostring(cancelled))
  end)

  it("emulators, subscriptions, and methods of the modem in the help", function()
    local emulator = assert(hayes.emulator {})
    assert.are.equal("hayes.emulator: " .. emulator.address, tostring(emulator))
    local modem <close> = assert(hayes.open(emulator.address))
    local subscription = modem:on("+CREG", print)
    assert.are.equal("hayes.subscription: +CREG", tostring(subscription))
    subscription:cancel()
    assert.are.equal("hayes.subscription: +CREG (cancelled)", tostring(subscription))
    local text = tostring(modem:help())
    assert.is_truthy(text:find("modem:identify() ", 1, true), text)
    for line in text:gmatch "[^\n]+" do
      assert.is_nil(line:find "^  modem:%l+%([^)]*%)$", line)
    end
    assert.are.equal("modem:identify()\n", tostring(modem:help "identify"):match "^[^\n]*\n")
    modem:close()
    emulator:close()
    assert.are.equal(("hayes.emulator: %s (closed)"):format(emulator.address), tostring(emulator))
  end)
end)
