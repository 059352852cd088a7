--- What a command has answered: the information lines in order, the final result code in `result`, raw bytes in
--- `data`. Lines of a deferred result follow the information lines; the first of them has the index `deferred`.

---@class hayes.response what a command has answered. It prints as the module did
---@field [integer] string the information lines in order, then those of the deferred result
---@field result string the final result code, "OK"
---@field data? string raw bytes that came with it
---@field deferred? integer index of the first line of the deferred result
---@field truncated? true  a line of it was too long, and is missing
local Response = {}
Response.__index = Response
Response.__name = "hayes.response"

--- As the module printed it, without blank lines.
function Response:__tostring()
  local lines = {}
  local deferred = self.deferred or #self + 1
  for i = 1, deferred - 1 do lines[#lines + 1] = self[i] end
  if self.data then lines[#lines + 1] = self.data end
  lines[#lines + 1] = self.result
  for i = deferred, #self do lines[#lines + 1] = self[i] end
  return table.concat(lines, "\n")
end

return Response
