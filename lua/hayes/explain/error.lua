--- Errors of a dialect, by number and by name.

local errors = require "hayes.error"
local Explanation = require "hayes.explain.result"
local own_errors = require "hayes.explain.own_errors"

local explain_error = {}

local function of_known(known)
  return Explanation.new {
    kind = "error", name = known.name, code = known.code, origin = known.origin, summary = known.text,
    hint = known.hint, title = ("Error %s%s: %s."):format(known.code and ("%d, "):format(known.code) or "", known.name,
      known.text),
  }
end

local function of_own(name)
  local known = own_errors[name]
  return Explanation.new { kind = "error", name = name, origin = "hayes", summary = known[1], hint = known[2],
    title = ("Error %s: %s"):format(name, known[1]) }
end

--- A reply code of servers that the module's commands talk to; nil if the dialect has none of this number.
local function of_reply(dialect, code)
  local known = dialect.errors and dialect.errors.replies and dialect.errors.replies[code]
  if not known then return nil end
  return Explanation.new { kind = "error", name = tostring(code), code = code, origin = "ftp", summary = known[1],
    hint = known[2], title = ("Reply %d of an FTP server: %s."):format(code, known[1]) }
end

--- `550 ftp`: the reply, and no error of the module.
function explain_error.reply(dialect, text)
  local code = text:lower():match "^ftp%s+(%d%d%d)$" or text:lower():match "^(%d%d%d)%s+ftp$"
  return code and of_reply(dialect, math.tointeger(tonumber(code)))
end

local NEAR = 10 -- how far a number that may have been meant is away at most

--- The error with this number, the module's or else a server's, which is in `others` if both have one; otherwise nil, a
--- list with the number, and the nearest known numbers.
function explain_error.by_number(dialect, code)
  local known = dialect.errors and dialect.errors.by_code[code]
  local reply = of_reply(dialect, code)
  if known then
    local found = of_known(known)
    found.others = { reply }
    return found
  end
  if reply then return reply end
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

--- The error with this name, the library's or the module's; in `others`, further ones with the same name.
function explain_error.by_name(dialect, text)
  local token, found = errors.token(text), {}
  local known_of = dialect.errors or { by_code = {}, by_text = {} }
  for _, known in pairs(known_of.by_code) do
    if known.name == token then found[#found + 1] = known end
  end
  if #found == 0 and token ~= "" then found[1] = known_of.by_text[token] end
  table.sort(found, function(a, b) return a.code < b.code end)
  for i, known in ipairs(found) do found[i] = of_known(known) end
  if own_errors[token] then table.insert(found, 1, of_own(token)) end
  local first = table.remove(found, 1)
  if #found > 0 then first.others = found end
  return first
end

return explain_error
