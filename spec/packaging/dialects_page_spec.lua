-- manual/dialects.md: its pieces of Lua, one after the other, are a program that works.

local folders = require "support.folder"
local Program = require "support.hayes_program"
local testing = require "hayes.testing"

local PAGE = "manual/dialects.md"

local function pieces()
  local file <close> = assert(io.open(PAGE, "rb"))
  local line, list = 0, {}
  local piece
  for text in file:lines() do
    line = line + 1
    if text == "```lua" then
      piece = { line = line, text = {} }
    elseif text == "```" and piece then
      list[#list + 1], piece = piece, nil
    elseif piece then
      table.insert(piece.text, text)
    end
  end
  return list
end

describe("The page about dialects", function()
  local folder = folders.new "dialects_page"

  after_each(testing.real_time)

  it("has pieces of Lua that work, one after the other", function()
    local program, line = { 'local hayes = require "hayes"' }, 1
    for _, piece in ipairs(pieces()) do
      while line < piece.line do
        program[#program + 1], line = "", line + 1
      end
      table.move(piece.text, 1, #piece.text, #program + 1, program)
      line = line + #piece.text
    end
    assert(load(table.concat(program, "\n"), "@" .. PAGE))()
  end)

  it("begins with a dialect that `hayes dialect check` takes", function()
    local path = folder .. "/acme.lua"
    local file <close> = assert(io.open(path, "wb"))
    file:write((table.concat(pieces()[1].text, "\n"):gsub("^local acme =", "return")))
    file:flush()
    local run = Program.run { "dialect", "check", path }
    assert.are.equal(0, run.status, run.err)
  end)

  it("names files that exist", function()
    local file <close> = assert(io.open(PAGE, "rb"))
    for path in file:read("a"):gmatch "`([%w_/%-]+/[%w_/%-]+%.lua)`" do
      local found <close> = assert(io.open(path), path)
      assert.is_truthy(found)
    end
  end)
end)
