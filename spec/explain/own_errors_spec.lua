-- explain() knows every error that the library and this machine make, and the replies of FTP servers.

local hayes = require "hayes"
local own_errors = require "hayes.explain.own_errors"
local Process = require "support.process"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function explain(text) return tostring(assert(hayes.explain(text))) end

local function is_known(name)
  local found = hayes.explain(name)
  return found ~= nil and found.kind == "error"
end

describe("explain() knows", function()
  it("every name in the guide's table of errors", function()
    local table_of = read("manual/guide.md"):match "\n| | `err.name` |\n.-\n\n"
    local unknown, count = {}, 0
    for cell in table_of:gmatch "|[^|]+|([^|]+)|\n" do
      for name in cell:gmatch "`([%l_]+)`" do
        count = count + 1
        local is_field = name == "part_path" or name:find "_bytes$"
        if not is_field and not is_known(name) then unknown[#unknown + 1] = name end
      end
    end
    assert.is_true(count > 30)
    assert.are.same({}, unknown)
  end)

  it("every name of an error that is made in the sources", function()
    local unknown = {}
    for path in Process.run({ "find", "lua", "-name", "*.lua" }):gmatch "[^\n]+" do
      for block in read(path):gmatch "errors%.new%s*%(?%s*(%b{})" do
        local name = block:match 'name = "([%l_]+)"'
        if name and not is_known(name) then unknown[#unknown + 1] = path .. ": " .. name end
      end
    end
    for _, path in ipairs { "csrc/lua/port.c", "csrc/lua/failure.c" } do
      for name in read(path):gmatch 'return "([%l_]+)";' do
        if not is_known(name) then unknown[#unknown + 1] = path .. ": " .. name end
      end
    end
    assert.are.same({}, unknown)
  end)

  it("each error of the library in whole sentences", function()
    for name, known in pairs(own_errors) do
      for _, text in ipairs(known) do assert.is_truthy(text:find "[.?]$" and not text:find "%s%s", name) end
    end
  end)

  it("the replies of FTP servers, beside an error of the module that has the same number", function()
    assert.is_truthy(explain(530):find("Reply 530 of an FTP server: the account was refused.", 1, true))
    assert.is_truthy(explain(550):find("^Error 550, unknown_error.*\nReply 550 of an FTP server: "))
    assert.is_truthy(explain "550 ftp":find "^Reply 550 of an FTP server: ")
    assert.are.equal(explain "FTP 550", explain "550 ftp")
    assert.is_nil((hayes.explain "299 ftp"))
  end)

  it("names that the library and a module share, each once", function()
    local _, count = explain "port_busy":gsub("Error [^:]+: ", "")
    assert.are.equal(2, count)
    local _, err = hayes.explain "no_answr"
    assert.are.equal('no dialect knows "no_answr"; did you mean no_answer?', tostring(err))
    assert.is_nil(err.hint)
    err = select(2, hayes.explain "zzzzzzzzzz")
    assert.are.equal("Give a command (+CSQ), the number or name of an error, or a line of a module.", err.hint)
  end)
end)
