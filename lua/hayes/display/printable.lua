--- Texts from elsewhere as they may be shown: what a module, a server or a file says must not command a terminal.

local printable = {}

--- A byte as `\x1b`.
---@param byte string
---@return string
function printable.escape(byte) return ("\\x%02x"):format(byte:byte()) end

--- Each byte that is no part of UTF-8 goes through `f`.
---@param text string
---@param f fun(byte: string): string
---@return string
function printable.mend(text, f)
  local parts, at = {}, 1
  while at <= #text do
    local length, bad = utf8.len(text, at)
    if length then break end
    parts[#parts + 1] = text:sub(at, bad - 1)
    parts[#parts + 1] = f(text:sub(bad, bad))
    at = bad + 1
  end
  if at == 1 then return text end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts)
end

--- Control characters, and bytes that are no UTF-8, as `\x1b`.
---@param text string
---@param class? string  of patterns: the control characters that are escaped (all)
---@return string
function printable.text(text, class)
  text = printable.mend(text, printable.escape):gsub(class or "[%z\1-\31\127]", printable.escape)
  return (text:gsub("\xC2([\x80-\x9F])", printable.escape)) -- those of C1
end

return printable
