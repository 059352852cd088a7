-- What `hayes` offers, and writes, is for this machine and in the folder that was named, whatever a server says.

local core = require "hayes.core"
local folder = require "support.folder"
local mirror = require "hayes.cli.mirror"
local parser = require "hayes.cli.parser"
local Process = require "support.process"
local server = require "hayes.cli.relay.server"
local socket = require "socket"

describe("The command hayes", function()
  it("listens for this machine alone, unless it is told otherwise", function()
    for _, words in ipairs { { "socks" }, { "socks", "1080" }, { "forward", "8080:example.com:80" } } do
      local arguments, err = parser.parse(words)
      assert.are.same("127.0.0.1", assert(arguments, err).bind)
    end
    assert.are.same("0.0.0.0", parser.parse({ "socks", "--bind", "0.0.0.0" }).bind)
    local port = Process.free_port()
    local _listener <close> = server.listen("127.0.0.1", port)
    assert.is_truthy(socket.connect("127.0.0.1", port))
    assert.is_nil((socket.connect("127.0.0.2", port)))
    assert.is_truthy(core)
  end)

  it("mirrors no name of a server's that leads out of the folder, or holds control characters", function()
    local place <const> = folder.absolute(folder.new "mirror")
    local names = { "..", ".", "../evil", "a/b", "/etc/evil", "x\27[2J", "a\nb", 'q"q', "good", "-rf", "$(touch evil)", "`x`" }
    local fetched, told, entries = {}, {}, {}
    for i, name in ipairs(names) do entries[i] = { name = name, type = i % 2 == 0 and "file" or "dir", size = 1 } end
    local session = {}
    function session.entries(_, from) return from == "/" and entries or {} end
    function session.modified() return 0 end
    function session.get(_, from, to)
      fetched[#fetched + 1] = to
      assert(io.open(to, "w")):close()
      return { bytes = 1, seconds = 1, from = from }
    end
    assert(mirror.fetch(session, "/", place .. "/in", function(text) told[#told + 1] = text end))
    for _, to in ipairs(fetched) do
      assert.is_truthy(to:find(place .. "/in/", 1, true), to)
      assert.is_nil(to:find "%.%." or to:find "%c")
    end
    assert.are.same("", Process.run { "find", place, "-name", "evil" })
    assert.are.same(place .. "/in\n", Process.run { "find", place, "-mindepth", "1", "-maxdepth", "1" })
    assert.is_true(#told >= 8)
  end)
end)
