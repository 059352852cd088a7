--- Dialect tables that nobody has checked: what is wrong with one is said, and what has no mistake works as a dialect.

local Bench = require "support.engine"
local check = require "hayes.check"
local completion = require "hayes.explain.completion"
local dialects = require "hayes.dialect"
local explain = require "hayes.explain"
local mask = require "hayes.display.mask"
local reference = require "hayes.explain.reference"
local schema = require "hayes.declare.schema"

local EXAMPLES = { "examples/dialects/esp-at.lua", "examples/dialects/simcom-a76xx.lua" }
local library = {}
for i, name in ipairs(dialects.names()) do
  library[i] = assert(loadfile(package.searchpath("hayes.dialect." .. name, package.path)))
end

--- A copy that shares nothing, of plain data.
local function copied(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, inner in next, value do copy[key] = copied(inner) end
  return copy
end

local function seed_table(random)
  if random:chance(0.7) then return dofile(random:pick(EXAMPLES)) end
  return copied(random:pick(library)())
end

--- The keys of a table that are texts or numbers, in an order that is the same each time.
local function keys_of(of)
  local keys = {}
  for key in next, of do
    if type(key) == "string" or type(key) == "number" then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) then return a < b end
    return type(a) < type(b)
  end)
  return keys
end

--- All plain tables below one, in such an order.
local function tables_of(of, list, seen)
  if seen[of] or getmetatable(of) ~= nil or #list >= 5000 then return list end
  list[#list + 1], seen[of] = of, true
  for _, key in ipairs(keys_of(of)) do
    if type(of[key]) == "table" then tables_of(of[key], list, seen) end
  end
  return list
end

local function boom() error "called" end

local texts = { "", "\0", "\27[2J", "\r\n", "OK", "ERROR", "+", ":", "+CWMODE", "%", "(", "[", "%b", ".-.-.-.-", "n", "n,z",
  "'", "'a'n*|", "\xC3", ">", "CONNECT", "AT", "always", "\\", '"', ("x"):rep(33), ("y"):rep(300), ("*"):rep(3000),
  ("9"):rep(40), "general", "write", "data mode" }
local numbers = { 0, 1, -1, 255, 256, 1 << 24, 1 << 31, 1 << 32, math.maxinteger, math.mininteger, 0.5, -0.0, 1e300, 1 / 0,
  -1 / 0, 0 / 0 }

local function value(random, within)
  local kind = random:int(1, 12)
  if kind <= 4 then return random:pick(texts) end
  if kind <= 6 then return random:pick(numbers) end
  if kind == 7 then return random:chance(0.5) end
  if kind == 8 then return {} end
  if kind == 9 then return random:pick(within) end -- it may hold itself
  if kind == 10 then return copied({ random:pick(texts), name = random:pick(texts), type = "integer" }) end
  if kind == 11 then return boom end
  return setmetatable({}, { __index = boom, __pairs = boom, __len = boom, __tostring = boom, __eq = boom, __lt = boom })
end

local function changed_text(random, text)
  local at = random:int(1, #text + 1)
  local byte = random:chance(0.5) and string.char(random:int(0, 255)) or ""
  return text:sub(1, at - 1) .. byte .. text:sub(at + random:int(0, 1))
end

local function mutate(random, dialect)
  local all = tables_of(dialect, {}, {})
  if #all == 0 then return end
  local of = random:pick(all)
  local keys = keys_of(of)
  local key = #keys > 0 and random:pick(keys) or 1
  local how = random:int(1, 10)
  if how == 1 then
    of[key] = nil
  elseif how <= 3 then
    of[key] = value(random, all)
  elseif how <= 5 and type(of[key]) == "string" then
    of[key] = changed_text(random, of[key])
  elseif how == 6 and type(of[key]) == "number" then
    of[key] = of[key] + random:pick { 1, -1, 1000 }
  elseif how == 7 then
    for i = 1, random:small(3000) do of[i] = of[key] end
  elseif how == 8 then
    local new = value(random, all)
    if new == new and new ~= nil then of[new] = value(random, all) end
  elseif how == 9 then
    local other = random:pick(all)
    for _, name in ipairs(keys_of(other)) do of[name] = other[name] end
  else
    of[random:pick { "name", "type", "values", "each", "min", "max", "shape", "prefix", "block", "data", "deferred", "final",
      "answer", "alternatives", "keys", "cases", "optional", "omitted", "bare", "urcs", "error", "flags", "open", "secret",
      "unit", "scale", "texts", "text_follows", "online", "connect", "sequence" }] = value(random, all)
  end
end

--- What a dialect is used for, with its own names.
local function use(random, dialect)
  local bench = Bench.new(dialect.rules)
  local in_step, why = pcall(bench.get_in_step, bench)
  assert(in_step or tostring(why):find("did not get in step", 1, true), why)
  local words = {}
  for _, declaration in ipairs(dialect.declared) do
    words[#words + 1] = declaration.name
    words[#words + 1] = "AT" .. declaration.name .. random:pick { "", "?", "=?", "=1", '="a",2,', "=,,", "=x\"" }
  end
  for _, urc in ipairs(dialect.urcs or {}) do words[#words + 1] = urc.name .. random:pick { "", ": 1,2", ':"a",,5', ":" } end
  for _, final in ipairs(dialect.finals) do words[#words + 1] = final[1] .. random:pick { "", " 5", "\0" } end
  for _ = 1, 20 do
    local word = random:pick(words)
    local line = word:sub(1, 2) == "AT" and word:sub(3) .. ": 1,\"a\",(2),0x1F" or word
    local at = "AT" .. word:gsub("^AT", "")
    assert(type(tostring((explain(dialect, line)))) == "string")
    assert(type(tostring((explain(dialect, at)))) == "string")
    completion(dialect, at)
    mask.command(dialect, at)
    mask.line(dialect, line)
    dialect.timeout_of(at)
    dialect.deferred_timeout_of(at)
    if in_step and bench.engine:ready() then
      local id = bench.engine:submit({}, at, bench.time)
      if id then bench:output() end
    end
    bench:receive(line .. random:pick { "\r\n", "\r", "" })
    bench:receive(random:pick { "\r\nOK\r\n", "\r\n> ", "\r\n" .. dialect.finals[1][1] .. "\r\n", "" })
    bench:pass(random:pick { 0, 0.1, 1000 })
    bench:take()
  end
  assert(type(reference.page(dialect)) == "string")
end

return function(random)
  local dialect = seed_table(random)
  for _ = 1, random:small(8) do mutate(random, dialect) end
  if random:chance(0.02) then dialect = value(random, { dialect }) end
  local problems = schema.problems(dialect)
  assert(#problems <= 1600)
  for _, problem in ipairs(problems) do assert(type(problem) == "string" and #problem < 5000, problem) end
  if #problems > 0 then
    if type(dialect) == "table" then assert(check.problem(dialects.get, dialect), "it is not refused") end
    return 0
  end
  use(random, dialects.get(dialect))
  return 1
end
