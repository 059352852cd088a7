--- The small wrong changes of list/, each { file, fragment, replacement, specs }: the fragment occurs exactly once in the
--- file, and the specs (files or folders, separated by spaces) notice that the replacement stands there. One that nothing
--- can notice has a `reason`.

local FOLDER = "spec/mutants/list"

local list = {}

function list.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

--- How often the fragment occurs, and the first place where it does.
function list.occurrences(text, fragment)
  local count, first, from = 0, nil, 1
  while true do
    local at = text:find(fragment, from, true)
    if not at then return count, first end
    count, first, from = count + 1, first or at, at + 1
  end
end

--- All of them, in order; `name` is the file and its number there.
function list.all()
  local names, all, numbers = {}, {}, {}
  local pipe = assert(io.popen("ls " .. FOLDER))
  for name in pipe:lines() do names[#names + 1] = name end
  pipe:close()
  for _, name in ipairs(names) do
    for _, entry in ipairs(dofile(FOLDER .. "/" .. name)) do
      local file = entry[1]
      numbers[file] = (numbers[file] or 0) + 1
      all[#all + 1] = { file = file, fragment = entry[2], replacement = entry[3], specs = entry[4], reason = entry.reason,
        name = ("%s %d"):format(file, numbers[file]) }
    end
  end
  return all
end

return list
