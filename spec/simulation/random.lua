--- Random numbers that are the same on every machine: splitmix64. Each purpose has a stream of its own, so that one
--- more number here does not change what comes there.

local Random = {}
Random.__index = Random

---@param seed integer
---@param purpose? string
function Random.new(seed, purpose)
  local state = seed * 0x9E3779B97F4A7C15
  for i = 1, #(purpose or "") do state = (state ~ purpose:byte(i)) * 0x100000001B3 end
  return setmetatable({ state = state }, Random)
end

function Random:next()
  local z = self.state + 0x9E3779B97F4A7C15
  self.state = z
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return z ~ (z >> 31)
end

--- At least 0, less than 1.
function Random:real()
  return (self:next() >> 11) * 0x1p-53
end

---@param first integer
---@param last integer
function Random:int(first, last)
  return first + math.floor(self:real() * (last - first + 1))
end

function Random:chance(probability) return self:real() < probability end

function Random:pick(list) return list[self:int(1, #list)] end

--- Small numbers more often than large ones, up to `most`.
function Random:small(most)
  return math.floor((most + 1) ^ self:real())
end

return Random
