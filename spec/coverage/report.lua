--- Prints what the specs have reached, and ends with 1 if that is less than a floor.
--- Usage: report.lua [-v] [branches=FILE] [lines=FOLDER]. The file is of gcovr --csv, and line_hook.c has filled the folder;
--- -v: each file, and what of it was not reached.

--- Per cent of the branches of a folder in C, and of the lines of the Lua sources.
local floors = {
  { folder = "csrc/at/", what = "branches", least = 95 },
  { folder = "csrc/lua/", what = "branches", least = 85 },
  { folder = "csrc/port/", what = "branches", least = 85 },
  { folder = "lua/hayes/", what = "lines", least = 90 },
}

local given = {}
for _, word in ipairs(arg) do
  local name, value = word:match "^(%w+)=(.*)$"
  given[name or word] = value or true
end
local verbose = given["-v"]

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  assert(pipe:close(), command)
  return text
end

--- Nothing but the ends of what stands above: the compiler puts returns there that are never reached.
local function is_end(line)
  return not line:gsub("%-%-.*", ""):gsub("%f[%w_]end%f[^%w_]", ""):find "[^%s%(%)%{%},;]"
end

--- The lines of a source file that can be executed, by the compiler's own listing; in order.
local function executable_lines(path)
  local text, found, list = {}, {}, {}
  for line in io.lines(path) do text[#text + 1] = line end
  for number, instruction in output_of("luac5.4 -l -p " .. path):gmatch "\n\t%d+\t%[(%d+)%]\t([%u_%d]+)" do
    number = tonumber(number)
    if instruction ~= "VARARGPREP" and not found[number] and not is_end(text[number]) then
      found[number] = true
      list[#list + 1] = number
    end
  end
  table.sort(list)
  return list
end

local function executed_lines(path)
  local file <close> = io.open(("%s/%s"):format(given.lines, path:gsub("^lua/", ""):gsub("/", "%%")), "rb")
  return file and file:read "a" or ""
end

--- "3, 7-9": lines that follow each other without an executed one between them are one piece.
local function pieces(executable, is_executed)
  local list, first, last = {}, nil, nil
  local function finish()
    if first then list[#list + 1] = first == last and tostring(first) or first .. "-" .. last end
    first = nil
  end
  for _, number in ipairs(executable) do
    if is_executed(number) then
      finish()
    else
      first, last = first or number, number
    end
  end
  finish()
  return table.concat(list, ", ")
end

local results = {}

local function add(path, total, covered, missing)
  results[#results + 1] = { path = path, total = total, covered = covered, missing = missing }
end

local function read_lines()
  for path in output_of("find lua/hayes -name '*.lua' | sort"):gmatch "[^\n]+" do
    local executable, executed, covered = executable_lines(path), executed_lines(path), 0
    local function is_executed(number) return executed:byte(number + 1) == 1 end
    for _, number in ipairs(executable) do
      if is_executed(number) then covered = covered + 1 end
    end
    add(path, #executable, covered, pieces(executable, is_executed))
  end
end

local function read_branches()
  local columns
  for row in io.lines(given.branches) do
    local fields = {}
    for field in row:gmatch "[^,]+" do fields[#fields + 1] = field end
    if columns then
      local total = tonumber(fields[columns.branch_total])
      if total > 0 then add(fields[columns.filename], total, tonumber(fields[columns.branch_covered])) end
    else
      columns = {}
      for i, name in ipairs(fields) do columns[name] = i end
    end
  end
end

if given.lines then read_lines() end
if given.branches then read_branches() end

local function percent(covered, total) return total == 0 and 0 or 100 * covered / total end

local function print_file(result)
  print(("%6.1f %%  %5d of %5d  %s%s"):format(percent(result.covered, result.total), result.covered, result.total,
    result.path, result.missing and result.missing ~= "" and ": not " .. result.missing or ""))
end

--- Whether what was reached in a folder is enough; nothing is known of a folder that was not measured.
local function is_enough(floor)
  local total, covered = 0, 0
  for _, result in ipairs(results) do
    if result.path:sub(1, #floor.folder) == floor.folder then
      total, covered = total + result.total, covered + result.covered
      if verbose then print_file(result) end
    end
  end
  local enough = percent(covered, total) >= floor.least
  if verbose or not enough then
    print(("%s%s: %d of %d %s, %.1f %% (at least %d)"):format(enough and "" or "FAILED ", floor.folder, covered, total,
      floor.what, percent(covered, total), floor.least))
  end
  return enough
end

local failed = false
for _, floor in ipairs(floors) do
  if given[floor.what] and not is_enough(floor) then failed = true end
end
os.exit(not failed)
