-- hayes.use: the library in the event loops of others. Each runs in a program of its own. uloop and eco, which Debian does not
-- have, are stand-ins that keep the documented interface (spec/support/uloop.lua, eco.lua).

local hayes = require "hayes"
local raises = require "support.raises"

local function run(command)
  local program = io.popen(("LUA_PATH='spec/?.lua;%s' LUA_CPATH='%s' timeout 100 %s"):format(package.path, package.cpath,
    command))
  local printed = program:read("a")
  program:close()
  return printed
end

local function run_text(text)
  return run(("lua5.4 - 2>&1 <<'EOF'\n%s\nEOF\n"):format(text))
end

describe("hayes.use", function()
  for loop, name in pairs { cqueues = "cqueues", copas = "copas", luv = "luv", uloop = "a stand-in for uloop",
    eco = "a stand-in for eco" } do
    it(("runs two modules, three sockets, a task and a timer in %s; none is starved, no timer left"):format(name), function()
      assert.are.same("7 of 7, the timer ran, 0 timers left\n",
        run(("lua5.4 spec/support/loop_program.lua %s 2>/dev/null"):format(loop)))
    end)
  end

  it("copas: copas.connect and copas.wrap wait in the loop, and send any size", function()
    assert.are.same("262144\tall of it\n", run "lua5.4 spec/support/copas_wrap_program.lua 2>&1")
  end)

  it("takes the loops it knows, and drivers that are whole", function()
    assert.is_truthy(raises(function() hayes.use "libevent" end):find("cqueues", 1, true))
    assert.is_truthy(raises(function() hayes.use { running = print, suspend = print, wake = print } end):find("start",
      1, true))
  end)
end)

describe("A call that waits in a loop", function()
  it("that hayes was not told of works, and says once what to call", function()
    local printed = run_text [[
      local cqueues, hayes = require "cqueues", require "hayes"
      local controller = cqueues.new()
      controller:wrap(function()
        local modem = assert(hayes.open "emulator")
        assert(modem:at "AT")
        modem:close()
        print "done"
      end)
      assert(controller:loop())
    ]]
    assert.are.same('hayes: a call blocks the event loop of cqueues, and all that runs in it; hayes.use "cqueues" makes '
      .. "it wait in the loop\ndone\n", printed)
  end)

  it("outside of its coroutines says nothing", function()
    assert.are.same("done\n", run_text [[
      local cqueues, luv, hayes = require "cqueues", require "luv", require "hayes"
      hayes.sleep(0.01)
      coroutine.wrap(function() hayes.sleep(0.01) end)()
      print "done"
    ]])
  end)

  it("from a callback of it raises, with advice", function()
    local printed = run_text [[
      local luv, hayes = require "luv", require "hayes"
      hayes.use "luv"
      local timer = luv.new_timer()
      timer:start(0, 0, function()
        timer:close()
        print(select(2, pcall(hayes.sleep, 0.01)))
        coroutine.wrap(function()
          hayes.sleep(0.01)
          print "slept"
        end)()
      end)
      luv.run()
    ]]
    assert.is_truthy(printed:find("hayes.spawn(function() … end)", 1, true))
    assert.is_truthy(printed:find("slept", 1, true))
  end)

  it("from a callback of string.gsub in its coroutine raises, with advice", function()
    local printed = run_text [[
      local cqueues, hayes = require "cqueues", require "hayes"
      hayes.use "cqueues"
      local controller = cqueues.new()
      controller:wrap(function()
        print(select(2, pcall(string.gsub, "x", "x", function() hayes.sleep(0.01) end)))
      end)
      assert(controller:loop())
    ]]
    assert.is_truthy(printed:find("string.gsub", 1, true))
  end)

  it("from a coroutine inside its own blocks, and gives the consumer what it yields", function()
    assert.are.same("1 2 3\n", run_text [[
      local cqueues, hayes = require "cqueues", require "hayes"
      hayes.use "cqueues"
      local controller = cqueues.new()
      controller:wrap(function()
        local got = {}
        for i in coroutine.wrap(function()
          for i = 1, 3 do
            hayes.sleep(0.001)
            coroutine.yield(i)
          end
        end) do got[#got + 1] = i end
        print(table.concat(got, " "))
      end)
      assert(controller:loop())
    ]])
  end)
end)

describe("A coroutine that raises when it goes on", function()
  it("does not keep those waiting whose time has come with its own", function()
    assert.are.same("raised: a mistake\nsecond\nthird\nsecond again\n", run_text [[
      local hayes = require "hayes"
      local known, pump = {}, nil
      hayes.use {
        running = function() return known[coroutine.running()] end,
        suspend = coroutine.yield,
        wake = function(place)
          local ok, err = coroutine.resume(place.coroutine)
          if not ok then error(err, 0) end
        end,
        start = function(given) pump = given end,
      }
      local function go(f)
        local co = coroutine.create(f)
        known[co] = true
        assert(coroutine.resume(co))
      end
      go(function() hayes.sleep(0.01) error("a mistake", 0) end)
      go(function() hayes.sleep(0.01) print "second" hayes.sleep(0.01) print "second again" end)
      go(function() hayes.sleep(0.01) print "third" end)
      local begun = os.clock()
      while pump.wanted() and os.clock() - begun < 2 do
        local ok, err = pcall(pump.step)
        if not ok then print("raised: " .. err) end
      end
    ]])
  end)

  it("in a loop of its callbacks' own does not, either, where the program goes on with that loop", function()
    assert.are.same("raised\nsecond\n", run_text [[
      package.loaded.uloop = require "support.uloop"
      local hayes, uloop = require "hayes", require "uloop"
      hayes.use "uloop"
      coroutine.wrap(function() hayes.sleep(0.01) error "a mistake" end)()
      coroutine.wrap(function() hayes.sleep(0.01) print "second" uloop.cancel() end)()
      if not pcall(uloop.run) then print "raised" end
      uloop.run()
    ]])
  end)
end)

describe("A controller of cqueues that runs inside another one", function()
  it("ends with its own coroutines while a modem is open, and the outer one serves that", function()
    assert.are.same("inner OK\nthe inner loop has ended\ninnermost OK\nOK\nthe outer loop has ended\n", run_text [[
      local cqueues, hayes = require "cqueues", require "hayes"
      hayes.use "cqueues"
      local outer = cqueues.new()
      outer:wrap(function()
        local modem
        local inner = cqueues.new()
        inner:wrap(function()
          modem = assert(hayes.open "emulator")
          print("inner " .. tostring(modem:at "AT"))
        end)
        assert(inner:loop())
        print "the inner loop has ended"
        local between = cqueues.new()
        between:wrap(function()
          local innermost = cqueues.new()
          innermost:wrap(function() print("innermost " .. tostring(modem:at "AT")) end)
          assert(innermost:loop())
        end)
        assert(between:loop())
        print(modem:at "AT")
        modem:close()
      end)
      assert(outer:loop())
      print "the outer loop has ended"
    ]])
  end)

  it("can be left by its time limit, and gone on with", function()
    assert.are.same("the inner loop has run out of time\n+GO: 1\n", run_text [[
      local cqueues, hayes = require "cqueues", require "hayes"
      hayes.use "cqueues"
      local outer, inner = cqueues.new(), cqueues.new()
      outer:wrap(function()
        local modem = assert(hayes.open "emulator")
        inner:wrap(function()
          print(modem:wait("+GO").line)
          modem:close()
        end)
        inner:loop(0.01)
        print "the inner loop has run out of time"
        assert(modem.emulator:control "urc +GO: 1")
        assert(inner:loop())
      end)
      assert(outer:loop())
    ]])
  end)
end)
