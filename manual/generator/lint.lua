--- Prints what is public and not documented, and fails if there is anything.

local found = require("manual.generator.gaps").find()
for _, gap in ipairs(found) do print(gap) end
os.exit(#found == 0)
