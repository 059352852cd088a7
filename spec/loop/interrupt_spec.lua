-- Ctrl-C in the middle of a round of the loop: what the round serves is served whole, and the interrupt comes after it.

local Process = require "support.process"

--- In a process of its own, whose signals these are.
local program = [[
  local core = require "hayes.core"
  local loop = require "hayes.loop.builtin"
  core.catch_interrupts()
  local process = io.open("/proc/self/stat"):read "n"
  local log = {}

  local function interrupt(name)
    io.popen("kill -INT " .. process):close() -- it has come when this returns
    for _ = 1, 1000 do log[name] = (log[name] or 0) + 1 end
  end

  local owner, task = { due = function() interrupt "timer" end }, { in_line = false, place = 0, next_ready = false }
  function task.finish() log.task = "finished" end

  loop.schedule(owner, loop.now())
  print(pcall(loop.iterate, loop.now() + 5))
  print(log.timer)

  local other = { due = function() log.other = true end }
  loop.schedule(owner, loop.now())
  loop.schedule(other, loop.now())
  pcall(loop.iterate, loop.now() + 5)
  print(log.other)

  loop.prepare(task, function() interrupt "task" end)
  loop.resume(task)
  print(pcall(loop.run_ready))
  print(log.task, loop.resumed())

  -- While it waits, it ends at once.
  io.popen("sleep 0.2; kill -INT " .. process)
  local began = loop.now()
  print(pcall(loop.iterate, began + 60))
  print(loop.now() - began < 30)
]]

describe("An interrupt", function()
  it("comes between two rounds of the loop, or while it waits", function()
    local lines = {}
    for line in Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath,
      "lua5.4", "-e", program }, { ours = true }):gmatch "[^\n]+" do
      lines[#lines + 1] = line:gsub("\t%S+:%d+: interrupted!$", "\tinterrupted!")
    end
    assert.are.same({ "false\tinterrupted!", "1000", "true", "false\tinterrupted!", "finished\tnil", "false\tinterrupted!",
      "true" }, lines)
  end)

  it("of lua(1) itself at the very end of a task is told once, and not as a failure of the task", function()
    local printed = Process.run({ "sh", "-c", 'exec "$@" 2>&1', "sh", "env", "LUA_PATH=" .. package.path,
      "LUA_CPATH=" .. package.cpath, "lua5.4", "-e", [[
      local hayes, wait = require "hayes", require "hayes.wait"
      local process = io.open("/proc/self/stat"):read "n"
      wait.spawn_detached(function() io.popen("kill -INT " .. process):close() end)
      local ok, err = pcall(hayes.sleep, 5)
      print(ok, err:match "interrupted!$")
      hayes.sleep(0.1)
      print "and on"
    ]] }, { ours = true })
    assert.are.same("false\tinterrupted!\nand on\n", printed)
  end)

  it("is ignored once the state is being closed, before the library with its handler is unloaded", function()
    local printed = Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4", "-e", [[
      local core = require "hayes.core"
      local function caught()
        for line in io.lines "/proc/self/status" do
          local mask = line:match "^SigCgt:%s*(%x+)"
          if mask then return tonumber(mask, 16) & (1 | 1 << 1 | 1 << 14) end -- SIGHUP, SIGINT, SIGTERM
        end
      end
      last = setmetatable({}, { __gc = function() print(caught()) end }) -- finalizers run in the reverse order
      core.catch_interrupts()
      print(caught())
      os.exit(true, true)
    ]] }, { ours = true })
    assert.are.same("16387\n0\n", printed)
  end)
end)
