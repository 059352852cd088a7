--- Trace files that anybody may have written: they are shown, made a page of and replayed, or refused, and what is shown
--- does not command a terminal.

local errors = require "hayes.error"
local json = require "dkjson"
local Output = require "hayes.cli.output"
local replay = require "hayes.cli.trace.replay"
local reader = require "hayes.cli.trace.reader"
local stop = require "hayes.cli.stop"
local trace = require "hayes.cli.commands.trace"
local wait = require "hayes.wait"

function wait.sleep() end -- a replay keeps the pauses of a trace
function wait.descriptor() end

local PATH = os.tmpname()

local CLOCK = "2026-11-27T23:59:%02d.950000Z "
local LINES = { "- dialect quectel", "- dialect aithinker", "- dialect v250", "> AT+CSQ", "< +CSQ: 22,99", "< OK", "< ERROR",
  '> AT+CPIN="***"', "< +CME ERROR: 10", "> [1460 bytes]", "< [1460 bytes]", "< >", "> +++", "< CONNECT", "< NO CARRIER",
  '< +QIURC: "recv",0,8', "< +QFLST: \"a\",5", '> AT+QSSLCFG="seclevel",1,2', "< +SOCKETREAD,1,21,", "> AT+X=***,***",
  "- in step", "- closed", "< +EVENT:SocketDown,1", "< RDY", "> ATD***;" }
local JUNK = { "", "- 2 lines are missing here (the reader was too slow)", "\27[2J", "\0", ("x"):rep(5000), "\xFF\xFE",
  "9999-99-99T99:99:99.9Z < x", "2026-11-27T23:59:59.9Z < [99999999999999999999 bytes]",
  "2026-11-27T23:59:59.9Z < [1000000000000000000 bytes]", "0000-00-00T00:00:00." .. ("9"):rep(400) .. "Z > AT",
  "2026-11-27T23:59:59.9Z > AT" .. ("***a"):rep(300), "2026-11-27T23:59:59.9Z < +QIND: " .. ("\"a\","):rep(2000),
  "2026-11-27T23:59:59.9Z < </script>\xC2\x9B\27]0;x\7" }

local function text_of(random)
  local lines = {}
  for i = 1, random:small(60) do
    lines[i] = random:chance(0.1) and random:pick(JUNK) or CLOCK:format(i % 60) .. random:pick(LINES)
  end
  local text = table.concat(lines, random:pick { "\n", "\r\n", "\n\n" }) .. random:pick { "\n", "" }
  for _ = 1, random:small(10) - 1 do
    local at, count = random:int(1, #text + 1), random:small(30) - 1
    local put = random:chance(0.5) and string.char(random:int(0, 255)):rep(random:small(20)) or ""
    text = text:sub(1, at - 1) .. put .. text:sub(at + count)
  end
  return text
end

local function assert_harmless(text)
  assert(not text:find "[%z\1-\8\11-\31\127]" and not text:find "\xC2[\x80-\x9F]" and utf8.len(text), ("%q"):format(text))
end

--- Runs the command with what it prints in a table.
local function run(arguments)
  local real, shown = { io.stdout, io.stderr }, {}
  local function write(_, ...)
    for _, text in ipairs { ... } do shown[#shown + 1] = text end
    return true
  end
  local file = { write = write, flush = function() return true end }
  rawset(io, "stdout", file)
  rawset(io, "stderr", file)
  local out = Output.new { json = arguments.json }
  out.styled = false
  local ok, err = pcall(trace.run, { arguments = arguments, out = out })
  rawset(io, "stdout", real[1])
  rawset(io, "stderr", real[2])
  assert(ok or stop.is(err), err)
  local text = table.concat(shown)
  assert_harmless(text)
  return ok, text
end

--- Plays the trace to a host that sends what stands there, or something else; true: to its end.
local function play(random, items)
  local player, err = replay.new(items)
  if not player then
    assert(errors.is(err))
    return
  end
  player.port:close()
  local written, reads = 0, 0
  player.port = { fd = function() return 0 end, close = function() end }
  function player.port.write(_, bytes)
    written = written + #bytes
    if written > 1 << 24 then error("the host has gone", 0) end -- a block may have 1 GiB
    return random:int(1, #bytes)
  end
  function player.port.read()
    reads = reads + 1
    if reads > 2000 then error("the host has gone", 0) end
    local item = player.items[player.at]
    if random:chance(0.1) then return random:pick { "AT\r", "+++", "\26", ("z"):rep(1000), "\r\n", "A" } end
    return item.bytes and ("x"):rep(random:int(1, 2000)) or reader.bytes_of(item.text) .. "\r"
  end
  local ok, raised = pcall(player.run, player, function(sentence) assert(type(sentence) == "string") end)
  assert(ok or raised == "the host has gone", raised)
  return ok
end

return function(random)
  local file <close> = assert(io.open(PATH, "wb"))
  assert(file:write(text_of(random)))
  file:flush()
  local items, err = reader.read(PATH)
  local arguments = { file = PATH, slow = random:chance(0.3) and 1 or nil, grep = random:chance(0.3) and "AT" or nil,
    plain = random:chance(0.2) or nil, dialect = random:chance(0.3) and random:pick { "quectel", "aithinker" } or nil }
  if not run(arguments) then
    assert(not items and errors.is(err))
    return 0
  end
  arguments.json = true
  local _, text = run(arguments)
  assert(#json.decode(text:match "^[^\n]*") == #items)
  arguments.json, arguments.html = nil, PATH .. ".html"
  run(arguments)
  local page <close> = assert(io.open(arguments.html))
  local inside = page:read "a":match '<script id="trace" type="application/json">(.-)</script>\n<script>\n"use strict"'
  assert(json.decode(inside))
  os.remove(arguments.html)
  return play(random, items) and 1 or 0
end
