--- Text as groff reads it.

local roff = {}

--- A hyphen that can be copied, nothing taken for a request, no byte beyond ASCII.
---@param text string
---@return string
function roff.escape(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("`", "\\(ga"):gsub("'", "\\(aq"):gsub("%^", "\\(ha")
    :gsub("~", "\\(ti")
  text = text:gsub("\u{2026}", "..."):gsub("[\xC2-\xF4][\x80-\xBF]+", function(character)
    return ("\\[u%04X]"):format(utf8.codepoint(character))
  end)
  return (text:gsub("^%.", "\\&."):gsub("\n%.", "\n\\&."))
end

return roff
