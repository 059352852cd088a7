--- The message of the error that f raises, without its position, which must be in the spec that calls this: wrong use is told
--- where it was written.
return function(f)
  local ok, message = pcall(f)
  assert(not ok, "no error was raised")
  local spec = debug.getinfo(2, "S").short_src
  local file, text = tostring(message):match("^(.-):%d+: (.*)$")
  assert(file == spec, ("the error is told at the wrong place: %s"):format(tostring(message)))
  return text
end
