--- Replays a vector against the library: what the module said, in pieces of any size, with URCs between its lines.

local hayes = require "hayes"
local script = require "support.script"

local replay = {}

--- What differs between dialects: options for opening, what is said while opening, the end of a command line, a URC to put
--- in between, and how a line announces a block.
local dialects = {
  quectel = { startup = script.quectel(), eol = "\r", urc = '\r\n+QSSLURC: "recv",11\r\n', prompt = "\r\n> ",
    announce = function(line, block) return line .. "\r\n" .. block .. "\r\n" end },
  aithinker = { options = { dialect = "aithinker" }, eol = "\r\n", urc = "\r\n+EVENT:WIFI_SCAN_DONE\r\n", prompt = ">",
    startup = script.commands({ ["ATE0"] = "\r\nOK\r\n", ["ATV1"] = "Unknown cmd:ATV1\r\n" }),
    announce = function(line, block) return line .. "," .. block .. "\r\n" end },
}

--- What the module says to a command, as a list of units between which a module may put a URC. A unit of the kind "wait"
--- stands for the data that the host sends.
local function units_of(exchange, dialect)
  local units = {}
  local function say(bytes) units[#units + 1] = bytes end
  if exchange.bytes then
    -- Captured bytes: each line with its ends is a unit.
    for line in exchange.bytes:gmatch("[^\n]*\n") do say(line) end
    return units
  end
  if exchange.boot then
    for line in exchange.boot:gmatch("[^\n]*\n") do say(line) end
    return units
  end
  if exchange.urc and exchange.block and dialect.announce then
    say("\r\n" .. dialect.announce(exchange.urc, exchange.block))
    return units
  end
  if exchange.urc then
    say("\r\n" .. exchange.urc .. "\r\n")
    return units
  end
  if exchange.data and not exchange.refused then
    say(exchange.connect and "\r\nCONNECT\r\n" or dialect.prompt)
    units[#units + 1] = { data = exchange.data }
  end
  for i, line in ipairs(exchange.info or {}) do
    local block = i == 1 and exchange.block
    say((i == 1 and (exchange.lead or "\r\n") or "") .. (block and dialect.announce(line, block) or line .. "\r\n"))
  end
  say((exchange.final_lead or "\r\n") .. (exchange.final or "OK") .. "\r\n")
  for _, line in ipairs(exchange.deferred or {}) do say("\r\n" .. line .. "\r\n") end
  return units
end

--- How many places a vector has for a URC.
function replay.places(vector, dialect)
  local count = 0
  for _, exchange in ipairs(vector) do
    count = count + 1
    for _, unit in ipairs(units_of(exchange, dialects[dialect])) do count = count + (type(unit) == "string" and 1 or 0) end
  end
  return count
end

--- A scripted port that plays the vector. options: pieces (a function that cuts bytes up), urc_at (the place of a URC).
local function player(vector, dialect, options)
  local step, place = 0, 0
  local pending -- what is still to be said once the data has come

  local function maybe_urc(port)
    place = place + 1
    if place == options.urc_at then port:say(dialect.urc) end
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
    if not at.playing or vector[step] and vector[step].boot then return dialect.startup(at, bytes) end
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
    local line, rest = bytes:match("^([^\r]*)" .. dialect.eol .. "(.*)$")
    if not line then return bytes end
    assert(line == exchange[1], ("the library sent %q, the vector has %q"):format(line, exchange[1]))
    say_units(at, units_of(exchange, dialect), 1)
    return rest
  end)
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
    local exchange = vector[index]
    if exchange.urc or exchange.boot then say_units(port, units_of(exchange, dialect), 1) end
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
  return { failed = true, result = err.result, name = err.name, code = exchange.code and err.code }
end

--- Plays a vector; gives the results, one an exchange, and the URCs that came (without the one that was put in).
---@param vector table
---@param of string the dialect's name
---@param options? { pieces: function?, urc_at: integer? }
function replay.run(vector, of, options)
  script.virtual_time()
  local dialect = dialects[of]
  local port = player(vector, dialect, options or {})
  local modem = assert(hayes.open_port(port, "vector", dialect.options))
  local urcs, put_in, booting = {}, 0, nil
  modem:listen("reboot", function()
    if booting then booting.reboots = booting.reboots + 1 end
  end)
  modem:listen("urc", function(event)
    if event.line == dialect.urc:match("%S.*%S") then
      put_in = put_in + 1
    elseif not booting then
      urcs[#urcs + 1] = { line = event.line, data = event.data }
    end
  end)
  port.playing = true
  local results = {}
  for i, exchange in ipairs(vector) do
    booting = exchange.boot and { reboots = 0 }
    results[i] = booting or nil
    port.begin(i)
    if exchange.urc then
      hayes.sleep(0.01)
    elseif exchange.boot then
      hayes.sleep(3)
    else
      if exchange.echo ~= nil then modem.engine:set_echo(exchange.echo) end
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
    elseif exchange.boot then
      results[i] = { reboots = 1 }
    elseif exchange.final and (exchange.final:find("ERROR", 1, true) or exchange.failed) then
      results[i] = { failed = true, result = exchange.final, code = exchange.code }
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
