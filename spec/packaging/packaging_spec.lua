-- Installing, by make and by LuaRocks.

local folders = require "support.folder"
local Process = require "support.process"

local build = os.getenv("HAYES_BUILD") or "build"
local folder = folders.new "packaging"

local VERSION = require("hayes")._VERSION
local NUMBER = VERSION:match "%d+%.%d+%.%d+"
local ROCKSPEC = ("rockspec/hayes-%s-1.rockspec"):format(NUMBER)

local function lines_of(...)
  local list = {}
  for line in Process.run({ ... }):gmatch("[^\n]+") do list[#list + 1] = line end
  return list
end

--- Runs a Lua program that knows nothing of the checkout but these paths.
local function lua(paths, program)
  return Process.run({ "env", "-i", "PATH=" .. os.getenv("PATH"), "LUA_PATH=" .. paths.lua, "LUA_CPATH=" .. paths.c, "lua5.4",
    "-e", program }, { folder = folder })
end

local program = [[
  local hayes = require "hayes"
  io.write(hayes._VERSION, " ", type(hayes.open), " ", type(hayes.now()), " ",
    select(2, hayes.open("/dev/ttyNothing")).name)
]]

describe("The package", function()
  local here

  setup(function() here = lines_of("pwd")[1] end)

  it("is installed by make under DESTDIR and PREFIX, works from there, and is taken out again", function()
    local root = here .. "/" .. folder .. "/root"
    Process.run { "make", "-s", "install", "BUILD=" .. folder .. "/build", "DESTDIR=" .. root, "PREFIX=/opt/hayes" }
    local paths = { lua = root .. "/opt/hayes/share/lua/5.4/?.lua;" .. root .. "/opt/hayes/share/lua/5.4/?/init.lua",
      c = root .. "/opt/hayes/lib/lua/5.4/?.so" }
    assert.are.same(VERSION .. " function number no_such_port", lua(paths, program))
    assert.is_truthy(Process.run({ root .. "/opt/hayes/bin/hayes-emulator", "--help" }):find("Usage", 1, true))
    -- Where Lua does not look, the command says what to set, and that is enough.
    local runs = ([[export PATH='%s'; hayes='%s/opt/hayes/bin/hayes'; $hayes --version 2>told; echo $?;
      eval "$(sed -n 's/.*: set /export /p' told)"; $hayes --version]]):format(os.getenv "PATH", root)
    assert.are.same("2\n" .. VERSION .. "\n", Process.run({ "env", "-i", "sh", "-c", runs }, { folder = folder }))
    local shared = lines_of("find", root .. "/opt/hayes/share", "-type", "f", "-not", "-path", "*/lua/*", "-printf", "%P\\n")
    table.sort(shared)
    assert.are.same({ "bash-completion/completions/hayes", "fish/vendor_completions.d/hayes.fish",
      "man/man1/hayes-emulator.1", "man/man1/hayes.1", "man/man3/hayes.3", "zsh/site-functions/_hayes" }, shared)
    Process.run { "make", "-s", "uninstall", "BUILD=" .. folder .. "/build", "DESTDIR=" .. root, "PREFIX=/opt/hayes" }
    assert.are.same({}, lines_of("find", root, "-type", "f"))
  end)

  it("has one version, in the library, both programs, the rockspec, the changelog and the Debian package", function()
    local number = (NUMBER:gsub("%p", "%%%0"))
    assert.is_truthy(Process.run({ build .. "/hayes-emulator", "--version" }):find("^hayes%-emulator " .. number .. ","))
    assert.are.equal(VERSION .. "\n", Process.run({ "env",
      "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4", "lua/hayes/cli/program.lua", "--version" },
      { ours = true }))
    local rockspec = {}
    assert(loadfile(ROCKSPEC, "t", rockspec))()
    assert.are.equal(NUMBER .. "-1", rockspec.version)
    assert.are.equal("v" .. NUMBER, rockspec.source.tag)
    local places = { ["CHANGELOG.md"] = "\n## (%d+%.%d+%.%d+)", ["examples/debian/changelog"] = "^hayes %((.-)%-" }
    for path, form in pairs(places) do
      local file <close> = assert(io.open(path))
      assert.are.equal(NUMBER, file:read("a"):match(form), path)
    end
  end)

  it("builds nothing into the source folders", function()
    assert.are.same({}, lines_of("find", "csrc", "lua", "rockspec", "-name", "*.o", "-o", "-name", "*.so"))
  end)

  it("is installed without the emulator where there is no OpenSSL, and with the builder's preprocessor flags", function()
    local root, place = here .. "/" .. folder .. "/core-root", folder .. "/core"
    -- A header of OpenSSL's that stops the compiler stands for none.
    Process.run { "mkdir", "-p", folder .. "/none/openssl" }
    Process.run { "sh", "-c", "echo '#error no OpenSSL' >" .. folder .. "/none/openssl/ssl.h" }
    Process.run { "make", "-s", "install", "BUILD=" .. place, "DESTDIR=" .. root, "EMULATOR=no",
      "CPPFLAGS=-I" .. folder .. "/none" }
    assert.are.same({ root .. "/usr/local/bin/hayes" }, lines_of("find", root .. "/usr/local/bin", "-type", "f"))
    assert.are.same({ place .. "/hayes/core.so" }, lines_of("find", place, "-name", "hayes-emulator", "-o", "-name", "core.so"))
    assert.is_truthy(Process.run({ "make", "-n", "core", "BUILD=" .. place .. "2", "CPPFLAGS=-DHAYES_SPEC_OF_FLAGS" })
      :find("-DHAYES_SPEC_OF_FLAGS", 1, true))
  end)

  it("builds without libserialport", function()
    Process.run { "make", "-s", "core", "BUILD=" .. folder .. "/plain", "SERIALPORT=no" }
    local paths = { lua = here .. "/lua/?.lua;" .. here .. "/lua/?/init.lua", c = here .. "/" .. folder .. "/plain/?.so" }
    assert.are.same(VERSION .. " function number no_such_port", lua(paths, program))
    assert.is_nil(Process.run({ "ldd", folder .. "/plain/hayes/core.so" }):find("serialport", 1, true))
    -- What it cannot know of other ports, it does not say.
    assert.are.same("Check the name", lua(paths,
      [[io.write(select(2, require("hayes").open "/dev/ttyNothing").hint:match "^Check the name")]]))
    local said = Process.run { "env", "-i", "PATH=" .. os.getenv("PATH"), "LUA_PATH=" .. paths.lua .. ";;",
      "LUA_CPATH=" .. paths.c .. ";;", "sh", "-c", "lua5.4 lua/hayes/cli/program.lua info 2>&1; echo $?" }
    assert.are.same("hayes: say which port the module is on with -p PORT: this build cannot list serial ports: it was made "
      .. "without libserialport\n3\n", said)
  end)

  it("is installed by LuaRocks without a network, and works from its tree", function()
    Process.run { "luarocks", "--lua-version", "5.4", "lint", ROCKSPEC }
    -- LuaRocks builds in the folder it is called from: a copy.
    local copy = folder .. "/copy"
    Process.run { "mkdir", copy }
    Process.run { "cp", "-r", "lua", "csrc", "rockspec", "Makefile", "LICENSE", copy }
    local tree = here .. "/" .. folder .. "/tree"
    Process.run({ "luarocks", "--lua-version", "5.4", "make", "--tree", tree, ROCKSPEC },
      { folder = copy })
    assert.are.same({}, lines_of("find", copy .. "/csrc", copy .. "/lua", "-name", "*.o", "-o", "-name", "*.so"))
    assert.is_truthy(Process.run({ tree .. "/bin/hayes-emulator", "--help" }):find("Usage", 1, true))
    assert.is_truthy(Process.run({ "env", "-i", "PATH=" .. os.getenv("PATH"), tree .. "/bin/hayes", "explain", "579" })
      :find("579", 1, true))
    local paths = { lua = tree .. "/share/lua/5.4/?.lua;" .. tree .. "/share/lua/5.4/?/init.lua",
      c = tree .. "/lib/lua/5.4/?.so" }
    assert.are.same(VERSION .. " function number no_such_port", lua(paths, program))
  end)

  it("tells a shell by `make env` what it needs to run the checkout", function()
    local lines = lines_of("make", "-s", "env", "BUILD=" .. build)
    assert.are.same(3, #lines)
    for i, name in ipairs { "LUA_PATH", "LUA_CPATH", "PATH" } do
      assert.is_truthy(lines[i]:find("^export " .. name .. '="'), lines[i])
    end
    assert.are.same(VERSION, Process.run({ "sh", "-c",
      'cd / && eval "$1" && exec lua5.4 -e \'io.write(require("hayes")._VERSION)\'', "sh", table.concat(lines, "\n") },
      { ours = true }))
  end)
end)
