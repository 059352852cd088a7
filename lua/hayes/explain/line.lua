--- Explains lines that a module sends: result codes, URCs and answers.

local answer = require "hayes.declare.answer"
local check = require "hayes.check"
local command = require "hayes.declare.command"
local texts = require "hayes.explain.text"
local values = require "hayes.explain.values"
local explain_error = require "hayes.explain.error"
local Explanation = require "hayes.explain.result"
local fields = require "hayes.declare.fields"

local explain_line = {}

local function in_prefix(text, declared, prefix)
  if text == declared then return true end
  return prefix and text:sub(1, #declared) == declared
end

--- The known command nearest to one that the module does not know, which the result code repeats.
local function nearest_command(dialect, words)
  local name = words:find("^[Aa][Tt]%p") and command.parse(words)
  if not name or dialect.commands[name] then return nil end
  return check.nearest(name, check.names(dialect.commands))
end

--- A result code that the dialect gives a name of its own: `[Busy]Cmd running`, `Unknown cmd:AT+SOKET=1`.
local function named_result(dialect, final, words)
  local nearest, hint = nearest_command(dialect, words), final.hint
  if nearest then hint = ("Did you mean AT%s? %s"):format(nearest, hint or "") end
  local name = final[1]:gsub("[:%s]+$", "")
  return Explanation.new { kind = "result", name = name, summary = final.summary, hint = hint }
end

--- A final or intermediate result code, or a line that reports a start of the module.
function explain_line.result(dialect, text)
  for _, final in ipairs(dialect.finals or {}) do
    if in_prefix(text, final[1], final.prefix) then
      local words = final.prefix and text:sub(#final[1] + 1):match("^%s*(.-)%s*$") or ""
      if final.name then return named_result(dialect, final, words) end
      local code = math.tointeger(tonumber(words))
      if code then return explain_error.by_number(dialect, code) end
      if words ~= "" then return explain_error.by_name(dialect, words) end
      return Explanation.new { kind = "result", name = final[1], hint = final.hint,
        summary = final.summary or (final.success and "the command has succeeded" or "the command has failed") }
    end
  end
  for _, connect in ipairs(dialect.connects or {}) do
    if text == connect or text:sub(1, #connect + 1) == connect .. " " then
      return Explanation.new { kind = "result", name = connect,
        summary = "data mode begins: what follows is data, until the connection ends or the escape sequence is sent" }
    end
  end
  if text == ">" then
    return Explanation.new { kind = "result", name = ">", summary = "the prompt: the module waits for data" }
  end
  for _, boot in ipairs(dialect.boot or {}) do
    local name = type(boot) == "table" and boot[1] or boot
    if text == name or type(boot) == "table" and boot.prefix and text:sub(1, #name) == name then
      return Explanation.new { kind = "urc", name = name,
        summary = "the module starts, restarts or switches itself off; its connections and sessions are lost" }
    end
  end
end

local function add_hint(found, dialect, declared, list)
  for i, described in ipairs(declared) do
    local code = described.error and list[i] and math.tointeger(tonumber(list[i].text))
    local of_dialect = dialect.errors
    local set = of_dialect and of_dialect.sets and of_dialect.sets[described.error]
    local known = code and of_dialect and (set or of_dialect.by_code)[code]
    if known and code ~= 0 then found.hint = known.hint end
  end
end

local function line_found(dialect, facts, declared, list)
  facts.fields = values.given(dialect, declared or {}, list)
  facts.has_values = true
  local found = Explanation.new(facts)
  add_hint(found, dialect, declared or {}, list)
  return found
end

--- The text of the fields if the line may be this URC, otherwise nil. The bare name of a URC with fields does not
--- match.
local function urc_fields(urc, text)
  local start = urc.text or urc.name
  local prefix = urc.prefix or (urc.prefix == nil and start:find("^[%+%^%$#%*%%]") ~= nil)
  if not prefix then return text == start and "" or nil end
  if text:sub(1, #start) ~= start then return nil end
  if not start:find("[:,]$") and text:sub(#start + 1, #start + 1) ~= ":" then return nil end
  return (text:sub(#start + 1):gsub("^:?%s*", ""))
end

--- A URC with its values.
function explain_line.urc(dialect, text)
  local named = dialect.urc_by_name[text]
  if named and not urc_fields(named, text) then return nil end
  for _, urc in ipairs(dialect.urcs or {}) do
    local rest = urc_fields(urc, text)
    local list = rest and fields.split(rest)
    if list and (not urc.shape or urc.shape == "" or fields.match(urc.shape, list)) then
      local key = urc.keys and list[1] and command.key(urc.keys, list[1].text)
      local form = key and urc.keys[key] or urc
      local rest_of = values.after_key(list, key)
      return line_found(dialect, { kind = "urc", name = urc.name, key = key or nil, source = urc.source,
        summary = form.summary or urc.summary }, answer.of_shape(form, rest_of), rest_of)
    end
  end
end

--- The first form of the command that may be answered with such a line.
local function answering(declaration, list)
  for _, form in ipairs(texts.forms(declaration)) do
    if not form.key or (list[1] and list[1].text:lower() == form.key:lower()) then
      local after_key = values.after_key(list, form.key)
      local declared = form.form ~= "test" and answer.of_shape(form.described, after_key)
      if declared and #after_key <= #declared then return declared, after_key, form.key end
    end
  end
end

local function has_block(dialect, name)
  return dialect.commands[name] ~= nil and dialect.commands[name].block ~= nil
end

--- The fields in front of the data of an answer that carries some: `+SOCKETREAD,1,21,Hello`.
local function without_data(declaration, list)
  local block, declared = declaration.block, declaration.answer or {}
  if not block or not block.after or #list <= #declared then return list end
  return table.move(list, 1, #declared, 1, {})
end

--- Could these fields be a row of this answer? Numbers where there are numbers.
local function is_row(described, list)
  if not described or #list ~= #described or #list < 2 then return false end
  for i, field in ipairs(described) do
    local is_number = math.tointeger(tonumber(list[i].text)) ~= nil
    if (field.type or "integer") == "integer" and not is_number then return false end
  end
  return true
end

--- A line of an answer that has no prefix: `connect success ConID=1`, `1,4,3,192.168.31.239,60000,-1,0`.
function explain_line.unprefixed(dialect, text)
  for _, declaration in ipairs(dialect.declared) do
    for _, said in ipairs(declaration.says or {}) do
      local captures = table.pack(text:match(said.pattern))
      for i, captured in ipairs(captures) do captures[i] = { text = captured, quoted = false } end
      if captures[1] then
        return line_found(dialect, { kind = "answer", name = declaration.name, source = declaration.source,
          title = ("Answer of AT%s."):format(declaration.name), summary = said.summary }, said.answer, captures)
      end
    end
  end
  local list = text:find("^%w[^%s:]*,") and fields.split(text)
  for _, declaration in ipairs(list and dialect.declared or {}) do
    local read = type(declaration.read) == "table" and declaration.bare and declaration.read.answer
    if is_row(read, list) then
      return line_found(dialect, { kind = "answer", name = declaration.name, source = declaration.source,
        title = ("Row of the answer of AT%s?."):format(declaration.name), summary = declaration.summary }, read, list)
    end
  end
end

--- A line of the answer to a command, or its deferred result.
function explain_line.answer(dialect, text)
  local name, sign, rest = text:match("^([%+%^%$#%*%%][%w_]+)([:,])%s*(.*)$")
  if not name or sign == "," and not has_block(dialect, name) then return nil end
  local list = fields.split(rest)
  for _, declaration in ipairs(dialect.declared) do
    local deferred = declaration.deferred
    if deferred and (deferred.prefix or declaration.name) == name then
      return line_found(dialect, { kind = "answer", name = name, source = declaration.source,
        title = ("Deferred result of AT%s."):format(declaration.name), summary = declaration.summary },
        answer.of_shape(deferred, list), list)
    end
  end
  local declaration = dialect.commands[name]
  if not declaration then return nil end
  local code = dialect.number_in_front and declaration.bare and math.tointeger(tonumber(rest))
  if code then return explain_error.by_number(dialect, code) end
  list = without_data(declaration, list)
  local declared, after_key, key = answering(declaration, list)
  return line_found(dialect, { kind = "answer", name = name, key = key, source = declaration.source,
    title = ("Answer of AT%s."):format(name), summary = declaration.summary }, declared, after_key or list)
end

return explain_line
