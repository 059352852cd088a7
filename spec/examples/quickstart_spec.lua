-- One program on both kinds of module: only getting on line differs.

local hayes = require "hayes"
local lab = require "support.lab"
local Process = require "support.process"

describe("The example quickstart.lua", function()
  local folder, server, port, sum

  setup(function()
    folder = lab.folder()
    port = Process.free_port()
    Process.run({ "sh", "-c", "head -c 100000 /dev/urandom > file.bin" }, { folder = folder })
    sum = Process.run({ "sha256sum", "file.bin" }, { folder = folder }):match("^%x+")
    server = Process.start { "lua5.4", "spec/support/https_server.lua", port, folder, folder .. "/chain.pem",
      folder .. "/server.key" }
    Process.wait_for_port(port)
  end)

  teardown(function() server:close() end)

  local function run(module, ...)
    local emulator <close> = assert(hayes.emulator {
      module = module, resolve = { [lab.HOST] = "127.0.0.1:" .. port },
    })
    return Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4",
      "examples/quickstart.lua", "-p", emulator.address, "--url", ("https://%s/file.bin"):format(lab.HOST),
      "--ca", folder .. "/root.pem", "--sha256", sum, ... }, { ours = true })
  end

  it("fetches a file over verified TLS through a cellular module", function()
    local output = run("EC200U", "--apn", "internet")
    assert.is_truthy(output:find("Proved: the server's chain ends in the CA", 1, true), output)
  end)

  it("says what is wrong with its options before it opens the port", function()
    for option, why in pairs {
      ["--nope 3"] = "there is no option --nope", ["--baud"] = "--baud needs a value",
      ["--baud fast"] = "--baud is no number: fast", ["--url http://a/"] = "--url does not begin with https://: http://a/",
      ["--ca /none"] = "the CA cannot be read: /none: No such file or directory",
      ["--ca /"] = "the CA cannot be read: /: Is a directory", ["--url https://"] = "--url names no host: https://",
      ["--baud 0"] = "hayes.open: baud is 0; it must be from 1200 to 4000000",
      ["-p emulator:NONE"] = 'hayes.emulator: module is "NONE"; it must be one of "EC200U", "EC200A", "Ai-WB2"',
    } do
      local pipe = assert(io.popen(("env LUA_PATH='%s' LUA_CPATH='%s' lua5.4 examples/quickstart.lua -p /dev/none %s 2>&1")
        :format(package.path, package.cpath, option)))
      local said = pipe:read "a"
      local _, _, status = pipe:close()
      assert.are.same({ "quickstart.lua: " .. why, 2 }, { said:match "([^\n]*)\n$", status })
    end
  end)

  it("says what is wrong with an argument that the library refuses", function()
    local emulator <close> = assert(hayes.emulator())
    local pipe = assert(io.popen(("env LUA_PATH='%s' LUA_CPATH='%s' lua5.4 examples/quickstart.lua -p %s --ca Makefile 2>&1")
      :format(package.path, package.cpath, emulator.address)))
    local said = pipe:read "a"
    local _, _, status = pipe:close()
    assert.is_truthy(said:find("\nquickstart.lua: ssl.factory: ca: Makefile is not PEM", 1, true), said)
    assert.are.equal(2, status)
  end)

  it("fetches it through a Wi-Fi module, and does not claim what that does not check", function()
    local output = run("Ai-WB2", "--ssid", "home", "--password", "secret")
    assert.is_truthy(output:find("SHA-256 " .. sum, 1, true), output)
    assert.is_truthy(output:find("Not proved: that the server is who it says it is", 1, true), output)
    assert.is_nil(output:find("secret", 1, true))
  end)
end)
