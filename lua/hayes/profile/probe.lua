--- Asks a module what it is, takes and does; what comes of it is a profile.
---
--- Sent are only test commands (AT+NAME=?), questions (AT+NAME?) and commands that tell the versions; nothing that
--- stores anything or uses the network, except with leave to. Serial numbers and the numbers of a SIM card are never
--- asked for. The settings of the module stay as they are: its dialect's start-up is left out.

local exchange = require "hayes.exchange"
local mask = require "hayes.display.mask"
local profile = require "hayes.profile"
local reader = require "hayes.profile.reader"
local scrub = require "hayes.display.scrub"

local probe = {}

--- Not asked: COPS searches for networks, for minutes.
local left_out = { ["AT+COPS=?"] = true }

--- Commands that tell what the module is; not its serial number.
local identifying = { I = true, ["+CGMI"] = true, ["+CGMM"] = true, ["+CGMR"] = true, ["+QGMR"] = true,
  ["+GMR"] = true }

--- The list of all commands (27.007 8.37), which few dialects declare.
local LIST <const> = "AT+CLAC"

--- A module that leaves so many commands in a row without an answer is not asked any more.
local MOST_SILENT <const> = 3

--- Bytes that the head, the habits and the names of what a module takes need at most.
local ROOM <const> = 32768

--- Lines of one answer.
local MOST_LINES <const> = 512

---@class hayes.profile.probe a probe under way
---@field modem hayes.modem  whom it asks
---@field package engine table its engine, which keeps what comes on the line
---@field dialect hayes.dialect whose commands it asks for
---@field answers string[][] as in the profile
---@field takes string[]     as in the profile
---@field silent integer     commands in a row that were not answered
---@field asked integer      commands so far
---@field yes boolean        things may be changed
---@field echo? { host: string, port: integer }  a far end that sends back what it gets
---@field progress fun(asked: integer) is called before each command
local Probe = {}
Probe.__index = Probe

--- What has come on the line since the last call.
---@return string
function Probe:heard() return self.engine:heard() end

--- Sends a command. nil and the error when it is refused; raises nothing.
---@param text string
---@param request? table
---@return hayes.response?, hayes.error?, string raw  what came on the line
function Probe:send(text, request)
  self:heard()
  self.asked = self.asked + 1
  self.progress(self.asked)
  request = request or {}
  request.reason = false
  local response, err = exchange.run(self.modem, text, request)
  return response, err, self:heard()
end

--- The same; an end without an answer counts. The last result is an error that ends the probe.
local function ask(self, text)
  local response, err = self:send(text)
  if response or err.result then
    self.silent = 0
    return response, err
  end
  self.silent = self.silent + 1
  if self.modem.closed_with or self.silent >= MOST_SILENT then return nil, err, err end
  return nil, err
end

--- The keys of a command that have parameters which are secret.
local function secret_keys(declaration)
  local keys = {}
  for key, form in pairs(declaration.keys or {}) do
    for _, param in ipairs(form.params or {}) do
      if param.secret then keys[key] = true end
    end
  end
  return keys
end

--- A line of the answer to a command. One that has no name in front is about what the command is about.
local function masked(self, text, line)
  if line:find "^%s*[%+%^%$#%*%%&]" then return mask.line(self.dialect, line) end
  local written = text:gsub("=?%??$", "=")
  return mask.command(self.dialect, written .. mask.line(self.dialect, line)):sub(#written + 1)
end

--- The lines of an answer as they may be kept. Some firmware shows what is set among the ranges.
local function kept(self, text, declaration, response)
  local secret, lines = declaration and secret_keys(declaration) or {}, {}
  for i = 1, math.min(#response, MOST_LINES) do
    local head, key = response[i]:match '^([^"]*"([^"]*)")'
    local hides = key and secret[key:lower()]
    lines[i] = scrub.line(hides and head .. ",***" or masked(self, text, response[i]))
  end
  return lines
end

local function add(self, text, lines, result)
  local row = { text }
  table.move(lines, 1, #lines, 2, row)
  row[#row + 1] = scrub.line(result)
  for i, word in ipairs(row) do row[i] = word:sub(1, reader.MOST.text) end
  self.answers[#self.answers + 1] = row
end

--- Bytes of an answer in the file, and values.
local function size_of(row)
  local bytes = 16
  for _, word in ipairs(row) do bytes = bytes + #word + 3 * select(2, word:gsub('[\\"\128-\255]', "")) + 10 end
  return bytes, #row + 1
end

--- The answers without those, the longest ones first, for which a profile has no room.
local function fitting(answers)
  local bytes, values = ROOM, 1000
  local by_size, sizes, fits, list = table.move(answers, 1, #answers, 1, {}), {}, {}, {}
  for _, row in ipairs(answers) do sizes[row] = size_of(row) end
  table.sort(by_size, function(a, b) return sizes[a] < sizes[b] end)
  for _, row in ipairs(by_size) do
    local size, count = size_of(row)
    bytes, values = bytes + size, values + count
    fits[row] = bytes <= reader.MOST.bytes and values <= reader.MOST.values
  end
  for _, row in ipairs(answers) do
    if fits[row] then list[#list + 1] = row end
  end
  return list
end

--- Asks, and keeps the answer. `refusals`: also that it was refused.
local function record(self, text, declaration, refusals)
  if left_out[text] then return nil end
  local response, err, fatal = ask(self, text)
  if response then
    add(self, text, kept(self, text, declaration, response), response.result)
  elseif refusals and err.result then
    add(self, text, {}, err.result)
  end
  return fatal
end

--- Asks for settings, of which only that there are such is kept.
local function record_read(self, text)
  local response, err, fatal = ask(self, text)
  if response then
    self.takes[#self.takes + 1] = text
  elseif err.name == "unknown_command" then
    add(self, text, {}, err.result)
  end
  return fatal
end

local function ask_all(self)
  for _, declaration in ipairs(self.dialect.declared) do
    local name, err = "AT" .. declaration.name, nil
    if identifying[declaration.name] and declaration.execute then err = record(self, name, declaration) end
    if not err and declaration.test then
      err = record(self, name .. "=?", declaration, true)
    elseif not err and declaration.read then
      err = record_read(self, name .. "?")
    end
    if err then return err end
  end
end

--- The names that the list of all commands has, once each, and without the dialect's own. What looks like a number of
--- the module is none.
local function names_of(self)
  local names, row, seen = {}, self:answer(LIST) or {}, {}
  for i = 2, #row do
    local line = row[i]
    local name = line:match "^%s*(%+[%u%d_]+)%s*$" or line:match "^%s*AT(%+[%u%d_]+)%s*$"
    local usable = name and #name <= 32 and scrub.line(name) == name and not seen[name]
    if usable and not self.dialect.commands[name] then
      names[#names + 1], seen[name] = name, true
    end
  end
  return names
end

Probe.answer = function(self, text) return profile.answer(self, text) end

--- Of a module that nobody has a dialect for, every command that it names itself is asked about.
local function ask_unknown(self)
  record(self, "AT+GMR")
  for _, name in ipairs(names_of(self)) do
    local err = record(self, "AT" .. name .. "=?", nil, true)
    if err then return err end
  end
end

--- How the lines of answers are written, from one that has a name in front.
local function spacing(self)
  for _, row in ipairs(self.answers) do
    local space = row[2]:match "^%+[%u%d_]+:(%s?)[^%s]"
    if space and #row > 2 then return space ~= "" end
  end
end

--- Does a blank line come before OK? Only of modules whose command lines end with CR, which answer in V.250's form.
local function blank_line(self)
  if self.dialect.protocol.eol ~= "\r" then return nil end
  for _, row in ipairs(self.answers) do
    if #row > 2 and row[#row] == "OK" then
      local _, _, raw = self:send(row[1])
      local between = raw:match "[^\r\n]\r?\n([\r\n]*)OK\r?\n"
      return between and between ~= ""
    end
  end
end

--- The dialect of the module, by its answers; what every module says where none fits.
local function detect(self, f)
  return f(function(text)
    local response = self:send(text)
    return response and tostring(response)
  end)
end

--- The dialect without its start-up, which would change settings.
local function without_start(dialect)
  return setmetatable({ start = function() return true end }, { __index = dialect })
end

--- Manufacturer, model and revision, by the answers that are the same for all.
local function identity(self)
  local function second(text)
    local row = self:answer(text)
    return row and #row > 2 and row[2] or nil
  end
  return { manufacturer = second "AT+CGMI", model = second "AT+CGMM", revision = second "AT+CGMR" }
end

--- Asks the module that was opened with the dialect `base`, which speaks to any.
---@param modem hayes.modem
---@param options { dialect: hayes.dialect?, detect: function, yes: boolean?, echo: { host: string, port: integer }?,
---  version: string, progress: fun(asked: integer)? }  detect: as dialects.detect
---@return hayes.profile?, hayes.error?
function probe.run(modem, options)
  modem.engine:hear()
  local self = setmetatable({ modem = modem, engine = modem.engine, dialect = modem.dialect, answers = {}, takes = {},
    silent = 0, asked = 0, yes = options.yes or false, echo = options.echo,
    progress = options.progress or function() end }, Probe)
  local dialect = options.dialect or detect(self, options.detect)
  if modem.closed_with then return nil, modem.closed_with end
  local is_unknown = not dialect
  self.dialect = dialect or modem.dialect
  modem:use_dialect(without_start(self.dialect))
  local err = ask_all(self)
  if not err then err = record(self, LIST) end
  if not err and is_unknown then err = ask_unknown(self) end
  if err then return nil, err end
  local habits = { space_after_colon = spacing(self), blank_line_before_result = blank_line(self) }
  local facts = identity(self)
  if self.dialect.probe then
    local own, more = self.dialect.probe(self)
    for name, value in pairs(own) do habits[name] = value end
    for name, value in pairs(more) do facts[name] = facts[name] or value end
  end
  if modem.closed_with then return nil, modem.closed_with end
  local made = { profile = profile.VERSION, made_by = options.version, dialect = self.dialect.name, habits = habits,
    answers = fitting(self.answers), takes = self.takes }
  for name, value in pairs(facts) do made[name] = scrub.line(value):sub(1, profile.LONGEST_WORD) end
  return made
end

return probe
