--- Markdown as the man page hayes(3).

local markdown = require "manual.generator.markdown"
local escape = require("hayes.cli.roff").escape

local roff = {}

local function plain(text) return escape((text:gsub("<br>", "; "):gsub("&lt;", "<"))) end

local inline = {
  code = plain, text = plain, link = plain,
  strong = function(text) return "\\fB" .. plain(text) .. "\\fR" end,
  emphasis = function(text) return "\\fI" .. plain(text) .. "\\fR" end,
}

--- A line of text; one that begins with a dot or an apostrophe is no request.
local function span(text)
  return (markdown.inline(text:gsub("\n", " "), inline):gsub("^([.'])", "\\&%1"))
end

local write = {}

function write.heading(block, add)
  add((block.level == 1 and '.SH "%s"' or '.SS "%s"'):format(span(block.text):gsub('"', "\\(dq")))
end

function write.paragraph(block, add)
  add ".PP"
  add(span(block.text))
end

function write.code(block, add)
  for _, line in ipairs { ".PP", ".nf", ".RS 4", escape(block.text), ".RE", ".fi" } do add(line) end
end

function write.list(block, add)
  for _, item in ipairs(block.items) do
    add '.IP "\\(bu" 2'
    add(span(item))
  end
end

--- A row is an entry: its first cell the label, the others behind it.
function write.table(block, add)
  for i = 2, #block.rows do
    local row, rest = block.rows[i], {}
    for k = 2, #row do
      if row[k] ~= "" then rest[#rest + 1] = row[k] end
    end
    add ".TP"
    add("\\fB" .. span(row[1]) .. "\\fR")
    add(#rest > 0 and span(table.concat(rest, ". "):gsub("%.%. ", ". ")) or "\\-")
  end
end

--- The page.
---@param version string
---@param text string Markdown
---@return string
function roff.page(version, text)
  local out = { ('.TH "HAYES" "3" "" "hayes %s" "Lua library"'):format(version), ".ad l", '.SH "NAME"',
    "hayes \\- network and file services of serial AT modules, from Lua" }
  local function add(line) out[#out + 1] = line end
  for _, block in ipairs(markdown.blocks(text)) do write[block.kind](block, add) end
  add '.SH "SEE ALSO"'
  add "hayes(1), hayes\\-emulator(1)"
  return table.concat(out, "\n") .. "\n"
end

return roff
