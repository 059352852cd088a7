--- Errors of a dialect, by number and by name.

local errors = require "hayes.error"
local Explanation = require "hayes.explain.result"

local explain_error = {}

local function of_known(known)
  return Explanation.new {
    kind = "error", name = known.name, code = known.code, origin = known.origin, summary = known.text,
    hint = known.hint, title = ("Error %d, %s: %s."):format(known.code, known.name, known.text),
  }
end

local NEAR = 10 -- how far a number that may have been meant is away at most

--- The error with this number; otherwise nil, a list with the number, and the nearest known numbers.
function explain_error.by_number(dialect, code)
  local known = dialect.errors and dialect.errors.by_code[code]
  if known then return of_known(known) end
  local near = {}
  for candidate in pairs(dialect.errors and dialect.errors.by_code or {}) do
    if math.abs(candidate - code) <= NEAR then near[#near + 1] = candidate end
  end
  table.sort(near, function(a, b) return math.abs(a - code) < math.abs(b - code) end)
  near = { near[1], near[2] }
  table.sort(near)
  for i, candidate in ipairs(near) do near[i] = tostring(candidate) end
  return nil, { tostring(code) }, near
end

--- The error with this name; in `others`, those of other kinds of commands with the same name.
function explain_error.by_name(dialect, text)
  local token, found = errors.token(text), {}
  local known_of = dialect.errors or { by_code = {}, by_text = {} }
  for _, known in pairs(known_of.by_code) do
    if known.name == token then found[#found + 1] = known end
  end
  if #found == 0 and token ~= "" then found[1] = known_of.by_text[token] end
  if #found == 0 then return nil end
  table.sort(found, function(a, b) return a.code < b.code end)
  local first = of_known(found[1])
  for i = 2, #found do
    first.others = first.others or {}
    first.others[i - 1] = of_known(found[i])
  end
  return first
end

return explain_error
