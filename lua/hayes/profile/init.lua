--- Profiles: what one kind of module is, takes and does, as `hayes probe` found it, in a small file that people can
--- look through and pass on. hayes.open takes one with `profile`, `hayes-emulator --profile` answers like one.
---
--- A profile is a Lua table of data, which is parsed (reader.lua) and never executed:
---
---     return {
---       profile = 1,                  -- version of this format
---       made_by = "hayes 0.1.0",
---       dialect = "quectel",          -- in which the module was asked
---       manufacturer = "Quectel",
---       model = "EC200U",
---       revision = "EC200UCNAAR03A15M08",
---       habits = {                    -- what was seen of it, by name (habits.lua)
---         space_after_colon = true,
---       },
---       answers = {                   -- a command, the lines of its answer, and the result code
---         { "AT+CSQ=?", "+CSQ: (0-31,99),(0-7,99)", "OK" },
---         { "AT+QFTPLEN=?", "OK" },
---         { "ATI", "Quectel", "EC200U", "Revision: EC200UCNAAR03A15M08", "OK" },
---       },
---       takes = { "AT+WMODE?" },      -- commands that were answered with what is set, which is not kept
---     }
---
--- Only `profile` and `dialect` must be there. Without the answer that names the firmware (ATI, AT+GMR) it is used
--- with any module of the dialect.

local check = require "hayes.check"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local ranges = require "hayes.profile.ranges"
local reader = require "hayes.profile.reader"
local scrub = require "hayes.display.scrub"

---@class hayes.profile what `hayes probe` has found out about a module: the content of its file
---@field path string        the file
---@field profile 1          version of the format
---@field made_by? string    program and version
---@field dialect string     its name
---@field manufacturer? string as the module says
---@field model? string      as the module says
---@field revision? string   of the firmware
---@field habits? table<string, boolean|integer|string> what it does differently from the notes, by name
---@field answers? string[][]  each a command, lines of its answer, and the result code
---@field takes? string[]    commands that it has taken, and of which it tells no ranges
local Profile = {}
Profile.__index = Profile
Profile.__name = "hayes.profile"

local profile = { VERSION = 1 }

--- Bytes of a text other than a line of an answer.
local LONGEST_WORD <const> = 128
profile.LONGEST_WORD = LONGEST_WORD

local fields = { "profile", "made_by", "dialect", "manufacturer", "model", "revision", "habits", "answers", "takes" }

local COMMAND = "^AT[+&^$#*%%]?[%u%d_]+=?%??$"

local function is_command(text)
  return type(text) == "string" and #text <= LONGEST_WORD and text:find(COMMAND) ~= nil and text:sub(-1) ~= "="
end

--- A list, and nothing but a list; a complaint for each element that is none of these.
local function problem_of_list(name, list, problem_of)
  if type(list) ~= "table" then return name .. " is no list" end
  for key in pairs(list) do
    if math.type(key) ~= "integer" then return ("%s is a list, and holds %s"):format(name, check.show(key)) end
  end
  for i, value in ipairs(list) do
    local problem = problem_of(value)
    if problem then return ("%s[%d] %s"):format(name, i, problem) end
  end
end

local function problem_of_answers(list)
  local seen = {}
  return problem_of_list("answers", list, function(row)
    local problem = problem_of_list("it", row, function(text) return type(text) ~= "string" and "is no text" or nil end)
    if problem or #row < 2 then return "is no list of texts: a command, lines of its answer, a result code" end
    if not is_command(row[1]) then return ("is about %s, which is no such command"):format(check.show(row[1])) end
    if seen[row[1]] then return ("answers %s a second time"):format(row[1]) end
    seen[row[1]] = true
  end)
end

local function problem_of_takes(list)
  return problem_of_list("takes", list, function(text)
    return not is_command(text) and ("is %s, which is no such command"):format(check.show(text)) or nil
  end)
end

local function problem_of_habits(map)
  if type(map) ~= "table" then return "habits is no table" end
  for name, value in pairs(map) do
    if type(name) ~= "string" then return "habits holds a value without a name" end
    if type(value) == "table" then return ("habits.%s is a table"):format(name) end
    if type(value) == "string" and #value > LONGEST_WORD then
      return ("habits.%s is longer than %d bytes"):format(name, LONGEST_WORD)
    end
  end
end

--- What is wrong with a table that was read; nil: nothing.
local function problem_of(made)
  for name in pairs(made) do
    if not check.contains(fields, name) then
      local nearest = type(name) == "string" and check.nearest(name, table.move(fields, 1, #fields, 1, {}))
      return ("there is no field %s%s"):format(check.show(name), nearest and (" (did you mean %s?)"):format(nearest)
        or "")
    end
  end
  if made.profile == nil then return "the field `profile`, the version of its format, is missing" end
  if made.profile ~= profile.VERSION then
    return ("its format has the version %s; this version of hayes reads %d"):format(check.show(made.profile),
      profile.VERSION)
  end
  for _, name in ipairs { "made_by", "dialect", "manufacturer", "model", "revision" } do
    local value = made[name]
    if value ~= nil and (type(value) ~= "string" or #value > LONGEST_WORD) then
      return ("%s is no text of at most %d bytes"):format(name, LONGEST_WORD)
    end
  end
  if not (made.dialect or ""):find "^[%w_%-]+$" then return "the field `dialect`, the name of one, is missing" end
  return made.habits ~= nil and problem_of_habits(made.habits)
    or made.answers ~= nil and problem_of_answers(made.answers)
    or made.takes ~= nil and problem_of_takes(made.takes) or nil
end

--- A profile out of its text; nil and what is wrong with it.
---@param text string
---@return hayes.profile?, string?
function profile.parse(text)
  local made, problem = reader.parse(text)
  if not made then return nil, problem end
  problem = problem_of(made)
  if problem then return nil, problem end
  return setmetatable(made, Profile)
end

--- Reads no more than a profile can have. A FIFO or a device could keep the program waiting.
---@param path string
---@return hayes.profile?, hayes.error?
function profile.load(path)
  local local_file = require "hayes.local_file"
  local source, err = local_file.source(path)
  if not source then return nil, errors.within(err, "the profile") end
  local file <close> = source.file
  local text, words = file:read(0, reader.MOST.bytes + 1)
  if not text then
    return nil, errors.new { name = "source_failed",
      message = ("the profile cannot be read: %s: %s"):format(path, words) }
  end
  local made, problem = profile.parse(text)
  if not made then
    return nil, errors.new { name = "bad_profile", message = ("%s is no profile of a module: %s"):format(path, problem),
      hint = "`hayes probe` writes one; the head of such a file says what may be in it." }
  end
  made.path = path
  return made
end

-- At work

--- What the answer to a command is; nil: the profile does not say.
---@param command string `AT+CSQ=?`
---@return string[]? row the command, lines, the result code
---@package
function profile.answer(self, command)
  for _, row in ipairs(self.answers or {}) do
    if row[1] == command then return row end
  end
end

Profile.answer = profile.answer

--- The keys that the test answer of a command lists, as a set in lower case; nil where it lists none.
---@param name string `+QSSLCFG`
---@return table<string, true>?
---@package
function Profile:keys(name)
  local row, keys = self:answer("AT" .. name .. "=?"), {}
  for i = 2, #(row or {}) - 1 do
    local key = row[i]:match('^%' .. name .. ':%s*"([^"]*)"')
    if key then keys[key:lower()] = true end
  end
  return next(keys) and keys or nil
end

--- The commands that name the firmware, by which a module is known.
local identifying = { "ATI", "AT+GMR" }

--- Is the module the one that the profile is of? True where the profile does not say which that is.
---@param modem hayes.modem
---@return boolean, hayes.error?
---@package
function Profile:is_of(modem)
  for _, command in ipairs(identifying) do
    local row = self:answer(command)
    if row then
      local response, err = exchange.run(modem, command)
      if not response and not err.result then return false, err end
      local said = table.concat(scrub.lines(response or {}), " / ")
      local wanted = table.concat(row, " / ", 2, #row - 1)
      if said ~= wanted then
        return false, errors.new { name = "other_module",
          message = ("the profile %s is of another module or firmware: it has %s, and the module on %s says %s"):format(
            self.path, check.show(wanted), modem.address, check.show(said)),
          hint = ("`hayes probe` makes one of this module. Without the answer to %s, a profile is used with any "
            .. "module of the dialect."):format(command) }
      end
      return true
    end
  end
  return true
end

--- The dialect with the ranges that this module has, to be defined before it is used.
---@param modem hayes.modem
---@param dialect hayes.dialect
---@return hayes.dialect?, hayes.error?
---@package
function Profile:dialect_of(modem, dialect)
  if dialect.name ~= self.dialect then
    return nil, errors.new { name = "other_module",
      message = ("the profile %s is of a module with the dialect %s, and the one on %s speaks %s"):format(self.path,
        self.dialect, modem.address, dialect.name) }
  end
  local same, err = self:is_of(modem)
  if not same then return nil, err end
  return ranges.applied(dialect, self)
end

return profile
