--- Folders for the files of specs. Several runs may go on in one checkout, and those side by side have other ports, so the
--- folders go by these.

local Process = require "support.process"

local folder = {}

--- A folder of this run, empty; its path begins at the checkout.
function folder.new(name)
  local path = ("%s/specs/%s/%s"):format(os.getenv("HAYES_BUILD") or "build", os.getenv("HAYES_PORTS") or "0", name)
  Process.run { "rm", "-rf", path }
  Process.run { "mkdir", "-p", path }
  return path
end

--- The same place for programs that are somewhere else.
function folder.absolute(path)
  return Process.run({ "pwd" }):gsub("\n$", "") .. "/" .. path
end

return folder
