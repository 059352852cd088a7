--- Facts that print as text, one a line: what identify(), status() and the like give.

---@class hayes.record facts by name, of identify(), status() and the like. It prints as text, one fact a line
local Record = { __name = "hayes.record" }

local orders = setmetatable({}, { __mode = "k" }) -- of records: the names in their order

local function shown(value)
  if type(value) ~= "table" then return tostring(value) end
  local words = {}
  for i, element in ipairs(value) do words[i] = shown(element) end
  if #words == 0 then
    for name, element in pairs(value) do words[#words + 1] = ("%s %s"):format(name, shown(element)) end
    table.sort(words)
  end
  return #words > 0 and table.concat(words, "; ") or "none"
end

function Record:__tostring()
  local lines, taken = {}, {}
  local function add(name)
    if self[name] ~= nil and not taken[name] then lines[#lines + 1] = ("%s: %s"):format(name, shown(self[name])) end
    taken[name] = true
  end
  for _, name in ipairs(orders[self]) do add(name) end
  local others = {}
  for name in pairs(self) do
    if not taken[name] then others[#others + 1] = tostring(name) end
  end
  table.sort(others)
  for _, name in ipairs(others) do add(name) end
  return table.concat(lines, "\n")
end

local record = {}

--- Makes a table print as text.
---@generic T: table
---@param facts T
---@param order string[] names in the order in which they are printed; others follow by the alphabet
---@return T
function record.new(facts, order)
  orders[facts] = order
  return setmetatable(facts, Record)
end

return record
