--- What a command is to send, as its option gives it.

local local_file = require "hayes.local_file"
local stop = require "hayes.cli.stop"

local input = {}

local LONGEST = 1 << 28 -- bytes: more than any module takes

--- `-` is standard input, `@FILE` the content of a file, anything else the text itself; nil stays nil.
---@param given? string
---@return string?
function input.read(given)
  local path = given and given:match "^@(.+)$"
  if given == "-" or path == "-" then return io.read "a" end
  if not path then return given end
  return (stop.unless(local_file.read(path, LONGEST)))
end

return input
