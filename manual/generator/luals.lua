--- A file for LuaLS, the language server: everything public, with its options as classes. For programs that have the
--- library installed, or want options completed; the sources themselves have the rest.

local annotations = require "manual.generator.annotations"
local check = require "hayes.check"
local gaps = require "manual.generator.gaps"
local inventory = require "manual.generator.inventory"
local types = require "manual.generator.types"

local luals = {}

local Text = {}
Text.__index = Text

function Text:line(text, ...) self[#self + 1] = select("#", ...) > 0 and text:format(...) or text end

function Text:comment(text)
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do self:line("---%s", line) end
end

local function type_of(rule)
  local kinds = {}
  for _, value in ipairs(rule.values or {}) do kinds[#kinds + 1] = check.show(value) end
  for kind in (rule.type or ""):gmatch "[^|]+" do kinds[#kinds + 1] = kind == "callable" and "function" or kind end
  return table.concat(kinds, "|")
end

local function options_name(call) return "hayes.options." .. call:gsub("[.:]", "_") end

local function add_options(text, call, rules)
  text:line("---@class %s", options_name(call))
  for _, name in ipairs(check.names(rules)) do
    local rule = rules[name]
    local unit = (rule.unit or "") ~= "" and " [" .. rule.unit .. "]" or ""
    local default = rule.default ~= nil and type(rule.default) ~= "table" and (" (%s)"):format(check.show(rule.default))
    local mark = rule.required and "" or "?"
    if not name:find(".", 1, true) then -- `backoff.first` is in a table, which LuaLS is told of as such
      text:line("---@field %s%s %s %s%s%s", name, mark, type_of(rule), rule.doc, unit, default or "")
    end
  end
  text:line ""
end

--- The argument that the options are.
local function is_options(thing, name)
  return thing.rules and (name == "options" or name == "wanted" or name == thing.name)
end

local function add_function(text, thing, owner, separator, call)
  local doc = thing.doc
  text:comment(doc.text)
  if doc.errors then text:comment("\nErrors: " .. doc.errors) end
  if doc.source then text:comment("\nSource: " .. doc.source) end
  for _, param in ipairs(doc.params) do
    local name = param.name:gsub("%?$", "")
    if not (name == "modem" and separator == ":") then
      local kind = param.type
      if is_options(thing, name) then
        kind = kind:gsub("%b{}", "table"):gsub("%f[%w]table%f[%W]", options_name(call))
      end
      text:line("---@param %s %s %s", param.name, kind, param.text)
    end
  end
  for _, returned in ipairs(doc.returns) do text:line("---@return %s", returned) end
  text:line("function %s%s%s(%s) end", owner, separator, thing.name, table.concat(gaps.arguments_of(thing), ", "))
  text:line ""
end

local function add_class(text, class)
  text:line("---%s", class.text)
  text:line("---@class %s%s", class.name, class.parent and ": " .. class.parent or "")
  for _, field in ipairs(class.fields) do
    text:line("---@field %s%s %s %s", field.name, field.optional and "?" or "", field.type, field.text)
  end
end

local function add_group(text, group, owner, separator, written)
  for _, thing in ipairs(group.things) do
    local call = group.dialect and group.dialect .. "_" .. thing.call:gsub("^modem%.", "") or thing.call
    local key = owner .. separator .. thing.name
    if not written[key] and thing.call ~= group.title then
      written[key] = true
      if thing.rules then add_options(text, call, thing.rules) end
      add_function(text, thing, owner, separator, call)
    end
  end
end

--- The file.
---@return string
function luals.file()
  local groups, classes = inventory.groups(), annotations.classes()
  local text, variables, written = setmetatable({}, Text), {}, {}
  text:line "---@meta hayes"
  text:line ""
  local function class_variable(name)
    if classes[name].alias then
      text:line("---@alias %s %s", name, classes[name].alias)
      text:line ""
    elseif not variables[name] then
      variables[name] = name:gsub("[^%w]", "_")
      add_class(text, classes[name])
      text:line("local %s = {}", variables[name])
      text:line ""
    end
    return variables[name]
  end
  types.each(groups, classes, function(name) if classes[name] then class_variable(name) end end)
  for _, group in ipairs(groups) do
    if group.kind == "class" then
      add_group(text, group, class_variable(group.title), ":", written)
    elseif group.kind == "service" then
      add_group(text, group, class_variable(types.of_service(classes, group)), ".", written)
    end
  end
  text:line "local hayes = { mqtt = {}, testing = {} }"
  text:line ""
  for _, group in ipairs(groups) do
    if group.kind == "module" then add_group(text, group, group.title, ".", written) end
    for _, variable in ipairs(group.variables or {}) do
      text:comment(variable.text)
      text:line("---@type %s", type(variable.value))
      text:line("%s = nil", variable.call)
      text:line ""
    end
  end
  text:line "return hayes"
  return table.concat(text, "\n") .. "\n"
end

return luals
