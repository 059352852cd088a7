--- Pages in HTML that need nothing else: neither a network, nor a script, nor another file.

local markdown = require "manual.generator.markdown"

local html = {}

local STYLE = [[
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;display:flex}
nav{flex:0 0 15em;padding:1.5em 1em;background:#f4f4f1;font-size:14px;min-height:100vh;box-sizing:border-box}
nav ul{list-style:none;margin:0 0 1em;padding:0}nav b{display:block;margin-top:1em}
main{flex:1;min-width:0;max-width:60em;padding:1.5em 2em}
h1{margin-top:0}h2{margin-top:2em;border-top:1px solid #ddd;padding-top:.6em}
a{color:#0b5394;text-decoration:none}a:hover{text-decoration:underline}
code,pre{font-family:ui-monospace,monospace;font-size:.9em;background:#f4f4f1;border-radius:3px}
code{padding:0 .2em}pre{padding:.8em;overflow-x:auto}pre code{padding:0}
table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}
th,td{border:1px solid #ddd;padding:.3em .6em;text-align:left;vertical-align:top}th{background:#f4f4f1}
@media(max-width:50em){body{flex-direction:column}main{order:-1;width:100%;box-sizing:border-box;padding:1em}
nav{flex:none;min-height:0}}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}nav,code,pre,th{background:#2a2a2a}
a{color:#8ab4f8}th,td,h2{border-color:#444}}]]

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

--- Text may hold `<br>` and `&lt;`, as the reference pages write them.
local function escape_text(text)
  return (escape(text):gsub("&lt;br&gt;", "<br>"):gsub("&amp;lt;", "&lt;"))
end

--- The name by which a heading is linked to.
---@param text string
---@return string
function html.anchor(text)
  return (text:gsub("%b()$", ""):lower():gsub("[^%w%.:_+&]+", "-"):gsub("%-$", ""))
end

--- A link to another page of the manual leads to its HTML.
local function target_of(target)
  if target:find "^%a+:" then return target end
  return (target:gsub("%.md%f[%z#]", ".html"))
end

local known -- the names of the pages that there are

--- A link to a file that is no page of the manual is its name.
local function link(text, target)
  target = target:gsub("^%.%./", ""):gsub("^manual/", "")
  local name = target:match "^([^#]*)%.md"
  local is_here = target:find "^[%a]+:" or target:find "^#" or name and known[name]
  if not is_here then return escape_text(text) end
  return ('<a href="%s">%s</a>'):format(escape(target_of(target)), escape_text(text))
end

local inline = {
  code = function(text) return "<code>" .. escape(text) .. "</code>" end,
  link = link,
  strong = function(text) return "<strong>" .. escape_text(text) .. "</strong>" end,
  emphasis = function(text) return "<em>" .. escape_text(text) .. "</em>" end,
  text = escape_text,
}

local function span(text) return markdown.inline(text, inline) end

local write = {}

function write.heading(block)
  return ('<h%d id="%s">%s</h%d>'):format(block.level, escape(html.anchor(block.text)), span(block.text), block.level)
end

function write.paragraph(block) return "<p>" .. span(block.text) .. "</p>" end

function write.code(block) return "<pre><code>" .. escape(block.text) .. "</code></pre>" end

function write.list(block)
  local out = { "<ul>" }
  for _, item in ipairs(block.items) do out[#out + 1] = "<li>" .. span(item) .. "</li>" end
  out[#out + 1] = "</ul>"
  return table.concat(out, "\n")
end

function write.table(block)
  local out = { "<table>" }
  for i, row in ipairs(block.rows) do
    local cell = i == 1 and "th" or "td"
    local cells = {}
    for k, text in ipairs(row) do cells[k] = ("<%s>%s</%s>"):format(cell, span(text), cell) end
    out[#out + 1] = "<tr>" .. table.concat(cells) .. "</tr>"
  end
  out[#out + 1] = "</table>"
  return table.concat(out, "\n")
end

--- A page.
---@param title string
---@param text string       Markdown
---@param contents string   Markdown of the column beside it
---@param names table<string, boolean>  of all pages
---@return string
function html.page(title, text, contents, names)
  known = names
  local function render(source)
    local out = {}
    for i, block in ipairs(markdown.blocks(source)) do out[i] = write[block.kind](block) end
    return table.concat(out, "\n")
  end
  return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    .. '<meta name="viewport" content="width=device-width">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n'
    .. "<nav>\n%s\n</nav>\n<main>\n%s\n</main>\n</body>\n</html>\n"):format(escape(title), STYLE, render(contents),
      render(text))
end

return html
