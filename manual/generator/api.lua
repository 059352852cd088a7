--- The pages about the Lua library, in Markdown: what is public (inventory.lua) with what the sources say of it.

local annotations = require "manual.generator.annotations"
local check = require "hayes.check"
local dialects = require "hayes.dialect"
local docs = require "hayes.explain.docs"
local event_names = require "hayes.modem.event_names"
local gaps = require "manual.generator.gaps"
local inventory = require "manual.generator.inventory"
local own_errors = require "hayes.explain.own_errors"
local types = require "manual.generator.types"

local api = {}

---@class hayes.manual.page
---@field name string   of its file, without the ending
---@field title string
---@field text string   Markdown
---@field part "Library"|"Services"|"Objects"|"Tables"

local Text = {}
Text.__index = Text

local function new_text() return setmetatable({}, Text) end

function Text:line(text, ...) self[#self + 1] = select("#", ...) > 0 and text:format(...) or text end

function Text:paragraph(text, ...)
  self:line(text, ...)
  self:line ""
end

local function cell(text) return (tostring(text):gsub("\n+", " "):gsub("|", "\\|")) end

function Text:table(head, rows)
  if #rows == 0 then return end
  self:line("| %s |", table.concat(head, " | "))
  self:line("|%s", ("---|"):rep(#head))
  for _, row in ipairs(rows) do
    local cells = {}
    for i, text in ipairs(row) do cells[i] = cell(text) end
    self:line("| " .. table.concat(cells, " | ") .. " |")
  end
  self:line ""
end

local titles = { quectel = "Quectel", aithinker = "Ai-Thinker" }

local function title_of(group)
  return group.dialect and ("%s (%s)"):format(group.title, titles[group.dialect] or group.dialect) or group.title
end

local function name_of(group) return group.title .. (group.dialect and "-" .. group.dialect or "") end

--- Where the page or the place of a class is: by the class's name.
local function places_of(groups, classes)
  local places = {}
  types.each(groups, classes, function(name) places[name] = "types.md#" .. name:lower() end)
  for _, group in ipairs(groups) do
    if group.kind == "class" then places[group.title] = group.title .. ".md" end
    local class = group.kind == "service" and types.of_service(classes, group)
    if class then places[class] = name_of(group) .. ".md" end
  end
  return places
end

--- A type as code, and the classes in it as links.
local function type_text(kind, places)
  local text, links = "`" .. kind:gsub("`", "'") .. "`", {}
  for _, name in ipairs(annotations.names_in(kind)) do
    if places[name] then links[#links + 1] = ("[%s](%s)"):format(name, places[name]) end
  end
  if #links == 0 then return text end
  if #links == 1 and kind:gsub("%?$", "") == annotations.names_in(kind)[1] then
    return links[1] .. (kind:find "%?$" and " or nil" or "")
  end
  return text .. " (" .. table.concat(links, ", ") .. ")"
end

local function shown_values(rule)
  if rule.values then
    local words = {}
    for i, value in ipairs(rule.values) do words[i] = "`" .. check.show(value) .. "`" end
    return table.concat(words, ", ")
  end
  local kind = (rule.type or ""):gsub("callable", "function"):gsub("|", " or ")
  if rule.min then kind = ("%s, %.14g to %.14g"):format(kind, rule.min, rule.max) end
  if rule.longest then kind = ("%s, up to %d bytes"):format(kind, rule.longest) end
  return (rule.unit or "") ~= "" and kind .. " " .. rule.unit or kind
end

local function shown_default(rule)
  if rule.required then return "must be given" end
  if rule.default == nil then return "" end
  return type(rule.default) == "table" and "none" or "`" .. check.show(rule.default) .. "`"
end

local function add_options(text, rules)
  local rows = {}
  for name, rule in pairs(rules) do
    rows[#rows + 1] = { "`" .. name .. "`", shown_values(rule), shown_default(rule), rule.doc }
  end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  text:table({ "option", "values", "default", "meaning" }, rows)
end

local function add_results(text, doc, places)
  for _, returned in ipairs(doc.returns) do
    local parts = {}
    -- Each result is a type, with what it is behind it, separated by commas outside brackets.
    local kind, rest = docs.split_type(returned)
    parts[1] = type_text(kind, places)
    if rest ~= "" then parts[2] = rest end
    text:paragraph("Returns %s.", table.concat(parts, " "))
  end
end

local function add_thing(text, thing, places)
  local doc = thing.doc
  local arguments = gaps.arguments_of(thing)
  text:paragraph("## %s(%s)", thing.call, table.concat(arguments, ", "))
  text:paragraph("%s", doc.text)
  local rows = {}
  for _, param in ipairs(doc.params) do
    if param.name:gsub("%?$", "") ~= "modem" or not thing.call:find "^modem:" then
      local is_optional = param.name:find "%?$" or param.type:find "%f[%w]nil%f[%W]"
      local kind = type_text(thing.rules and param.type:gsub("%b{}", "table") or param.type, places)
      rows[#rows + 1] = { "`" .. param.name:gsub("%?$", "") .. "`", kind .. (is_optional and ", may be left out" or ""),
        param.text }
    end
  end
  text:table({ "argument", "type", "meaning" }, rows)
  if thing.rules then add_options(text, thing.rules) end
  add_results(text, doc, places)
  if doc.errors then text:paragraph("**Errors:** %s", doc.errors) end
  if doc.source then text:paragraph("*Source:* %s", doc.source) end
end

local function add_fields(text, class, places)
  local rows = {}
  for i, field in ipairs(class.fields) do
    rows[i] = { "`" .. field.name .. "`", type_text(field.type, places) .. (field.optional and ", may be absent" or ""),
      field.text }
  end
  text:table({ "field", "type", "meaning" }, rows)
end

local function sentence(text)
  if not text:find "^%l+%." then text = text:gsub("^%l", string.upper) end -- `modem.tcp` stays
  return text:find "[%.:]$" and text or text .. "."
end

local function page_of(group, classes, places)
  local text = new_text()
  text:paragraph("# %s", title_of(group))
  local class = group.kind == "class" and classes[group.title]
  local about = group.text or class and class.text
  if about then text:paragraph("%s", group.kind == "module" and about or sentence(about)) end
  if class and class.parent and places[class.parent] then
    text:paragraph("It is a [%s](%s), too.", class.parent, places[class.parent])
  end
  if class then add_fields(text, class, places) end
  local rows = {}
  for i, thing in ipairs(group.things) do
    local heading = ("%s(%s)"):format(thing.call, table.concat(gaps.arguments_of(thing), ", "))
    rows[i] = { ("[%s](#%s)"):format(heading, thing.call:lower()), docs.first_sentence(thing.doc.text) }
  end
  text:table({ "call", "what it does" }, rows)
  for _, thing in ipairs(group.things) do add_thing(text, thing, places) end
  for _, variable in ipairs(group.variables or {}) do
    text:paragraph("## %s", variable.call)
    text:paragraph("%s", variable.text)
  end
  local parts = { module = "Library", service = "Services", class = "Objects" }
  return { name = name_of(group), title = title_of(group), text = table.concat(text, "\n"), part = parts[group.kind] }
end

--- The classes that have no page of their own, on one.
local function types_page(groups, classes, places)
  local text, names = new_text(), {}
  types.each(groups, classes, function(name)
    if places[name]:find "^types%.md" and classes[name] then names[#names + 1] = name end
  end)
  table.sort(names)
  text:paragraph "# Types"
  text:paragraph "Tables that functions take or give, and what they hold."
  for _, name in ipairs(names) do
    text:paragraph("## %s", name)
    text:paragraph("%s", sentence(classes[name].text))
    if classes[name].alias then text:paragraph("`%s`", classes[name].alias) end
    if classes[name].parent and places[classes[name].parent] then
      text:paragraph("It is a [%s](%s), too.", classes[name].parent, places[classes[name].parent])
    end
    add_fields(text, classes[name], places)
  end
  return { name = "types", title = "Types", text = table.concat(text, "\n"), part = "Tables" }
end

local function errors_page()
  local text, rows = new_text(), {}
  for name, known in pairs(own_errors) do rows[#rows + 1] = { "`" .. name .. "`", known[1], known[2] or "" } end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  text:paragraph "# Errors"
  text:paragraph("What fails in the field returns nil and an error: `tostring(err)` is a sentence, `err.name` a token "
    .. "to compare, `err.hint` what to try. Any call that speaks to the module may give %s.",
    "`" .. table.concat(gaps.common_errors, "`, `") .. "`")
  text:paragraph "## Of the library and this machine"
  text:table({ "name", "meaning", "what to try" }, rows)
  for _, dialect in ipairs(dialects.names()) do
    local known = (dialects.get(dialect).errors or {}).by_code or {}
    local of_module = {}
    for i, code in ipairs(check.names(known)) do
      of_module[i] = { tostring(code), "`" .. known[code].name .. "`", known[code].origin, known[code].text,
        known[code].hint or "" }
    end
    text:paragraph("## Of %s modules", titles[dialect] or dialect)
    text:table({ "code", "name", "origin", "text", "what to try" }, of_module)
  end
  return { name = "errors", title = "Errors", text = table.concat(text, "\n"), part = "Tables" }
end

local function events_page()
  local text, rows = new_text(), {}
  for i, name in ipairs(event_names.of_library) do rows[i] = { "`" .. name .. "`", event_names.meaning[name] } end
  text:paragraph "# Events"
  text:paragraph("`modem:on(name, handler)` and `modem:wait(name, seconds)` take these names, and those of URCs that "
    .. "no dialect declares. What an event holds: [hayes.event](hayes.event.md).")
  text:paragraph "## Of the library"
  text:table({ "name", "meaning" }, rows)
  for _, dialect in ipairs(dialects.names()) do
    local urcs = {}
    for i, urc in ipairs(dialects.get(dialect).urcs or {}) do
      urcs[i] = { "`" .. urc.name .. "`", urc.summary, urc.source }
    end
    text:paragraph("## URCs of %s modules", titles[dialect] or dialect)
    text:table({ "name", "meaning", "source" }, urcs)
  end
  return { name = "events", title = "Events", text = table.concat(text, "\n"), part = "Tables" }
end

--- All pages, in order.
---@return hayes.manual.page[]
function api.pages()
  local groups, classes = inventory.groups(), annotations.classes()
  local places = places_of(groups, classes)
  local pages = {}
  for i, group in ipairs(groups) do pages[i] = page_of(group, classes, places) end
  pages[#pages + 1] = types_page(groups, classes, places)
  pages[#pages + 1] = errors_page()
  pages[#pages + 1] = events_page()
  return pages
end

return api
