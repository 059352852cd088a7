--- Reference pages in Markdown, generated from the declarations of a dialect.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local dialects = require "hayes.dialect"
local texts = require "hayes.explain.text"

local reference = {}

local function escape(text)
  return (tostring(text):gsub("|", "\\|"):gsub("<", "&lt;"):gsub("\n", " "))
end

local function code(text)
  return "`" .. tostring(text):gsub("`", "'"):gsub("|", "\\|") .. "`"
end

--- A page: a list of lines.
local Page = {}
Page.__index = Page

function Page:line(text, ...)
  self[#self + 1] = select("#", ...) > 0 and text:format(...) or text
end

function Page:paragraph(text, ...)
  self:line(text, ...)
  self:line("")
end

function Page:table(head, rows)
  if #rows == 0 then return end
  self:line("| %s |", table.concat(head, " | "))
  self:line("|%s", ("---|"):rep(#head))
  for _, row in ipairs(rows) do self:line("| " .. table.concat(row, " | ") .. " |") end
  self:line("")
end

local function meanings(described)
  local list = {}
  for i, entry in ipairs(texts.values(described)) do
    list[i] = ("%s %s"):format(code(entry.value), escape(entry.meaning))
  end
  return table.concat(list, "<br>")
end

local function about(described)
  local parts = {}
  local function add(text) if text and text ~= "" then parts[#parts + 1] = text end end
  add(escape(described.doc or ""))
  if described.error and not described.doc then add("0, or the number of an error.") end
  if described.flags then add("A sum of:") end
  add(meanings(described))
  if described.open and described.values then add("There may be more.") end
  if described.secret then add("Secret.") end
  return table.concat(parts, "<br>")
end

local function param_rows(params)
  local rows = {}
  for i, param in ipairs(params or {}) do
    local left_out = texts.left_out(param)
    local factory = texts.factory(param)
    rows[i] = { code(param.name), param.type, escape(texts.range(param)), about(param),
      escape((left_out or "no") .. (factory and "; until it is set: " .. factory or "")) }
  end
  return rows
end

local function add_params(page, params)
  page:table({ "parameter", "type", "range", "meaning", "may be left out" }, param_rows(params))
end

local function add_lines(page, title, list)
  for _, line in ipairs(list) do
    page:paragraph("%s: %s%s", title, code(line.pattern), line.summary and " " .. escape(line.summary) or "")
    local rows = {}
    for i, field in ipairs(line.answer) do
      rows[i] = { code(field.name), field.type or "integer", field.unit or "", about(field) }
    end
    page:table({ "field", "type", "unit", "meaning" }, rows)
  end
end

local function data_of(declaration)
  local data = declaration.data
  if not data then return nil end
  local words = { "Takes data at the prompt or after CONNECT" }
  if data.length then words[#words + 1] = (", `%s` bytes"):format(data.length) end
  local ends = command.end_byte(declaration)
  if ends then words[#words + 1] = ("; without that, up to the byte 0x%02X"):format(ends:byte()) end
  return table.concat(words) .. "."
end

local function add_command(page, declaration)
  page:paragraph("### %s", (declaration.sequence and "" or "AT") .. declaration.name)
  page:paragraph("%s *%s*", escape(declaration.summary), escape(declaration.source))
  local taken = {}
  local forms = texts.forms(declaration)
  for _, form in ipairs(forms) do
    if not form.key then page:line("- %s%s", code(form.syntax), form.summary and ": " .. escape(form.summary) or "") end
  end
  page:line("")
  for _, form in ipairs(forms) do
    if form.key then
      page:paragraph("#### %s", code(form.syntax))
      page:paragraph("%s", escape(form.summary or ""))
    end
    local own = form.form == "write" or form.described ~= declaration
    if own then add_params(page, form.described.params) end
    for _, line in ipairs(texts.answers(declaration, form.form, form.key)) do
      if not taken[line.pattern] then add_lines(page, "Answer", { line }) end
      taken[line.pattern] = true
    end
  end
  if declaration.deferred then
    add_lines(page, ("Deferred result, within %g s"):format(declaration.deferred.timeout),
      texts.deferred(declaration))
  end
  if data_of(declaration) then page:paragraph("%s", data_of(declaration)) end
  if declaration.timeout then page:paragraph("Final result code within %g s.", declaration.timeout) end
  if declaration.urcs then
    local list = {}
    for i, name in ipairs(declaration.urcs) do list[i] = code(name) end
    page:paragraph("URCs: %s.", table.concat(list, ", "))
  end
  if declaration.remark then page:paragraph("%s", escape(declaration.remark)) end
end

local function add_commands(page, dialect)
  local chapter
  for _, declaration in ipairs(dialect.declared) do
    local title = declaration.chapter or "Commands"
    if title ~= chapter then page:paragraph("## %s", title) end
    chapter = title
    add_command(page, declaration)
  end
end

local function add_results(page, dialect)
  page:paragraph("## Result codes")
  local rows = {}
  for i, final in ipairs(dialect.finals) do
    rows[i] = { code(final[1]), escape(final.summary or (final.success and "success" or "failure")),
      escape(final.hint or "") }
  end
  for _, connect in ipairs(dialect.connects or {}) do rows[#rows + 1] = { code(connect), "data mode begins", "" } end
  page:table({ "result code", "meaning", "what to try" }, rows)
end

local function add_urcs(page, dialect)
  page:paragraph("## URCs")
  for _, urc in ipairs(dialect.urcs or {}) do
    page:paragraph("### URC %s", urc.name)
    page:paragraph("%s *%s*", escape(urc.summary or ""), escape(urc.source or ""))
    add_lines(page, "Line", texts.urc(urc))
  end
  for _, boot in ipairs(dialect.boot or {}) do
    local text = type(boot) == "table" and boot[1] .. (boot.prefix and "…" or "") or boot
    page:paragraph("%s: the module starts, restarts or switches itself off.", code(text))
  end
end

local function add_errors(page, dialect)
  local codes, rows = check.names(dialect.errors and dialect.errors.by_code or {}), {}
  if #codes == 0 then return end
  page:paragraph("## Errors")
  for i, number in ipairs(codes) do
    local known = dialect.errors.by_code[number]
    rows[i] = { tostring(number), known.origin, code(known.name), escape(known.text), escape(known.hint or "") }
  end
  page:table({ "code", "origin", "name", "text", "what to try" }, rows)
end

--- The reference of a dialect: commands with parameters, answers, deferred results; result codes, URCs, errors with
--- hints, and the dialect's remarks.
---@param dialect hayes.dialect
---@return string Markdown
function reference.page(dialect)
  local page = setmetatable({}, Page)
  page:paragraph("# %s", dialect.title or dialect.name)
  if dialect.about then page:paragraph("%s", escape(dialect.about)) end
  add_commands(page, dialect)
  add_results(page, dialect)
  add_urcs(page, dialect)
  add_errors(page, dialect)
  for _, remark in ipairs(dialect.remarks or {}) do
    page:paragraph("## %s", remark.title)
    page:paragraph("%s", remark.text)
  end
  return table.concat(page, "\n")
end

--- Writes the page of each dialect of the library into a folder: `quectel.md`.
---@param folder string
function reference.write(folder)
  for _, name in ipairs(dialects.names()) do
    local file <close> = assert(io.open(("%s/%s.md"):format(folder, name), "w"))
    assert(file:write(reference.page(dialects.get(name))))
  end
end

return reference
