--- The one rule for what may be shown of command lines and of lines of a module: in traces, errors, explanations and
--- reports. What is declared secret is replaced by `***`. What is not declared is masked by resemblance: the parameters
--- of a command whose name is like that of one with a secret (a mistyped one), or holds a word such as PASSWORD.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local printable = require "hayes.display.printable"

local mask = {}

local HIDDEN = "***"

-- Words in names of commands that take credentials; as patterns, on the name in capitals.
local words = {
  "PASS", "PWD", "PSW", "PSK", "PIN%d?$", "PUK", "CRED", "AUTH", "LOGIN", "TOKEN", "SECRET", "KEY", "JAP", "[WS]AP$",
  "CLCK$", "MQTT", "MAIL", "SMTP", "ACCOUNT",
}

-- Commands of modules that take credentials, whether the dialect in use declares them or not: what is like them by name
-- may be one of them, mistyped.
local widely_known = {
  "CPIN", "SPIC", "CPWD", "CLCK", "CGAUTH", "QICSGP", "QFTPCFG", "QSSLCFG", "QMTCONN", "QMTCFG", "QHTTPCFG",
  "QSMTPCFG", "WJAP", "CWJAP", "CWSAP",
}

-- Fields

--- The quoted field that begins here, with its end if it has one, and whether it has; nil: it is not quoted.
local function quoted_field(text, at, escape)
  local stop = text:match('^%s*"()', at)
  if not stop then return nil end
  while true do
    local found = text:find('"', stop, true)
    if not found then return text:sub(at), false end
    stop = found + 1
    if not escape or text:sub(found - #escape, found - 1) ~= escape then return text:sub(at, found), true end
  end
end

--- The fields of a list of parameters as they are written, { text, quoted }; and from which on they are no fields of
--- it that could be told apart, because a quote is missing or one too many.
local function split(text, escape)
  local list, at = {}, 1
  while at <= #text + 1 do
    local quoted, closed = quoted_field(text, at, escape)
    local rest = text:match("^[^,]*", at + #(quoted or ""))
    list[#list + 1] = { text = (quoted or "") .. rest, quoted = quoted ~= nil }
    if quoted and (not closed or rest:find("%S")) then return list, #list end
    at = at + #list[#list].text + 1
  end
  return list
end

local function is_unquoted(dialect)
  return dialect.protocol ~= nil and dialect.protocol.quote == "needed"
end

local function hidden(field)
  if not field.text:find('[^%s"]') then return field.text end
  return field.quoted and '"' .. HIDDEN .. '"' or HIDDEN
end

--- The first of the described fields that is secret; nil: none is.
local function first_secret(described)
  for i = 1, described.count do
    if described[i] then return i end
  end
end

--- The first field that is a text where a number is described: they are shifted from there on; nil: there is none.
local function first_shifted(list, described)
  for i = 1, math.min(#list, described.count) do
    if described.numbers[i] and list[i].quoted then return i end
  end
end

--- Hides the fields that are secret. Where there are more fields than described, or they cannot be told apart, they may
--- be shifted: all from the first secret one on are hidden, or from there on. So are all after one that may hold
--- commas, where texts are not quoted.
---@param dialect { protocol: table? }
---@param described { count: integer, numbers: table<integer, boolean>, [integer]: boolean } which are secret
local function mask_fields(dialect, text, described)
  local first = first_secret(described)
  if not first then return text end
  local list, unclear = split(text, dialect.protocol and dialect.protocol.quote_escape)
  local from = unclear or first_shifted(list, described) or #list > described.count and first or #list + 1
  if is_unquoted(dialect) and list[first] and not list[first].quoted then from = math.min(from, first) end
  local shown = {}
  for i, field in ipairs(list) do
    if i >= from then
      shown[#shown + 1] = HIDDEN
      break
    end
    shown[i] = described[i] and hidden(field) or field.text
  end
  return table.concat(shown, ",")
end

--- Which fields of these lists are secret, in any of them, and which are numbers in all of them.
local function secrets_of(...)
  local described = { count = 0, numbers = {} }
  for _, list in ipairs { ... } do
    described.count = math.max(described.count, #list)
    for i, field in ipairs(list) do
      described[i] = described[i] or field.secret or nil
      described.numbers[i] = described.numbers[i] ~= false and (field.type or "integer") == "integer"
    end
  end
  return described
end

--- Which fields of the answers of this form are secret.
local function secrets_of_answer(form)
  local lists = { form.answer or {} }
  for _, alternative in ipairs(form.alternatives or {}) do lists[#lists + 1] = alternative.answer end
  for _, part in ipairs { "read", "execute", "deferred" } do
    if type(form[part]) == "table" then lists[#lists + 1] = form[part].answer or {} end
  end
  if not form.answer and #lists == 1 then lists[2] = form.params end
  return secrets_of(table.unpack(lists))
end

-- Names with secrets

local function form_has_secret(form)
  if first_secret(secrets_of(form.params or {})) or first_secret(secrets_of_answer(form)) then return true end
  for _, case in pairs(form.cases or {}) do
    if first_secret(secrets_of(case)) then return true end
  end
  return false
end

local function has_secret(declaration)
  for _, form in pairs(declaration.keys or {}) do
    if form_has_secret(form) then return true end
  end
  return form_has_secret(declaration)
end

local function bare(name) return (name:gsub("^%p", ""):upper()) end

local names_of = setmetatable({}, { __mode = "k" })

--- The names of the commands with secrets, without their signs.
local function secret_names(commands)
  local names = names_of[commands]
  if names then return names end
  names = {}
  for name, declaration in pairs(commands) do
    if has_secret(declaration) then names[#names + 1] = bare(name) end
  end
  names_of[commands] = names
  return names
end

local function sorted(word)
  local letters = {}
  for letter in word:gmatch(".") do letters[#letters + 1] = letter end
  table.sort(letters)
  return table.concat(letters)
end

local function is_like(word, name)
  if word == name or #name > 3 and word:find(name, 1, true) then return true end
  if #name > 3 and #word == #name and sorted(word) == sorted(name) then return true end
  local most = #name > 6 and 2 or 1
  -- Lengths that differ by more rule a word out; the distance itself takes time in proportion to their
  -- product.
  return #word > 2 and math.abs(#word - #name) <= most and check.distance(word, name) <= most
end

--- How much of a word is the name: a secret may stand right behind that.
local function length_of_name(word, name)
  local behind = word:sub(1, #name) == name and word:sub(#name + 1) or ""
  return (behind:find("%d") or #behind > 3) and #name or #word
end

--- Does a name that is not declared look like that of a command with a secret? How many of its letters are the name.
local function resembles(dialect, name)
  local word = bare(name)
  for _, list in ipairs { widely_known, secret_names(dialect.commands) } do
    for _, secret in ipairs(list) do
      if is_like(word, secret) then return length_of_name(word, secret) end
    end
  end
  for _, pattern in ipairs(words) do
    if word:find(pattern) then return #word end
  end
end

-- What is not declared

--- Hides what may be a secret of what follows a name: everything where texts are not quoted; else what is no small
--- number, and in lines of a module no bare word (`READY`).
local function mask_loosely(dialect, text, is_line)
  local lead, rest = text:match("^([=:%?%s]*)(.*)$")
  if rest == "" then return text end
  local list, unclear = split(rest, dialect.protocol and dialect.protocol.quote_escape)
  if unclear or is_unquoted(dialect) or not lead:find("[=:]") then return lead .. HIDDEN end
  for i, field in ipairs(list) do
    local harmless = field.text:find("^%s*%-?%d?%d?%d?%s*$") or is_line and field.text:find("^%s*[%u ]*$")
    list[i] = harmless and field.text or hidden(field)
  end
  return lead .. table.concat(list, ",")
end

local function is_known(dialect, name)
  name = name:upper()
  return dialect.commands[name] ~= nil or dialect.urc_by_name ~= nil and dialect.urc_by_name[name] ~= nil
end

--- Where the first name ends that has a secret, or looks as if; wherever it stands: a line may be damaged in front.
local function find_name(dialect, text)
  local start, word, stop = text:match("^%s*[Aa][Tt]()%p?([%a][%w_]*)()")
  if not start then start, word, stop = text:match("^%s*()%p?([%a][%w_]*)()") end
  local length = word and not is_known(dialect, text:sub(start, stop - 1)) and resembles(dialect, word)
  if length then return stop - #word + length end
  for at, found in text:gmatch("%f[%a][Aa][Tt]()([%a][%w_]*)") do -- `Unknown cmd:ATCPIN=…`
    length = resembles(dialect, found)
    if length then return at + length end
  end
  for sign, at, found in text:gmatch("([%+%^%$#%*%%&])%s*()([%a][%w_]*)") do
    local declaration = dialect.commands[sign .. found:upper()]
    if declaration and has_secret(declaration) then return at + #found end
    length = not is_known(dialect, sign .. found) and resembles(dialect, found)
    if length then return at + length end
  end
end

local function mask_undeclared(dialect, text, is_line)
  local stop = find_name(dialect, text)
  if not stop then return text end
  return text:sub(1, stop - 1) .. mask_loosely(dialect, text:sub(stop), is_line)
end

-- Command lines

--- Is it one of the keys, or one of them mistyped?
local function is_like_key(keys, text)
  local word = text:match('^%s*"?([%a][%w_/]*)"?%s*$')
  if not word then return text:find("^[%s\"]*$") ~= nil end
  for key in pairs(keys) do
    if is_like(word:lower(), key:lower()) then return true end
  end
  return false
end

--- The parameters of a write form.
local function mask_params(dialect, declaration, params)
  if not declaration.keys then
    local list = { declaration.params or {} }
    for _, case in pairs(declaration.cases or {}) do list[#list + 1] = case end
    return mask_fields(dialect, params, secrets_of(table.unpack(list)))
  end
  local first, rest = params:match("^([^,]*),(.*)$")
  local key = first and command.key(declaration.keys, first:match('^%s*"?(.-)"?%s*$'))
  local form = declaration.keys[key]
  if form then return first .. "," .. mask_fields(dialect, rest, secrets_of(form.params or {})) end
  if not has_secret(declaration) then return params end
  if is_like_key(declaration.keys, first or params) then
    return first and first .. mask_loosely(dialect, "=" .. rest):gsub("^=", ",") or params
  end
  return HIDDEN
end

--- One command of a line.
local function mask_one(dialect, text)
  local name, form, params = command.parse(text)
  local declaration = dialect.commands[name]
  if not declaration then return mask_undeclared(dialect, text) end
  if form == "write" then return text:sub(1, #text - #params) .. mask_params(dialect, declaration, params) end
  -- `AT+WJAP?x`, `AT+WJAP x`, `AT+WJAP,x`: not what it was meant to be.
  if not has_secret(declaration) then return mask_undeclared(dialect, text) end
  local _, stop = text:upper():find(name, 1, true)
  local head, rest = text:sub(1, stop), text:sub(stop + 1)
  local sign, behind = rest:match("^(=?%??%s*)(.*)$")
  return behind == "" and text or head .. sign .. HIDDEN
end

--- A URL as it may be shown: what stands before the last @ may be a password, whatever its form.
---@param url string
---@return string
function mask.url(url)
  return (url:gsub("^(%a*:?/?/?).*@", "%1" .. HIDDEN .. "@"))
end

--- A word, or what is in quotes: what stands before its last @ may be a password, if a colon or slash stands before it
--- (`me:word@host`, whatever is written for `://`). What leads up to it is kept.
local function mask_login(text)
  local at = text:match("^.*()@")
  if not at or not text:sub(1, at):find("[:/\\]") then return nil end
  local lead = text:match("^[^:/\\]*[=,]") or ""
  local scheme = text:match('^"?%a*:?[/\\]*', #lead + 1)
  return lead .. scheme .. HIDDEN .. text:sub(at)
end

--- URLs within a text, well-formed or not. What a text may hold is long: no pattern here looks at a place twice.
local function mask_urls(text)
  local at = text:match("^.*()@")
  if not at then return text end
  local _, stop = text:find("://", 1, true)
  if stop and stop < at then text = text:sub(1, stop) .. HIDDEN .. text:sub(at) end
  return (text:gsub('"[^"]*', mask_login):gsub('[^%s"]+', mask_login))
end

--- A command line as it may be shown.
---@param dialect { commands: table<string, hayes.declaration>, protocol: table? }
---@param text string
---@return string
function mask.command(dialect, text)
  local parts, shown = command.split(text), {}
  for i, part in ipairs(parts) do
    shown[i] = mask_one(dialect, part)
    -- Where texts are not quoted, the semicolon may be one of the secret.
    if shown[i] ~= part and is_unquoted(dialect) and i < #parts then
      shown[i + 1] = HIDDEN
      break
    end
  end
  return mask_urls(table.concat(shown, ";"))
end

-- Lines of a module

local function mask_declared_line(dialect, declared, head, rest)
  local key, values = rest:match('^"?([%w_/]+)"?%s*,(.*)$')
  local form = declared.keys and key and declared.keys[command.key(declared.keys, key)]
  if not form then return head .. mask_fields(dialect, rest, secrets_of_answer(declared)) end
  return head .. rest:sub(1, #rest - #values) .. mask_fields(dialect, values, secrets_of_answer(form))
end

local function mask_line(dialect, line)
  if line:find("^%s*[Aa][Tt][%+&%^%$#%*%%]") then return mask.command(dialect, line) end -- an echo
  for _, rule in ipairs(dialect.redact or {}) do
    local masked = line:gsub(rule[1], rule[2])
    if masked ~= line then return masked end
  end
  local name = line:match("^([%+%^%$#%*%%][%w_]+)")
  local declared = name and (dialect.commands[name:upper()] or dialect.urc_by_name and dialect.urc_by_name[name])
  local head, rest = line:match("^([^:,]+[:,]%s*)(.*)$")
  if not declared or not head then return mask_undeclared(dialect, line, true) end
  return mask_declared_line(dialect, declared, head, rest)
end

--- A line that the module sends as it may be shown. `redact` of the dialect is its list of { pattern, replacement } for
--- secrets that are in no declared field.
---@param dialect hayes.dialect
---@param line string
---@return string
function mask.line(dialect, line)
  return mask_urls(mask_line(dialect, line))
end

local anything = { commands = {} }

--- A text of the library's or the caller's own that is printed where nobody asked for it: URLs, and commands by the
--- words in their names. Control characters, which a module or server may have put into it, are shown as `\x1b`.
---@param text string
---@return string
function mask.text(text)
  text = printable.text(text, "[%z\1-\8\11-\31\127]")
  return (text:gsub("[^\n]+", function(line)
    local at = line:find("[Aa][Tt]%s?[%+%^%$#%*%%&]") or line:find("%f[%w]AT%u") or line:find("[%+%^%$#%*%%&]%s?%a")
      or line:find("%f[%w]%u%u%u+%d?%s?=")
    return mask_urls(at and line:sub(1, at - 1) .. mask.command(anything, line:sub(at)) or line)
  end))
end

return mask
