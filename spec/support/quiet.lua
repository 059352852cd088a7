--- A busted output handler that prints failures only, and writes the counts to the file that HAYES_COUNTS names.

return function(options)
  local busted = require "busted"
  local handler = require "busted.outputHandlers.base"()

  handler.suiteEnd = function()
    for _, list in ipairs { handler.failures, handler.errors } do
      for _, failure in ipairs(list) do
        local trace = failure.trace or {}
        io.write(("\nFAILED %s\n  %s:%s\n"):format(failure.name or "?", trace.short_src or "?", trace.currentline or "?"))
        local message = failure.message
        if type(message) ~= "string" then message = message and tostring(message) or "no message" end
        io.write("  ", (message:gsub("\n", "\n  ")), "\n")
        if options.verbose and trace.traceback then io.write(trace.traceback, "\n") end
      end
    end
    for _, pending in ipairs(handler.pendings) do io.write("SKIPPED ", pending.name or "?", "\n") end
    local counts = assert(io.open(assert(os.getenv("HAYES_COUNTS")), "w"))
    counts:write(("%d %d\n"):format(handler.successesCount, handler.failuresCount + handler.errorsCount))
    counts:close()
    return nil, true
  end

  busted.subscribe({ "suite", "end" }, handler.suiteEnd)
  return handler
end
