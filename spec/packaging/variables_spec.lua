-- The variables of make: a value that cannot be what was meant is refused, before anything is built, and never taken for
-- another one.

local folder = require "support.folder"
local files = require "support.files"
local Process = require "support.process"

--- What a command line says when it fails, but for make's own words; it has to end with a status.
local function refusal(words, status)
  local place = folder.new "variables"
  local line = { "env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath,
    "timeout", "-k", "5", "60", table.unpack(words) }
  local _, _, ended = os.execute(("%s >%s/out 2>&1"):format(Process.quote(line), place))
  local said = files.read(place .. "/out")
  assert.are.equal(status or 2, ended, table.concat(words, " ") .. ": " .. said)
  return said:match "^[^\n]*"
end

describe("make refuses", function()
  it("numbers that are none, or of which nothing would come", function()
    for _, target in ipairs { "fuzz SECONDS", "soak SECONDS", "soak-ftp SEEDS", "soak-ftp FIRST", "mutants JOBS",
      "simulate-mutants SEEDS", "bench BENCH_MIB", "bench BENCH_TURNS", "bench BENCH_ROUNDS",
      "test-vm LIMIT" } do
      local name, variable = target:match "(%S+) (%S+)"
      for _, value in ipairs { "abc", "0", "-1", "1.5", "1 2", "9999999999" } do
        assert.are.equal(("%s is %s; it must be a whole number from 1 to 999999999"):format(variable, value),
          refusal { "make", "-s", name, variable .. "=" .. value })
      end
    end
  end)

  it("other words than auto, yes and no for what is built or not", function()
    for _, variable in ipairs { "SERIALPORT", "EMULATOR" } do
      assert.is_truthy(refusal({ "make", "-s", "help", variable .. "=ture" }):find(variable
        .. " is ture; it must be auto, yes or no", 1, true))
    end
  end)

  it("names of fuzzers, builds and bugs that there are not, and says which there are", function()
    assert.are.equal("no fuzzer is called nope; there are engine online transfer rules fields parser profile dialects traces "
      .. "profiles", refusal { "env", "TARGETS=engine nope", "spec/fuzz/run", "build" })
    assert.are.equal("no build is called nope; there are gcc clang gcc-termios clang-termios musl i386 armhf mips s390x",
      refusal { "make", "-s", "matrix", "BUILDS=gcc nope" })
    assert.is_truthy(refusal({ "lua5.4", "spec/simulation/mutants.lua", "nope" })
      :find "^no bug is called nope; there are .*cancel.*[^ ]$")
  end)
end)

describe("make simulate", function()
  local function simulate(settings, status)
    local words = { "env" }
    for setting in settings:gmatch "%S+" do words[#words + 1] = setting end
    words[#words + 1], words[#words + 2] = "lua5.4", "spec/simulation/main.lua"
    return refusal(words, status)
  end

  it("refuses faults that the plan of the seed has not, and says which it has", function()
    local said = simulate "SEED=17 ONLY=99"
    assert.is_truthy(said:find "^ONLY names fault 99; seed 17 of the scene sockets has the faults 1 to %d+$", said)
    said = simulate "SEED=3 SCENE=ftp ONLY=1,99"
    assert.is_truthy(said:find "^ONLY names fault 99; seed 3 of the scene ftp has the faults 1 to %d+$", said)
    for _, value in ipairs { "x", "1,,2", "1,", "-1", "1;2" } do
      assert.are.equal("ONLY is " .. value .. "; it must be numbers of faults, such as 2,5, or 0 for none of them",
        simulate("SEED=17 ONLY=" .. value))
    end
    for _, value in ipairs { "0", "1", "1,2" } do
      assert.is_truthy(simulate("SEED=17 ONLY=" .. value, 0):find "^seed 17: clean ")
    end
  end)

  it("refuses what it would not heed: a variable that is for one seed alone, or for many", function()
    for _, name in ipairs { "ONLY", "TRACE" } do
      assert.are.equal(name .. " is for one seed: give SEED, too", simulate(name .. "=1"))
    end
    for _, name in ipairs { "SEEDS", "FIRST", "MATTERED" } do
      assert.are.equal(name .. " is for many seeds, and SEED chooses one: give one of them", simulate("SEED=17 " .. name .. "=1"))
    end
  end)

  it("refuses numbers that are none, no seeds at all, and unknown scenes", function()
    for setting, least in pairs { ["SEED=abc"] = 0, ["SEED=1.5"] = 0, ["SEED=-1"] = 0, ["SEED=0x10"] = 0, ["FIRST=x"] = 0,
      ["SEEDS=x"] = 1, ["SEEDS=0"] = 1, ["SEEDS=1e3"] = 1 } do
      assert.are.equal(("%s; it must be a whole number from %d on"):format((setting:gsub("=", " is ")), least), simulate(setting))
    end
    assert.are.equal("SCENE is nope; it must be one of sockets, files, ftp, aithinker", simulate "SCENE=nope SEED=1")
  end)
end)
