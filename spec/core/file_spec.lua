-- Files of the core: their digest, checksum and limits.

local core = require "hayes.core"
local local_file = require "hayes.local_file"
local Process = require "support.process"

describe("A file", function()
  local path, file

  before_each(function()
    path = os.tmpname()
    file = assert(core.file(path, "part"))
  end)
  after_each(function()
    file:close()
    os.remove(path)
  end)

  local function digest(length)
    local hex
    repeat hex = file:digest(length) until hex ~= false
    return hex
  end

  it("that is shortened and written again has the digest of what is in it", function()
    file:write "abcdef"
    assert.are.same(core.sha256 "abcdef", digest(6))
    assert(file:truncate(3))
    assert(file:seek(3))
    file:write "XYZ"
    assert.are.same(core.sha256 "abcXYZ", digest(6))
    assert.are.same(core.sha256 "ab", digest(2))
    assert.are.same(core.sha256 "abcXYZ", digest(6))
  end)

  it("is written from any of its bytes on, and from after the last", function()
    assert.are.same(3, file:write("abc", 1))
    assert.are.same(1, file:write("abc", 3))
    assert.are.same(0, file:write("abc", 4))
    for _, from in ipairs { 0, 5 } do assert.has_error(function() file:write("abc", from) end) end
    assert.are.same("abcc", file:read(0, 10))
  end)

  it("whose name would hold a NUL is not there", function()
    assert.is_nil((core.inspect(path .. "\0.txt")))
    local source, err = local_file.source(path .. "\0.txt")
    assert.is_nil(source)
    assert.are.same("no_such_file", err.name)
  end)

  it("of standard input is read, also where that cannot be opened anew: a socket, or what another user opened", function()
    local with_socket = [[import socket, subprocess, sys
ours, theirs = socket.socketpair()
ours.sendall(b"typed")
ours.close()
sys.exit(subprocess.call(sys.argv[1:], stdin=theirs))]]
    local reader = [[local file <close> = assert(require "hayes.core".file("/dev/stdin", "input"))
      repeat local bytes = assert(file:read_some(100) or "none") if bytes ~= "none" then io.write(bytes, ".") end
      until bytes == ""]]
    local preload = "LD_PRELOAD=" .. (os.getenv "LD_PRELOAD" or "") -- a sanitizer is for ours alone, not for Python
    assert.are.equal("typed..", Process.run { "/usr/bin/python3", "-c", with_socket, "env", preload,
      "LUA_CPATH=" .. package.cpath, "LUA_PATH=" .. package.path, "lua5.4", "-e", reader })
  end)

  it("that is to be this user's own is not taken from another, nor where others may write to it", function()
    Process.run { "chmod", "600", path }
    assert(core.file(path, "private")):close()
    for _, mode in ipairs { "620", "602" } do
      Process.run { "chmod", mode, path }
      assert.is_nil((core.file(path, "private")))
    end
    Process.run { "chmod", "600", path }
    if Process.run({ "id", "-u" }):match "%d+" ~= "0" then return end
    Process.run { "chown", "12345", path }
    assert.is_nil((core.file(path, "private")))
  end)

  it("of any length has the digest that it must have", function()
    for length = 0, 130 do
      local bytes = ("x"):rep(length)
      assert(file:truncate(0))
      assert(file:seek(0))
      file:write(bytes)
      assert.are.same(core.sha256(bytes), digest(length))
    end
    assert.are.same("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", core.sha256 "")
    assert.are.same("b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a", core.sha256(("a"):rep(56)))
  end)
end)
