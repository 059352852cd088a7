--- What is public and not documented: nothing may be. One line for each gap, made to be read by whoever has added what
--- is missing.

local annotations = require "manual.generator.annotations"
local declare_schema = require "hayes.declare.schema"
local dialects = require "hayes.dialect"
local event_names = require "hayes.modem.event_names"
local help = require "hayes.explain.help"
local inventory = require "manual.generator.inventory"
local own_errors = require "hayes.explain.own_errors"
local types = require "manual.generator.types"

local gaps = {}

local List = {}
List.__index = List

function List:add(text, ...) self[#self + 1] = text:format(...) end

--- Names that errors have: the library's own, and those of the dialects.
local function known_errors()
  local known = {}
  for name in pairs(own_errors) do known[name] = true end
  for _, name in ipairs(dialects.names()) do
    for _, err in pairs((dialects.get(name).errors or {}).by_code or {}) do known[err.name] = true end
  end
  return known
end

local function lines_of(doc, path)
  local lines, number = {}, 0
  for line in io.lines(path) do
    number = number + 1
    if number >= doc.line and number <= doc.last_line then lines[#lines + 1] = line end
  end
  return table.concat(lines, "\n")
end

local function gives_something(thing)
  local source = debug.getinfo(require("hayes.check").original(thing.f), "S").source:sub(2)
  return lines_of(thing.doc, source):gsub("return end%f[%W]", ""):find "%f[%w]return [^\n]" ~= nil
end

--- Arguments as a caller writes them: without the object.
local function arguments_of(thing)
  local names = {}
  for name in thing.doc.arguments:gmatch "[%w_.]+" do
    local is_object = #names == 0 and thing.call:find ":" and (name == "self" or name == "_" or name == "modem")
    if not is_object then names[#names + 1] = name end
  end
  return names
end
gaps.arguments_of = arguments_of

local function check_arguments(list, thing)
  local described = {}
  for _, param in ipairs(thing.doc.params) do described[param.name:gsub("%?$", "")] = param end
  for _, name in ipairs(arguments_of(thing)) do
    local param = described[name]
    if not param then
      list:add("%s: its argument %s has no @param", thing.call, name)
    elseif param.text == "" then
      list:add("%s: @param %s does not say what it is", thing.call, name)
    elseif name == "options" and not thing.rules and not param.text:find "^as for " then
      list:add("%s: its options are not noted (check.takes)", thing.call)
    end
  end
end

local function check_errors(list, thing, known)
  local doc = thing.doc
  if not doc.errors then
    local returns = table.concat(doc.returns, " ")
    if returns:find("hayes.error", 1, true) then
      list:add("%s: no paragraph \"Errors:\" names what it fails with", thing.call)
    end
    return
  end
  for name in doc.errors:gmatch "`([%l%d_]+)`" do
    if not known[name] then list:add("%s: no error is called %s", thing.call, name) end
  end
end

--- One rule of an option: what it is, in which unit, within which bounds.
local function check_rule(list, where, name, rule)
  if not rule.doc then list:add("%s: the option %s has no doc", where, name) end
  local kind = rule.type or ""
  if kind:find "number" or kind:find "integer" then
    if not rule.unit then list:add('%s: the option %s has no unit ("" where it is a plain number)', where, name) end
    if not (rule.min and rule.max) then list:add("%s: the option %s has no range", where, name) end
  end
end

local function check_thing(list, group, thing, known)
  local doc = thing.doc
  if not doc or doc.text == "" then return list:add("%s: there is no comment above it", thing.call) end
  check_arguments(list, thing)
  if #doc.returns == 0 and gives_something(thing) then list:add("%s: no @return says what it gives", thing.call) end
  check_errors(list, thing, known)
  local names_source = group.kind == "service" or group.title == "hayes.ftp"
  if names_source and not doc.source then
    list:add('%s: no paragraph "Source:" names the note and its chapter', thing.call)
  end
  for name, rule in pairs(thing.rules or {}) do check_rule(list, thing.call, name, rule) end
end

--- Rules that are none of a program's options: those that declarations are checked by.
local function own_rules()
  local _, found = inventory.reach { { things = { { f = declare_schema.problems } } } }
  local own = {}
  for _, rules in ipairs(found) do own[rules] = true end
  return own
end

--- Every rule that public functions can reach is that of an option that one of them takes.
local function check_rules(list, groups)
  local _, found = inventory.reach(groups)
  local taken, own = {}, own_rules()
  for _, group in ipairs(groups) do
    for _, thing in ipairs(group.things) do
      for _, rule in pairs(thing.rules or {}) do taken[rule] = true end
    end
  end
  for _, rules in ipairs(found) do
    for name, rule in pairs(own[rules] and {} or rules) do
      if not taken[rule] then list:add("the option %s: no public function takes it (check.takes)", name) end
    end
  end
end

--- Every class that public functions give or take is described, with its fields.
local function check_types(list, groups, classes)
  types.each(groups, classes, function(name, via)
    local class = classes[name]
    if not class then return list:add("%s, of which %s speaks: no @class describes it", name, via) end
    if class.text == "" then list:add("%s: no sentence says what it is", name) end
    for _, field in ipairs(class.fields) do
      if field.text == "" then list:add("%s: the field %s is not described", name, field.name) end
    end
  end)
end

--- An editor knows modem.ssl by a field of hayes.modem.
local function check_services(list, groups, classes)
  local fields = {}
  for _, field in ipairs(classes["hayes.modem"].fields) do fields[field.name] = field end
  local names = {}
  for _, group in ipairs(groups) do
    if group.kind == "service" then
      local name = group.title:match "[%w_]+$"
      local field = fields[name]
      if not field or not field.type:find("hayes." .. group.dialect, 1, true) then
        list:add("%s (%s): hayes.modem has no @field of its class", group.title, group.dialect)
      end
      if not group.text then list:add("%s (%s): its module has no comment", group.title, group.dialect) end
    elseif group.title == "hayes.modem" then
      for _, thing in ipairs(group.things) do names[#names + 1] = thing.name end
    end
  end
  table.sort(names)
  local listed = table.move(help.methods, 1, #help.methods, 1, {})
  table.sort(listed)
  local public, told = table.concat(names, ", "), table.concat(listed, ", ")
  if public ~= told then list:add("modem:help() lists %s; public are %s", told, public) end
end

-- Errors and events

--- What any call may fail with that speaks to a module: it need not say so.
gaps.common_errors = { "timeout", "closed", "cancelled", "reboot", "port_gone", "busy", "bad_answer", "error",
  "out_of_memory", "internal_error" }

--- Of the command `hayes` alone.
local of_command = { "no_trace" }

--- Each error of the library's own is named by a function that may give it.
local function check_errors_named(list, groups)
  local named = {}
  for _, group in ipairs(groups) do
    for _, thing in ipairs(group.things) do
      for name in (thing.doc and thing.doc.errors or ""):gmatch "`([%l%d_]+)`" do named[name] = true end
    end
  end
  for _, names in ipairs { gaps.common_errors, of_command } do
    for _, name in ipairs(names) do named[name] = true end
  end
  for name in pairs(own_errors) do
    if not named[name] then list:add('the error %s: no function names it under "Errors:"', name) end
  end
end

local function check_error_texts(list)
  for name, known in pairs(own_errors) do
    if not known[1] or known[1] == "" then list:add("the error %s: no sentence says what it means", name) end
  end
  for _, name in ipairs(dialects.names()) do
    for code, err in pairs((dialects.get(name).errors or {}).by_code or {}) do
      if not err.name or not err.text or err.text == "" then list:add("the error %s of %s has no text", code, name) end
    end
  end
end

local function check_events(list)
  for _, name in ipairs(event_names.of_library) do
    local text = event_names.meaning[name]
    if not text then list:add("the event %s: nothing says what it means (event_names.meaning)", name) end
  end
  for _, name in ipairs(dialects.names()) do
    for _, urc in ipairs(dialects.get(name).urcs or {}) do
      if not urc.summary or not urc.source then list:add("the URC %s (%s): no summary or source", urc.name, name) end
    end
  end
end

--- What is missing, sorted; empty when everything public is documented.
---@return string[]
function gaps.find()
  local list = setmetatable({}, List)
  local groups, classes, known = inventory.groups(), annotations.classes(), known_errors()
  for _, group in ipairs(groups) do
    for _, thing in ipairs(group.things) do check_thing(list, group, thing, known) end
    for _, variable in ipairs(group.variables or {}) do
      if not variable.text then list:add("%s: there is no comment above it", variable.call) end
    end
  end
  check_rules(list, groups)
  check_types(list, groups, classes)
  check_services(list, groups, classes)
  check_error_texts(list)
  check_errors_named(list, groups)
  check_events(list)
  table.sort(list)
  return setmetatable(list, nil)
end

return gaps
