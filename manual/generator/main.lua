--- Writes the manual: `main.lua FOLDER SHARE`. The pages in HTML go to FOLDER, what
--- LuaLS reads to FOLDER/luals, the man page hayes(3) below SHARE.

local api = require "manual.generator.api"
local dialects = require "hayes.dialect"
local emulator_page = require "manual.generator.emulator"
local html = require "manual.generator.html"
local reference = require "hayes.explain.reference"
local luals = require "manual.generator.luals"
local roff = require "manual.generator.roff"

local FOLDER, SHARE = ...

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local RANK = { guide = 1, problems = 2, modules = 3 } -- of the files of manual/; others come after them

--- The chapters that people have written: the Markdown files of manual/, and those of the root that belong to it.
local function chapters()
  local list = {}
  local function add(path, name)
    local text = read(path)
    list[#list + 1] = { name = name, title = text:match "^# ([^\n]+)", text = text, part = "Chapters" }
  end
  local pipe <close> = assert(io.popen "ls manual/*.md")
  for path in pipe:lines() do add(path, path:match "([^/]+)%.md$") end
  table.sort(list, function(a, b)
    local first, second = RANK[a.name] or math.huge, RANK[b.name] or math.huge
    return first < second or first == second and a.name < b.name
  end)
  for _, name in ipairs { "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG" } do add(name .. ".md", name) end
  return list
end

--- The page of a dialect's commands, with a list of them in front of the first part: there are some hundred.
local function with_list(text)
  local links = {}
  for name in text:gmatch "\n### (AT[^\n]*)" do
    links[#links + 1] = ("[%s](#%s)"):format(name, html.anchor(name))
  end
  local before, rest = text:match "^(.-\n)(## .*)$"
  return before and ("%s%s\n\n%s"):format(before, table.concat(links, " · "), rest) or text
end

local function references()
  local list = {}
  for _, name in ipairs(dialects.names()) do
    local dialect = dialects.get(name)
    if #(dialect.declared or {}) > 0 then
      list[#list + 1] = { name = "commands-" .. name, title = dialect.title or name, part = "AT commands",
        text = with_list(reference.page(dialect)) }
    end
  end
  return list
end

local function contents_of(pages)
  local out, part = {}, nil
  for _, page in ipairs(pages) do
    if page.part ~= part then
      out[#out + 1] = ("%s**%s**\n"):format(part and "\n" or "", page.part)
      part = page.part
    end
    out[#out + 1] = ("- [%s](%s.md)"):format(page.title, page.name)
  end
  return table.concat(out, "\n")
end

local pages = { { name = "index", title = "hayes", part = "Chapters",
  text = read "README.md" } }
for _, list in ipairs { chapters(), api.pages(), references() } do table.move(list, 1, #list, #pages + 1, pages) end

pages[#pages + 1] = emulator_page()

local contents = contents_of(pages)
local of_library, names = {}, {}
for _, page in ipairs(pages) do names[page.name] = true end
for _, page in ipairs(pages) do
  write(("%s/%s.html"):format(FOLDER, page.name), html.page(page.title, page.text, contents, names))
  local is_api = page.part == "Library" or page.part == "Services" or page.part == "Objects" or page.part == "Tables"
  if is_api then of_library[#of_library + 1] = page.text end
end
write(FOLDER .. "/luals/hayes.lua", luals.file())
write(SHARE .. "/man/man3/hayes.3", roff.page(require("hayes")._VERSION:match "%S+$", table.concat(of_library, "\n\n")))
