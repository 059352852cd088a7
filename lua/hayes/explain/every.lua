--- What a text means, by any dialect: for people who have no module at hand.

local dialects = require "hayes.dialect"
local errors = require "hayes.error"
local explain = require "hayes.explain"
local mask = require "hayes.display.mask"

--- Adds an explanation and its others to a list, unless another dialect has said the same.
local function add(list, found, dialect)
  local others = found.others or {}
  found.others = nil
  for _, one in ipairs { found, table.unpack(others) } do
    local text = tostring(one)
    if not list[text] then
      one.dialect = dialect
      list[#list + 1], list[text] = one, true
    end
  end
end

--- In quotes, unless it has some itself.
local function in_quotes(text)
  return text:find '^[ -~]*"[ -~]*$' and text or ("%q"):format(text)
end

--- Where the vendors differ, the explanations of all that know the text, the first one with the others in it.
---@param text string|integer
---@return hayes.explanation?, hayes.error?
return function(text)
  local all, known, nearest, taken = {}, nil, {}, {}
  local shown = mask.text(tostring(text))
  for _, name in ipairs(dialects.names()) do
    local dialect = dialects.get(name)
    local found, err = explain(dialect, text)
    shown = mask.line(dialect, mask.command(dialect, shown))
    if found then
      add(all, found, name)
    elseif err.known then
      known = known or err
    else
      for _, candidate in ipairs(err.nearest or {}) do
        if not taken[candidate] then nearest[#nearest + 1] = candidate end
        taken[candidate] = true
      end
    end
  end
  local first = table.remove(all, 1)
  if first and #all > 0 then first.others = table.move(all, 1, #all, 1, {}) end
  if first then return first end
  if known then return nil, known end
  return nil, errors.new { name = "unknown", nearest = nearest,
    message = ("no dialect knows %s%s"):format(in_quotes(shown),
      #nearest > 0 and ("; did you mean %s?"):format(table.concat(nearest, " or ")) or ""),
    hint = #nearest == 0 and "Give a command (+CSQ), the number or name of an error, or a line of a module." or nil }
end
