--- What the library's own sources say about its functions: the comment above a function, taken apart. The only source
--- of help texts. Where the sources have no comments (precompiled, stripped), there is nothing to tell.

local check = require "hayes.check"

---@class hayes.doc
---@field name string       as it is defined: `network.attach`, `Socket:send`
---@field arguments string  `options`, `host, port, options`
---@field text string       the description, one paragraph; paragraphs are separated by an empty line
---@field params { name: string, type: string, text: string }[]
---@field returns string[]
---@field errors? string     the paragraph that begins with "Errors:", without that
---@field source? string     the same of "Source:": the vendor's note and its chapter
---@field internal boolean   it is the library's own, marked `@package`
---@field line integer
---@field last_line integer

local docs = {}

local cache = {}

--- The lines of a file; false when it cannot be read, or is no text.
local function lines_of(path)
  if cache[path] == nil then
    local file = io.open(path, "r")
    local text = file and file:read "a"
    if file then file:close() end
    cache[path] = false
    if text and text:sub(1, 4) ~= "\27Lua" then
      local lines = {}
      for line in text:gmatch "([^\n]*)\n?" do lines[#lines + 1] = line end
      cache[path] = lines
    end
  end
  return cache[path]
end

--- The comment lines right above a line, from top to bottom.
local function block_above(lines, at)
  local block = {}
  local i = at - 1
  while i >= 1 do
    local text = lines[i]:match "^%s*%-%-%-(.*)$"
    if not text then break end
    table.insert(block, 1, text)
    i = i - 1
  end
  return block
end

--- One paragraph a line; examples, which are indented, and the items of lists keep their own.
local function join(list)
  local paragraphs, words = {}, {}
  for _, line in ipairs(list) do
    local text = line:match "^%s*(.-)%s*$"
    if text == "" then
      if #words > 0 then paragraphs[#paragraphs + 1] = table.concat(words, " ") end
      words = {}
    elseif line:find "^     " then
      words[#words + 1] = (#words > 0 and "\n" or "") .. line:sub(2)
    elseif text:find "^%* " and #words > 0 then
      words[#words + 1] = "\n" .. text
    else
      words[#words + 1] = text
    end
  end
  if #words > 0 then paragraphs[#paragraphs + 1] = table.concat(words, " ") end
  return (table.concat(paragraphs, "\n\n"):gsub(" \n", "\n"))
end

--- A type and what is said after it: types may hold blanks in brackets and around `|`.
---@param text string
---@return string type, string rest
function docs.split_type(text)
  local depth = 0
  for i = 1, #text do
    local c = text:sub(i, i)
    if c:find "[%(%{%[<]" then depth = depth + 1 elseif c:find "[%)%}%]>]" then depth = depth - 1 end
    local before, after = text:sub(i - 1, i - 1), text:sub(i + 1, i + 1)
    if c == " " and depth == 0 and not before:find "[,|:]" and after ~= "|" then
      return text:sub(1, i - 1), text:sub(i + 1):match "^%s*(.-)%s*$"
    end
  end
  return text, ""
end

--- Takes the paragraphs that have a place of their own out of the description.
local function take_paragraphs(doc, text)
  local rest = {}
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n" do
    local word, content = paragraph:match "^(%u%l+): (.*)$"
    if word == "Errors" or word == "Source" then
      doc[word:lower()] = content
    else
      rest[#rest + 1] = paragraph
    end
  end
  doc.text = table.concat(rest, "\n\n")
end

local function parse(block)
  local doc = { params = {}, returns = {}, internal = false }
  local plain, tags = {}, {}
  for _, line in ipairs(block) do
    local tag, rest = line:match "^@(%a+)%s*(.*)$"
    if tag then
      tags[#tags + 1] = { tag = tag, text = rest }
    elseif #tags > 0 then
      tags[#tags].text = tags[#tags].text .. " " .. line:match "^%s*(.-)%s*$"
    else
      plain[#plain + 1] = line
    end
  end
  take_paragraphs(doc, join(plain))
  for _, entry in ipairs(tags) do
    if entry.tag == "param" then
      local name, rest = entry.text:match "^(%S+)%s+(.*)$"
      local kind, text = docs.split_type(rest or "")
      if name then doc.params[#doc.params + 1] = { name = name, type = kind, text = text } end
    elseif entry.tag == "return" then
      doc.returns[#doc.returns + 1] = entry.text
    elseif entry.tag == "package" then
      doc.internal = true
    end
  end
  return doc
end

--- The documentation of a function of the library; nil: it has none.
---@param f function
---@return hayes.doc?
function docs.of(f)
  local info = debug.getinfo(check.original(f), "S")
  local path = info.source:match "^@(.*)$"
  local lines = path and lines_of(path)
  if not lines or not lines[info.linedefined] then return nil end
  local block = block_above(lines, info.linedefined)
  if #block == 0 then return nil end
  local doc = parse(block)
  local defined = lines[info.linedefined]
  doc.name, doc.arguments = defined:match "function%s+([%w_.:]+)%s*%(([^)]*)%)"
  if not doc.name then doc.name, doc.arguments = "", defined:match "function%s*%(([^)]*)%)" or "" end
  doc.line, doc.last_line = info.linedefined, info.lastlinedefined
  return doc
end

--- The comment at the head of a module, without the name before the colon; nil: there is none.
---@param module string
---@return string? text, string? name
function docs.head(module)
  local path = package.searchpath(module, package.path)
  local lines = path and lines_of(path)
  if not lines then return nil end
  local block = {}
  for _, line in ipairs(lines) do
    local text = line:match "^%-%-%-(.*)$"
    if not text then break end
    block[#block + 1] = text
  end
  local text = join(block)
  local name, rest = text:match "^(modem%.[%w_]+): (.*)$"
  return rest or text, name
end

--- What stands above the line where a module sets a variable that programs may set; nil: nothing.
---@param module string
---@param name string
---@return string?
function docs.variable(module, name)
  local path = package.searchpath(module, package.path)
  local lines = path and lines_of(path)
  for i, line in ipairs(lines or {}) do
    local text = line:match("^%w+%." .. name .. "%f[^%w_]%s*=") and parse(block_above(lines, i)).text
    if text and text ~= "" then return text end
  end
end

--- The first sentence of a text.
---@param text string
---@return string
function docs.first_sentence(text)
  local from = 1
  while true do
    local stop = text:find("[%.;:]%s", from)
    if not stop then return (text:match "^[^\n]*") end
    -- "e.g. ", "1. " and the like end no sentence.
    if not text:sub(1, stop):find "%f[%w]%w%.$" then return (text:sub(1, stop):gsub("[;:]$", ".")) end
    from = stop + 1
  end
end

return docs
