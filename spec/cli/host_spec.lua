-- What the command `hayes` does on this machine: folders, the terminal. Without a shell: system(3) ignores Ctrl-C while
-- it runs.

local folder = require "hayes.cli.folder"
local lab = require "support.lab"
local lfs = require "lfs"
local Process = require "support.process"
local Program = require "support.hayes_program"

describe("On this machine the command hayes", function()
  it("starts no other program", function()
    local found = Process.run { "sh", "-c", "grep -rnE 'os[.]execute|io[.]popen' lua/hayes/cli || true" }
    assert.are.equal("", found)
  end)

  it("makes folders with those above them, and says why one cannot be made", function()
    local top = lab.folder() .. "/made"
    assert.is_true(folder.make(top .. "/a b/c'd/"))
    assert.are.equal("directory", lfs.attributes(top .. "/a b/c'd", "mode"))
    assert.is_true(folder.make(top))
    io.open(top .. "/file", "w"):close()
    local made, err = folder.make(top .. "/file/below")
    assert.is_nil(made)
    assert.are.equal(("the folder %s/file cannot be made: File exists"):format(top), err)
  end)

  it("keeps the shell's lines for its user alone", function()
    local path = lab.folder() .. "/state/hayes/history"
    os.remove(path)
    local result = Program.in_terminal({ "shell", "-p", "emulator" }, {
      { "wait", "> " }, { "type", "1 + 1\r" }, { "wait", "2\r\n" }, { "wait", "> " }, { "type", "\4" },
    })
    assert.are.equal(0, result.status, result.out)
    assert.are.equal("rw-------", lfs.attributes(path, "permissions"))
  end)

  it("asks for a password without showing it, also when that is given up", function()
    local words = { "wifi", "join", "home", "--password", "-", "-p", "emulator:Ai-WB2" }
    local result = Program.in_terminal(words, { { "wait", "password of home: " }, { "type", "hidden\r" },
      { "wait", "connected" } })
    assert.are.equal(0, result.status, result.out)
    assert.is_nil(result.out:find("hidden", 1, true))
    result = Program.in_terminal(words, { { "wait", "password of home: " }, { "type", "\3" }, { "wait", "interrupted" } })
    assert.are.equal(130, result.status, result.out)
  end)
end)
