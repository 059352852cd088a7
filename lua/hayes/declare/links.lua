--- What `links` of a dialect may hold (links/init.lua), for schema.lua.

local check = require "hayes.check"

local links = {}

local function record(fields, required) return { type = "table", fields = fields, required = required } end
local function list(each, required) return { type = "table", each = each, required = required } end

local integer = { type = "integer", min = 0, max = 65535, required = true }
local text = { type = "string" }
local range = { first = integer, last = integer }

--- A step, with the fields that are its own in this place.
local function step(own, required)
  local fields = { { type = "string", required = true }, refused = { type = "boolean" },
    only = { type = "string", values = { "ca", "certificate", "key" } } }
  for i = 2, 12 do fields[i] = { type = "string|number" } end
  for name, rule in pairs(own or {}) do fields[name] = rule end
  return record(fields, required)
end

local name_or_place = { type = "string|integer", required = true }
local notice = record { urc = { type = "string", required = true }, key = text, id = name_or_place }
local most = { type = "integer", min = 1, max = 1 << 20, required = true }
local value = { type = "string|number" }

links.rule = record {
  kind = { type = "string", required = true, values = { "tcp", "udp", "SSL" } }, what = text,
  ids = record({ first = integer, last = integer, shared = text }, true),
  prepare = list(step()), open = list(step(), true), opened = list(step()), close = step(nil, true),
  needs_close = { type = "boolean" },
  send = step({ most = most, taken = text }, true),
  read = step { most = most, empty = { type = "string", values = { "refused", "ok" } } },
  data = list(notice, true), closed = list(notice, true), down = list(text),
  listen = record { ids = record(range, true), open = step(nil, true), close = step(nil, true), accepted =
    record({ urc = { type = "string", required = true }, key = text, id = name_or_place, server = name_or_place },
      true) },
  tls = record { certificates = { type = "string", required = true, values = { "files", "slots", "none" } },
    slots = record { ca = step(), certificate = step(), key = step() },
    contexts = record(range), store = step(), extension = text, settings = list(step()),
    confirm = list(step { read = { type = "boolean" }, row = value, is = { type = "table", required = true } }),
    verify = record { server = value, mutual = value, none = value } },
}

-- What one part says of another

local function names_of(described)
  local names = {}
  for i, one in ipairs(described or {}) do names[i] = one.name end
  return names
end

local function missing(path, name, names, what, problems)
  if check.contains(names, name) then return end
  local nearest = check.nearest(name, names)
  problems[#problems + 1] = ("%s: the dialect declares no %s %q%s"):format(path, what, name,
    nearest and (" (did you mean %q?)"):format(nearest) or "")
end

local VALUES = { "id", "host", "port", "length", "context", "verify", "sni", "ca", "certificate", "key", "name",
  "server" }

--- Every step of a link, with its place.
local function each_step(link, path, f)
  local function one(declared, at) if declared then f(declared, path .. "." .. at) end end
  local function several(steps, at)
    for i, declared in ipairs(steps or {}) do f(declared, ("%s.%s[%d]"):format(path, at, i)) end
  end
  several(link.prepare, "prepare")
  several(link.open, "open")
  several(link.opened, "opened")
  for _, name in ipairs { "send", "read", "close" } do one(link[name], name) end
  if link.listen then
    one(link.listen.open, "listen.open")
    one(link.listen.close, "listen.close")
  end
  if link.tls then
    one(link.tls.store, "tls.store")
    for kind, declared in pairs(link.tls.slots or {}) do one(declared, "tls.slots." .. kind) end
    several(link.tls.settings, "tls.settings")
    several(link.tls.confirm, "tls.confirm")
  end
end

--- What the command of a step must be declared to have.
local function check_step(declared, at, command, problems)
  local given = #declared - 1
  if declared.read then
    if not command.read then problems[#problems + 1] = ("%s: %s has no read form"):format(at, command.name) end
  elseif given == 0 and not command.execute then
    problems[#problems + 1] = ("%s has no arguments, and %s no execute form (execute = true)"):format(at, command.name)
  elseif given > 0 and not command.keys and given > #(command.params or {}) then
    problems[#problems + 1] = ("%s has %d arguments, and %s takes %d"):format(at, given, command.name,
      #(command.params or {}))
  end
end

local function check_data(link, path, dialect, problems)
  local function takes_data(declared, at)
    local command = declared and check.named(dialect.commands, declared[1])
    if command and not command.data then
      problems[#problems + 1] = ("%s: %s takes no data (data = { … })"):format(at, command.name)
    end
  end
  takes_data(link.send, path .. ".send")
  takes_data(link.tls and link.tls.store, path .. ".tls.store")
  for kind, declared in pairs(link.tls and link.tls.slots or {}) do
    takes_data(declared, path .. ".tls.slots." .. kind)
  end
  local sends = check.named(dialect.commands, link.send[1])
  local taken = sends and link.send.taken
  if taken and not check.named(sends.deferred and sends.deferred.answer or sends.answer, taken) then
    problems[#problems + 1] = ("%s.send.taken is %q, which is no field of the result of %s"):format(path, taken,
      sends.name)
  end
  local has_block = false
  for _, notice_of in ipairs(link.data) do
    local urc = check.named(dialect.urcs, notice_of.urc)
    has_block = has_block or urc ~= nil and urc.block ~= nil
  end
  local reads = link.read and check.named(dialect.commands, link.read[1])
  if not has_block and not (reads and reads.block) then
    problems[#problems + 1] = path .. ": neither the answer of a command in `read` nor a URC in `data` has a block: "
      .. "no data would ever come"
  end
end

local function check_ids(link, path, urcs, problems)
  local function one(notice_of, at, field)
    local urc = check.named(urcs, notice_of.urc)
    local id, described = notice_of[field], urc
    if urc and urc.keys then
      described = urc.keys[notice_of.key]
      if not described then
        problems[#problems + 1] = ("%s.key is %s, which is no key of %s"):format(at,
          notice_of.key and ("%q"):format(notice_of.key) or "missing", urc.name)
        return
      end
    end
    if urc and type(id) == "string" and not check.named(described.answer, id) then
      problems[#problems + 1] = ("%s.%s is %q, which is no field of %s"):format(at, field, id, urc.name)
    end
  end
  for _, name in ipairs { "data", "closed" } do
    for i, notice_of in ipairs(link[name]) do one(notice_of, ("%s.%s[%d]"):format(path, name, i), "id") end
  end
  if link.listen then
    one(link.listen.accepted, path .. ".listen.accepted", "id")
    one(link.listen.accepted, path .. ".listen.accepted", "server")
  end
end

local function check_urcs(link, path, urcs, problems)
  local names = names_of(urcs)
  for _, name in ipairs { "data", "closed" } do
    for i, one in ipairs(link[name]) do
      missing(("%s.%s[%d].urc"):format(path, name, i), one.urc, names, "URC", problems)
    end
  end
  for i, name in ipairs(link.down or {}) do missing(("%s.down[%d]"):format(path, i), name, names, "URC", problems) end
  if link.listen then missing(path .. ".listen.accepted.urc", link.listen.accepted.urc, names, "URC", problems) end
end

--- Adds what is wrong between `links` and the rest of the dialect.
---@param dialect table
---@param problems string[]
function links.check(dialect, problems)
  local commands = names_of(dialect.commands)
  for name, link in pairs(dialect.links or {}) do
    local path = ("links[%q]"):format(name)
    each_step(link, path, function(declared, at)
      missing(at, declared[1], commands, "command", problems)
      local command = check.named(dialect.commands, declared[1])
      if command then check_step(declared, at, command, problems) end
      for i = 2, #declared do
        local value_name = type(declared[i]) == "string" and declared[i]:match "^%$(.*)$"
        if value_name and not check.contains(VALUES, value_name) then
          problems[#problems + 1] = ("%s[%d] is %q; there are $%s"):format(at, i, declared[i],
            table.concat(VALUES, ", $"))
        end
      end
    end)
    check_urcs(link, path, dialect.urcs, problems)
    check_ids(link, path, dialect.urcs, problems)
    check_data(link, path, dialect, problems)
    if not link.open[1] then problems[#problems + 1] = path .. ".open is empty: nothing would open a connection" end
    if link.ids.first > link.ids.last then problems[#problems + 1] = path .. ".ids: first is greater than last" end
    local trust = link.tls
    if (link.kind == "SSL") ~= (trust ~= nil) then
      problems[#problems + 1] = path .. ': tls belongs to kind = "SSL", and to no other'
    end
    if trust and trust.certificates == "files" and not (trust.store and trust.settings and trust.verify) then
      problems[#problems + 1] = path .. '.tls: certificates = "files" needs store, settings and verify'
    end
    if trust and trust.certificates == "slots" and not (trust.slots and trust.slots.ca) then
      problems[#problems + 1] = path .. '.tls: certificates = "slots" needs slots.ca'
    end
  end
end

return links
