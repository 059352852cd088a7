-- A keeper in event loops of others: it is a task of the library's, which they serve.

local Process = require "support.process"

local PROGRAM = [[
  local loop = require("support.loops")[arg[1] ]()
  local hayes = require "hayes"
  hayes.use(arg[1])
  local emulator = assert(hayes.emulator())
  local modem = assert(hayes.open(emulator.address))
  loop.start(function()
    local keeper = assert(modem:keep { network = { apn = "internet" }, check = 1 })
    assert(keeper:ready(60))
    local ups = 0
    keeper:on("up", function() ups = ups + 1 end)
    emulator:control "pdp drop 1"
    local ends = hayes.now() + 60
    while ups == 0 and hayes.now() < ends do loop.sleep(0.05) end
    print(keeper:state().state, ups)
    modem:close()
    emulator:close()
    print(keeper:state().state)
    loop.stop()
  end)
  loop.run()
]]

describe("A keeper", function()
  for _, loop in ipairs { "cqueues", "copas", "luv", "uloop", "eco" } do
    it("keeps its connection in " .. loop, function()
      assert.are.same("attached\t1\nclosed\n", Process.run({ "env", "LUA_PATH=spec/?.lua;" .. package.path,
        "LUA_CPATH=" .. package.cpath, "timeout", "100", "lua5.4", "-e", (PROGRAM:gsub("arg%[1%] ?", ("%q"):format(loop))) },
        { ours = true }))
    end)
  end
end)
