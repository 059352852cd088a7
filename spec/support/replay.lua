--- Replays a vector against the library: what the module said, in pieces of any size, with URCs between its lines.

local hayes = require "hayes"
local script = require "support.script"

local replay = {}

--- What the module says to a command, as a list of units between which a module may put a URC. A unit of the kind "wait"
--- stands for the data that the host sends.
local function units_of(exchange)
  local units = {}
  local function say(bytes) units[#units + 1] = bytes end
  if exchange.bytes then
    -- Captured bytes: each line with its ends is a unit.
    for line in exchange.bytes:gmatch("[^\n]*\n") do say(line) end
    return units
  end
  if exchange.urc then
    say("\r\n" .. exchange.urc .. "\r\n" .. (exchange.block or ""))
    return units
  end
  if exchange.data and not exchange.refused then
    say(exchange.connect and "\r\nCONNECT\r\n" or "\r\n> ")
    units[#units + 1] = { data = exchange.data }
  end
  for i, line in ipairs(exchange.info or {}) do
    say((i == 1 and "\r\n" or "") .. line .. "\r\n" .. (i == 1 and exchange.block and exchange.block .. "\r\n" or ""))
  end
  say("\r\n" .. (exchange.final or "OK") .. "\r\n")
  for _, line in ipairs(exchange.deferred or {}) do say("\r\n" .. line .. "\r\n") end
  return units
end

--- How many places a vector has for a URC.
function replay.places(vector)
  local count = 0
  for _, exchange in ipairs(vector) do
    count = count + 1
    for _, unit in ipairs(units_of(exchange)) do count = count + (type(unit) == "string" and 1 or 0) end
  end
  return count
end

replay.URC = '\r\n+QSSLURC: "recv",11\r\n'

--- A scripted port that plays the vector. options: pieces (a function that cuts bytes up), urc_at (the place of a URC).
local function player(vector, options)
  local step, place = 0, 0
  local pending -- what is still to be said once the data has come

  local function maybe_urc(port)
    place = place + 1
    if place == options.urc_at then port:say(replay.URC) end
  end

  local function say_units(port, units, from)
    for i = from, #units do
      local unit = units[i]
      if type(unit) == "table" then
        pending = { count = #unit.data, data = unit.data, units = units, from = i + 1 }
        return
      end
      maybe_urc(port)
      port:say(unit)
    end
    maybe_urc(port)
  end

  local port
  port = script.port(function(at, bytes)
    if not at.playing then return at.startup(at, bytes) end
    if pending then
      if #bytes < pending.count then return bytes end
      assert(bytes:sub(1, pending.count) == pending.data, "the data sent is not that of the vector")
      local rest = bytes:sub(pending.count + 1)
      local units, from = pending.units, pending.from
      pending = nil
      say_units(at, units, from)
      return rest
    end
    local exchange = vector[step]
    local line, rest = bytes:match("^([^\r]*)\r(.*)$")
    if not line then return bytes end
    assert(line == exchange[1], ("the library sent %q, the vector has %q"):format(line, exchange[1]))
    say_units(at, units_of(exchange), 1)
    return rest
  end)
  port.startup = script.quectel()
  if options.pieces then
    port.pieces = function(_, bytes)
      local list, i = options.pieces(bytes), 0
      return function()
        i = i + 1
        return list[i]
      end
    end
  end
  --- Goes on to an exchange; one that is a URC is said at once.
  function port.begin(index)
    step = index
    if vector[index].urc then say_units(port, units_of(vector[index]), 1) end
  end
  return port
end

local function run_exchange(modem, exchange)
  local response, err = modem:at(exchange[1], {
    data = exchange.data, expect = exchange.expect, timeout = 5,
  })
  if response then
    return { lines = { table.unpack(response) }, data = response.data, result = response.result }
  end
  return { failed = true, result = err.result, name = err.name }
end

--- Plays a vector; gives the results, one an exchange, and the URCs that came (without the one that was put in).
function replay.run(vector, options)
  script.virtual_time()
  local port = player(vector, options or {})
  local modem = assert(hayes.open_port(port, "vector"))
  local urcs, put_in = {}, 0
  modem:listen("urc", function(event)
    if event.line == replay.URC:match("%S.*%S") then
      put_in = put_in + 1
    else
      urcs[#urcs + 1] = { line = event.line, data = event.data }
    end
  end)
  port.playing = true
  local results = {}
  for i, exchange in ipairs(vector) do
    port.begin(i)
    if exchange.urc then
      hayes.sleep(0.01)
    else
      if exchange.echo ~= nil then modem.engine:echo(exchange.echo) end
      results[i] = run_exchange(modem, exchange)
    end
  end
  hayes.sleep(0.01)
  modem:close()
  script.real_time()
  return results, urcs, put_in
end

--- What the results must be, by what the vector says.
function replay.expected(vector)
  local results, urcs = {}, {}
  for i, exchange in ipairs(vector) do
    if exchange.urc then
      urcs[#urcs + 1] = { line = exchange.urc, data = exchange.block }
    elseif exchange.final and exchange.final:find("ERROR", 1, true) then
      results[i] = { failed = true, result = exchange.final }
    else
      local lines = {}
      for _, line in ipairs(exchange.info or {}) do lines[#lines + 1] = line end
      for _, line in ipairs(exchange.deferred or {}) do lines[#lines + 1] = line end
      results[i] = { lines = lines, data = exchange.block, result = exchange.final or "OK" }
    end
  end
  return results, urcs
end

return replay
