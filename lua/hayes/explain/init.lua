--- Explains commands, errors, result codes and URCs from the declarations of a dialect.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local errors = require "hayes.error"
local explain_command = require "hayes.explain.command"
local explain_error = require "hayes.explain.error"
local explain_line = require "hayes.explain.line"
local Explanation = require "hayes.explain.result"
local mask = require "hayes.display.mask"
local own_errors = require "hayes.explain.own_errors"

--- All names that the dialect knows.
local function known_names(dialect)
  local names = {}
  for _, declaration in ipairs(dialect.declared) do
    names[#names + 1] = declaration.name
    for _, key in ipairs(check.names(declaration.keys or {})) do names[#names + 1] = key end
  end
  for _, urc in ipairs(dialect.urcs or {}) do names[#names + 1] = urc.name end
  for _, final in ipairs(dialect.finals or {}) do names[#names + 1] = (final[1]:gsub("[:%s]+$", "")) end
  for _, known in pairs(dialect.errors and dialect.errors.by_code or {}) do names[#names + 1] = known.name end
  for name in pairs(own_errors) do names[#names + 1] = name end
  return names
end

local MOST_SUGGESTIONS = 4

--- The known name that a word may be a misspelling of: short words are near to everything.
local function misspelt(word, names)
  local name = check.nearest(word, names)
  if name and check.distance(word:lower(), name:lower()) <= math.max(1, #word // 3) then return name end
end

local function suggestions(dialect, text)
  local word = text:gsub("^[Aa][Tt]([%+&%^%$#%*%%])", "%1"):match("^[%p]*[%w_]+") or text
  local names, list, taken = known_names(dialect), {}, {}
  local function add(name)
    if name and not taken[name] and #list < MOST_SUGGESTIONS then list[#list + 1] = name end
    if name then taken[name] = true end
  end
  if #word > 1 then add(misspelt(word, names)) end
  local inside = word:gsub("^%p+", ""):upper()
  for _, name in ipairs(names) do
    if #inside > 2 and name:upper():find(inside, 1, true) then add(name) end
  end
  return list
end

--- A command that there is, in a form that it has not.
local function no_such_form(shown, name, forms)
  local is_are = #forms == 1 and "its form is" or "its forms are"
  return nil, errors.new { name = "unknown", nearest = forms, known = name,
    message = ("%s is no form of %s: %s %s"):format(shown, name, is_are, table.concat(forms, ", ")) }
end

--- A part of a text as it may be shown, whatever the rest of it makes of that.
local function as_shown(dialect, part, text)
  local shown = mask.line(dialect, mask.command(dialect, part))
  local whole = mask.line(dialect, mask.command(dialect, text))
  return whole:upper():find(shown:upper(), 1, true) and shown or whole
end

local function unknown(dialect, text, words, near)
  local list = near and #near > 0 and near or suggestions(dialect, words[1])
  local shown = as_shown(dialect, words[1], text)
  if words.known then return no_such_form(shown, words.known, near) end
  return nil, errors.new {
    name = "unknown", nearest = list,
    message = ("the dialect %s knows nothing of %s%s"):format(dialect.name, check.show(shown),
      #list > 0 and ("; did you mean %s?"):format(table.concat(list, " or ")) or ""),
  }
end

--- Lines of a module are explained as they may be shown.
local function line_by(way)
  return function(dialect, text) return way(dialect, mask.line(dialect, text)) end
end

local ways = {
  function(_, text)
    if text:upper() ~= "AT" then return nil end
    return Explanation.new { kind = "result", name = "AT", summary = "asks whether the module listens; it answers OK" }
  end,
  function(dialect, text)
    local code = math.tointeger(tonumber(text))
    if code then return explain_error.by_number(dialect, code) end
  end,
  explain_error.reply,
  line_by(explain_line.result), line_by(explain_line.urc), line_by(explain_line.answer),
  line_by(explain_line.unprefixed), explain_command.command,
  explain_command.urc,
  function(dialect, text)
    if text:find("^%w") then return explain_command.command(dialect, "+" .. text) end
  end,
  explain_error.by_name, explain_command.key,
}

local function one(dialect, text)
  for _, way in ipairs(ways) do
    local found, words, near = way(dialect, text)
    if found then return found end
    if words then return unknown(dialect, text, words, near) end
  end
  return unknown(dialect, text, { text })
end

--- What a note misprints, in the spelling of its firmware; and that it does.
local function corrected(dialect, text)
  for misprint, right in pairs(dialect.misprints or {}) do
    local start, stop = text:upper():find(misprint:upper(), 1, true)
    if start and not text:find("^[%w_]", stop + 1) then
      return text:sub(1, start - 1) .. right .. text:sub(stop + 1),
        ("The note prints %s in places; firmware knows %s."):format(misprint, right)
    end
  end
  return text
end

local function corrected_one(dialect, text)
  local right, remark = corrected(dialect, text)
  local found, err = one(dialect, right)
  if found and remark then found.remark = found.remark and found.remark .. " " .. remark or remark end
  return found, err
end

--- Several commands on one line: the first, and the rest as its `others`.
local function all_of(dialect, parts)
  local first, err = corrected_one(dialect, parts[1])
  for i = 2, first and #parts or 0 do
    local found
    found, err = corrected_one(dialect, parts[i])
    if not found then return nil, err end
    first.others = first.others or {}
    first.others[#first.others + 1] = found
  end
  return first, err
end

--- What is explained may come from anywhere. No command line and hardly a line of a module is longer, bytes.
local MOST = 2048

--- Explains a command (with or without AT, with values or without), an error (number, name or line), a line of a
--- module or a result code. What is unknown gives nil and an error, whose `nearest` lists known names.
---@param dialect hayes.dialect
---@param text string|integer
---@return hayes.explanation?, hayes.error?
return function(dialect, text)
  check.value("modem:explain", "the text", text, { type = "string|integer" })
  text = tostring(text)
  if #text > MOST then
    return nil, errors.new { name = "too_long", nearest = {},
      message = ("the text has %d bytes: what is explained is a command or one line of a module, of %d at most"):format(
        #text, MOST) }
  end
  local trimmed = text:match("^%s*(.-)%s*$")
  -- Where texts are not quoted, a semicolon is part of one.
  local may_be_several = trimmed:find("^[Aa][Tt]") and dialect.protocol.quote ~= "needed"
  return all_of(dialect, may_be_several and command.split(trimmed) or { trimmed })
end
