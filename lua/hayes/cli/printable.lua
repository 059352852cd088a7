--- What a module or a server says may be shown on a terminal: it must not command that.

--- The text with control characters as `\x1b`, but for line ends, tabs and colours (SGR), which the program's own texts
--- have.
---@param text string
---@param raw? boolean  CR stays, too
---@return string
return function(text, raw)
  local control = raw and "[%z\1-\8\11\12\14-\31\127]" or "[%z\1-\8\11-\31\127]"
  local parts, at = {}, 1
  local function escape(byte) return ("\\x%02x"):format(byte:byte()) end
  while true do
    local first, last = text:find("\27%[[%d;]*m", at)
    local part = text:sub(at, (first or #text + 1) - 1)
    if not raw then part = part:gsub("\r\n", "\n") end
    part = part:gsub(control, escape)
    parts[#parts + 1] = part:gsub("\xC2([\x80-\x9F])", escape) -- those of C1 in UTF-8
    if not first then return table.concat(parts) end
    parts[#parts + 1] = text:sub(first, last)
    at = last + 1
  end
end
