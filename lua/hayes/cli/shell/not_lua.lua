--- A line at the prompt that is run as Lua and was meant as something else: text for a connection, a command of a
--- module without AT, a command line of the system's shell.

local not_lua = {}

--- What cannot stand at the beginning of a line of Lua.
local NO_BEGINNING = "^[^%w_%s%-#~({\"'%[.:;]"

--- What may follow a name in Lua, and does not in what people write to servers.
local AFTER_NAME = { "^%s*[.%[({\"'=,]", "^:%S" }

local function is_keyword(word) return not load("local " .. word) end

--- The word that a line begins with, if it is nothing in Lua: neither a keyword nor a variable that there is. nil where
--- the line reads like Lua all the same: a call, an index, an assignment.
local function unknown_word(text, environment)
  local word, rest = text:match "^([%a_][%w_]*)(.*)$"
  if not word or is_keyword(word) or environment[word] ~= nil then return nil end
  for _, pattern in ipairs(AFTER_NAME) do
    if rest:find(pattern) then return nil end
  end
  return word
end

--- What to do in place of a line that has failed as Lua, in words; nil: it may well have been meant as Lua.
---@param text string
---@param environment table what the line's Lua sees
---@return string?
function not_lua.hint(text, environment)
  if text:find "\n" then return nil end
  if text:find "^hayes%s+%l" then
    return "That is a command line for this machine's shell: Ctrl-D leads back there; help lists what there is here."
  end
  if text:find "^[+&$*#%%^]%u" then return ("Commands for the module begin with AT: AT%s"):format(text) end
  if not text:find(NO_BEGINNING) and not unknown_word(text, environment) then return nil end
  return "A line that begins neither with AT nor with a word of the shell (help lists those) is run as Lua. To send "
    .. "text on a connection, sock = modem.tcp.open(host, port): sock:send(\"…\\r\\n\"), or terminal sock, and type it "
    .. "there."
end

return not_lua
