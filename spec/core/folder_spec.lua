-- core.folder: the names in a folder of the host.

local core = require "hayes.core"
local folders = require "support.folder"

describe("The names in a folder", function()
  local path = folders.new "core_folder"

  local function names_in(folder)
    local names = {}
    for name in folder.next, folder do names[#names + 1] = name end
    table.sort(names)
    return names
  end

  it("come one after the other, with those of the folder and of the one above", function()
    for _, name in ipairs { "a.lua", ".b", "c d" } do assert(io.open(path .. "/" .. name, "w")):close() end
    local folder <close> = assert(core.folder(path))
    assert.are.same({ ".", "..", ".b", "a.lua", "c d" }, names_in(folder))
    assert.is_nil(folder:next())
  end)

  it("end when it is closed, any number of times", function()
    local folder = assert(core.folder(path))
    assert.is_string(folder:next())
    local metatable = getmetatable(folder)
    metatable.__close(folder)
    metatable.__close(folder)
    assert.is_nil(folder:next())
  end)

  it("are those of a folder, and of nothing else", function()
    assert.are.same({ "no_such_file", "no_such_file" },
      { select(3, core.folder(path .. "/missing")), (select(3, core.folder(path .. "/a.lua"))) })
    assert.is_false(pcall(core.folder))
    assert.is_false(pcall(core.folder, {}))
  end)

  it("leave no descriptor open", function()
    for _ = 1, 2000 do assert(core.folder(path)) end
    collectgarbage()
    for _ = 1, 2000 do
      local folder <close> = assert(core.folder(path))
      assert.is_string(folder:next())
    end
  end)
end)
