-- The manual: every page is there, needs nothing from elsewhere, and leads to places that there are.

local lab = require "support.lab"
local Process = require "support.process"

describe("The manual", function()
  local folder, pages

  local function make(root)
    Process.run { "sh", "-c", ('mkdir -p "%s/manual/luals" "%s/share/man/man3"'):format(root, root) }
    Process.run { "sh", "-c", ('PATH="$PWD/%s:$PATH" LUA_PATH="./?.lua;%s" LUA_CPATH="%s" exec lua5.4 '
      .. "manual/generator/main.lua %s/manual %s/share"):format(os.getenv "HAYES_BUILD" or "build", package.path,
      package.cpath, root, root) }
  end

  setup(function()
    local root = lab.folder()
    folder = root .. "/manual"
    make(root)
    pages = {}
    for name in Process.run({ "sh", "-c", "cd " .. folder .. " && ls *.html" }):gmatch "[^\n]+" do
      local file <close> = assert(io.open(folder .. "/" .. name))
      pages[name] = file:read "a"
    end
  end)

  it("has a page for the module, each service, each object, the tables and the commands of each vendor", function()
    for _, name in ipairs { "index", "hayes", "modem.ssl-quectel", "modem.ssl-aithinker", "modem.ftp-quectel", "hayes.modem",
      "hayes.socket", "hayes.ftp", "hayes.task", "hayes.event", "types", "errors", "events", "commands-quectel",
      "commands-aithinker", "problems", "modules", "guide", "emulator" } do
      assert.is_truthy(pages[name .. ".html"], name)
    end
    local ssl = pages["modem.ssl-quectel.html"]
    assert.is_truthy(ssl:find("<td>integer, 10 to 300 s</td><td><code>300</code></td>", 1, true))
    assert.is_truthy(ssl:find("SSL note 2.2.1 and 2.2.2", 1, true))
    assert.is_truthy(ssl:find("<code>ssl_handshake_fail</code>", 1, true))
  end)

  it("is the same each time, and prints no table as its address", function()
    local again = lab.folder() .. "/again"
    make(again)
    assert.are.equal("", Process.run { "sh", "-c", ("diff -r %s %s/manual || true"):format(folder, again) })
    for name, text in pairs(pages) do
      assert.is_nil(text:find "table: 0x" or text:find "function: 0x", name)
    end
  end)

  it("loads nothing: no script, no picture, no style from elsewhere", function()
    for name, text in pairs(pages) do
      for _, pattern in ipairs { "<script", "<img", "<link", "@import", "url%(", "<iframe" } do
        assert.is_nil(text:find(pattern), name .. ": " .. pattern)
      end
    end
  end)

  it("has no link that leads nowhere", function()
    local broken, count = {}, 0
    for name, text in pairs(pages) do
      for target in text:gmatch 'href="([^"]+)"' do
        local page, anchor = target:match "^([^#]*)#?(.*)$"
        local there = page == "" and text or pages[page]
        count = count + 1
        local is_there = target:find "^https?:" or there and (anchor == "" or there:find('id="' .. anchor .. '"', 1, true))
        if not is_there then broken[#broken + 1] = name .. " -> " .. target end
      end
    end
    assert.are.same({}, broken)
    assert.is_true(count > 1000)
  end)

  it("includes a man page that groff formats without a warning", function()
    if Process.run { "sh", "-c", "command -v groff || true" } == "" then return end
    local page = folder:gsub("manual$", "share/man/man3/hayes.3")
    assert.are.equal("", Process.run { "sh", "-c", "groff -man -ww -z -Tascii " .. page .. " 2>&1" })
    local text = Process.run({ "sh", "-c", "groff -man -Tascii -P-c -P-b -P-u " .. page }):gsub("%s+", " ")
    for _, words in ipairs { "modem.ssl.open(host, port, options)", "sock:receive(pattern, prefix)", "port_gone" } do
      assert.is_truthy(text:find(words, 1, true), words)
    end
  end)

  it("includes a file for LuaLS in which options are classes", function()
    local file <close> = assert(io.open(folder .. "/luals/hayes.lua"))
    local text = file:read "a"
    assert(load(text, "hayes.lua"))
    for _, line in ipairs { "---@field network hayes.quectel.network Quectel: SIM card, registration, PDP context",
      "function hayes_quectel_network.attach(options) end", "---@class hayes.options.quectel_network_attach",
      '---@field ?auth "none"|"pap"|"chap"|"pap or chap" How', "function hayes_socket:receive(pattern, prefix) end",
      "function hayes.open(address, options) end", "---@param options? hayes.options.hayes_open what" } do
      line = line:gsub("@field %?(%w+)", "@field %1?")
      assert.is_truthy(text:find("\n" .. line, 1, true), line)
    end
    for name in text:gmatch "%f[%w]hayes%.[%w_.]*[%w_]" do
      local is_class = text:find("%-%-%-@class " .. name .. "%f[^%w_.]") or text:find("---@alias " .. name, 1, true)
      local is_call = text:find("function " .. name .. "(", 1, true) or name == "hayes.mqtt" or name == "hayes.testing"
      local is_value = text:find("\n" .. name .. " = ", 1, true)
      local is_text = name:find "^hayes%.core" or name:find "^hayes%.lua"
      assert.is_truthy(is_class or is_call or is_value or is_text, name)
    end
  end)
end)
