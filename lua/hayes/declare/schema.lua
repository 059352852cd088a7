--- What a dialect table may hold. A mistake in one is told before a port is opened: all of them together, each with
--- where it is and, for a name that was mistyped, which one was meant.

local check = require "hayes.check"
local links = require "hayes.declare.links"
local plain = require "hayes.declare.plain"
local room = require "hayes.declare.room"

local schema = {}

---@class hayes.schema.rule
---@field type string       of type(), or several: "string|table"; "integer"
---@field required? boolean
---@field values? string[]
---@field each? hayes.schema.rule  of a list
---@field most? integer     entries of a list
---@field map? hayes.schema.rule   of a table, of each value
---@field key? string       of such a table: the type of its keys
---@field fields? table<string|integer, hayes.schema.rule>
---@field open? boolean     more fields than these may be there
---@field test? fun(value: any): string?  what is wrong with it, after "is …; it must be"
---@field whole? fun(value: table): string?  what is wrong with a table whose parts have no mistakes

local function text(required) return { type = "string", required = required } end
local function flag() return { type = "boolean" } end
local function integer(min, max) return { type = "integer", min = min, max = max } end
local function positive(required) return { type = "number", min = 0, max = 4000000, required = required } end
local function list(each, required, most)
  return { type = "table", each = each, required = required, most = most }
end
local function map(rule, key) return { type = "table", map = rule, key = key or "string" } end
local function record(fields, whole) return { type = "table", fields = fields, whole = whole } end

local callable = { type = "function" }
local named = { type = "string", required = true, test = function(value)
  return value == "" and "a name" or nil
end }

--- A text that the engine looks for at the beginning of lines.
local function line_text(longest, required)
  return { type = "string", required = required, test = function(value)
    if value == "" then return "a text" end
    if value:find "[%c\127]" then return "a text without control characters" end
    return #value > longest and ("at most %d bytes long"):format(longest) or nil
  end }
end

local LONGEST_NAME = 32 -- bytes: AT_NAME_MAX
local FORMS = { "execute", "read", "test", "write" }

--- A shape in the words of at_fields_match.
local shape = { type = "string", test = function(value)
  local rest = value:gsub("'[^']*'", ""):gsub("%*$", ""):gsub("%*|", "|")
  return rest:find "[^ndxsa|]" and "a shape: one of n, d, x, s, a for each field, 'a word' for a fixed one, * for "
    .. "further ones, | between alternatives" or nil
end }

local pattern = { type = "string", required = true, test = function(value)
  local ok, err = pcall(string.find, "", value)
  return not ok and ("a Lua pattern (%s)"):format(tostring(err):gsub("^.-:%d+: ", "")) or nil
end }

--- What ends data that has no length. "length" says that there always is one.
local end_byte = { type = "string", test = function(value)
  return value ~= "length" and (#value ~= 1 or value == "\27") and 'one byte other than ESC, such as "\\26" (Ctrl-Z)'
    or nil
end }

--- Values and what they mean.
local meanings = { type = "table", map = text(), whole = function(value)
  local kinds = {}
  for key in pairs(value) do kinds[math.type(key) or type(key)] = true end
  local one = next(kinds)
  return (next(kinds, one) or one and one ~= "integer" and one ~= "string") and "its keys are integers, or texts" or nil
end }

local function whole_range(value)
  if value.min and not value.max then return "min needs a max" end
  local counts = value.type == nil or value.type == "integer"
  local numbers = math.type(value.min) and math.type(value.max) -- others are told of one by one
  return counts and numbers and value.min > value.max and "min is greater than max" or nil
end

local param = record({
  name = named, type = { type = "string", required = true, values = { "integer", "string", "bare" } },
  min = { type = "integer" }, max = { type = "integer" }, values = meanings, flags = flag(), open = flag(),
  default = { type = "string|number" }, factory = { type = "string|number" }, optional = flag(), omitted = text(),
  unit = text(), secret = flag(), quoted = flag(), doc = text(),
}, whole_range)

local field = record({
  name = named, type = { type = "string", values = { "integer", "string", "bare" } }, values = meanings,
  flags = flag(), optional = flag(), error = { type = "boolean|string" }, unit = text(), secret = flag(), doc = text(),
  min = integer(), max = integer(), open = flag(), omitted = text(),
  scale = record { first = { type = "number", required = true }, step = { type = "number", required = true },
    unit = text(true) },
}, whole_range)

local alternative = record { shape = { type = "string", required = true, test = shape.test }, summary = text(),
  answer = list(field, true) }

local form = record { summary = text(), params = list(param), answer = list(field), alternatives = list(alternative) }

local function form_or_flag()
  return { type = "boolean|table", fields = form.fields }
end

local block = record { length = integer(1, 255), fields = integer(1, 255), owner = integer(1, 255), shape = shape,
  after = { type = "string", values = { "\n", ",", ":" } }, texts = list(line_text(64)), text = line_text(64) }

local command = record {
  name = line_text(LONGEST_NAME, true), summary = text(), source = text(), chapter = text(), params = list(param),
  cases = map(list(param), "integer"),
  keys = map(form), answer = list(field), alternatives = list(alternative), test = form_or_flag(),
  read = form_or_flag(), execute = form_or_flag(), sequence = flag(),
  prefix = line_text(LONGEST_NAME),
  bare = { type = "boolean|string", test = function(value)
    return type(value) == "string" and shape.test(value) or nil
  end },
  data = record { ends = end_byte, length = text(), if_given = flag(), echoed = flag(),
    forms = list { type = "string", values = FORMS },
    ack = record { param = named, every = integer(1, 1 << 30), byte = { type = "string", required = true,
      test = function(value) return #value ~= 1 and "one byte" or nil end } } },
  connect = record { begins = { type = "string", required = true, values = { "data mode", "a download", "an upload" } },
    param = text(), value = { type = "string|number" }, length = text(), instead = text(true) },
  online = { type = "string", values = { "prompt" } },
  final = { type = "string|table", each = text() }, block = block,
  deferred = record { prefix = line_text(LONGEST_NAME), key = text(), answer = list(field, true),
    alternatives = list(alternative), forms = list { type = "string", values = FORMS }, last = shape,
    timeout = positive(true) },
  reason = flag(), urcs = list(text()), timeout = positive(), remark = text(),
  says = list(record { text = text(true), pattern = pattern, summary = text(), answer = list(field) }),
}

local urc = record {
  name = line_text(128, true), text = line_text(128), prefix = flag(), shape = shape, text_follows = flag(),
  block = block,
  answer = list(field), alternatives = list(alternative), keys = map(form), summary = text(), source = text(),
  switch_on = record { query = text(true), field = text(true), command = text(true) },
}

local known_error = record { code = integer(), origin = text(true), name = named, text = text(true), hint = text(),
  condition = text() }

local count = integer(1, 1 << 20)
local pause = integer(0, 600000)

local escape = { type = "string", test = function(value)
  local same = #value <= 7 and value == value:sub(1, 1):rep(#value)
  return not (same and #value ~= 1) and 'the same character two to seven times, as in "+++", or "" for none' or nil
end }

local dialect = record {
  name = named, title = text(), about = text(),
  protocol = record {
    eol = { type = "string", values = { "\r", "\n", "\r\n" } }, prompt = text(), cancel = text(), escape = escape,
    quote = { type = "string", values = { "always", "needed" } }, quote_escape = text(), max_line = count,
    max_command = count, max_prompt = count, gap_ms = pause, guard_ms = pause, answer_ms = pause, idle_ms = pause,
    settle_ms = pause, crlf_after_block = flag(), resume = text(), dtr = flag(), hangup = flag(),
    follow_prefix = text(), result_codes_on = text(),
  },
  manners = { type = "table" }, -- protocol's name before
  finals = { type = "table", required = true, most = 30, each = record { line_text(64, true), prefix = flag(),
    success = flag(), group = text(), urc = flag(), name = text(), summary = text(), hint = text(),
    retry = record { after = positive(true), times = count } } },
  number_in_front = flag(), reason = record { command = text(true), result = text(true) },
  spelling = record { colon = text(), quotes = flag() }, misprints = map(text()),
  redact = list(record { pattern, { type = "string|table|function", required = true } }),
  connects = list(line_text(64)), boot = list({ type = "string|table", test = function(value)
    return type(value) == "string" and line_text(64).test(value) or nil
  end, fields = { line_text(64, true), prefix = flag() } }, false, 30),
  urcs = list(urc, false, 1000), texts = list(line_text(64)), commands = list(command, true, 1000),
  reads_results = flag(),
  errors = record { by_code = map(known_error, "integer"), by_text = map(known_error), origin = text(),
    sets = map(map(known_error, "integer")), replies = map({ type = "table" }, "integer") },
  remarks = list(record { title = text(true), text = text(true) }),
  detect = { type = "table|function", fields = { text(true), text(true) } },
  start = { type = "table|function", each = { type = "string|table", fields = { text(true), optional = flag() } } },
  identify = callable, habits = callable, probe = callable, services = map { type = "string|function" },
  keep = map { type = "string|function" },
  links = map(links.rule), lineage = { type = "table" },
}

-- The walk

--- Of a long text its beginning.
local function short(value)
  return type(value) == "string" and #value > 100 and value:sub(1, 100) .. "…" or value
end

local function show(value)
  return (check.show(short(value)):gsub("\\13", "\\r"))
end

local function has_type(value, types)
  for name in types:gmatch "%a+" do
    if type(value) == name or name == "integer" and math.type(value) == "integer" then return true end
  end
  return false
end

--- Lists are easier to find one's way in with the name of the entry: `commands[3] (+CIPSEND)`.
local function entry(path, i, value)
  local name = type(value) == "table" and (value.name or value[1])
  return ("%s[%s]%s"):format(path, type(i) == "string" and ("%q"):format(short(i)) or tostring(i),
    type(name) == "string" and (" (%s)"):format(short(name)) or "")
end

local function join(path, name)
  if type(name) == "number" then return ("%s[%d]"):format(path, name) end
  return path == "" and name or path .. "." .. name
end

local MOST_PROBLEMS = 500 -- the rest is not looked for
local MOST_ENTRIES = 500 -- of a list

local walk

local function walk_fields(value, rule, path, problems)
  for name, of in pairs(rule.fields) do
    if of.required and value[name] == nil then problems[#problems + 1] = join(path, name) .. " is missing" end
  end
  for name, inner in pairs(value) do
    local of = rule.fields[name]
    if #problems >= MOST_PROBLEMS then return end
    if of then
      walk(inner, of, join(path, name), problems)
    else
      local known = check.names(rule.fields)
      local nearest = type(name) == "string" and check.nearest(name, known)
      problems[#problems + 1] = ("%s: there is no field %s%s"):format(path == "" and "the dialect" or path,
        show(name), nearest and (" (did you mean %s?)"):format(nearest)
          or ("; there are " .. table.concat(known, ", ")))
    end
  end
end

local function walk_list(value, rule, path, problems)
  local most = rule.most or MOST_ENTRIES
  if #value > most then
    problems[#problems + 1] = ("%s holds %d entries; it may hold %d"):format(path, #value, most)
    return
  end
  for key in pairs(value) do
    if #problems >= MOST_PROBLEMS then return end
    if math.type(key) ~= "integer" or key < 1 or key > #value then
      problems[#problems + 1] = ("%s is a list, and holds %s, which is no place in it"):format(path, show(key))
    end
  end
  for i = 1, #value do
    if value[i] == nil then
      problems[#problems + 1] = ("%s[%d] is nil, in the middle of the list"):format(path, i)
    else
      walk(value[i], rule.each, entry(path, i, value[i]), problems)
    end
  end
end

function walk(value, rule, path, problems)
  local function wrong(wanted)
    local nearest = rule.values and type(value) == "string" and check.nearest(value, table.move(rule.values, 1,
      #rule.values, 1, {}))
    problems[#problems + 1] = ("%s is %s; it must be %s%s"):format(path, show(value), wanted,
      nearest and (" (did you mean %s?)"):format(show(nearest)) or "")
  end
  if not has_type(value, rule.type) then
    return wrong((rule.type == "integer" and "an integer" or "a " .. rule.type:gsub("|", " or a ")))
  end
  if rule.values then
    for _, candidate in ipairs(rule.values) do
      if candidate == value then return end
    end
    local shown = {}
    for i, candidate in ipairs(rule.values) do shown[i] = show(candidate) end
    return wrong((#shown > 1 and "one of " or "") .. table.concat(shown, ", "))
  end
  if value ~= value then return wrong "a number" end
  if rule.min and value < rule.min or rule.max and value > rule.max then
    return wrong(("from %s to %s"):format(rule.min, rule.max))
  end
  local complaint = rule.test and rule.test(value)
  if complaint then return wrong(complaint) end
  if type(value) ~= "table" then return end
  local before = #problems
  if rule.fields then walk_fields(value, rule, path, problems) end
  if rule.each then walk_list(value, rule, path, problems) end
  if rule.map then
    for key, inner in pairs(value) do
      if #problems >= MOST_PROBLEMS then return end
      if rule.key and not has_type(key, rule.key) then
        problems[#problems + 1] = ("%s holds %s; its keys are %ss"):format(path, show(key), rule.key)
      end
      walk(inner, rule.map, entry(path, key), problems)
    end
  end
  local wrong_whole = rule.whole and #problems == before and rule.whole(value)
  if wrong_whole then problems[#problems + 1] = ("%s: %s"):format(path, wrong_whole) end
end

-- What one part says of another

local function check_command(declaration, path, groups, problems)
  local function needs(list_of, name, where, what)
    if name and not check.named(list_of, name) then
      problems[#problems + 1] = ("%s.%s is %s, which is no %s of the command"):format(path, where, show(name), what)
    end
  end
  local data, deferred = declaration.data, declaration.deferred
  if data then
    needs(declaration.params, data.length, "data.length", "parameter")
    needs(declaration.params, data.ack and data.ack.param, "data.ack.param", "parameter")
  end
  if deferred and deferred.key then
    needs(declaration.params, deferred.key, "deferred.key", "parameter")
    needs(deferred.answer, deferred.key, "deferred.key", "field of the deferred result's answer, or")
  end
  local finals = declaration.final
  for _, name in ipairs(type(finals) == "table" and finals or { finals }) do
    if not groups[name] then
      problems[#problems + 1] = ("%s.final is %s; no final result code has that group (finals)"):format(path,
        show(name))
    end
  end
end

local function check_names(list_of, path, problems)
  local seen = {}
  for i, one in ipairs(list_of) do
    if seen[one.name] then
      problems[#problems + 1] = ("%s has the name of %s[%d]; the later one would hide it"):format(entry(path, i, one),
        path, seen[one.name])
    end
    seen[one.name] = i
  end
end

--- What is wrong with a dialect table: a sentence for each mistake, in the order of the places; empty if nothing is.
---@param given any
---@return string[]
function schema.problems(given)
  local problems = { type(given) == "table" and plain.problem(given) or nil }
  if #problems == 0 then walk(given, dialect, "", problems) end
  if #problems == 0 then
    local groups, success = { general = true }, false
    for _, final in ipairs(given.finals) do
      if final.group then groups[final.group] = true end
      success = success or final.success
    end
    if not success then
      problems[1] = "finals holds no final result code with success = true: no command could ever succeed"
    end
    room.check(given, problems)
    check_names(given.commands, "commands", problems)
    for i, declaration in ipairs(given.commands) do
      check_command(declaration, entry("commands", i, declaration), groups, problems)
    end
    links.check(given, problems)
  end
  local function place(problem)
    return (problem:gsub("%d+", function(digits) return ("0"):rep(5 - #digits) .. digits end))
  end
  table.sort(problems, function(a, b) return place(a) < place(b) end)
  return problems
end

return schema
