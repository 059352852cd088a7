--- Plays the module's side of a trace on a pty: the program that had the trouble meets it again.
---
--- What the trace says the host sent is waited for, and what the module said then follows. Data, of which a trace knows
--- only the length, is made up. A masked parameter (`***`) stands for anything.

local core = require "hayes.core"
local errors = require "hayes.error"
local reader = require "hayes.cli.trace.reader"
local wait = require "hayes.wait"

local replay = {}

local FILLER = "x"
local LONGEST_PAUSE = 1 -- seconds; silence in a trace need not be sat out
local LINGER = 1 -- seconds: when a pty is closed, what has not been read from it is lost
local LONGEST_BLOCK = 1 << 30 -- bytes
local LONGEST_LINE = 65536 -- bytes of the host without a line end
local PIECE = 32768
local MOST_LEFT_OUT = 30 -- lines that the host may leave out: the same command further on is another one

---@class hayes.replay
---@field path string   of the pty
---@field items hayes.trace.item[]
---@field at integer    the item that is next
local Replay = {}
Replay.__index = Replay

--- A line without end that the host sends by itself, and not at the end of a command: `+++`.
local function is_whole(text) return text == "+++" or text:find "^[\26\27]+$" ~= nil end

--- Does what came fit what the trace has? `***` stands for any text. The parts between are looked for one after the
--- other, each at the first place where it stands, and the last one at the end.
---@param expected string
---@param got string
---@return boolean
function replay.fits(expected, got)
  local from, at = expected:find("***", 1, true)
  if not from then return expected == got end
  if got:sub(1, from - 1) ~= expected:sub(1, from - 1) then return false end
  local place = from -- in `got`, of what has not been matched
  while true do
    local next_from, next_at = expected:find("***", at + 1, true)
    local part = expected:sub(at + 1, (next_from or 0) - 1)
    if not next_from then return #got - place + 1 >= #part and got:sub(#got - #part + 1) == part end
    local _, last = got:find(part, place, true)
    if not last then return false end
    place, at = last + 1, next_at
  end
end

---@param items hayes.trace.item[]
---@return hayes.replay?, hayes.error?
function replay.new(items)
  for _, item in ipairs(items) do
    if item.bytes and item.bytes > LONGEST_BLOCK then
      return nil, errors.new { name = "no_trace", message = ("line %d of the trace: no module sends or takes %d bytes "
        .. "at once"):format(item.line, item.bytes) }
    end
  end
  local port, path, words = core.open_pty()
  if not port then return nil, errors.new { name = path, message = ("no pty: %s"):format(words) } end
  return setmetatable({ port = port, path = path, items = items, at = 1, input = "" }, Replay)
end

function Replay:close() self.port:close() end

Replay.__close = Replay.close

local function write(self, bytes)
  while #bytes > 0 do
    local count = self.port:write(bytes)
    if not count then return end
    bytes = bytes:sub(count + 1)
    if #bytes > 0 then wait.descriptor(self.port:fd(), true) end
  end
end

--- More input of the host.
local function fill(self)
  while true do
    local bytes = self.port:read()
    if bytes and bytes ~= "" then
      self.input = self.input .. bytes
      return
    end
    wait.descriptor(self.port:fd(), false)
  end
end

--- The host's next line, without its end.
local function next_line(self)
  while true do
    self.input = self.input:gsub("^[\r\n]+", "")
    local line, rest = self.input:match "^([^\r\n]*)[\r\n]+(.*)$"
    if line then
      self.input = rest
      return line
    end
    if is_whole(self.input) or #self.input > LONGEST_LINE then
      line, self.input = self.input, ""
      return line
    end
    fill(self)
  end
end

local function take(self, count)
  while #self.input < count do
    count = count - #self.input
    self.input = ""
    fill(self)
  end
  self.input = self.input:sub(count + 1)
end

--- What a module writes for a line of a trace. Behind a comma the block follows on the same line.
local function said(item)
  local text = reader.bytes_of(item.text)
  if text == ">" then return "\r\n> " end
  return "\r\n" .. text .. (text:find ",$" and "" or "\r\n")
end

--- Writes a block.
local function fill_in(self, count)
  local piece = FILLER:rep(math.min(count, PIECE))
  while count > 0 do
    write(self, piece:sub(1, count))
    count = count - #piece
  end
end

--- The index of the item that the host's line is, from here on; nil: there is none.
local function find_line(self, line)
  for i = self.at, math.min(self.at + MOST_LEFT_OUT, #self.items) do
    local item = self.items[i]
    if item.mark == ">" and not item.bytes and replay.fits(reader.bytes_of(item.text), line) then return i end
  end
end

--- Answers the host until the trace is over. `tell` gets a sentence where the host does not do what it did.
---@param tell fun(sentence: string)
---@return { played: integer, skipped: integer, unknown: integer }
function Replay:run(tell)
  local counts = { played = 0, skipped = 0, unknown = 0 }
  local before
  while self.at <= #self.items do
    local item = self.items[self.at]
    if item.mark == "<" then
      if before then wait.sleep(math.min(item.elapsed - before, LONGEST_PAUSE)) end
      if item.bytes then fill_in(self, item.bytes) else write(self, said(item)) end
    elseif item.mark == ">" and item.bytes then
      take(self, item.bytes)
    elseif item.mark == ">" then
      local line = next_line(self)
      local found = find_line(self, line)
      if found then
        if found > self.at then
          counts.skipped = counts.skipped + found - self.at
          tell(("the host left out lines %d to %d"):format(item.line, self.items[found - 1].line))
        end
        self.at = found
      else
        counts.unknown = counts.unknown + 1
        local answer = line == "AT" and "OK" or "ERROR"
        tell(("line %d: the host sent %s in place of %s; it is answered with %s"):format(item.line, line, item.text,
          answer))
        write(self, "\r\n" .. answer .. "\r\n")
        goto again
      end
    end
    before = self.items[self.at].elapsed
    self.at, counts.played = self.at + 1, counts.played + 1
    ::again::
  end
  wait.sleep(LINGER)
  return counts
end

return replay
