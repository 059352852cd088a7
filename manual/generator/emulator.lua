--- The page about the module in software: what the program hayes-emulator says of itself. Nil where it is not built.

local function output(arguments)
  local pipe <close> = assert(io.popen("hayes-emulator " .. arguments .. " 2>/dev/null"))
  return pipe:read "a"
end

local function cell(text) return (text:gsub("|", "\\|")) end

--- Rows of a list: what the captures of the pattern are, the first of them a name.
local function add_table(lines, head, text, pattern)
  lines[#lines + 1] = "| " .. table.concat(head, " | ") .. " |"
  lines[#lines + 1] = "|" .. ("---|"):rep(#head)
  for line in text:gmatch "[^\n]+" do
    local cells = { line:match(pattern) }
    for i, text_of_cell in ipairs(cells) do cells[i] = cell(text_of_cell) end
    cells[1] = "`" .. assert(cells[1], line) .. "`"
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  lines[#lines + 1] = ""
end

local function indented(text) return (("\n" .. text):gsub("\n([^\n])", "\n    %1"):sub(2)) end

--- The control commands, from an emulator that is started for the question.
local function control_commands()
  local emulator <close> = require("hayes").emulator()
  return emulator and emulator:control "help" or ""
end

---@return hayes.manual.page?
return function()
  local help = output "--help"
  if help == "" then return nil end
  local lines = { "# The module in software", "" }
  local function add(text)
    lines[#lines + 1] = text
    lines[#lines + 1] = ""
  end
  add "`hayes.open(\"emulator\")` and [hayes.emulator](hayes.md#hayes.emulator) start it, and so does `hayes emulate`."
  add "## The program"
  add(indented(help))
  add "## Faults"
  add("`--faults drop=0.01`, or `faults = { drop = 0.01 }`: with a probability, at one opportunity (`drop:5`), or at "
    .. "the first command that begins so (`deaf:AT+CSQ`). The seed decides which.")
  add_table(lines, { "name", "opportunity", "what happens" }, output "--faults list", "^(%S.-)%s+(each.-)  +(.+)$")
  add "## Quirks"
  add "Habits of particular firmware, each with where it is known from: `--quirks NAME`, or `quirks = \"NAME\"`."
  add_table(lines, { "name", "habit" }, output "--quirks list", "^(%S+)%s+(.+)$")
  add "## While it runs"
  add "`emulator:control(line)` takes these commands, and so does the socket of `--control`:"
  for command in (control_commands() .. "; "):gmatch "(.-); " do lines[#lines + 1] = "- `" .. command .. "`" end
  return { name = "emulator", title = "The module in software", text = table.concat(lines, "\n"),
    part = "AT commands" }
end
