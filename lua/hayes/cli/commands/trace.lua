--- hayes trace: what a trace says, decoded; or a module that answers as it did. No module is needed.

local check = require "hayes.check"
local convert = require "hayes.cli.convert"
local decode = require "hayes.cli.decode"
local dialects = require "hayes.dialect"
local explain = require "hayes.explain"
local figures = require "hayes.cli.trace.figures"
local page = require "hayes.cli.trace.page"
local paths = require "hayes.cli.paths"
local reader = require "hayes.cli.trace.reader"
local replay = require "hayes.cli.trace.replay"
local stop = require "hayes.cli.stop"

local trace = {}

local SLOWEST = 3

function trace.define(command)
  command:description("Print what a trace says, with the fields of answers in words; or play the module's side of "
    .. "it on a port. No module is needed.")
  command:argument("file", "A trace, written by --trace of any command or by hayes.open with `trace`.")
  command:option("--grep", "Only lines that hold this text."):argname "<text>"
  command:option("--slow", "Only commands that took so many seconds or more."):argname "<s>"
    :convert(convert.seconds "--slow")
  command:flag("--plain", "Do not decode answers.")
  command:option("--dialect", "The module's dialect: a name, or the file of one of your own. Default: the one that "
    .. "the trace names."):argname "<name>"
  command:option("--html", "Write a page for a browser: search, pauses, what each line means."):argname "<page>"
  command:flag("--replay", "Print a port that answers as the module did, until the trace is over.")
  command:epilog [[
Examples:
   hayes trace at.log
   hayes trace --slow 2 at.log
   hayes trace --html at.html at.log
   hayes trace --replay at.log        # then: hayes info -p the port that it prints]]
end

local styles = { [">"] = "cyan", ["<"] = "green", ["-"] = "dim" }

local function dialect_of(run, items)
  local name = run.arguments.dialect or reader.dialect(items)
  if not name or name == "v250" then return nil end
  if run.arguments.dialect then return stop.unless(dialects.find("--dialect", name)) end
  return check.contains(dialects.names(), name) and dialects.get(name) or nil
end

--- Which items are shown: a set by index; nil: all.
local function chosen(run, items, trips)
  local arguments = run.arguments
  if not arguments.grep and not arguments.slow then return nil end
  local set = {}
  if arguments.slow then
    for _, trip in ipairs(trips) do
      for i = trip.last, 1, -1 do
        if trip.seconds < arguments.slow then break end
        set[i] = true
        if items[i] == trip.command then break end
      end
    end
  end
  if arguments.grep then
    local among = arguments.slow and set
    set = {}
    for i, item in ipairs(items) do
      set[i] = (not among or among[i]) and item.text:find(arguments.grep, 1, true) ~= nil or nil
    end
  end
  return set
end

local function show(run, items, dialect, trips)
  local shown, date, before = chosen(run, items, trips), nil, nil
  if shown and run.arguments.grep and not next(shown) then run.out:note("no line holds %q", run.arguments.grep) end
  local decoding = dialect and not run.arguments.plain
  local module = { explain = function(_, line) return explain(dialect, line) end }
  for i, item in ipairs(items) do
    if not shown or shown[i] then
      if item.date ~= date then run.out:line("%s", run.out:style("bold", item.date .. " (UTC)")) end
      local passed = before and ("+%.3f"):format(item.elapsed - before.elapsed) or ""
      if before and item.time < before.time then passed = "set back" end
      date, before = item.date, item
      run.out:line("%s %9s %s", item.clock:sub(1, 12), passed,
        run.out:style(styles[item.mark], item.mark .. " " .. item.text))
      if decoding and item.mark == "<" and not item.bytes then
        for _, row in ipairs(decode.rows(module, item.text)) do
          run.out:say(run.out:style("dim", (" "):rep(25) .. row))
        end
      end
    end
  end
end

local function summary(run, items, trips)
  local slow = table.move(trips, 1, #trips, 1, {})
  table.sort(slow, function(a, b) return a.seconds > b.seconds end)
  local words, wanted = {}, run.arguments.slow
  if wanted and not (slow[1] and slow[1].seconds >= wanted) then
    run.out:note("no command took %g s or more", wanted)
  end
  for i = 1, math.min(SLOWEST, #slow) do
    words[i] = ("%s %.3f s"):format(slow[i].command.text, slow[i].seconds)
  end
  run.out:note("%d answered commands in %.1f s; the slowest: %s", #trips, items[#items].elapsed,
    #words > 0 and table.concat(words, ", ") or "none")
end

local function play(run, items)
  local player <close> = stop.unless(replay.new(items))
  run.out:line("%s", player.path)
  run.out.flush()
  local counts = player:run(function(sentence) run.out:note("%s", sentence) end)
  run.out:note("the trace is over: %d of its lines were played, %d left out; %s unknown", counts.played, counts.skipped,
    counts.unknown == 1 and "1 line of the host was" or counts.unknown .. " lines of the host were")
  return counts.unknown + counts.skipped > 0 and stop.REFUSED or nil
end

local function write_page(run, items, dialect, trips)
  local path = run.arguments.html
  local module = dialect and { explain = function(_, line) return explain(dialect, line) end }
  local text = page.of(items, trips, module)
  paths.write("the page", path, text)
  run.out:note("%s: %d lines", path, #items)
end

function trace.run(run)
  local items, skipped = stop.unless(reader.read(run.arguments.file))
  if run.arguments.replay then return play(run, items) end
  local dialect = dialect_of(run, items)
  local trips = figures.round_trips(items, dialect)
  if run.arguments.html then return write_page(run, items, dialect, trips) end
  run.out:result(items, function()
    show(run, items, dialect, trips)
    if skipped > 0 then
      run.out:note("%s of a trace, and left out", skipped == 1 and "1 line is none" or skipped .. " lines are none")
    end
    summary(run, items, trips)
  end)
end

return trace
