--- Compiles a dialect into the engine's look-up tables, and checks its declarations on the way.

local core = require "hayes.core"

local compile = {}

local form_bits = { execute = 1, read = 2, test = 4, write = 8 }
local ANY_GROUP = 0xffffffff

local function forms_of(list)
  local bits = 0
  for _, form in ipairs(list) do bits = bits | form_bits[form] end
  return bits
end

--- Numbers for the names of groups of final result codes; `general` is 1.
local function group_numbers(dialect)
  local groups, next_bit = { general = 1 }, 2
  for _, final in ipairs(dialect.finals) do
    if final.group and not groups[final.group] then
      groups[final.group] = next_bit
      next_bit = next_bit << 1
    end
  end
  return groups
end

local function final_lines(dialect, groups, lines)
  local taken = {}
  for _, line in ipairs(lines) do taken[line.text] = true end
  for _, final in ipairs(dialect.finals) do
    local group = final.group and groups[final.group] or (final.success and groups.general or ANY_GROUP)
    lines[#lines + 1] = {
      text = final[1], prefix = final.prefix, kind = "final", success = final.success, groups = group,
      urc_when_idle = final.urc,
    }
  end
  for _, connect in ipairs(dialect.connects or {}) do
    lines[#lines + 1] = { text = connect, kind = "connect" }
    -- Where a command announces a block with it (`CONNECT 512` of AT+QFREAD) it begins no data mode.
    if not taken[connect .. " "] then
      lines[#lines + 1] = { text = connect .. " ", prefix = true, kind = "connect" }
    end
  end
  for _, boot in ipairs(dialect.boot or {}) do
    local text = type(boot) == "table" and boot[1] or boot
    lines[#lines + 1] = { text = text, prefix = type(boot) == "table" and boot.prefix, kind = "boot" }
  end
end

--- `+CREG` matches lines that begin with `+CREG:`; a name that ends in a separator is taken as it is; a plain word
--- matches a whole line.
local function urc_line(urc)
  local text = urc.text or urc.name
  local prefix = urc.prefix
  if prefix == nil then prefix = text:find("^[%+%^%$#%*%%]") ~= nil end
  if prefix and not text:find("[:, ]$") then text = text .. ":" end
  return { text = text, prefix = prefix, kind = "urc", shape = urc.shape, block = urc.block,
    text_follows = urc.text_follows }
end

--- The engine has one rule for lines that begin alike. Where a URC has the name of a command whose answer has a block
--- (`+CIPRXGET: 1,0` and `+CIPRXGET: 2,0,5,0`), it is that of the URC, whose shape tells them apart, with the block.
local function one_rule_each(lines)
  local merged, by_text = {}, {}
  for _, line in ipairs(lines) do
    local earlier = by_text[line.text]
    if earlier and earlier.block and line.kind == "urc" then
      line.block = line.block or earlier.block
      merged[earlier.place] = line
      line.place = earlier.place
    else
      merged[#merged + 1] = line
      line.place = #merged
    end
    by_text[line.text] = line
  end
  return merged
end

local function index_of(described, name)
  for i, param in ipairs(described or {}) do
    if param.name == name then return i end
  end
  return 0
end

--- A module that is busy or on a slow link takes longer than its note says; a time-out that is too short helps nobody.
compile.LEAST_TIMEOUT = 3

local function milliseconds(seconds)
  return seconds and math.floor(math.max(seconds, compile.LEAST_TIMEOUT) * 1000 + 0.5) or nil
end

--- The bits of the groups that end a command; nil: as for every command.
local function accepted(declaration, groups)
  local names = declaration.final
  if not names then return nil end
  local bits = 0
  for _, name in ipairs(type(names) == "table" and names or { names }) do
    if not groups[name] then
      error(("dialect: %s ends with '%s', and no final result code has that group"):format(declaration.name, name))
    end
    bits = bits | groups[name]
  end
  return bits
end

local function command_rule(declaration, groups)
  local deferred = declaration.deferred
  local ack = declaration.data and declaration.data.ack
  local rule = {
    name = declaration.name,
    info = declaration.bare and "bare" or "prefixed",
    info_shape = type(declaration.bare) == "string" and declaration.bare or nil,
    info_prefix = declaration.prefix,
    accepts = accepted(declaration, groups),
    data_forms = declaration.data and forms_of(declaration.data.forms or { "write" }) or nil,
    data_length_param = declaration.data and declaration.data.length
      and index_of(declaration.params, declaration.data.length),
    ack_param = ack and index_of(declaration.params, ack.param),
    ack_every = ack and ack.every,
    ack_byte = ack and ack.byte,
    data_echoed = declaration.data and declaration.data.echoed,
    data_needs_length = declaration.data and declaration.data.if_given,
    prompt_enters_data_mode = declaration.online == "prompt",
    timeout_ms = milliseconds(declaration.timeout),
  }
  if deferred then
    rule.deferred = deferred.prefix or declaration.name
    rule.deferred_forms = forms_of(deferred.forms or { "write", "execute" })
    rule.deferred_param = deferred.key and index_of(declaration.params, deferred.key)
    rule.deferred_field = deferred.key and index_of(deferred.answer, deferred.key)
    rule.deferred_end = deferred.last
    rule.deferred_ms = milliseconds(deferred.timeout)
  end
  return rule
end

--- The lines that announce blocks in the answer of a command. Where they are an intermediate result code (`CONNECT 512`
--- of AT+QFREAD) they do so for that command alone.
local function add_block_lines(declaration, lines, connects)
  local texts = declaration.block.texts or { declaration.block.text or declaration.prefix or declaration.name }
  for _, text in ipairs(texts) do
    if not text:find("[:, ]$") then text = text .. ":" end
    local kind = "response"
    for _, connect in ipairs(connects or {}) do
      if text == connect .. " " then kind = "connect" end
    end
    lines[#lines + 1] = { text = text, prefix = true, kind = kind, block = declaration.block }
  end
end

--- Compiles a dialect; gives the rules for core.engine.
---@param dialect table
function compile.rules(dialect)
  local groups = group_numbers(dialect)
  local lines, commands = {}, {}
  local urcs = {}
  for _, urc in ipairs(dialect.urcs or {}) do urcs[urc.name] = true end
  for _, declaration in pairs(dialect.commands) do
    if not declaration.sequence then commands[#commands + 1] = command_rule(declaration, groups) end
    if declaration.block then add_block_lines(declaration, lines, dialect.connects) end
    -- A deferred result that arrives after its command was given up is reported as a URC.
    local deferred = declaration.deferred and (declaration.deferred.prefix or declaration.name)
    if deferred and not urcs[deferred] then
      urcs[deferred] = true
      lines[#lines + 1] = { text = deferred .. ":", prefix = true, kind = "urc" }
    end
  end
  for _, urc in ipairs(dialect.urcs or {}) do lines[#lines + 1] = urc_line(urc) end
  for _, name in ipairs(dialect.texts or {}) do
    lines[#lines + 1] = { text = name .. ":", prefix = true, kind = "response", text_follows = true }
  end
  final_lines(dialect, groups, lines)
  return core.rules { protocol = dialect.protocol, lines = one_rule_each(lines), commands = commands }
end

return compile
