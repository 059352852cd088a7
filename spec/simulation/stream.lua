--- What the streams of a run carry: made of what modules say, and of bytes of all values. What stands at a place follows
--- from the name of the stream and the place alone.

local Random = require "simulation.random"

local stream = {}

local WORDS = {
  "\r\nERROR\r\n", "\r\nSEND OK\r\n", "\r\n> ", "> ", "\r\n", "\r", "\n", "+++", "\0\0\0", "\27", "\26",
  '\r\n+QIURC: "recv",0,5\r\n', '\r\n+QIURC: "recv",0\r\n', '\r\n+QIURC: "closed",0\r\n', "\r\n+QIRD: 0\r\n",
  '+QSSLURC: "closed",0', "\r\nCONNECT\r\n", "+CME ERROR: 3\r\n", "\r\n+EVENT:SocketDown,1,4\r\n",
}

--- Words that end data mode, or may. What other connections push while the line is in data mode comes right behind its
--- end, and nobody can tell these in it from the end.
local ENDS = { "\r\nOK\r\n", "\r\nNO CARRIER\r\n", "\r\nRDY\r\n" }

--- What goes out when the module has left data mode already is a command then, and nobody can tell its answer from data.
local COMMANDS = { "AT\r" }

local LENGTH = 1 << 17

local function make(words)
  local random = Random.new(1, "corpus")
  local parts, length = {}, 0
  while length < LENGTH do
    local part
    if random:chance(0.3) then
      part = random:pick(words)
    else
      local bytes = {}
      for i = 1, random:int(1, 24) do
        bytes[i] = string.char(random:chance(0.5) and random:int(97, 122) or random:int(0, 255))
      end
      part = table.concat(bytes)
    end
    parts[#parts + 1] = part
    length = length + #part
  end
  return table.concat(parts):sub(1, LENGTH)
end

local function joined(...)
  local all = {}
  for _, words in ipairs { ... } do table.move(words, 1, #words, #all + 1, all) end
  return all
end

local corpora = { plain = make(WORDS), ends = make(joined(WORDS, ENDS)), all = make(joined(WORDS, ENDS, COMMANDS)) }
local corpus = corpora.all

--- Which words the streams have from here on.
---@param which "plain"|"ends"|"all"  ends: those that end data mode, too; all: commands, too
function stream.choose(which)
  corpus = corpora[which]
end

local offsets = {} -- by name

local function offset(name)
  offsets[name] = offsets[name] or Random.new(0, name):int(0, LENGTH - 1)
  return offsets[name]
end

--- The bytes from the place `from` (1) to the place `to`.
---@param name string
function stream.bytes(name, from, to)
  local parts = {}
  local at, count = (offset(name) + from - 1) % LENGTH, to - from + 1
  while count > 0 do
    local part = corpus:sub(at + 1, at + count)
    parts[#parts + 1] = part
    count = count - #part
    at = 0
  end
  return table.concat(parts)
end

--- The place of the first byte that is not the stream's; nil: all are.
function stream.first_wrong(name, bytes)
  local right = stream.bytes(name, 1, #bytes)
  if right == bytes then return nil end
  for i = 1, #bytes do
    if right:byte(i) ~= bytes:byte(i) then return i end
  end
end

return stream
