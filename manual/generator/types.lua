--- The classes that public functions give or take, and the classes that those have fields of.

local annotations = require "manual.generator.annotations"

local types = {}

--- Calls found(name, via) for each, once; `via` is who speaks of it first.
---@param groups hayes.manual.group[]
---@param classes table<string, hayes.manual.class>
---@param found fun(name: string, via: string)
function types.each(groups, classes, found)
  local taken = {}
  local function visit(name, via)
    if taken[name] then return end
    taken[name] = true
    found(name, via)
    local class = classes[name]
    if not class then return end
    if class.parent then visit(class.parent, name) end
    for _, field in ipairs(class.fields) do
      for _, other in ipairs(annotations.names_in(field.type)) do visit(other, name) end
    end
  end
  local function look(text, via)
    for _, name in ipairs(annotations.names_in(text)) do visit(name, via) end
  end
  for _, group in ipairs(groups) do
    if group.kind == "class" then visit(group.title, group.title) end
    for _, thing in ipairs(group.things) do
      for _, param in ipairs(thing.doc and thing.doc.params or {}) do look(param.type, thing.call) end
      for _, text in ipairs(thing.doc and thing.doc.returns or {}) do look(text, thing.call) end
    end
  end
end

--- The class of a service: that of the modem's field.
---@param classes table<string, hayes.manual.class>
---@param group hayes.manual.group
---@return string?
function types.of_service(classes, group)
  for _, field in ipairs(classes["hayes.modem"].fields) do
    if field.name == group.title:match "[%w_]+$" then
      for _, name in ipairs(annotations.names_in(field.type)) do
        if name:find("hayes." .. group.dialect, 1, true) then return name end
      end
    end
  end
end

return types
