--- The ranges of parameters that a module's answers to test commands give, in place of those of its vendor's notes.

local command = require "hayes.declare.command"

local ranges = {}

--- Their test answers list what is there now, and not what can be.
local says_state = { ["+CGPADDR"] = true, ["+CGACT"] = true, ["+COPS"] = true }

--- The parts of a text at its outer commas; nil where brackets or quotes do not match.
local function split(text)
  local parts, from, depth, quoted = {}, 1, 0, false
  for at = 1, #text do
    local byte = text:sub(at, at)
    if byte == '"' then quoted = not quoted end
    if not quoted then
      if byte == "(" then depth = depth + 1 elseif byte == ")" then depth = depth - 1 end
      if depth < 0 then return nil end
      if byte == "," and depth == 0 then
        parts[#parts + 1] = text:sub(from, at - 1)
        from = at + 1
      end
    end
  end
  if depth ~= 0 or quoted then return nil end
  parts[#parts + 1] = text:sub(from)
  return parts
end

--- The ranges that a line gives: for each parameter { min, max }, or false where it is none; nil where the line is
--- none of ranges.
---@param text string `(0-11),(1-1460)`
---@return table?
function ranges.of(text)
  -- Optional parts stand in square brackets: `(0-11)[,(1-1460)]`.
  local parts = split((text:gsub("[%[%]%s]", "")))
  for i, part in ipairs(parts or {}) do
    if part == "" or part == "()" then return nil end
    local min, max = part:match "^%((%d+)%-(%d+)%)$"
    min, max = math.tointeger(tonumber(min)), math.tointeger(tonumber(max))
    parts[i] = min and max and min <= max and { min, max } or false
  end
  return parts
end

local function copy(t, changes)
  local made = {}
  for name, value in pairs(t) do made[name] = value end
  for name, value in pairs(changes) do made[name] = value end
  return made
end

--- The parameters with other ranges; the same list where nothing differs.
local function narrowed(params, found)
  if not params or not found or #found > #params then return params end
  local list = params
  for i, range in ipairs(found) do
    local param = params[i]
    local applies = range and param.type == "integer" and param.min and param.max and not param.values
    -- Ranges leave out the 0 that asks for something (AT+QIRD=0,0): a least value is never raised.
    local min = applies and math.min(param.min, range[1])
    if applies and (param.min ~= min or param.max ~= range[2]) and min <= range[2] then
      if list == params then list = table.move(params, 1, #params, 1, {}) end
      list[i] = copy(param, { min = min, max = range[2] })
    end
  end
  return list
end

--- A declaration as the lines of a test answer have it.
local function changed(declaration, lines)
  if says_state[declaration.name] then return declaration end
  if not declaration.keys then
    local text = #lines == 1 and command.after_prefix(lines[1], declaration.name)
    local params = text and narrowed(declaration.params, ranges.of(text)) or declaration.params
    return params ~= declaration.params and copy(declaration, { params = params }) or declaration
  end
  local keys = declaration.keys
  for _, line in ipairs(lines) do
    local key, text = command.after_prefix(line, declaration.name):match '^%s*"([^"]*)",(.*)$'
    key = key and command.key(declaration.keys, key)
    local params = key and narrowed(keys[key].params, ranges.of(text))
    if params and params ~= keys[key].params then
      if keys == declaration.keys then keys = copy(keys, {}) end
      keys[key] = copy(keys[key], { params = params })
    end
  end
  return keys ~= declaration.keys and copy(declaration, { keys = keys }) or declaration
end

--- The dialect with the ranges of a profile; the same one where they do not differ.
---@param dialect hayes.dialect
---@param profile hayes.profile
---@return hayes.dialect
function ranges.applied(dialect, profile)
  local list, differs = {}, false
  for i, declaration in ipairs(dialect.declared) do
    local row = profile:answer("AT" .. declaration.name .. "=?")
    local lines = row and table.move(row, 2, #row - 1, 1, {})
    list[i] = lines and #lines > 0 and changed(declaration, lines) or declaration
    differs = differs or list[i] ~= declaration
  end
  if not differs then return dialect end
  local made = copy(dialect, { commands = list })
  made.declared, made.rules, made.urc_by_name = nil, nil, nil
  return made
end

return ranges
