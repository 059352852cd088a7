--- Reads a profile: the text of a Lua table that is data alone. It is parsed here, and never executed.
---
--- The grammar is a small part of Lua's; csrc/emulator/profile reads the same:
---
---     file   = "return" table
---     table  = "{" [ entry { "," entry } [ "," ] ] "}"
---     entry  = value | name "=" value
---     value  = table | text | number | "true" | "false"
---     text   = '"' … '"', with the escapes \\ \" and \ddd; no control characters, not even escaped ones
---     number = up to 15 decimal digits, with "-" in front or not
---
--- `--` begins a comment, which ends with the line.

local reader = {}

--- What a profile may have at most. csrc/emulator/profile/tokens.h has the same numbers.
reader.MOST = {
  bytes = 256 * 1024, -- of the file
  depth = 3,          -- of tables in tables
  text = 2000,        -- bytes of a text
  name = 48,          -- bytes of a name
  values = 16384,     -- in all
}

local MOST <const> = reader.MOST

---@class hayes.profile.parser
---@field text string
---@field at integer
---@field values integer
local Parser = {}
Parser.__index = Parser

--- Ends the reading; reader.parse catches it.
function Parser:fail(message, ...)
  local line = select(2, self.text:sub(1, self.at - 1):gsub("\n", "")) + 1
  error({ mistake = ("line %d: %s"):format(line, message:format(...)) }, 0)
end

function Parser:skip()
  while true do
    self.at = self.text:find("[^ \t\r\n]", self.at) or #self.text + 1
    if self.text:sub(self.at, self.at + 1) ~= "--" then return end
    if self.text:find("^%-%-%[=*%[", self.at) then self:fail "comments of several lines are not allowed" end
    self.at = self.text:find("\n", self.at, true) or #self.text + 1
  end
end

--- The byte at which the next word begins; "" at the end.
function Parser:next()
  self:skip()
  return self.text:sub(self.at, self.at)
end

function Parser:take(byte)
  if self:next() ~= byte then return false end
  self.at = self.at + 1
  return true
end

--- A name, true or false; nil where there is none.
function Parser:word()
  self:skip()
  local word = self.text:match("^[%a_][%w_]*", self.at)
  if not word then return nil end
  if #word > MOST.name then self:fail("a name is longer than %d bytes", MOST.name) end
  self.at = self.at + #word
  return word
end

--- The byte that an escape stands for.
function Parser:escape()
  local digits = self.text:match("^%d%d?%d?", self.at + 1)
  local code = digits and tonumber(digits) or self.text:match('^["\\]', self.at + 1)
  if not code then self:fail 'an escape is \\", \\\\ or a backslash and three decimal digits' end
  self.at = self.at + 1 + (digits and #digits or 1)
  if type(code) == "string" then return code end
  if code > 255 then self:fail("\\%s is no byte", digits) end
  if code < 32 or code == 127 then self:fail "a text holds a control character" end
  return string.char(code)
end

--- A text, from the quote on.
function Parser:quoted()
  local parts, length = {}, 0
  self.at = self.at + 1
  while true do
    local plain = self.text:match('^[^"\\%c]+', self.at)
    if plain then
      self.at = self.at + #plain
    else
      local byte = self.text:sub(self.at, self.at)
      if byte == "" or byte == "\n" or byte == "\r" then self:fail "a text does not end on its line" end
      if byte == '"' then break end
      if byte ~= "\\" then self:fail "a text holds a control character" end
      plain = self:escape()
    end
    parts[#parts + 1], length = plain, length + #plain
    if length > MOST.text then self:fail("a text is longer than %d bytes", MOST.text) end
  end
  self.at = self.at + 1
  return table.concat(parts)
end

function Parser:number()
  local digits = self.text:match("^%-?%d+", self.at)
  if not digits then self:fail "a value is a table, a text, a whole number, true or false" end
  if #digits:gsub("%-", "") > 15 then self:fail "a number has more than 15 digits" end
  self.at = self.at + #digits
  if self.text:find("^[%w_.]", self.at) then self:fail "a number is a whole one, in decimal digits" end
  return math.tointeger(tonumber(digits))
end

---@param depth integer of the table that the value is in
function Parser:value(depth)
  self.values = self.values + 1
  if self.values > MOST.values then self:fail("there are more than %d values", MOST.values) end
  local byte = self:next()
  if byte == "{" then return self:table(depth + 1) end
  if byte == '"' then return self:quoted() end
  local word = self:word()
  if not word then return self:number() end
  if word ~= "true" and word ~= "false" then self:fail("%s is no value: texts stand in quotes", word) end
  return word == "true"
end

--- `name =`: the name; nil where none stands.
function Parser:key()
  local from = self.at
  local name = self:word()
  if name and self:take "=" then return name end
  self.at = from
end

--- A table, from the brace on.
function Parser:table(depth)
  if depth > MOST.depth then self:fail("tables are nested more than %d deep", MOST.depth) end
  local made = {}
  self.at = self.at + 1
  while not self:take "}" do
    local name = self:key()
    local value = self:value(depth)
    if name and made[name] ~= nil then self:fail("%s is there twice", name) end
    made[name or #made + 1] = value
    if not self:take "," and self:next() ~= "}" then self:fail 'a comma or "}" is missing' end
  end
  return made
end

--- The table that a text stands for; nil and what is wrong with it.
---@param text string
---@return table?, string?
function reader.parse(text)
  if #text > MOST.bytes then return nil, ("it is longer than %d bytes"):format(MOST.bytes) end
  local parser = setmetatable({ text = text, at = 1, values = 0 }, Parser)
  local ok, made = pcall(function()
    if parser:word() ~= "return" or parser:next() ~= "{" then parser:fail "it does not begin with `return {`" end
    local found = parser:table(1)
    if parser:next() ~= "" then parser:fail "there is more after the table" end
    return found
  end)
  if ok then return made end
  if type(made) ~= "table" or not made.mistake then error(made, 0) end
  return nil, made.mistake
end

return reader
