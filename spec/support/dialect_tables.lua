--- Dialect tables with one thing changed, for specs of what is refused in them.

local dialect_tables = { EXAMPLE = "examples/dialects/esp-at.lua" }

--- The dialect of the examples after `change`, or what that gives instead.
---@param change fun(dialect: table): any
function dialect_tables.example(change)
  local dialect = dofile(dialect_tables.EXAMPLE)
  return change(dialect) or dialect
end

return dialect_tables
