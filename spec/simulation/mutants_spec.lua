-- The bugs that are put back on purpose are kept as patches: each has to fit the sources as they are now.

local Process = require "support.process"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

--- The lines that a patch expects, piece by piece, with the file that they are of.
local function pieces_of(patch)
  local pieces, path = {}, nil
  for line in patch:gmatch "([^\n]*)\n" do
    local named = line:match "^%+%+%+ b/(%S+)"
    local mark = line:sub(1, 1)
    if named then
      path = named
    elseif line:find "^@@" then
      pieces[#pieces + 1] = { path = path }
    elseif pieces[1] and not line:find "^%-%-%- " and (mark == " " or mark == "-" or line == "") then
      table.insert(pieces[#pieces], line:sub(2))
    end
  end
  return pieces
end

describe("The patch of each bug that simulation has to find", function()
  it("fits the sources", function()
    local list = Process.run { "ls", "spec/simulation/mutants" }
    local count = 0
    for name in list:gmatch "(%S+)%.patch" do
      local pieces = pieces_of(read("spec/simulation/mutants/" .. name .. ".patch"))
      assert.is_truthy(pieces[1], name)
      for _, piece in ipairs(pieces) do
        local text = table.concat(piece, "\n")
        assert.is_truthy(read(piece.path):find(text, 1, true), ("%s: %s does not have these lines:\n%s"):format(name,
          piece.path, text))
      end
      count = count + 1
    end
    assert.is_true(count > 40)
  end)
end)
