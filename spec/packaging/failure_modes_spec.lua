-- The failure modes in spec/README.md: every number is there, and the specs that hold them exist.

describe("The failure modes from the field", function()
  local rows = {}

  local function read(path)
    local file <close> = assert(io.open(path))
    return file:read "a"
  end

  setup(function()
    for number, held in read("spec/README.md"):gmatch "\n| (%d+) | [^|]+ | ([^|]+) |" do
      rows[#rows + 1] = { number = math.tointeger(tonumber(number)), held = held }
    end
  end)

  it("are numbered from 1 to 60, each once", function()
    local numbers, expected = {}, {}
    for i, row in ipairs(rows) do numbers[i] = row.number end
    for i = 1, 60 do expected[i] = i end
    assert.are.same(expected, numbers)
  end)

  it("are held by specs that exist, or the list says why not", function()
    local without = {}
    for _, row in ipairs(rows) do
      local path, name = row.held:match '^`(spec/[%w_/%.]+)`: "(.+)"$'
      if path then
        assert.is_truthy(read(path):find('"' .. name, 1, true), ("%d: %s"):format(row.number, name))
      else
        assert.is_truthy(row.held:find "^Not %l+: ", row.held)
        without[#without + 1] = row.number
      end
    end
    assert.are.same({ 39, 56, 58 }, without)
  end)

  it("are cited in specs by numbers that the list has", function()
    local count = 0
    for _, path in ipairs { "spec/engine/failure_modes_spec.lua", "spec/modem/failure_modes_spec.lua",
      "spec/quectel/misbehaviour_spec.lua" } do
      for number in read(path):gmatch '"(%d+)%. %l' do
        count = count + 1
        assert.is_true(tonumber(number) <= #rows)
      end
    end
    assert.is_true(count > 40)
  end)
end)
