--- The part of Markdown that the manual is written in, as blocks: headings, paragraphs, lists, tables, code.

local markdown = {}

---@class hayes.manual.block
---@field kind "heading"|"paragraph"|"list"|"table"|"code"
---@field level? integer     of a heading
---@field text? string       of a heading, a paragraph or code
---@field items? string[]    of a list
---@field rows? string[][]   of a table; the first is its head

local function cells_of(line)
  local cells = {}
  line = line:match "^%s*|%s?(.-)%s*|%s*$":gsub("\\|", "\1")
  for cell in (line .. "|"):gmatch "%s*(.-)%s*|" do cells[#cells + 1] = (cell:gsub("\1", "|")) end
  return cells
end

--- What kind of block a line begins or goes on with.
local function kind_of(line)
  if line:find "^%s*$" then return "blank" end
  if line:find "^#+ " then return "heading" end
  if line:find "^%s*|.*|%s*$" then return "table" end
  if line:find "^    " then return "code" end
  if line:find "^[%-*] " or line:find "^%d+%. " then return "item" end
  return "text"
end

local function take_fence(lines, i, blocks)
  local code = {}
  i = i + 1
  while lines[i] and not lines[i]:find "^```" do
    code[#code + 1] = lines[i]
    i = i + 1
  end
  blocks[#blocks + 1] = { kind = "code", text = table.concat(code, "\n") }
  return i
end

local function open_block(blocks, last, kind, line)
  if kind == "heading" then
    local marks, text = line:match "^(#+)%s+(.*)$"
    blocks[#blocks + 1] = { kind = "heading", level = #marks, text = text }
    return nil
  end
  if kind == "table" then
    if not last or last.kind ~= "table" then
      last = { kind = "table", rows = {} }
      blocks[#blocks + 1] = last
    end
    local is_rule = line:find "^%s*|[%s%-:|]+|%s*$" and line:find "%-"
    if not is_rule then last.rows[#last.rows + 1] = cells_of(line) end
    return last
  end
  if kind == "item" then
    if not last or last.kind ~= "list" then
      last = { kind = "list", items = {} }
      blocks[#blocks + 1] = last
    end
    last.items[#last.items + 1] = line:gsub("^[%-*] ", ""):gsub("^%d+%. ", "")
    return last
  end
  last = { kind = "paragraph", text = line }
  blocks[#blocks + 1] = last
  return last
end

--- A line that goes on with what is open: a paragraph, an item; or one of code.
local function go_on(blocks, last, kind, line)
  if last and last.kind == "list" and (kind == "code" or kind == "text") then
    last.items[#last.items] = last.items[#last.items] .. " " .. line:match "^%s*(.-)%s*$"
    return last
  end
  if last and last.kind == "paragraph" and kind ~= "heading" and kind ~= "table" and kind ~= "item" then
    last.text = last.text .. "\n" .. line
    return last
  end
  if kind ~= "code" then return nil end
  if not last or last.kind ~= "code" then
    last = { kind = "code", text = line:sub(5) }
    blocks[#blocks + 1] = last
  else
    last.text = last.text .. "\n" .. line:sub(5)
  end
  return last
end

--- The blocks of a text.
---@param text string
---@return hayes.manual.block[]
function markdown.blocks(text)
  local lines, blocks, last, i = {}, {}, nil, 1
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  while i <= #lines do
    local line = lines[i]
    local kind = kind_of(line)
    if line:find "^```" then
      i, last = take_fence(lines, i, blocks), nil
    elseif kind == "blank" then
      local next_kind = lines[i + 1] and kind_of(lines[i + 1])
      if last and last.kind == "code" and next_kind == "code" then last.text = last.text .. "\n" else last = nil end
    else
      last = go_on(blocks, last, kind, line) or open_block(blocks, last, kind, line)
    end
    i = i + 1
  end
  return blocks
end

--- What may stand in a line of text, by its first character: patterns, and what they are.
local spans = {
  ["`"] = { { "^`([^`]+)`()", "code" } },
  ["["] = { { "^%[([^%]]+)%]%(([^)]+)%)()", "link" } },
  ["*"] = { { "^%*%*([^*]+)%*%*()", "strong" }, { "^%*([^*%s][^*]*)%*()", "emphasis" } },
}

--- Its kind, the place after it, its text, and the target of a link; nil: nothing begins here.
local function span_at(line, at)
  for _, span in ipairs(spans[line:sub(at, at)] or {}) do
    local first, second, third = line:match(span[1], at)
    if first and third then return span[2], third, first, second end
    if first then return span[2], second, first end
  end
end

--- Calls the functions of `write` for the parts of a line of text: code(text), link(text, target), strong(text),
--- emphasis(text), text(text); gives what they give, one after the other.
---@param line string
---@param write table<string, fun(text: string, target: string?): string>
---@return string
function markdown.inline(line, write)
  local out, at, plain_from = {}, 1, 1
  local function flush(to)
    if to >= plain_from then out[#out + 1] = write.text(line:sub(plain_from, to)) end
  end
  while at <= #line do
    local kind, behind, text, target = span_at(line, at)
    if kind then
      flush(at - 1)
      out[#out + 1] = write[kind](text, target)
      plain_from = behind
    end
    at = behind or at + 1
  end
  flush(#line)
  return table.concat(out)
end

return markdown
