-- The manual: every page is there, needs nothing from elsewhere, and leads to places that there are.

local lab = require "support.lab"
local Process = require "support.process"

describe("The manual", function()
  local folder, pages

  setup(function()
    local root = lab.folder()
    folder = root .. "/manual"
    Process.run { "sh", "-c", ('mkdir -p "%s" "%s/share/man/man3"'):format(folder, root) }
    Process.run { "sh", "-c", ('LUA_PATH="./?.lua;%s" LUA_CPATH="%s" exec lua5.4 manual/generator/main.lua %s %s/share')
      :format(package.path, package.cpath, folder, root) }
    pages = {}
    for name in Process.run({ "ls", folder }):gmatch "[^\n]+" do
      local file <close> = assert(io.open(folder .. "/" .. name))
      pages[name] = file:read "a"
    end
  end)

  it("has a page for the module, each service, each object, the tables and the commands of each vendor", function()
    for _, name in ipairs { "index", "hayes", "modem.ssl-quectel", "modem.ssl-aithinker", "modem.ftp-quectel", "hayes.modem",
      "hayes.socket", "hayes.ftp", "hayes.task", "hayes.event", "types", "errors", "events", "commands-quectel",
      "commands-aithinker", "problems", "modules" } do
      assert.is_truthy(pages[name .. ".html"], name)
    end
    local ssl = pages["modem.ssl-quectel.html"]
    assert.is_truthy(ssl:find("<td>integer, 10 to 300 s</td><td><code>300</code></td>", 1, true))
    assert.is_truthy(ssl:find("SSL note 2.2.1 and 2.2.2", 1, true))
    assert.is_truthy(ssl:find("<code>ssl_handshake_fail</code>", 1, true))
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

  it("is a man page, too, of which groff has nothing to complain", function()
    if Process.run { "sh", "-c", "command -v groff || true" } == "" then return end
    local page = folder:gsub("manual$", "share/man/man3/hayes.3")
    assert.are.equal("", Process.run { "sh", "-c", "groff -man -ww -z -Tascii " .. page .. " 2>&1" })
    local text = Process.run({ "sh", "-c", "groff -man -Tascii -P-c -P-b -P-u " .. page }):gsub("%s+", " ")
    for _, words in ipairs { "modem.ssl.open(host, port, options)", "sock:receive(pattern, prefix)", "port_gone" } do
      assert.is_truthy(text:find(words, 1, true), words)
    end
  end)
end)
