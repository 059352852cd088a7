--- Files of this machine that a run's calls read and write; they are gone after the run.

local local_files = {}

--- A path in front of which nothing of this run stands yet.
function local_files.path(run, name)
  if not run.local_prefix then
    run.local_prefix = os.tmpname()
    run.local_paths = { run.local_prefix }
    run.clean = function()
      for _, path in ipairs(run.local_paths) do
        for _, suffix in ipairs { "", ".part", ".hayes-state", ".part.hayes-state" } do os.remove(path .. suffix) end
      end
    end
  end
  local path = ("%s.%s"):format(run.local_prefix, name)
  run.local_paths[#run.local_paths + 1] = path
  return path
end

function local_files.write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

--- Its content; nil: there is none.
function local_files.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read("a")
  file:close()
  return bytes
end

return local_files
