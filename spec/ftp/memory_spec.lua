-- What FTP transfers take of memory: spec/bench/transfer.lua measures it, in a process of its own.

local ftp_lab = require "support.ftp_lab"
local Process = require "support.process"

describe("An FTP transfer", function()
  it("takes no more memory for a large file than for a small one", function()
    if not ftp_lab.read "/proc/self/status" then return pending("memory cannot be asked for: there is no /proc") end
    local output = Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4",
      "spec/bench/transfer.lua", 32 }, { ours = true })
    local before, after = output:match("before +([%d.]+) MiB.*at most ([%d.]+) MiB")
    assert.is_true(tonumber(after) - tonumber(before) < 4, output)
  end)
end)
