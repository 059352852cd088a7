--- The files of this machine that a command line names. None is written over that the same command reads.

local lfs = require "lfs"
local stop = require "hayes.cli.stop"

local paths = {}

--- Arguments that are paths of files to read, those that may be `@` and such a path, and paths of files to write.
local read = { "ca", "cert", "key", "profile" }
local read_behind_at = { "data", "password", "pin", "apn_password", "wifi_password" }
local written = { "output", "html", "trace" }

local function option(name) return "--" .. name:gsub("_", "-") end

--- Each is { what it is called, path }.
local function named(arguments)
  local inputs, outputs = {}, {}
  local function add(list, name, path) list[#list + 1] = type(path) == "string" and { name, path } or nil end
  for _, name in ipairs(read) do add(inputs, option(name), arguments[name]) end
  add(arguments.command == "probe" and outputs or inputs, "the file", arguments.file)
  -- A name of the library's is no path of a file, or leads to another one.
  add(inputs, "--dialect", arguments.dialect)
  for _, name in ipairs(read_behind_at) do
    local given = arguments[name]
    add(inputs, option(name), type(given) == "string" and given:match "^@(.+)$" or nil)
  end
  for _, name in ipairs(written) do add(outputs, option(name), arguments[name]) end
  if arguments.action == "put" then add(inputs, "the file", arguments.path) end
  if arguments.action == "get" then add(outputs, "the file", arguments.path) end
  return inputs, outputs
end

--- Do both lead to one regular file? Of a device there may be any number.
local function is_same(a, b)
  local of_a, of_b = lfs.attributes(a), lfs.attributes(b)
  if not of_a or not of_b then return a == b and not of_a and not of_b end
  return of_a.mode == "file" and of_a.dev == of_b.dev and of_a.ino == of_b.ino
end

--- Ends the run where a file would be written over that is read, or twice at once.
---@param arguments table  as the parser gives them
function paths.check(arguments)
  local inputs, outputs = named(arguments)
  for i, output in ipairs(outputs) do
    local others = table.move(outputs, i + 1, #outputs, #inputs + 1, table.move(inputs, 1, #inputs, 1, {}))
    for _, other in ipairs(others) do
      if is_same(output[2], other[2]) then
        stop.wrong_use("%s (%s) and %s (%s) are one file: name another one to be written", output[1], output[2],
          other[1], other[2])
      end
    end
  end
end

--- Writes a file as a whole; ends the run where that fails.
---@param what string  in messages: "the page"
---@param path string
---@param text string
function paths.write(what, path, text)
  local file, err = io.open(path, "w")
  if not file then stop.wrong_use("%s cannot be written: %s", what, err) end
  local ok, failure = file:write(text)
  if ok then ok, failure = file:close() end
  if not ok then stop.with(stop.REFUSED, ("%s cannot be written: %s: %s"):format(what, path, failure)) end
end

return paths
