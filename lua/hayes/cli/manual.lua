--- The man pages, out of the parser of the command and the emulator's --help; and the completion files of shells. For
--- `make man`.

local folder = require "hayes.cli.folder"
local parser = require "hayes.cli.parser"
local roff = require "hayes.cli.roff"

local escape = roff.escape

local manual = {}

---@class hayes.cli.manual.page lines of one page
local Page = {}
Page.__index = Page

local function new_page(name, summary)
  local page = setmetatable({}, Page)
  page:add('.TH "%s" "1" "" "hayes %s" "User Commands"', name:upper(), require("hayes")._VERSION:match "%S+$")
  page:section "NAME"
  page:add("%s \\- %s", escape(name), escape(summary))
  return page
end

function Page:add(text, ...) self[#self + 1] = select("#", ...) > 0 and text:format(...) or text end

function Page:section(title) self:add('.SH "%s"', escape(title)) end

function Page:subsection(title) self:add('.SS "%s"', escape(title)) end

--- Sentences; a blank line begins a paragraph.
function Page:text(text)
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n+" do
    self:add ".PP"
    self:add(escape((paragraph:gsub("\n", " "))))
  end
end

--- Lines that are printed as they are.
function Page:lines(text)
  self:add ".PP"
  self:add ".nf"
  self:add(escape(text))
  self:add ".fi"
end

function Page:entry(label, text)
  self:add ".TP"
  self:add("\\fB%s\\fR", escape(label))
  self:add(escape(text ~= "" and text or "-"))
end

local function label_of(element)
  return (table.concat(element:_get_label_lines(), " "):gsub("%s+", " "))
end

local SHARED = 4 -- an option of so many commands is described once, for all of them

--- Options that many commands have, in the order in which they come; the same as a set of labels with descriptions.
local function shared_options(top)
  local counts, order, shared = {}, {}, {}
  local function visit(command)
    for _, option in ipairs(command._options) do
      local key = label_of(option) .. "\n" .. option:_get_description()
      counts[key] = (counts[key] or 0) + 1
      if counts[key] == SHARED and option._name ~= "-h" then
        order[#order + 1] = option
        shared[key] = true
      end
    end
    for _, one in ipairs(command._commands) do visit(one) end
  end
  visit(top)
  return order, shared
end

--- Arguments or options with what they mean, except those in `left_out`, by label and description.
local function entries(page, elements, left_out)
  for _, element in ipairs(elements) do
    local label, text = label_of(element), element:_get_description()
    if element._name ~= "-h" and not (left_out and left_out[label .. "\n" .. text]) then page:entry(label, text) end
  end
end

--- What stands below the options of a command: sentences, and examples, which are indented.
local function epilog(page, text)
  local block = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    local indented = line:match "^   (.*)$"
    if indented then
      block[#block + 1] = "    " .. indented
    else
      if #block > 0 then page:lines(table.concat(block, "\n")) end
      block = {}
      if line ~= "" then page:text(line) end
    end
  end
  if #block > 0 then page:lines(table.concat(block, "\n")) end
end

local function usage_of(command)
  return (command:get_usage():gsub("^Usage: ", ""):gsub("\n       ", "\n    "))
end

local function describe(page, command, shared)
  page:subsection(command:_get_fullname())
  page:text(command._description or command._summary or "")
  page:lines(usage_of(command))
  entries(page, command._arguments)
  entries(page, command._options, shared)
  if command._epilog then epilog(page, command._epilog) end
  for _, one in ipairs(command._commands) do describe(page, one, shared) end
end

local statuses = {
  { "0", "Done." },
  { "1", "The module or the far end refused." },
  { "2", "Wrong use." },
  { "3", "There is no such port, or it went away." },
  { "130", "Interrupted: Ctrl-C, SIGTERM, SIGHUP." },
  { "141", "Who read the output, such as head, has gone; nothing is said." },
}

local variables = {
  { "HAYES_PORT", "The module to use where -p is not given." },
  { "HAYES_PIN, HAYES_APN_PASSWORD, HAYES_WIFI_PASSWORD, FTP_PASSWORD",
    "Secrets, where the options are not given." },
  { "NO_COLOR", "If it is set, nothing is printed in colour." },
  { "XDG_STATE_HOME", "The folder of hayes/history (~/.local/state)." },
}

--- The page hayes(1).
---@return string
function manual.of_command()
  local top = parser.new():usage_max_width(72)
  local order, shared = shared_options(top)
  local page = new_page("hayes", "network and file services of serial AT modules")
  page:section "SYNOPSIS"
  page:lines(usage_of(top))
  page:section "DESCRIPTION"
  page:text(top._description)
  entries(page, top._options)
  page:section "COMMANDS"
  for _, command in ipairs(top._commands) do describe(page, command, shared) end
  page:section "OPTIONS OF MANY COMMANDS"
  page:text "The usage of each command names those that it takes."
  entries(page, order)
  page:section "EXIT STATUS"
  for _, status in ipairs(statuses) do page:entry(status[1], status[2]) end
  page:section "ENVIRONMENT"
  for _, variable in ipairs(variables) do page:entry(variable[1], variable[2]) end
  page:section "FILES"
  page:entry("~/.local/state/hayes/history", "Lines that were typed in `hayes shell`, except those with a secret.")
  page:section "SEE ALSO"
  page:add "hayes(3), hayes\\-emulator(1)"
  return table.concat(page, "\n") .. "\n"
end

--- The page hayes-emulator(1).
---@param help string what `hayes-emulator --help` prints
---@return string
function manual.of_emulator(help)
  local page = new_page("hayes-emulator", "a serial AT module in software")
  local usage, description, options = help:match "^Usage: ([^\n]+)\n(.-)\n\n(.*)$"
  page:section "SYNOPSIS"
  page:lines(usage)
  page:section "DESCRIPTION"
  page:text(description)
  page:section "OPTIONS"
  local label, words
  for line in (options .. "  --\n"):gmatch "([^\n]*)\n" do
    local new_label = line:match "^  %-%-"
    if new_label then
      if label then page:entry(label, table.concat(words, " ")) end
      local text
      label, text = line:match "^  (.-)   *(%S.*)$"
      label, words = label or line:match "^%s*(.-)$", { text }
    elseif line:find "%S" then
      words[#words + 1] = line:match "^%s*(.-)$"
    end
  end
  page:section "SEE ALSO"
  page:add "hayes(1)"
  return table.concat(page, "\n") .. "\n"
end

local function write(path, text)
  assert(folder.make(path:match "^(.*)/"))
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

--- Writes the pages and the completion files below a folder, as they are installed below `share`.
---@param share string
---@param emulator_help string "" where there is no emulator
function manual.write(share, emulator_help)
  write(share .. "/man/man1/hayes.1", manual.of_command())
  if emulator_help ~= "" then write(share .. "/man/man1/hayes-emulator.1", manual.of_emulator(emulator_help)) end
  local top = parser.new()
  write(share .. "/bash-completion/completions/hayes", top:get_bash_complete())
  write(share .. "/zsh/site-functions/_hayes", top:get_zsh_complete())
  write(share .. "/fish/vendor_completions.d/hayes.fish", top:get_fish_complete())
end

return manual
