local hayes = require "hayes"
local Lock = require "hayes.lock"
local raises = require "support.raises"
local script = require "support.script"
local wait = require "hayes.wait"

describe("Tasks:", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("run gives what its function returns, after all that it spawned", function()
    local order = {}
    local a, b = hayes.run(function(x)
      hayes.spawn(function()
        hayes.sleep(2)
        order[#order + 1] = "spawned"
      end)
      order[#order + 1] = "main"
      return x, nil, 3
    end, 1)
    assert.are.same({ 1, nil }, { a, b })
    assert.are.same({ "main", "spawned" }, order)
  end)

  it("those that a task has spawned are waited for, too", function()
    local ended = false
    hayes.run(function()
      hayes.spawn(function()
        hayes.sleep(1)
        hayes.spawn(function()
          hayes.sleep(1)
          ended = true
        end)
      end)
    end)
    assert.is_true(ended)
  end)

  it("several sleep at the same time", function()
    local started = hayes.now()
    hayes.run(function()
      for _ = 1, 10 do hayes.spawn(hayes.sleep, 1) end
    end)
    assert.is_true(hayes.now() - started < 1.5)
  end)

  it("join gives true and the results, false ones among them", function()
    hayes.run(function()
      local task = hayes.spawn(function() return nil, false, 3 end)
      assert.are.same({ n = 4, true, nil, false, 3 }, table.pack(task:join()))
      assert.are.same({ n = 4, true, nil, false, 3 }, table.pack(task:join()))
    end)
  end)

  it("join gives nil and the error of a task that raised, and run does not raise it", function()
    hayes.run(function()
      local task = hayes.spawn(function() error { code = 7 } end)
      local ok, err = task:join()
      assert.is_nil(ok)
      assert.are.same(7, err.code)
    end)
  end)

  it("join gives up in time", function()
    hayes.run(function()
      local task = hayes.spawn(hayes.sleep, 100)
      local started = hayes.now()
      local ok, err = task:join(2)
      assert.is_nil(ok)
      assert.are.same("timeout", err.name)
      assert.is_true(hayes.now() - started < 2.5)
      task:cancel()
    end)
  end)

  it("cancel raises where the task waits, and closes what it holds", function()
    local closed
    hayes.run(function()
      local task = hayes.spawn(function()
        local _held <close> = setmetatable({}, { __close = function() closed = true end })
        hayes.sleep(100)
      end)
      hayes.sleep(1)
      task:cancel()
      local ok, err = task:join()
      assert.is_nil(ok)
      assert.are.same("cancelled", err.name)
    end)
    assert.is_true(closed)
  end)

  it("a task that is cancelled before it began never begins", function()
    local began = false
    hayes.run(function()
      local task = hayes.spawn(function() began = true end)
      task:cancel()
      assert.is_nil((task:join()))
    end)
    assert.is_false(began)
  end)

  it("an error of the main function cancels the others and is raised", function()
    local started = hayes.now()
    local ok, err = pcall(hayes.run, function()
      hayes.spawn(hayes.sleep, 1000)
      hayes.sleep(1)
      error("no more", 0)
    end)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("no more", 1, true))
    assert.is_true(hayes.now() - started < 10)
  end)

  it("an error of a task that nobody joins is raised by run, and reported", function()
    local report, reports = wait.report, {}
    wait.report = function(what, err) reports[#reports + 1] = what .. ": " .. tostring(err) end
    local ok, err = pcall(hayes.run, function()
      hayes.spawn(function() error("forgotten", 0) end)
    end)
    wait.report = report
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("forgotten", 1, true))
    assert.are.same(1, #reports)
  end)

  --- What a program of its own writes to stderr.
  local function stderr_of(text)
    local paths = ("LUA_PATH='%s' LUA_CPATH='%s'"):format(package.path, package.cpath)
    local pipe <close> = assert(io.popen(("%s lua5.4 -e '%s' 2>&1"):format(paths, text)))
    return pipe:read("a")
  end

  it("an error of a task outside run is reported when the program ends, or nobody has the task any more", function()
    local failing = 'local hayes = require "hayes" local task = hayes.spawn(function() error("forgotten", 0) end) '
      .. "hayes.sleep(0.01) "
    local _, count = stderr_of(failing):gsub("a task has failed: forgotten", "")
    assert.are.same(1, count)
    assert.are.same("", stderr_of(failing .. "task:join()"))
  end)

  it("a coroutine of the caller's own blocks and does not yield into the caller", function()
    local coroutine_of_mine = coroutine.wrap(function()
      hayes.sleep(1)
      return "slept"
    end)
    assert.are.same("slept", coroutine_of_mine())
  end)

  it("a generator inside a task may wait, and the other tasks go on meanwhile", function()
    local ticks = 0
    hayes.run(function()
      local ticking = hayes.spawn(function()
        while true do
          hayes.sleep(1)
          ticks = ticks + 1
        end
      end)
      local numbers = coroutine.wrap(function()
        for i = 1, 3 do
          hayes.sleep(2)
          coroutine.yield(i)
        end
      end)
      assert.are.same({ 1, 2, 3 }, { numbers(), numbers(), numbers() })
      ticking:cancel()
    end)
    assert.is_true(ticks >= 5)
  end)

  describe("those that wait where C has called back", function()
    local function in_gsub(f) return (("x"):gsub("x", f)) end
    local function in_sort(f) table.sort({ 1, 2 }, function() return f() == true end) end
    local function in_tostring(f) return tostring(setmetatable({}, { __tostring = function() return tostring(f()) end })) end

    local words = "hayes: a task cannot wait inside a callback of string.gsub, table.sort and the like, or a metamethod "
      .. "that they call: make the call before that and use its result there, or wrap it in a coroutine: "
      .. "coroutine.wrap(function() … end)()"

    it("raise, and say what to do; the next wait is a whole one", function()
      hayes.run(function()
        for _, call in ipairs { in_gsub, in_sort, in_tostring } do
          assert.are.same(words, raises(function() call(function() hayes.sleep(1) end) end))
          local started = hayes.now()
          hayes.sleep(10)
          assert.are.same(started + 10, hayes.now())
        end
      end)
    end)

    it("leave what they waited for as it was: others get it, and so do they, elsewhere", function()
      local lock, waiter = Lock.new(), wait.waiter()
      hayes.run(function()
        local held = lock:take()
        raises(function() in_gsub(function() lock:take() end) end)
        raises(function() in_gsub(function() waiter:wait() end) end)
        local other = hayes.spawn(function()
          local _held <close> = lock:take()
          return waiter:wait()
        end)
        hayes.sleep(1)
        getmetatable(held).__close(held)
        waiter:fire("news")
        assert.are.same({ true, "news" }, { other:join() })
        assert.are.same("news", (waiter:wait()))
        assert.is_false(lock.held)
      end)
    end)

    it("send a command that is given up; the next command gets its own answer", function()
      local port = script.port(script.quectel { ["AT+A"] = "\r\n+A: 1\r\n\r\nOK\r\n",
        ["AT+B"] = "\r\n+B: 2\r\n\r\nOK\r\n" })
      port.delay = 0.1
      local modem <close> = assert(hayes.open_port(port, "script"))
      hayes.run(function()
        raises(function() in_gsub(function() return tostring(modem:at("AT+A")) end) end)
        assert.are.same("+B: 2", assert(modem:at("AT+B"))[1])
        assert.are.same("+A: 1", assert(modem:at("AT+A"))[1])
      end)
    end)

    it("work in a coroutine of their own, as the error says, and the other tasks go on", function()
      hayes.run(function()
        local ticks = 0
        local ticking = hayes.spawn(function()
          while true do
            hayes.sleep(1)
            ticks = ticks + 1
          end
        end)
        assert.are.same("slept", in_gsub(function()
          return coroutine.wrap(function()
            hayes.sleep(3.5)
            return "slept"
          end)()
        end))
        assert.are.same(3, ticks)
        ticking:cancel()
      end)
    end)

    it("and in a plain script, which blocks", function()
      assert.are.same("slept", in_gsub(function()
        hayes.sleep(1)
        return "slept"
      end))
    end)
  end)

  it("wrong use raises and names the argument", function()
    assert.are.same("hayes.run: the function is 7; it must be callable", raises(function() hayes.run(7) end))
    assert.are.same('hayes.spawn: the function is "x"; it must be callable', raises(function() hayes.spawn("x") end))
    assert.are.same("hayes.sleep: the time is -1; it must be from 0 to 1000000000", raises(function() hayes.sleep(-1) end))
  end)
end)
