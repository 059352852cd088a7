--- Where the data of a transfer to the port ends. The module says so in the middle of the data, and data may look like
--- it: `\r\nOK\r\n\r\n+QFTPGET: 0,1000\r\n`. What is at the very end, with silence behind it, and made of nothing but
--- lines, may be the module's; it is if its number is that of the bytes in front of it.

local trailer = {}

--- The lines of a text that is nothing but lines; nil when it is not.
local function lines_of(text)
  if not text:find("^\r\n[^\r\n]") or text:sub(-2) ~= "\r\n" then return nil end
  local lines = {}
  for line in text:gmatch("[^\r\n]+") do
    if line:find("[^\32-\126]") then return nil end
    lines[#lines + 1] = line
  end
  return lines
end

local function is_boot(boot, line)
  for _, text in ipairs(boot) do
    if line == text then return true end
  end
  return false
end

--- Are these the module's words behind so many bytes of data? true: its number says so; false: they may be; nil: no.
local function judge(lines, result, before, boot)
  local first = lines[1]
  local ends = first == "OK" or first == "NO CARRIER" or first:find("^%+CME ERROR: ") or is_boot(boot, first)
  for i, line in ipairs(lines) do
    local code, count = line:match(result)
    if code and not (i == 1 or ends) then return nil end
    if code == "0" then return math.tointeger(tonumber(count)) == before or nil end
    if code then return false end
  end
  if ends and first ~= "OK" then return false end
end

--- How many of the last bytes are the module's, and whether that is sure; nil when none are.
---@param tail string      the last of what has come
---@param name string      of the command, `+QFTPGET`
---@param received integer how much has come in all
---@param boot string[]    lines that tell of a restart
---@return integer?, boolean?
function trailer.find(tail, name, received, boot)
  local result = "^%" .. name .. ":%s*(%d+)%s*,%s*(%d+)%s*$"
  local at, maybe = tail:find("\r\n", 1, true), nil
  while at do
    local count = #tail - at + 1
    local lines = lines_of(tail:sub(at))
    local verdict
    if lines then verdict = judge(lines, result, received - count, boot) end
    if verdict then return count, true end
    if verdict == false then maybe = maybe or count end
    at = tail:find("\r\n", at + 1, true)
  end
  return maybe, false
end

--- May the end of what has come be the beginning of the module's words?
---@param tail string
---@param name string
function trailer.may_begin(tail, name)
  for _, words in ipairs { "\r\nOK\r\n\r\n" .. name .. ": ", "\r\nNO CARRIER\r\n", "\r\nRDY\r\n" } do
    if tail:find(words, 1, true) then return true end
    for length = math.min(#words, #tail), 3, -1 do
      if tail:sub(-length) == words:sub(1, length) then return true end
    end
  end
  return false
end

return trailer
