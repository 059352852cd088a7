local dialects = require "hayes.dialect"
local folders = require "support.folder"
local reference = require "hayes.explain.reference"

describe("The reference of Quectel modules", function()
  local quectel = dialects.get("quectel")
  local page = reference.page(quectel)

  local function has(text) assert(page:find(text, 1, true), text .. " is missing") end

  it("has every command, setting, parameter, URC, result code and error", function()
    for _, declaration in ipairs(quectel.declared) do
      has(("\n### %s%s\n"):format(declaration.sequence and "" or "AT", declaration.name))
      for key, form in pairs(declaration.keys or {}) do
        has(('#### `AT%s="%s"'):format(declaration.name, key))
        for _, param in ipairs(form.params) do has("| `" .. param.name .. "` |") end
      end
      for _, param in ipairs(declaration.params or {}) do has("| `" .. param.name .. "` |") end
    end
    for _, urc in ipairs(quectel.urcs) do has("\n### URC " .. urc.name .. "\n") end
    for _, final in ipairs(quectel.finals) do has("| `" .. final[1] .. "` |") end
    for code, known in pairs(quectel.errors.by_code) do has(("| %d | %s | `%s` |"):format(code, known.origin, known.name)) end
  end)

  it("tells errors with what to try, and what the notes leave out", function()
    has("In this order: is the CA the one")
    has("\n## Cipher suites\n")
    has("| `0X0005` | TLS_RSA_WITH_RC4_128_SHA | RSA | SSL 3.0 | no: RC4 and 3DES")
    has("| `0XC02F` | TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 | RSA | TLS 1.2 | yes |")
  end)

  it("is written into a folder, one page a dialect", function()
    local folder = folders.new "reference"
    reference.write(folder)
    local file <close> = assert(io.open(folder .. "/quectel.md"))
    assert.is_true(file:read("a") == page)
  end)

  it("has tables whose rows have as many cells as their head", function()
    local columns, rows
    for line in page:gmatch("([^\n]*)\n") do
      local _, cells = line:gsub("\\|", ""):gsub("|", "")
      if not line:find("^|") then
        columns = nil
      else
        rows = (rows or 0) + 1
        columns = columns or cells
        assert.are.same(columns, cells, line)
      end
    end
    assert.is_true(rows > 200)
  end)
end)
