--- The progress of a transfer on stderr: a bar that redraws itself on a terminal, a line now and then elsewhere.
--- Nothing for what takes less than a second.

local wait = require "hayes.wait"

local progress = {}

local FIRST = 1      -- seconds before anything is shown
local ON_TERMINAL = 0.2
local ELSEWHERE = 30 -- seconds between two lines
local WIDTH = 24

local units = { "B", "KiB", "MiB", "GiB" }

--- A number of bytes for people.
---@param bytes number
---@return string
function progress.size(bytes)
  local i = 1
  while bytes >= 1024 and i < #units do bytes, i = bytes / 1024, i + 1 end
  return (i == 1 and "%d %s" or "%.1f %s"):format(i == 1 and math.floor(bytes) or bytes, units[i])
end

local function clock(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds >= 3600 then return ("%d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60) end
  return ("%d:%02d"):format(seconds // 60, seconds % 60)
end

local function words(done, total, rate)
  local text = progress.size(done)
  if total and total > 0 then
    local filled = math.floor(math.min(done / total, 1) * WIDTH)
    text = ("[%s%s] %3.0f %% of %s"):format(("#"):rep(filled), ("."):rep(WIDTH - filled), done / total * 100,
      progress.size(total))
  end
  if rate > 0 then
    text = ("%s, %s/s"):format(text, progress.size(rate))
    if total and total > done then text = ("%s, %s left"):format(text, clock((total - done) / rate)) end
  end
  return text
end

--- A function f(done, total, rate), as transfers call it, and one that ends the display.
---@param out hayes.cli.output
---@return fun(done: integer, total: integer?, rate: number?), fun()
function progress.new(out)
  local started, shown, drawn = wait.now(), nil, false
  local interval = out.progress and ON_TERMINAL or ELSEWHERE
  local function show(done, total, rate)
    local now = wait.now()
    if now - started < FIRST or shown and now - shown < interval then return end
    shown, drawn = now, out.progress
    local text = words(done, total, rate or done / (now - started))
    io.stderr:write(out.progress and "\r\27[K" or "", text, out.progress and "" or "\n")
  end
  local function finish()
    if drawn then io.stderr:write "\r\27[K" end
    drawn = false
  end
  return show, finish
end

return progress
