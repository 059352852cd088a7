--- Writes the first inputs of the fuzzers: what is recorded of real modules, as programs of session.c, lines and commands.
--- Argument: the folder to write to, in which each target gets a folder.

local folder = assert(arg[1], "usage: corpus.lua FOLDER")

local collections = { "recordings", "ssl_note", "aithinker_page", "aithinker_recordings" }

--- What session.c does for a byte.
local FEED, SUBMIT, PASS, SEND = "\0", "\2", "\3", "\6"

local function feed(bytes)
  local list = {}
  for at = 1, #bytes, 255 do
    local piece = bytes:sub(at, at + 254)
    list[#list + 1] = FEED .. string.pack("s1", piece)
  end
  return table.concat(list)
end

local function answer(exchange)
  if exchange.bytes then return exchange.bytes end
  if exchange.boot then return exchange.boot end
  local lines = {}
  for i, line in ipairs(exchange.info or {}) do
    lines[#lines + 1] = "\r\n" .. line .. "\r\n" .. (i == 1 and exchange.block or "")
  end
  lines[#lines + 1] = "\r\n" .. (exchange.final or "OK") .. "\r\n"
  for _, line in ipairs(exchange.deferred or {}) do lines[#lines + 1] = "\r\n" .. line .. "\r\n" end
  return table.concat(lines)
end

--- One exchange as a program.
local function program(exchange)
  if exchange.urc then return feed("\r\n" .. exchange.urc .. "\r\n" .. (exchange.block or "")) end
  local command = exchange[1] and exchange[1]:sub(3, 250)
  if not command then return feed(answer(exchange)) end
  local flags = exchange.data and "\1" or exchange.connect and "\4" or "\0"
  local prompt = exchange.data and feed(exchange.connect and "\r\nCONNECT\r\n" or "\r\n> ") .. SEND or ""
  return SUBMIT .. flags .. string.pack("s1", command) .. SEND .. prompt .. feed(answer(exchange)) .. PASS .. "\5"
end

local made = {}

local function write(target, name, bytes)
  if not made[target] then
    assert(os.execute(("mkdir -p '%s/%s'"):format(folder, target)))
    made[target] = true
  end
  local file = assert(io.open(("%s/%s/%s"):format(folder, target, name), "wb"))
  file:write(bytes)
  file:close()
end

--- Shapes that the dialects use, for the reader of fields.
local SHAPES = { "n|nss", "'recv'nn", "nsnnnn", "a*", "dx|s" }

local count = 0
for _, collection in ipairs(collections) do
  for _, vector in ipairs(require("vectors." .. collection)) do
    count = count + 1
    local whole = {}
    for i, exchange in ipairs(vector) do
      whole[i] = program(exchange)
      local name = ("%d-%d"):format(count, i)
      if exchange[1] then write("parser", name, exchange[1]:sub(1, 2048)) end
      local line = (exchange.info or {})[1] or exchange.urc
      if line then write("fields", name, SHAPES[i % #SHAPES + 1] .. "\0" .. line:gsub("^[^:]*:%s*", "")) end
    end
    local bytes = table.concat(whole):sub(1, 4000)
    local dialect = collection:find("aithinker") and "\1" or "\0"
    for _, target in ipairs { "engine", "online", "transfer" } do write(target, tostring(count), dialect .. bytes) end
    write("rules", tostring(count), ("\255\0"):rep(8) .. bytes)
  end
end

--- A profile of everything that there can be in one.
write("profile", "1", [[
return { -- a comment
  profile = 1, made_by = "hayes", dialect = "quectel", manufacturer = "a", model = "b", revision = "\"\\\195\164",
  habits = { space_after_colon = true, urc_port = "usbat", pdp_contexts = -5, other = false },
  answers = { { "AT+CSQ=?", "+CSQ: (0-31,99),(0-7,99)", "OK" }, { "ATI", "OK", }, { "AT&F?", "ERROR" } },
  takes = { "AT+CMEE?" },
}
]])
