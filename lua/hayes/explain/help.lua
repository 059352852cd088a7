--- Help about the library's objects, out of the comments in its sources: for modem:help and the shell.

local check = require "hayes.check"
local mask = require "hayes.display.mask"
local docs = require "hayes.explain.docs"
local errors = require "hayes.error"
local layout = require "hayes.explain.layout"

local help = {}

---@class hayes.help a text about the library's own functions, of modem:help()
local Help = {}
Help.__index = Help
Help.__name = "hayes.help"
function Help:__tostring() return self.text end
function Help.__concat(a, b) return tostring(a) .. tostring(b) end

local function new(lines)
  return setmetatable({ text = table.concat(lines, "\n") }, Help)
end

--- Functions by name that have a documentation, sorted; `Modem` and the like give methods.
local function functions_of(object)
  local list = {}
  for name, f in pairs(object) do
    local is_for_users = type(name) == "string" and type(f) == "function" and name ~= "reset" -- the modem's
    local doc = is_for_users and docs.of(f)
    if doc and not doc.internal then list[#list + 1] = { name = name, doc = doc } end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- Those that a caller writes: of a method, the object stands before the colon.
local function arguments_of(call, doc)
  return call:find ":" and doc.arguments:gsub("^modem,?%s*", ""):gsub("^_,?%s*", "") or doc.arguments
end

local function rows_of(list, before)
  local rows = {}
  for i, entry in ipairs(list) do
    local call = before .. entry.name
    rows[i] = { ("%s(%s)"):format(call, arguments_of(call, entry.doc)), docs.first_sentence(entry.doc.text) }
  end
  return layout.table(rows, "  ")
end

local function sentence(text)
  return (text:gsub("^%l", string.upper))
end

local function append(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

--- The values that a rule lists, the default in brackets.
local function listed(rule)
  local words, has_default = {}, false
  for i, value in ipairs(rule.values) do
    local is_default = value == rule.default
    words[i] = is_default and ("(%s)"):format(check.show(value)) or check.show(value)
    has_default = has_default or is_default
  end
  return table.concat(words, ", "), has_default
end

--- What a rule allows, and what holds without the option.
local function allowed(rule)
  local text, has_default = (rule.type or ""):gsub("|", " or "), false
  if rule.values then
    text, has_default = listed(rule)
  elseif rule.min then
    local range = ("%.14g to %.14g%s"):format(rule.min, rule.max, (rule.unit or "") ~= "" and " " .. rule.unit or "")
    text = rule.type:find "string" and "string or " .. range or range
  end
  if rule.required then return text .. " (must be given)" end
  local default = rule.default
  if default == nil or type(default) == "table" or has_default then return text end
  return ("%s (%s)"):format(text, check.show(default))
end

--- A row for each option, by name.
local function add_options(lines, rules)
  local rows = {}
  for name, rule in pairs(rules) do rows[#rows + 1] = { name, allowed(rule), rule.doc or "" } end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  lines[#lines + 1] = ""
  lines[#lines + 1] = layout.paragraph("Options, with the values allowed, and the default in brackets:", "  ")
  append(lines, layout.table(rows, "    "))
end

--- What modem:help knows by a name of its own: the objects that calls give. A session is of modules with FTP.
local OBJECTS = {
  socket = "hayes.stream.socket", server = "hayes.stream.server", keeper = "hayes.keeper",
  session = { service = "ftp", member = "session" },
}

local GIVEN = { ["hayes.socket"] = "socket", ["hayes.server"] = "server", ["hayes.keeper"] = "keeper",
  ["hayes.ftp"] = "session" } -- the name in OBJECTS, by the type

--- A line that says what tells of the object that a call gives; nil: it gives none.
local function pointer(doc)
  for _, text in ipairs(doc.returns) do
    local name = GIVEN[text:match "^hayes%.[%w.]+" or ""]
    if name then return ("modem:help \"%s\" lists the methods of that."):format(name) end
  end
end

--- Everything about one function.
local function full(call, doc, rules)
  local lines = { call .. "(" .. arguments_of(call, doc) .. ")", "" }
  for paragraph in (doc.text .. "\n\n"):gmatch "(.-)\n\n" do lines[#lines + 1] = layout.paragraph(paragraph, "  ") end
  local rows = {}
  for _, param in ipairs(doc.params) do
    if param.name ~= "modem" or not call:find "^modem:" then
      local kind = rules and param.type:gsub("%b{}", "table") or param.type -- the options follow
      rows[#rows + 1] = { param.name, kind .. (param.text ~= "" and ": " .. param.text or "") }
    end
  end
  if #rows > 0 then
    lines[#lines + 1] = ""
    append(lines, layout.table(rows, "  "))
  end
  if rules then add_options(lines, rules) end
  if #doc.returns > 0 then
    lines[#lines + 1] = ""
    for _, text in ipairs(doc.returns) do lines[#lines + 1] = layout.paragraph("Returns " .. text, "  ") end
    local more = pointer(doc)
    if more then lines[#lines + 1] = layout.paragraph(more, "  ") end
  end
  for _, word in ipairs { "Errors", "Source" } do
    local text = doc[word:lower()]
    if text then
      lines[#lines + 1] = ""
      lines[#lines + 1] = layout.paragraph(word .. ": " .. text, "  ")
    end
  end
  return new(lines)
end

--- The services that are for users: name and first sentence.
local function services_of(modem)
  local list = {}
  for name, module in pairs(modem.dialect.services) do
    local text, titled = nil, nil
    if type(module) == "string" then text, titled = docs.head(module) end
    if titled == "modem." .. name or type(module) ~= "string" then
      list[#list + 1] = { name = name, text = text and sentence(docs.first_sentence(text)) or "" }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- The names of the services that are for users.
---@param modem hayes.modem
---@return string[]
function help.services(modem)
  local names = {}
  for i, service in ipairs(services_of(modem)) do names[i] = service.name end
  return names
end

--- The methods that are for programs: those that the contract of a modem names.
local METHODS = { "at", "close", "events", "explain", "habits", "help", "identify", "keep", "line_errors", "on",
  "pollfd", "query", "reopen", "step", "timeout", "wait" }
help.methods = METHODS

local function overview(modem)
  local lines = { ("The module on %s, dialect %s."):format(modem.address, modem.dialect.name), "", "Services:" }
  local rows = {}
  for i, service in ipairs(services_of(modem)) do rows[i] = { "modem." .. service.name, service.text } end
  append(lines, layout.table(rows, "  "))
  lines[#lines + 1] = ""
  lines[#lines + 1] = "Methods:"
  local list = {}
  for _, name in ipairs(METHODS) do
    local f = modem[name]
    local doc = type(f) == "function" and docs.of(f)
    if doc then list[#list + 1] = { name = name, doc = doc } end
  end
  append(lines, rows_of(list, "modem:"))
  lines[#lines + 1] = ""
  lines[#lines + 1] = layout.paragraph('modem:help "network" tells of a service, modem:help "network.attach" of a '
    .. 'function, modem:help "socket" of what ssl.open gives (and so "session", "server", "keeper"), '
    .. 'modem:explain "+CSQ" of a command.')
  return new(lines)
end

local function of_service(name, object, module)
  local lines = { ("modem.%s"):format(name), "" }
  local text = type(module) == "string" and docs.head(module)
  if text then
    for paragraph in (sentence(text) .. "\n\n"):gmatch "(.-)\n\n" do
      lines[#lines + 1] = layout.paragraph(paragraph, "  ")
    end
    lines[#lines + 1] = ""
  end
  append(lines, rows_of(functions_of(object), ("modem.%s."):format(name)))
  return new(lines)
end

local function unknown(what, names)
  local nearest = check.nearest(what, names)
  return nil, errors.new { name = "unknown", nearest = { nearest },
    message = ("there is no help for %s%s; there is for %s"):format(check.show(mask.text(what)),
      nearest and (" (did you mean %s?)"):format(nearest) or "", table.concat(names, ", ")) }
end

--- The methods of a class that are for programs: those that are called with a colon.
local function methods_of(class)
  local list = {}
  for _, entry in ipairs(functions_of(class)) do
    if entry.doc.name:find(":", 1, true) and not entry.name:find "^__" then list[#list + 1] = entry end
  end
  local meta = getmetatable(class)
  local above = meta and meta.__index -- a socket for datagrams is one with some methods of its own
  for _, entry in ipairs(type(above) == "table" and methods_of(above) or {}) do
    if not check.named(list, entry.name) then list[#list + 1] = entry end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- The class of an object of the library with methods for programs; nil: it is none.
local function class_of(object)
  local meta = type(object) == "table" and getmetatable(object)
  local is_ours = type(meta) == "table" and type(meta.__name) == "string" and meta.__name:find "^hayes%."
  local class = is_ours and meta.__index
  return type(class) == "table" and #methods_of(class) > 0 and class or nil
end

--- Is there help about the methods of this value?
---@return boolean
function help.is_object(value) return class_of(value) ~= nil end

local function names_in(list)
  local names = {}
  for i, entry in ipairs(list) do names[i] = entry.name end
  return names
end

--- The names of the methods that there is help about.
---@param object any one of which is_object is true
---@return string[]
function help.methods_of(object) return names_in(methods_of(class_of(object))) end

--- The methods of a class, or one of them. `word`: what a program calls such an object.
local function of_class(class, word, member)
  local list = methods_of(class)
  if not member then
    local lines = { ("The methods of a %s:"):format(GIVEN[class.__name] or class.__name:gsub("^hayes%.", "")), "" }
    append(lines, rows_of(list, word .. ":"))
    return new(lines)
  end
  local entry = check.named(list, member)
  if entry then return full(word .. ":" .. member, entry.doc, check.options_of(class[member])) end
  local names = names_in(list)
  for i, name in ipairs(names) do names[i] = word .. ":" .. name end
  return nil, word .. ":" .. member, names
end

--- Help about an object that the library has given, or one of its methods.
---@param object any
---@param word string  what the program calls it
---@param member? string
---@return hayes.help?, hayes.error?
function help.of_object(object, word, member)
  local found, missing, names = of_class(class_of(object), word, member)
  if found then return found end
  return unknown(missing, names)
end

--- The class that has a name of its own in modem:help; nil: none, or this module has no such thing.
local function named_class(modem, name)
  local module = OBJECTS[name]
  if type(module) == "table" then
    local service = modem.dialect.services[module.service]
    module = type(service) == "string" and service .. "." .. module.member
  end
  local found, class = pcall(require, module or "")
  return found and class or nil
end

--- The module that a script requires: its functions, or one of them.
local function of_library(member)
  local library = package.loaded.hayes -- which requires this module
  if not member then
    local lines = { "The functions of the library:", "" }
    append(lines, rows_of(functions_of(library), "hayes."))
    return new(lines)
  end
  local doc = type(library[member]) == "function" and docs.of(library[member])
  if doc then return full("hayes." .. member, doc, check.options_of(library[member])) end
  local names = names_in(functions_of(library))
  for i, name in ipairs(names) do names[i] = "hayes." .. name end
  return unknown("hayes." .. member, names)
end

local function of_named(modem, name, member)
  if name == "hayes" then return of_library(member) end
  local class = named_class(modem, name)
  if not class then return nil end
  local found, missing, names = of_class(class, name, member)
  if found then return found end
  return unknown(missing, names)
end

--- The names that of_modem knows, or those that it knows below one of them: functions of a service, methods of an
--- object.
---@param modem hayes.modem
---@param name? string
---@return string[]
function help.names(modem, name)
  if name == "hayes" then return names_in(functions_of(package.loaded.hayes)) end
  if name then
    local class = not modem.dialect.services[name] and named_class(modem, name)
    if class then return names_in(methods_of(class)) end
    return modem.dialect.services[name] and names_in(functions_of(modem[name])) or {}
  end
  local services = help.services(modem)
  local names = table.move(METHODS, 1, #METHODS, #services + 1, services)
  for _, object in ipairs(check.names(OBJECTS)) do
    if named_class(modem, object) then names[#names + 1] = object end
  end
  names[#names + 1] = "hayes"
  return names
end

--- Help about a modem, one of its services or one of their functions, or an object that they have given.
---@param modem hayes.modem
---@param what? string|table `ssl`, `ssl.open`, `at`, `socket`, `socket.send`, or an object
---@return hayes.help?, hayes.error?
function help.of_modem(modem, what)
  if what == nil or what == "" or what == modem then return overview(modem) end
  if type(what) == "table" then
    if class_of(what) then return help.of_object(what, GIVEN[getmetatable(what).__name] or "object") end
    check.fail("modem:help", "the table is none of the library's objects with methods")
  end
  what = what:gsub("^modem[.:]", ""):gsub(":", "."):gsub("%(.*$", ""):gsub("%.$", "")
  local name, member = what:match "^([%w_]+)%.([%w_]+)$"
  name = name or what
  local module = modem.dialect.services[name]
  local names = {}
  if not module then
    local found, err = of_named(modem, name, member)
    if found or err then return found, err end
    local f = not member and modem[what]
    local doc = type(f) == "function" and docs.of(f)
    if doc then return full("modem:" .. what, doc, check.options_of(f)) end
    return unknown(what, help.names(modem))
  end
  local object = modem[name]
  if not member then return of_service(name, object, module) end
  local f = object[member]
  local doc = type(f) == "function" and docs.of(f)
  if doc then return full(("modem.%s.%s"):format(name, member), doc, check.options_of(f)) end
  for _, entry in ipairs(functions_of(object)) do names[#names + 1] = name .. "." .. entry.name end
  return unknown(what, names)
end

return help
