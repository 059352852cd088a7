-- Every example of the vendor notes and every recording of a real module, replayed against the library: whole, one byte at
-- a time, split at random, and with a URC at every place where a module may put one. The results must be the same.

local Bench = require "support.engine"
local replay = require "support.replay"

local collections = { ssl_note = "quectel", recordings = "quectel", aithinker_page = "aithinker",
  aithinker_recordings = "aithinker" }

--- Cuts bytes at random places, the same ones for the same seed.
local function random_pieces(seed)
  local state = seed
  local function random(n)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % n + 1
  end
  return function(bytes)
    local list, at = {}, 1
    while at <= #bytes do
      local length = random(12)
      list[#list + 1] = bytes:sub(at, at + length - 1)
      at = at + length
    end
    return list
  end
end

local function strip(results)
  for _, result in pairs(results) do result.name = nil end
  return results
end

local function is_large(vector)
  for _, exchange in ipairs(vector) do
    if exchange.large then return true end
  end
end

for collection, dialect in pairs(collections) do
  for _, vector in ipairs(require("vectors." .. collection)) do
    describe(("%s (%s)"):format(vector.name, vector.source), function()
      local expected, expected_urcs = replay.expected(vector)

      local function check(options)
        local results, urcs, put_in = replay.run(vector, dialect, options)
        assert.are.same(expected, strip(results))
        assert.are.same(expected_urcs, urcs)
        return put_in
      end

      it("gives what the source says", function() check() end)

      it("gives the same one byte at a time", function() check { pieces = Bench.ways["one byte at a time"] } end)

      it("gives the same however it is split", function()
        for seed = 1, is_large(vector) and 2 or 20 do check { pieces = random_pieces(seed) } end
      end)

      it("gives the same with a URC at every place", function()
        for place = 1, replay.places(vector, dialect) do
          assert.are.same(1, check { urc_at = place }, "at place " .. place)
          check { urc_at = place, pieces = Bench.ways["one byte at a time"] }
        end
      end)
    end)
  end
end
