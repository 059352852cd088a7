--- The files of a simulated Quectel module (FILE note). They outlive its restarts; its handles do not.

local DataPhase = require "simulation.scenes.data_phase"

local OK = "\r\nOK\r\n"

local flash = {}

--- A lost byte of an upload costs no more than this, seconds.
local BOUND = 10

local function integer(text) return text and math.tointeger(tonumber(text)) end

local function refused(code) return ("\r\n+CME ERROR: %d\r\n"):format(code) end

--- Exclusive or of the 16-bit words, as the module counts it: bit by bit, not as the library does.
function flash.checksum(bytes)
  local high, low = 0, 0
  for i = 1, #bytes, 2 do
    high = high ~ bytes:byte(i)
    low = low ~ (bytes:byte(i + 1) or 0)
  end
  return high << 8 | low
end

local function counted(name, bytes) return ("\r\n%s: %d,%x\r\n"):format(name, #bytes, flash.checksum(bytes)) end

local function bare(name) return (name:gsub("^UFS:", "")) end

--- Free bytes.
local function room(module)
  local used = 0
  for _, bytes in pairs(module.files) do used = used + #bytes end
  local full = module.world.now < module.flash_full_until
  return full and 0 or math.max(0, module.habits.flash_size - used)
end

flash.room = room

--- Only so much had place.
local function note_full(module, fitting, bytes)
  if #fitting < #bytes then module.full_at = module.world.now end
end

--- What has place of these bytes.
function flash.fit(module, bytes)
  local fitting = bytes:sub(1, room(module))
  note_full(module, fitting, bytes)
  return fitting
end

function flash.clear(module)
  module.files = module.files or {}
  module.flash_full_until = module.flash_full_until or 0
  module.handles = {}
end

--- Says CONNECT. False: the module has restarted over it.
function flash.prompt(module, command)
  if not command.lost then module:say("\r\nCONNECT\r\n", { kind = "prompt" }) end
  return command.boot == module.boots
end

--- How many files are open.
function flash.open_count(module)
  local count = 0
  for _ in pairs(module.handles) do count = count + 1 end
  return count
end

local commands = {}
flash.commands = commands

local function name_in(rest) return rest:match('^="([^"]*)"') end

local function is_open(module, name)
  for _, file in pairs(module.handles) do
    if file.name == name then return true end
  end
  return false
end

commands["+QFLDS"] = function(module)
  return { ("\r\n+QFLDS: %d,%d\r\n"):format(room(module), module.habits.flash_size), OK }
end

commands["+QFLST"] = function(module, _, rest)
  local wanted = name_in(rest) or "*"
  local prefix = (module.habits.lists_storage or wanted:find("^UFS:")) and "UFS:" or ""
  local names, words = {}, {}
  for name in pairs(module.files) do
    if bare(wanted) == "*" or bare(wanted) == name then names[#names + 1] = name end
  end
  if #names == 0 and bare(wanted) ~= "*" then return refused(405) end
  table.sort(names)
  for i, name in ipairs(names) do words[i] = ('\r\n+QFLST: "%s%s",%d\r\n'):format(prefix, name, #module.files[name]) end
  words[#words + 1] = OK
  return words
end

commands["+QFDEL"] = function(module, _, rest)
  local name = bare(name_in(rest) or "")
  if not module.files[name] then return refused(405) end
  if is_open(module, name) then return refused(module.habits.open_is_418 and 418 or 426) end
  module.files[name] = nil
  return OK
end

-- Whole files

--- What has come so far is in the file: it stays there whatever ends the upload.
local function store(module, name, bytes)
  local fitting = flash.fit(module, bytes)
  module.files[name] = module.files[name] .. fitting
  return #fitting == #bytes
end

commands["+QFUPL"] = function(module, command, rest)
  local name, size, timeout, acknowledges = rest:match('^="([^"]*)",(%d+),(%d+),?(%d?)$')
  if not name then return refused(425) end
  name = bare(name)
  local length = integer(size)
  if module.files[name] then return refused(407) end
  if not length or length == 0 then return refused(400) end
  if length > room(module) then return refused(403) end
  module.files[name] = ""
  local fits = true
  if not flash.prompt(module, command) then return end
  DataPhase.begin(module, { count = length, bound = BOUND, silence = math.max(1, tonumber(timeout)),
    acknowledges = acknowledges == "1",
    taken = function(bytes) fits = store(module, name, bytes) and fits end,
    done = function(bytes, how)
      if not fits then return module:answer(command, refused(403)) end
      module:answer(command, { counted("+QFUPL", bytes), how == "silent" and refused(421) or OK })
    end })
end

commands["+QFDWL"] = function(module, command, rest)
  local bytes = module.files[bare(name_in(rest) or "")]
  if not bytes then return refused(405) end
  local words = { "\r\nCONNECT\r\n" }
  for at = 1, #bytes, 1024 do words[#words + 1] = bytes:sub(at, at + 1023) end
  words[#words + 1] = counted("+QFDWL", bytes)
  words[#words + 1] = OK
  module.online = { input = function() end }
  command.about = { kind = "data" }
  command.after = function() module.online = false end
  return words
end

-- By handle

local function handle_in(module, rest)
  local handle = integer(rest:match("^=(%d+)"))
  return module.handles[handle], handle
end

commands["+QFOPEN"] = function(module, _, rest)
  if rest == "?" then
    local words = {}
    for handle = 0, 9 do
      local file = module.handles[handle]
      if file then words[#words + 1] = ('\r\n+QFOPEN: "%s",%d,%d\r\n'):format(file.name, handle, file.mode) end
    end
    words[#words + 1] = OK
    return words
  end
  local name, mode = rest:match('^="([^"]*)",(%d)$')
  if not name then return refused(425) end
  name, mode = bare(name), integer(mode)
  if is_open(module, name) then return refused(426) end
  if mode == 2 and not module.files[name] then return refused(405) end
  local handle = 0
  while module.handles[handle] do handle = handle + 1 end
  if handle > 9 then return refused(413) end
  if mode == 1 then module.files[name] = "" end
  module.files[name] = module.files[name] or ""
  module.handles[handle] = { name = name, mode = mode, at = 0 }
  return { ("\r\n+QFOPEN: %d\r\n"):format(handle), OK }
end

commands["+QFREAD"] = function(module, command, rest)
  local file = handle_in(module, rest)
  if not file then return refused(416) end
  local length = integer(rest:match("^=%d+,(%d+)$")) or math.huge
  local bytes = module.files[file.name]:sub(file.at + 1, length < math.huge and file.at + length or -1)
  if bytes == "" then return refused(402) end
  file.at = file.at + #bytes
  command.about = { kind = "block", bytes = #bytes }
  return ("\r\nCONNECT %d\r\n%s\r\nOK\r\n"):format(#bytes, bytes)
end

--- Writes at the file's position; how many bytes had place.
local function write(module, file, bytes)
  local before = module.files[file.name]
  local over = #before - file.at
  local fitting = #bytes <= over and bytes or bytes:sub(1, over + room(module))
  note_full(module, fitting, bytes)
  module.files[file.name] = before:sub(1, file.at) .. fitting .. before:sub(file.at + #fitting + 1)
  file.at = file.at + #fitting
  return #fitting
end

commands["+QFWRITE"] = function(module, command, rest)
  local file = handle_in(module, rest)
  local count, timeout = rest:match("^=%d+,(%d+),?(%d*)$")
  if not file then return refused(416) end
  if not count then return refused(425) end
  local written = 0
  if not flash.prompt(module, command) then return end
  DataPhase.begin(module, { count = integer(count), bound = BOUND, silence = tonumber(timeout) or 5,
    taken = function(bytes) written = written + write(module, file, bytes) end,
    done = function(_, how)
      module:answer(command, { ("\r\n+QFWRITE: %d,%d\r\n"):format(written, #module.files[file.name]),
        how == "silent" and refused(421) or OK })
    end })
end

commands["+QFSEEK"] = function(module, _, rest)
  local file = handle_in(module, rest)
  local offset = integer(rest:match("^=%d+,(%d+)"))
  if not file then return refused(416) end
  if not offset or offset > #module.files[file.name] then return refused(401) end
  file.at = offset
  return OK
end

commands["+QFCLOSE"] = function(module, _, rest)
  local file, handle = handle_in(module, rest)
  if not file then return refused(416) end
  module.handles[handle] = nil
  return OK
end

return flash
