-- SECURITY.md: every promise names specs, and they are there.

describe("SECURITY.md", function()
  local text

  setup(function()
    local file = assert(io.open("SECURITY.md"))
    text = file:read("a")
    file:close()
  end)

  local function read(path)
    local file = io.open(path)
    if not file then return nil end
    local content = file:read("a")
    file:close()
    return content
  end

  it("names specs that there are, by names that they have", function()
    local count = 0
    for path, name in text:gmatch('\n  %- `(spec/[%w_/%.]+)`: "([^\n]+)"') do
      count = count + 1
      local content = read(path)
      assert.is_truthy(content, path .. " is not there")
      local quoted = path:find "%.md$" and name or '"' .. name:gsub('"', '\\"') -- where the name begins
      assert.is_truthy(content:find(quoted, 1, true), ("%s: %s"):format(path, name))
    end
    assert.is_true(count > 40)
    local _, lines = text:gsub("\n  %- `", "")
    assert.are.same(lines, count)
  end)

  it("makes no promise without a spec that holds it", function()
    local promise, bare = nil, {}
    for line in (text .. "\n#"):gmatch "[^\n]+" do
      if line:find "^  %- `spec/" then promise = nil end
      if line:find "^[%-#]" then
        bare[#bare + 1] = promise
        promise = line:find "^%- %*%*" and not line:find "What is not masked" and line or nil
      end
    end
    assert.are.same({}, bare)
  end)
end)
