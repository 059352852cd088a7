-- Whether the changes of `make mutants` can still be made. What becomes of them takes long, and is found by that alone.

local list = require "mutants.list"

local function folder_of(path)
  return path:match("^lua/hayes/[^/.]+%f[/]") or path:match("^lua/hayes") or path:match("^csrc/%a+")
end

describe("The list of small wrong changes", function()
  local all = list.all()

  it("has fragments that occur exactly once, and replacements that differ", function()
    for _, mutant in ipairs(all) do
      assert.are.same(1, (list.occurrences(list.read(mutant.file), mutant.fragment)),
        ("%s: %s"):format(mutant.name, mutant.fragment))
      assert.are_not.same(mutant.fragment, mutant.replacement)
    end
  end)

  it("names specs that exist", function()
    for _, mutant in ipairs(all) do
      for path in mutant.specs:gmatch("%S+") do
        assert.is_truthy(os.rename(path, path), ("%s: there is no %s"):format(mutant.name, path))
      end
    end
  end)

  it("goes through the engine, the core, the ports and every folder of the library", function()
    local folders = { ["csrc/at"] = true, ["csrc/lua"] = true, ["csrc/port"] = true }
    local pipe = assert(io.popen("find lua/hayes -name '*.lua'"))
    for path in pipe:lines() do folders[folder_of(path)] = true end
    pipe:close()
    for _, mutant in ipairs(all) do folders[folder_of(mutant.file)] = nil end
    assert.is_nil(next(folders), ("nothing is changed in %s"):format(next(folders)))
    assert.is_true(#all >= 100)
  end)
end)
