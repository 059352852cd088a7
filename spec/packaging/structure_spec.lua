-- The rooms of the sources: which of them may know which, and how large a folder or a file may be. Read from the
-- `require` and `#include` lines.

local Process = require "support.process"

local MOST_FILES = 20  -- in one folder
local MOST_LINES = 500 -- in one file, unless its head comment gives a reason ("Longer than 500 lines: …")

local function files_of(...)
  local list = {}
  for file in Process.run({ "find", ... }):gmatch("[^\n]+") do list[#list + 1] = file end
  table.sort(list)
  return list
end

local function lines_of(path)
  local list = {}
  for line in io.lines(path) do list[#list + 1] = line end
  return list
end

local function module_name(path)
  return (path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

--- Every module of the library with the modules of the library that it requires.
local function read_requires()
  local modules = {}
  for _, path in ipairs(files_of("lua", "-name", "*.lua")) do
    local required = {}
    for _, line in ipairs(lines_of(path)) do
      for name in (line:match("^%s*%-%-") and "" or line):gmatch("require%s*%(?%s*[\"'](hayes[%w_.]*)[\"']") do
        if name:sub(-1) ~= "." then required[#required + 1] = name end -- `require("hayes.dialect." .. name)`
      end
    end
    modules[module_name(path)] = required
  end
  return modules
end

local function is_in(name, room)
  return name == room or name:sub(1, #room + 1) == room .. "."
end

local function is_in_any(name, rooms)
  for _, room in ipairs(rooms) do
    if is_in(name, room) then return true end
  end
  return false
end

--- The dialect to which a module belongs: `hayes.dialect.quectel`; nil for any other module.
local function vendor_of(name)
  local vendor = name:match("^hayes%.dialect%.([%w_]+)")
  return vendor and vendor ~= "base" and vendor ~= "own" and "hayes.dialect." .. vendor or nil
end

--- "a -> b" for every require line for which `is_wrong` holds.
local function offenders(is_wrong)
  local list = {}
  for name, required in pairs(read_requires()) do
    for _, other in ipairs(required) do
      if is_wrong(name, other) then list[#list + 1] = name .. " -> " .. other end
    end
  end
  table.sort(list)
  return list
end

--- Rooms that may require nothing of the library but what stands here.
local closed_rooms = {
  ["hayes.declare"] = { "hayes.declare", "hayes.check", "hayes.core" },
  ["hayes.display"] = { "hayes.display", "hayes.declare", "hayes.check" },
  ["hayes.explain"] = { "hayes.explain", "hayes.declare", "hayes.display", "hayes.dialect", "hayes.check",
    "hayes.error", "hayes.core" },
  ["hayes.loop"] = { "hayes.loop", "hayes.core" },
  ["hayes.port"] = { "hayes.port", "hayes.core", "hayes.error" },
}

describe("The structure of the sources:", function()
  it("explain/ is required by hayes/init.lua alone, and by the command line", function()
    assert.are.same({}, offenders(function(name, other)
      return is_in(other, "hayes.explain") and not is_in_any(name, { "hayes.explain", "hayes.cli" }) and name ~= "hayes"
    end))
  end)

  it("declare/, display/, explain/, loop/ and port/ require nothing outside their rooms but what they are built on", function()
    assert.are.same({}, offenders(function(name, other)
      for room, allowed in pairs(closed_rooms) do
        if is_in(name, room) and not is_in_any(other, allowed) then return true end
      end
      return false
    end))
  end)

  it("no module outside a vendor's folder requires a module of that vendor", function()
    assert.are.same({}, offenders(function(name, other)
      local vendor = vendor_of(other)
      return vendor ~= nil and not is_in(name, vendor)
    end))
  end)

  it("the modem asks for dialects in startup.lua alone", function()
    assert.are.same({}, offenders(function(name, other)
      return is_in(other, "hayes.dialect") and name ~= "hayes" and name ~= "hayes.startup"
        and not is_in_any(name, { "hayes.dialect", "hayes.explain", "hayes.cli" })
    end))
  end)

  it("no dialect requires the modem or its inner parts", function()
    local inner = { "hayes.modem", "hayes.dispatch", "hayes.startup", "hayes.events", "hayes.trace", "hayes.port",
      "hayes.emulator", "hayes.loop" }
    assert.are.same({}, offenders(function(name, other)
      return vendor_of(name) ~= nil and (other == "hayes" or is_in_any(other, inner))
    end))
  end)

  it("no dialect touches the engine of its modem", function()
    local found = {}
    for _, path in ipairs(files_of("lua/hayes/dialect", "-name", "*.lua")) do
      for i, line in ipairs(lines_of(path)) do
        if line:find("[%w_]%.engine%f[^%w_]") then found[#found + 1] = path .. ":" .. i end
      end
    end
    assert.are.same({}, found)
  end)

  it("every required module exists, and no modules require each other in a circle", function()
    local modules = read_requires()
    local state, circles, missing = {}, {}, {}
    local function visit(name, path)
      if state[name] == "done" then return end
      if state[name] == "open" then
        circles[#circles + 1] = path .. " -> " .. name
        return
      end
      if not modules[name] then
        if name ~= "hayes.core" then missing[#missing + 1] = path .. " -> " .. name end
        return
      end
      state[name] = "open"
      for _, other in ipairs(modules[name]) do visit(other, path .. " -> " .. name) end
      state[name] = "done"
    end
    for name in pairs(modules) do visit(name, "") end
    assert.are.same({}, circles)
    assert.are.same({}, missing)
  end)

  it("csrc/at and csrc/port do not know each other, csrc/lua knows both, csrc/emulator neither", function()
    local allowed = { at = { at = true }, port = { port = true }, lua = { at = true, port = true, lua = true },
      emulator = { emulator = true } }
    local found = {}
    for _, path in ipairs(files_of("csrc", "-name", "*.[ch]")) do
      local room = path:match("^csrc/(%w+)/")
      for i, line in ipairs(lines_of(path)) do
        local other = line:match('^#include "(%w+)/')
        if other and allowed[other] and not allowed[room][other] then found[#found + 1] = path .. ":" .. i end
      end
    end
    assert.are.same({}, found)
  end)

  it("services and sockets use the modem's verbs, never its engine, its port's input and output or its queue", function()
    local found = {}
    for _, path in ipairs(files_of("lua/hayes/dialect", "lua/hayes/stream", "-name", "*.lua")) do
      for number, line in ipairs(lines_of(path)) do
        if line:find("modem%.engine%f[^%w_]") or line:find("modem%.io%f[^%w_]") or line:find("modem%.exchanges%f[^%w_]") then
          found[#found + 1] = ("%s:%d: %s"):format(path, number, line)
        end
      end
    end
    assert.are.same({}, found)
  end)

  it("nobody looks into the queue of commands but the exchange's own files", function()
    local found = offenders(function(name, other)
      return other:find("^hayes%.exchange%.") ~= nil and not is_in(name, "hayes.exchange")
    end)
    for _, path in ipairs(files_of("lua", "-name", "*.lua", "-not", "-path", "lua/hayes/exchange/*")) do
      for number, line in ipairs(lines_of(path)) do
        if line:find("%.exchanges%f[^%w_]") and not line:find("exchange.new(", 1, true) then
          found[#found + 1] = ("%s:%d: %s"):format(path, number, line)
        end
      end
    end
    assert.are.same({}, found)
  end)

  it("no folder of the library holds more files than can be taken in at a glance", function()
    local counts, found = {}, {}
    for _, path in ipairs(files_of("lua", "-name", "*.lua")) do
      local folder = path:match("^(.*)/")
      counts[folder] = (counts[folder] or 0) + 1
    end
    for folder, count in pairs(counts) do
      if count > MOST_FILES then found[#found + 1] = ("%s: %d files"):format(folder, count) end
    end
    assert.are.same({}, found)
  end)

  it("no source file is longer than 500 lines without a reason in its head comment", function()
    local found = {}
    for _, path in ipairs(files_of("lua", "csrc", "-name", "*.lua", "-o", "-name", "*.[ch]")) do
      local lines = lines_of(path)
      local head = {}
      for _, line in ipairs(lines) do
        if not line:find("^%-%-") and not line:find("^/?%s?%*") then break end
        head[#head + 1] = line
      end
      local has_reason = table.concat(head, "\n"):find("Longer than 500 lines: ", 1, true)
      if #lines > MOST_LINES and not has_reason then
        found[#found + 1] = ("%s: %d lines"):format(path, #lines)
      end
    end
    assert.are.same({}, found)
  end)

  it("ARCHITECTURE.md has a line for every part of lua/hayes and csrc", function()
    local file <close> = assert(io.open("ARCHITECTURE.md"))
    local house, missing = file:read("a"):match "## The house\n(.-)\n## ", {}
    for _, folder in ipairs { "lua/hayes", "csrc", "csrc/emulator" } do
      for _, path in ipairs(files_of(folder, "-mindepth", "1", "-maxdepth", "1",
        "(", "-type", "d", "-o", "-path", "lua/*.lua", ")")) do
        local name = path:match "([^/]+)$":gsub("%.lua$", "")
        local is_vendor = folder == "csrc/emulator" and (name == "quectel" or name == "aithinker")
        if not is_vendor and not house:find("%f[%w_]" .. name .. "%f[^%w_]") then missing[#missing + 1] = path end
      end
    end
    assert.are.same({}, missing)
  end)
end)
