-- Installing, by make and by LuaRocks.

local folders = require "support.folder"
local Process = require "support.process"

local build = os.getenv("HAYES_BUILD") or "build"
local folder = folders.new "packaging"

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
    assert.are.same("hayes scm function number no_such_port", lua(paths, program))
    assert.is_truthy(Process.run({ root .. "/opt/hayes/bin/hayes-emulator", "--help" }):find("Usage", 1, true))
    local shared = lines_of("find", root .. "/opt/hayes/share", "-type", "f", "-not", "-path", "*/lua/*", "-printf", "%P\\n")
    table.sort(shared)
    assert.are.same({ "bash-completion/completions/hayes", "fish/vendor_completions.d/hayes.fish",
      "man/man1/hayes-emulator.1", "man/man1/hayes.1", "zsh/site-functions/_hayes" }, shared)
    Process.run { "make", "-s", "uninstall", "BUILD=" .. folder .. "/build", "DESTDIR=" .. root, "PREFIX=/opt/hayes" }
    assert.are.same({}, lines_of("find", root, "-type", "f"))
  end)

  it("builds nothing into the source folders", function()
    assert.are.same({}, lines_of("find", "csrc", "lua", "rockspec", "-name", "*.o", "-o", "-name", "*.so"))
  end)

  it("builds without libserialport", function()
    Process.run { "make", "-s", "core", "BUILD=" .. folder .. "/plain", "SERIALPORT=no" }
    local paths = { lua = here .. "/lua/?.lua;" .. here .. "/lua/?/init.lua", c = here .. "/" .. folder .. "/plain/?.so" }
    assert.are.same("hayes scm function number no_such_port", lua(paths, program))
    assert.is_nil(Process.run({ "ldd", folder .. "/plain/hayes/core.so" }):find("serialport", 1, true))
  end)

  it("has a rockspec that names every module and source file", function()
    local rockspec = {}
    assert(loadfile("rockspec/hayes-scm-1.rockspec", "t", rockspec))()
    local listed, there = {}, {}
    for name, source in pairs(rockspec.build.modules) do
      if type(source) == "table" then
        for _, file in ipairs(source.sources) do listed[#listed + 1] = file end
      else
        listed[#listed + 1] = source
        assert.are.same(source:gsub("^lua/", ""):gsub("/init%.lua$", ""):gsub("%.lua$", ""):gsub("/", "."), name)
      end
    end
    for _, file in ipairs(lines_of("find", "lua", "csrc/at", "csrc/lua", "csrc/port", "-name", "*.lua", "-o", "-name", "*.c")) do
      there[#there + 1] = file
    end
    table.sort(listed)
    table.sort(there)
    assert.are.same(there, listed)
  end)

  it("is installed by LuaRocks without a network, and works from its tree", function()
    Process.run { "luarocks", "--lua-version", "5.4", "lint", "rockspec/hayes-scm-1.rockspec" }
    -- LuaRocks builds in the folder it is called from: a copy.
    local copy = folder .. "/copy"
    Process.run { "mkdir", copy }
    Process.run { "cp", "-r", "lua", "csrc", "rockspec", "LICENSE", copy }
    local tree = here .. "/" .. folder .. "/tree"
    Process.run({ "luarocks", "--lua-version", "5.4", "make", "--tree", tree, "rockspec/hayes-scm-1.rockspec" },
      { folder = copy })
    local paths = { lua = tree .. "/share/lua/5.4/?.lua;" .. tree .. "/share/lua/5.4/?/init.lua",
      c = tree .. "/lib/lua/5.4/?.so" }
    assert.are.same("hayes scm function number no_such_port", lua(paths, program))
  end)

  it("tells a shell what it needs to work from the checkout", function()
    local lines = lines_of("make", "-s", "env", "BUILD=" .. build)
    assert.are.same(3, #lines)
    for i, name in ipairs { "LUA_PATH", "LUA_CPATH", "PATH" } do
      assert.is_truthy(lines[i]:find("^export " .. name .. '="'), lines[i])
    end
    assert.are.same("hayes scm", Process.run({ "sh", "-c",
      'cd / && eval "$1" && exec lua5.4 -e \'io.write(require("hayes")._VERSION)\'', "sh", table.concat(lines, "\n") },
      { ours = true }))
  end)
end)
