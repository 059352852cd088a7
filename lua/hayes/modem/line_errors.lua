--- Signs of damage on the line, counted over all openings of a modem's port.

local line_errors = {}

--- Control bytes and damaged blocks that the engine has seen since the start-up on this port.
local function engine_counts(modem)
  if not modem.counting_from then return 0, 0 end
  local _, noise, damaged = modem.engine:noise()
  return noise - modem.counting_from.noise, damaged - modem.counting_from.damaged
end

--- Adds the engine's counts to the modem's, which outlive the engine.
function line_errors.keep(modem)
  local noise, damaged = engine_counts(modem)
  modem.counts.noise, modem.counts.damaged = modem.counts.noise + noise, modem.counts.damaged + damaged
  modem.counting_from = false
end

--- The start-up is over: line errors are counted from here on.
function line_errors.start(modem)
  local _, noise, damaged = modem.engine:noise()
  modem.counting_from = { noise = noise, damaged = damaged }
end

local LineErrors = {}

function LineErrors:__tostring()
  return ("%d damaged blocks, %d unknown lines, %d lines too long, %d control bytes, out of step %d times"):format(
    self.damaged_blocks, self.unknown_lines, self.overlong_lines, self.noise, self.desyncs)
end

--- Signs of damage on the line since hayes.open returned. If these counts grow, bytes are lost or changed on the way
--- (no flow control, too high a speed, a bad cable). Damage that leaves no sign is not counted, such as a changed byte
--- within data. Nothing is counted during the start-up of hayes.open and reopen(), which synchronises with a module in
--- any state.
---@return { damaged_blocks: integer, unknown_lines: integer, overlong_lines: integer, noise: integer,
---  desyncs: integer }
---  damaged_blocks: blocks of data without their proper end; unknown_lines: lines that are neither an answer nor a URC
---  of the dialect (a module's rare URCs count, too); overlong_lines; noise: control bytes within lines; desyncs:
---  how often the library had to resynchronise, restarts of the module included
function line_errors.of(modem)
  local counts = modem.counts
  local noise, damaged = engine_counts(modem)
  return setmetatable({
    damaged_blocks = counts.damaged + damaged, unknown_lines = counts.unknown, overlong_lines = counts.overlong,
    noise = counts.noise + noise, desyncs = counts.desyncs,
  }, LineErrors)
end

return line_errors
