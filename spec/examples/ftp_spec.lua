-- The examples that transfer files, run as programs against a module in software and a real FTP server.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local Process = require "support.process"
local Server = require "support.ftp_server"

local BYTES = ftp_lab.bytes(60000)

--- Runs a script of examples/ to its end; what it prints.
local function run(script, ...)
  return Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "FTP_PASSWORD=secret",
    "DEMO_BYTES=100000", "DEMO_FOLDER=" .. lab.folder() .. "/demo", "lua5.4", "examples/" .. script, ... }, { ours = true })
end

describe("The example", function()
  local server, emulator, folder

  setup(function()
    folder = lab.folder()
    server = Server.start(folder, { name = "examples" })
  end)

  teardown(function() server:close() end)

  before_each(function()
    emulator = assert(hayes.emulator { resolve = { [lab.HOST] = "127.0.0.1" } })
  end)

  after_each(function() emulator:close() end)

  it("upload_log.lua goes on after an earlier run's bytes, over a link that breaks, and says so", function()
    local path = ftp_lab.write(folder .. "/log.bin", BYTES)
    -- How much of its own a server keeps of a connection that breaks is chance, so an earlier run's bytes are there.
    server:put("log.bin", BYTES:sub(1, 20000))
    assert(emulator:control "ftp drop control 20000")
    local output = run("upload_log.lua", "-p", emulator.address, "--apn", "internet", "--ca", folder .. "/root.pem", path,
      ("ftpes://user@%s:%d/log.bin"):format(lab.HOST, server.port))
    assert.is_true(server:get("log.bin") == BYTES)
    assert.is_truthy(output:find("100.0 % of 0.1 MiB", 1, true), output)
    assert.is_truthy(output:find("log.bin is on the server: 60000 bytes in [%d.]+ s, resumed at byte 20000\n"), output)
  end)

  it("upload_log.lua that fails says why and what to try, never the password", function()
    local ok, words = pcall(run, "upload_log.lua", "-p", emulator.address, "--apn", "internet", "README.md",
      ("ftp://other@%s:%d/log.bin"):format(lab.HOST, server.port))
    assert.is_false(ok)
    assert.is_truthy(words:find("the account was refused", 1, true), words)
    assert.is_truthy(words:find("What to try: Check user and password", 1, true), words)
    assert.is_nil(words:find("secret", 1, true))
  end)

  it("mirror.lua brings a tree, and the next time only what changed", function()
    Process.run { "mkdir", "-p", server.root .. "/pub/deep/empty" }
    server:put("pub/one.txt", "one")
    server:put("pub/deep/two words.bin", BYTES)
    local here = folder .. "/mirrored"
    local function mirror()
      return run("mirror.lua", "-p", emulator.address, "--apn", "internet", "--host", lab.HOST, "--ftpport", server.port,
        "--user", "user", "/pub", here)
    end
    assert.is_truthy(mirror():find("2 files fetched, 0 were as they should be", 1, true))
    assert.are.same("one", ftp_lab.read(here .. "/one.txt"))
    assert.is_true(ftp_lab.read(here .. "/deep/two words.bin") == BYTES)
    assert.is_truthy(Process.run({ "ls", "-d", here .. "/deep/empty" }))
    server:put("pub/one.txt", "other")
    assert.is_truthy(mirror():find("1 files fetched, 1 were as they should be", 1, true))
    assert.are.same("other", ftp_lab.read(here .. "/one.txt"))
  end)

  it("demo_ftp.lua comes to its end with equal sums", function()
    assert.is_truthy(run("demo_ftp.lua"):find("Done: whole, and once.", 1, true))
  end)
end)
