--- The result of explain: an object that holds the facts, and prints as text for a REPL.

local layout = require "hayes.explain.layout"

---@class hayes.explained a parameter or a field
---@field name string        as the declaration has it
---@field value? any         the value given; "***" for a secret
---@field meaning? string    what the value means
---@field problem? string    why the value would be refused
---@field unit? string       "s", "bytes", …
---@field range? string      "0 to 5"
---@field values? { value: any, meaning: string }[] the values listed in the declaration
---@field left_out? string   what happens if it is left out
---@field factory? string    the initial value of a setting
---@field doc? string        what it is

---@class hayes.explanation what a text means, of modem:explain() and hayes.explain(). It prints as text
---@field kind "command"|"answer"|"urc"|"error"|"result" what it is
---@field name string        of the command, the URC, the error or the result code
---@field title? string      the first line, if it is not name and summary
---@field summary string     one sentence
---@field source? string     the note, and its chapter
---@field form? string       of a command line with values
---@field key? string        the setting, of a command that has several: "seclevel"
---@field code? integer      of an error
---@field origin? string     of an error: who says so
---@field hint? string       of an error: what to try
---@field forms? { syntax: string, summary: string? }[] of a command: how it may be written
---@field fields? hayes.explained[]  parameters of a command, fields of a line
---@field answers? { pattern: string, summary: string?, fields: hayes.explained[] }[] lines of its answer
---@field deferred? { pattern: string, summary: string?, fields: hayes.explained[] }[] lines of its deferred result
---@field deferred_timeout? number seconds to that
---@field urcs? { pattern: string, summary: string? }[] URCs that it leads to
---@field timeout? number    seconds to the final result code
---@field remark? string     what else there is to know
---@field others? hayes.explanation[]  other things with this name
local Explanation = {}
Explanation.__index = Explanation
Explanation.__name = "hayes.explanation"

-- Longer lists of values are cut; the reference page has all of them.
local MOST_VALUES = 12

local function sentence(text)
  return text:find("[%.%?!:]$") and text or text .. "."
end

local function add_values(rows, field)
  for i, entry in ipairs(field.values or {}) do
    if i > MOST_VALUES then
      rows[#rows + 1] = { "", "…", ("%d more; completion lists them all"):format(#field.values - MOST_VALUES) }
      return
    end
    rows[#rows + 1] = { "", tostring(entry.value), entry.meaning }
  end
end

local function about(field)
  local words = {}
  if field.doc then words[#words + 1] = sentence(field.doc) end
  if field.factory then words[#words + 1] = ("Until it is set: %s."):format(field.factory) end
  if field.left_out then words[#words + 1] = sentence("Optional: " .. field.left_out) end
  return table.concat(words, " ")
end

local function given(field)
  local value = field.value
  if type(value) == "string" and field.quoted then return '"' .. value .. '"' end
  if value == nil then return "-" end
  return tostring(value) .. (field.unit and " " .. field.unit or "")
end

local function rows_of(fields, with_values)
  local rows = {}
  for _, field in ipairs(fields) do
    if with_values then
      local text = field.problem and "not allowed: it " .. field.problem or field.meaning or field.doc or ""
      if field.value == nil then text = field.problem or "left out: " .. (field.left_out or "") end
      rows[#rows + 1] = { field.name, given(field), text }
    else
      rows[#rows + 1] = { field.name, field.range or "", about(field) }
      add_values(rows, field)
    end
  end
  return layout.table(rows, "  ")
end

local function append(lines, more)
  for _, line in ipairs(more) do lines[#lines + 1] = line end
end

--- The fields that need an explanation and have not been explained yet.
local function not_yet_told(fields, told)
  local list = {}
  for _, field in ipairs(fields or {}) do
    if not told[field.name] and (field.values or field.doc or (field.range or "") ~= "") then
      told[field.name] = true
      list[#list + 1] = field
    end
  end
  return list
end

local function add_lines(lines, title, list, told)
  for _, line in ipairs(list or {}) do
    lines[#lines + 1] = layout.paragraph(title .. line.pattern)
    if line.summary then lines[#lines + 1] = layout.paragraph(sentence(line.summary), "  ") end
    append(lines, rows_of(not_yet_told(line.fields, told)))
  end
end

local function heading(self)
  local title = self.title or self.summary and ("%s: %s"):format(self.name, sentence(self.summary))
    or sentence(self.name)
  if self.source then title = ("%s (%s)"):format(title, self.source) end
  return layout.paragraph(title)
end

local function forms_of(self)
  local lines, settings = {}, {}
  for _, form in ipairs(self.forms or {}) do
    if form.key and not self.key then
      settings[#settings + 1] = { ('"%s"'):format(form.key), form.summary or "" }
    elseif form.summary and form.summary ~= self.summary then
      append(lines, layout.table({ { form.syntax, form.summary } }, "  "))
    else
      lines[#lines + 1] = layout.paragraph(form.syntax, "  ")
    end
  end
  if #settings > 0 then
    lines[#lines + 1] = layout.paragraph(('AT%s="…"; the explanation of AT%s=%s shows one setting:'):format(self.name,
      self.name, settings[1][1]), "  ")
    append(lines, layout.table(settings, "    "))
  end
  return lines
end

function Explanation:__tostring()
  local lines, told = { heading(self) }, {}
  if self.title and self.summary and self.kind ~= "error" then
    lines[#lines + 1] = layout.paragraph(sentence(self.summary), "  ")
  end
  append(lines, forms_of(self))
  append(lines, rows_of(self.fields or {}, self.has_values))
  for _, field in ipairs(self.fields or {}) do told[field.name] = true end
  add_lines(lines, "Answer: ", self.answers, told)
  if self.deferred then
    local within = self.deferred_timeout and (" within %g s"):format(self.deferred_timeout) or ""
    add_lines(lines, ("Deferred result%s: "):format(within), self.deferred, told)
  end
  add_lines(lines, "URC: ", self.urcs, told)
  if self.timeout then lines[#lines + 1] = ("Final result code within %g s."):format(self.timeout) end
  if self.remark then lines[#lines + 1] = layout.paragraph(sentence(self.remark)) end
  if self.hint then lines[#lines + 1] = layout.paragraph("What to try: " .. self.hint) end
  for _, other in ipairs(self.others or {}) do lines[#lines + 1] = tostring(other) end
  return table.concat(lines, "\n")
end

function Explanation.__concat(a, b)
  return tostring(a) .. tostring(b)
end

---@return hayes.explanation
function Explanation.new(facts)
  return setmetatable(facts, Explanation)
end

return Explanation
