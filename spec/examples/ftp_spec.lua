-- The examples that transfer files, run as programs against a module in software and a real FTP server.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local Process = require "support.process"
local Server = require "support.ftp_server"

local BYTES = ftp_lab.bytes(60000)

local function command(script, ...)
  return { "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "FTP_PASSWORD=secret",
    "DEMO_BYTES=100000", "DEMO_FOLDER=" .. lab.folder() .. "/demo", "lua5.4", "examples/" .. script, ... }
end

--- Runs a script of examples/ to its end; what it prints.
local function run(script, ...) return Process.run(command(script, ...), { ours = true }) end

--- The same, however it ends: its exit status, and what it prints.
local function try(script, ...)
  local pipe = assert(io.popen(Process.quote(command(script, ...)) .. " 2>&1"))
  local words = pipe:read("a")
  return select(3, pipe:close()), words
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
    local status, words = try("upload_log.lua", "-p", emulator.address, "--apn", "internet", "README.md",
      ("ftp://other@%s:%d/log.bin"):format(lab.HOST, server.port))
    assert.are.same(1, status)
    assert.is_truthy(words:find("the account was refused", 1, true), words)
    assert.is_truthy(words:find("What to try: Check user and password", 1, true), words)
    assert.is_nil(words:find("secret", 1, true))
  end)

  for script, cases in pairs {
    ["upload_log.lua"] = {
      { "there is no option --retires", "-p", "PORT", "--retires", "3", "README.md", "ftp://h/x" },
      { "--baud wants a number", "-p", "PORT", "--baud", "fast", "README.md", "ftp://h/x" },
      { "--apn wants a value", "-p", "PORT", "README.md", "ftp://h/x", "--apn" },
      { "a port, a file and a URL are wanted", "-p", "PORT", "README.md" },
      { "a port, a file and a URL are wanted", "README.md", "ftp://h/x" },
      { "the URL is to begin with", "-p", "PORT", "README.md", "http://h/x" },
      { "ftp.put: piece is 0; it must be from 1", "-p", "PORT", "--piece", "0", "README.md", "ftp://h/x" },
      { "ftp.put: ca cannot be read: /none", "-p", "PORT", "--ca", "/none", "README.md", "ftpes://h/x" },
    },
    ["mirror.lua"] = {
      { "there is no option -x", "-x", "-p", "PORT", "--host", "h", "/pub", "here" },
      { "--ftpport wants a number", "-p", "PORT", "--host", "h", "--ftpport", "ftp", "/pub", "here" },
      { "a port, a host and two folders are wanted", "-p", "PORT", "--host", "h", "/pub" },
      { "ftp.open: port is 99999", "-p", "PORT", "--host", "h", "--ftpport", "99999", "/pub", "HERE" },
      { "--tls is explicit or implicit", "-p", "PORT", "--host", "h", "--tls", "yes", "/pub", "here" },
    },
  } do
    it(script .. " says what is wrong with its arguments, and how it is used", function()
      for _, case in ipairs(cases) do
        local arguments = { table.unpack(case, 2) }
        local places = { PORT = emulator.address, HERE = folder .. "/here" }
        for i, word in ipairs(arguments) do arguments[i] = places[word] or word end
        local status, words = try(script, table.unpack(arguments))
        assert.are.same(2, status)
        assert.is_truthy(words:find(script .. ": " .. case[1], 1, true), words)
        assert.is_truthy(words:find("usage: " .. script, 1, true), words)
      end
    end)
  end

  for what, wrong in pairs { ["a missing file"] = "/no-such-file", ["a folder in the place of the file"] = "" } do
    it("upload_log.lua notices before it uses the module: " .. what, function()
      local path = folder .. wrong
      local status, words = try("upload_log.lua", "-p", folder .. "/no-such-port", path, "ftp://h/x")
      assert.are.same(1, status)
      local why = wrong == "" and "Is a directory" or "No such file or directory"
      assert.is_truthy(words:find(path .. ": " .. why, 1, true), words)
      assert.is_nil(words:find("no-such-port", 1, true), words)
    end)
  end

  it("upload_log.lua and mirror.lua say of a module without FTP that it is one", function()
    local wifi = "emulator:Ai-WB2"
    local path = ftp_lab.write(folder .. "/for-wifi", "a file")
    for script, arguments in pairs { ["upload_log.lua"] = { "-p", wifi, "--apn", "internet", path, "ftp://h/x" },
      ["mirror.lua"] = { "-p", wifi, "--host", "h", "/pub", folder .. "/here" } } do
      local status, words = try(script, table.unpack(arguments))
      assert.are.same(1, status)
      assert.is_truthy(words:find("the module on emulator:Ai-WB2 has no FTP client\n", 1, true), words)
    end
  end)

  it("mirror.lua notices a folder that it cannot make before it uses the module", function()
    local path = ftp_lab.write(folder .. "/no-folder", "a file") .. "/below"
    local status, words = try("mirror.lua", "-p", folder .. "/no-such-port", "--host", "h", "/pub", path)
    assert.are.same(1, status)
    assert.is_truthy(words:find("Not a directory", 1, true), words)
    assert.is_nil(words:find("no-such-port", 1, true), words)
  end)

  it("upload_log.lua ends at an interrupt, with the module in command mode, and goes on in its next run", function()
    local path = ftp_lab.write(folder .. "/log.bin", BYTES)
    local log = folder .. "/interrupted.log"
    os.remove(server.root .. "/log.bin")
    assert(emulator:control "ftp stall 40000")
    local url = ("ftpes://user@%s:%d/log.bin"):format(lab.HOST, server.port)
    local arguments = { "-p", emulator.address, "--apn", "internet", "--ca", folder .. "/root.pem", path, url }
    local program = Process.quote { "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath,
      "FTP_PASSWORD=secret", "lua5.4", "examples/upload_log.lua", table.unpack(arguments) }
    local process <close> = Process.start({ "sh", "-c", ("echo $$ > %s.pid; exec %s"):format(log, program) },
      { log = log, ours = true })
    local function stored() return #(server:get "log.bin" or "") end
    for _ = 1, 1000 do
      if stored() >= 30000 then break end -- of 40000 some wait for more, in TLS and on the line
      hayes.sleep(0.02)
    end
    assert.is_true(stored() >= 30000)
    Process.run { "kill", "-INT", (ftp_lab.read(log .. ".pid"):match("%d+")) }
    assert(emulator:control "ftp stall off")
    local modem
    for _ = 1, 500 do
      modem = hayes.open(emulator.address)
      if modem then break end
      hayes.sleep(0.02)
    end
    assert.is_truthy(assert(modem):at "AT")
    modem:close()
    assert(process)
    local words = ftp_lab.read(log)
    assert.is_truthy(words:find("interrupted; the next run goes on where the server stands\n", 1, true), words)
    assert.is_nil(words:find("traceback", 1, true), words)
    run("upload_log.lua", table.unpack(arguments))
    assert.is_true(server:get "log.bin" == BYTES)
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
