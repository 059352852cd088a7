--- What a text means, by any dialect: for people who have no module at hand.

local dialects = require "hayes.dialect"
local errors = require "hayes.error"
local explain = require "hayes.explain"
local mask = require "hayes.declare.mask"

--- Where the vendors differ, the explanations of all that know the text, the first one with the others in it.
---@param text string|integer
---@return hayes.explanation?, hayes.error?
return function(text)
  local first, known, nearest = nil, nil, {}
  local shown = mask.text(tostring(text))
  for _, name in ipairs(dialects.names()) do
    local dialect = dialects.get(name)
    local found, err = explain(dialect, text)
    shown = mask.line(dialect, mask.command(dialect, shown))
    if found then
      found.dialect = name
      if not first then
        first = found
      elseif tostring(found) ~= tostring(first) then
        first.others = first.others or {}
        table.insert(first.others, found)
      end
    elseif err.known then
      known = known or err
    else
      table.move(err.nearest or {}, 1, #(err.nearest or {}), #nearest + 1, nearest)
    end
  end
  if first then return first end
  if known then return nil, known end
  return nil, errors.new { name = "unknown", nearest = nearest,
    message = ("no dialect knows %q%s"):format(shown,
      #nearest > 0 and ("; did you mean %s?"):format(table.concat(nearest, " or ")) or "") }
end
