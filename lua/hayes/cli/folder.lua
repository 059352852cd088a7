--- Folders of this machine.

local lfs = require "lfs"

local folder = {}

--- Makes the folder where it is missing, and those above it.
---@param path string
---@return true?, string? why it cannot be made
function folder.make(path)
  if lfs.attributes(path, "mode") == "directory" then return true end
  local parent = path:gsub("/+$", ""):match "^(.*)/[^/]+$"
  if parent and parent ~= "" then
    local made, err = folder.make(parent)
    if not made then return nil, err end
  end
  local made, err = lfs.mkdir(path)
  if made or lfs.attributes(path, "mode") == "directory" then return true end -- another program may have made it
  return nil, ("the folder %s cannot be made: %s"):format(path, err)
end

return folder
