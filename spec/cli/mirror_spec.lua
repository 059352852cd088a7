-- hayes ftp mirror: what a server lists that cannot be fetched is left out, and the rest comes.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local mirror = require "hayes.cli.mirror"

describe("A mirror of a server's folder", function()
  local LONG = ("n"):rep(100)

  --- A session that lists these folders, and whose files hold their paths.
  local function server(folders)
    return {
      entries = function(_, path)
        local list = {}
        for name, kind in pairs(folders[path or ""]) do list[#list + 1] = { name = name, type = kind, size = 1 } end
        return list
      end,
      modified = function() return 0 end,
      get = function(_, path, to)
        assert(#path <= 255, "wrong use")
        ftp_lab.write(to, path)
        return { bytes = #path, seconds = 1 }
      end,
    }
  end

  it("leaves out paths that are too long for a command, and fetches the rest", function()
    local folder = lab.folder() .. "/mirror"
    local deep = LONG .. "/" .. LONG
    local session = server { [""] = { [LONG] = "dir", last = "file" }, [LONG] = { [LONG] = "dir" },
      [deep] = { [LONG] = "dir", file = "file", [LONG .. "2"] = "file" } }
    local told = {}
    local counts = assert(mirror.fetch(session, "", folder, function(text) told[#told + 1] = text end))
    assert.are.same({ fetched = 2, kept = 0 }, counts)
    assert.are.same("last", ftp_lab.read(folder .. "/last"))
    table.sort(told)
    assert.are.same(('left out: "%s/%s" is longer than 255 bytes'):format(deep, LONG), told[2])
    assert.are.same(('left out: "%s/%s2" is longer than 255 bytes'):format(deep, LONG), told[3])
  end)
end)
