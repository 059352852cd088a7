-- Downloads into the module's flash: what does not fit is refused before it is fetched, what has failed leaves nothing,
-- and a file that was there stays until its successor is known to come.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local Process = require "support.process"
local Server = require "support.ftp_server"

local BYTES = ftp_lab.bytes(120000)

describe("An FTP download into the module's flash", function()
  local server, modem, emulator, ftp

  setup(function()
    server = Server.start(lab.folder(), { name = "flash" })
    server:put("down.bin", BYTES)
    modem, emulator = ftp_lab.online()
    ftp = assert(modem.ftp.open(ftp_lab.account(server)))
  end)

  teardown(function()
    modem:close()
    emulator:close()
    server:close()
  end)

  before_each(function()
    modem.file.delete("*")
    assert(emulator:control "ftp clear")
    assert(ftp:size "down.bin") -- logged in again after what the spec before it has broken
  end)

  local function fetches() return select(2, server:commands():gsub("\nRETR", "")) end

  it("is refused where the file is too large for it, and what was there stays", function()
    assert(modem.file.upload({ data = "before" }, "m.bin"))
    local free = assert(modem.file.space "UFS").free
    -- What is replaced makes room; one byte more does not fit.
    Process.run { "truncate", "-s", tostring(free + 6 + 1), server.root .. "/large.bin" }
    local before = fetches()
    local done, err = ftp:get("large.bin", "UFS:m.bin")
    os.remove(server.root .. "/large.bin")
    assert.are.same({ nil, "too_large" }, { done, err.name })
    assert.is_truthy(tostring(err):find(("it has %d bytes, and UFS: has room for %d"):format(free + 7, free + 6), 1, true),
      tostring(err))
    assert.are.same("before", modem.file.read "m.bin")
    assert.are.same(before, fetches())
  end)

  it("deletes no others where a name holds a star, which stands for all files in a command", function()
    assert(modem.file.upload({ data = "kept" }, "kept.txt"))
    local calls = {
      get = function() return ftp:get("down.bin", "UFS:*") end,
      put = function() return ftp:put("UFS:*", "up.bin") end,
      list = function() return ftp:list(".", { through = "UFS:*" }) end,
    }
    for what, call in pairs(calls) do
      local ok, err = pcall(call)
      assert.is_false(ok, what)
      assert.is_truthy(tostring(err):find("it must not hold *", 1, true), tostring(err))
      assert.are.same(4, modem.file.size "kept.txt", what)
    end
  end)

  it("of a file that the server does not have leaves what was there", function()
    assert(modem.file.upload({ data = "before" }, "m.bin"))
    local done, err = ftp:get("none.bin", "UFS:m.bin")
    assert.are.same({ nil, 627 }, { done, err.code })
    assert.is_nil(tostring(err):find("is gone", 1, true))
    assert.are.same("before", modem.file.read "m.bin")
  end)

  it("that fails leaves nothing of itself", function()
    for _, fault in ipairs { "drop data 50000", "drop control 50000" } do
      assert(ftp:size "down.bin")
      assert(emulator:control("ftp " .. fault))
      assert.is_nil((ftp:get("down.bin", "UFS:m.bin", { retries = 0 })))
      assert.are.same({}, modem.file.list "*")
    end
  end)

  it("that fails says that what was there is gone: the module cannot rename files", function()
    assert(modem.file.upload({ data = "before" }, "m.bin"))
    assert(emulator:control "ftp drop data 50000")
    local done, err = ftp:get("down.bin", "UFS:m.bin", { retries = 0 })
    assert.is_nil(done)
    assert.is_truthy(tostring(err):find("what UFS:m.bin had before is gone", 1, true), tostring(err))
    assert.are.same({}, modem.file.list "*")
  end)

  it("whose size is not the server's leaves nothing of itself", function()
    local size = modem.file.size
    modem.file.size = function(name) -- luacheck: ignore
      local there, err = size(name)
      return there and there > 100 and there - 1 or there, err
    end
    local done, err = ftp:get("down.bin", "UFS:m.bin", { retries = 0 })
    modem.file.size = size -- luacheck: ignore
    assert.are.same({ nil, "size_differs" }, { done, err.name })
    assert.are.same({}, modem.file.list "*")
  end)
end)
