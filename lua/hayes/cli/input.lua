--- What a command is to send, as its option gives it.

local stop = require "hayes.cli.stop"

local input = {}

--- `-` is standard input, `@FILE` the content of a file, anything else the text itself; nil stays nil.
---@param given? string
---@return string?
function input.read(given)
  local path = given and given:match "^@(.+)$"
  if given == "-" or path == "-" then return io.read "a" end
  if not path then return given end
  local file, err = io.open(path, "rb")
  if not file then stop.wrong_use("the data cannot be read: %s", err) end
  local bytes = file:read "a"
  file:close()
  return bytes
end

return input
