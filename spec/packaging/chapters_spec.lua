-- What the chapters of the manual name: errors that there are, and the modules of which recordings are replayed.

local hayes = require "hayes"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

it("The page of field problems names errors that can be explained", function()
  local unknown, count = {}, 0
  for cell in read "manual/problems.md":gmatch "\n| ([^|]+) |" do
    for name in cell:gmatch "`(%l+_[%l_]+)`" do
      count = count + 1
      local found = hayes.explain(name)
      if not (found and found.kind == "error") then unknown[#unknown + 1] = name end
    end
  end
  assert.are.same({}, unknown)
  assert.is_true(count > 20)
end)

it("The table of modules has each firmware of which recordings are replayed", function()
  local text, missing = read "manual/modules.md", {}
  for _, vector in ipairs(require "vectors.recordings") do
    local model, firmware = vector.source:match "^([%w%-]+), (%w+)"
    if model and not (text:find(model, 1, true) and text:find(firmware, 1, true)) then
      missing[#missing + 1] = model .. " " .. firmware
    end
  end
  assert.are.same({}, missing)
end)

it("The table of modules claims nothing of hardware: nobody has reported it yet", function()
  for row in read "manual/modules.md":gmatch "\n(|[^\n]+)" do
    assert.is_truthy(row:find "%-%-%-" or row:find "on hardware" or row:find "| no |")
  end
end)

it("The chapters name files and folders that there are", function()
  local missing, folders = {}, { spec = true, lua = true, csrc = true, examples = true, manual = true }
  for _, chapter in ipairs { "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "README.md", "spec/README.md",
    "manual/dialects.md", "manual/guide.md", "manual/modules.md", "manual/problems.md" } do
    local folder = chapter:match "^(.*/)" or ""
    local function check(path, from)
      local file = io.open(from .. path)
      if file then file:close() else missing[#missing + 1] = chapter .. ": " .. path end
    end
    local text = read(chapter)
    for path in text:gmatch "%]%(([%w_/%.%-]+)#?[%w%-]*%)" do check(path, folder) end
    for path in text:gmatch "`(%l+/[%w_/%-]+%.%l+)`" do
      if folders[path:match "^%l+"] and not path:find "VENDOR" then check(path, "") end
    end
  end
  assert.are.same({}, missing)
end)

it("The CHANGELOG says what the first version has, and lists no faults of code that was never released", function()
  local text = read "CHANGELOG.md"
  local _, versions = text:gsub("\n## %d", "")
  if versions == 1 then assert.is_nil(text:find("\n### Fixed", 1, true) or text:find("\n### Changed", 1, true)) end
end)
