--- PEM as people give it: a local path, or the text itself.

local check = require "hayes.check"
local local_file = require "hayes.local_file"
local pem_blocks = require "hayes.tls.pem_blocks"

local pem_text = {}

local LONGEST = 1 << 20 -- bytes of a file

--- What goes into a message, and is no path, may be a private key that was given in the wrong place: it is not shown.
local function readable(path)
  if #path < 256 and not path:find("[%c]") then return path end
  return ("(%d bytes that are no path)"):format(#path)
end

local is_stream = { is_a_fifo = true, is_a_device = true, is_a_stream = true }

local function read_file(where, what, path)
  local source, err = local_file.source(path)
  local bytes, words
  if source and source.size > LONGEST then
    words = ("it is %d bytes long, and no certificate or key"):format(source.size)
    source.file:close()
  elseif source then
    bytes, words = source.file:read(0, source.size)
    source.file:close()
  else
    words = err.reason .. (is_stream[err.name] and "; read it first, and give { pem = text }" or "")
  end
  if bytes then return bytes end
  check.fail(where, ("%s cannot be read: %s: %s"):format(what, readable(path), words))
end

--- Looks at what was given: a local path, or PEM text (as a string with a -----BEGIN line, or { pem = text }).
--- What is not PEM, is damaged, or holds something else than the option takes raises: nothing of it gets into the
--- module. The text, and what to call it in messages.
---@param where string the function, `ssl.open`
---@param what string  the option, `ca`
---@param source any
---@return { pem: string, name: string }
function pem_text.read(where, what, source)
  if type(source) == "string" and source:find("-----BEGIN ", 1, true) then source = { pem = source } end
  local pem, name
  if type(source) == "table" and type(source.pem) == "string" then
    pem, name = source.pem, "the PEM text given as " .. what
  else
    check.value(where, what, source, { type = "string" })
    pem, name = read_file(where, what, source), readable(source)
  end
  local problem = pem_blocks.problem(what, pem)
  if problem then check.fail(where, ("%s: %s %s"):format(what, name, problem)) end
  return { pem = pem, name = name }
end

return pem_text
