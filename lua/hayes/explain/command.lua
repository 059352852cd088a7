--- Explains commands and URCs by their names, and command lines with values.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local texts = require "hayes.explain.text"
local values = require "hayes.explain.values"
local Explanation = require "hayes.explain.result"
local fields = require "hayes.declare.fields"
local mask = require "hayes.display.mask"

local explain_command = {}

--- A URC by its name.
function explain_command.urc(dialect, name)
  local urc = dialect.urc_by_name[name] or dialect.urc_by_name[name:upper()]
  if not urc then return nil end
  return Explanation.new { kind = "urc", name = urc.name, summary = urc.summary, source = urc.source,
    urcs = values.lines(texts.urc(urc)) }
end

--- The URCs that a command may lead to, and the one with its own name.
local function urcs_of(dialect, declaration)
  local list, taken = {}, {}
  local names = table.move(declaration.urcs or {}, 1, #(declaration.urcs or {}), 1, {})
  names[#names + 1] = dialect.urc_by_name[declaration.name] and declaration.name or nil
  for _, reference in ipairs(names) do
    local name, key = reference:match('^(.-): "(.*)"$')
    local urc = dialect.urc_by_name[name or reference]
    if urc and not taken[reference] then
      taken[reference] = true
      for _, line in ipairs(texts.urc(urc, key)) do
        list[#list + 1] = { pattern = line.pattern, summary = line.summary or urc.summary }
      end
    end
  end
  return list
end

local function add_outcome(facts, dialect, declaration)
  facts.timeout, facts.remark = declaration.timeout, declaration.remark
  facts.urcs = urcs_of(dialect, declaration)
end

local function has_deferred(declaration, form)
  local deferred = declaration.deferred
  if not deferred then return false end
  for _, candidate in ipairs(deferred.forms or { "write", "execute" }) do
    if candidate == form then return true end
  end
  return false
end

local function command_facts(declaration)
  return { kind = "command", name = declaration.name, summary = declaration.summary, source = declaration.source }
end

--- The whole command, or one form of it.
local function overview(dialect, declaration, form, key)
  local facts, shown = command_facts(declaration), {}
  facts.form, facts.key = form, key
  for _, candidate in ipairs(texts.forms(declaration)) do
    if not form or (candidate.form == form and (candidate.key == key or not key)) then
      shown[#shown + 1] = candidate
    end
  end
  facts.forms = shown
  facts.fields, facts.answers = {}, {}
  for _, candidate in ipairs(shown) do
    local takes = candidate.form == "write" or (candidate.form == "execute" and candidate.described ~= declaration)
    -- Each key has parameters of its own; they are listed only if that key was asked for.
    if takes and (key or not candidate.key) then
      for _, param in ipairs(values.describe(candidate.described.params)) do
        facts.fields[#facts.fields + 1] = param
      end
    end
  end
  local taken = {}
  for _, candidate in ipairs(shown) do
    if key or not candidate.key then
      for _, line in ipairs(values.lines(texts.answers(declaration, candidate.form, candidate.key))) do
        if not taken[line.pattern] then facts.answers[#facts.answers + 1] = line end
        taken[line.pattern] = true
      end
    end
    if has_deferred(declaration, candidate.form) and not facts.deferred then
      facts.deferred = values.lines(texts.deferred(declaration))
      facts.deferred_timeout = declaration.deferred.timeout
    end
  end
  if key then facts.summary = shown[1].summary or declaration.summary end
  add_outcome(facts, dialect, declaration)
  return Explanation.new(facts)
end

--- A command line with values.
local function command_line(dialect, declaration, form, key, list, text)
  local masked = mask.command(dialect, text)
  local shown = values.after_key(fields.split(select(3, command.parse(masked))), key)
  local facts = command_facts(declaration)
  local described = command.form(declaration, form, key)
  facts.form, facts.key = form, key
  facts.title = masked
  facts.summary = described ~= declaration and described.summary or declaration.summary
  local params = declaration.cases and list[1] and declaration.cases[math.tointeger(tonumber(list[1].text))]
  facts.fields = values.given(dialect, params or described.params or {}, list, true, shown)
  facts.has_values = true
  facts.answers = values.lines(texts.answers(declaration, form, key))
  if has_deferred(declaration, form) then
    facts.deferred = values.lines(texts.deferred(declaration))
    facts.deferred_timeout = declaration.deferred.timeout
  end
  add_outcome(facts, dialect, declaration)
  return Explanation.new(facts)
end

local function has_form(declaration, form)
  if form == "write" then return declaration.params ~= nil or declaration.keys ~= nil end
  return declaration[form] and true or false
end

--- A command by its name, one form of it, or a command line with values.
function explain_command.command(dialect, text)
  if dialect.commands[text] and dialect.commands[text].sequence then
    return overview(dialect, dialect.commands[text])
  end
  local name, form, params = command.parse(text)
  local declaration = dialect.commands[name]
  if not declaration then return nil end
  if form == "execute" then
    local described = command.form(declaration, form)
    if params == "" then return overview(dialect, declaration) end
    if described == declaration or not described.params or not params:find("^%d+$") then return nil end
    return command_line(dialect, declaration, form, nil, fields.split(params), text)
  end
  if not has_form(declaration, form) then
    local forms = {}
    for i, known in ipairs(texts.forms(declaration)) do forms[i] = known.syntax end
    return nil, { text, known = declaration.name }, forms
  end
  if form ~= "write" then return overview(dialect, declaration, form) end
  local list = fields.split(params)
  if not declaration.keys then
    if #list == 0 then return overview(dialect, declaration, form) end
    return command_line(dialect, declaration, form, nil, list, text)
  end
  local key = list[1] and command.key(declaration.keys, list[1].text)
  if not key then
    if #list == 0 then return overview(dialect, declaration, form) end
    return nil, { list[1].text }, { check.nearest(list[1].text, check.names(declaration.keys)) }
  end
  if #list == 1 then return overview(dialect, declaration, form, key) end
  return command_line(dialect, declaration, form, key, values.after_key(list, true), text)
end

--- The command that has a setting with this name.
function explain_command.key(dialect, word)
  for _, declaration in ipairs(dialect.declared) do
    local key = declaration.keys and command.key(declaration.keys, word)
    if key then return overview(dialect, declaration, "write", key) end
  end
end

return explain_command
