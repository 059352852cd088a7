--- The six SSL contexts of a Quectel module. Connections with the same settings share one, which also keeps the
--- sessions that they resume.

local core = require "hayes.core"
local errors = require "hayes.error"
local Lock = require "hayes.lock"
local settings = require "hayes.dialect.quectel.ssl_settings"
local Store = require "hayes.dialect.quectel.certificate_store"

local COUNT = 6

---@class hayes.quectel.ssl_context
---@field index integer
---@field users integer           connections that use it
---@field key? string             all of its settings as one text, once they are known
---@field applied table           what the module was told, by setting
---@field paths table             its certificates' places in the module, by option
local Contexts = { COUNT = COUNT }
Contexts.__index = Contexts

local function fresh()
  local list = {}
  for index = 0, COUNT - 1 do list[index] = { index = index, users = 0, applied = {}, paths = {} } end
  return list
end

---@param modem hayes.modem
function Contexts.new(modem)
  return setmetatable({ modem = modem, list = fresh(), store = Store.new(modem), installing = Lock.new() }, Contexts)
end

--- The module has restarted: contexts are as they leave the factory.
function Contexts:reset()
  self.list = fresh()
  self.store:forget()
end

--- The one that has these settings already, else one that nobody uses, best one never used; nil when all are in use.
local function choose(self, key)
  local unused
  for index = 0, COUNT - 1 do
    local context = self.list[index]
    if context.key == key then return context end
    if context.users == 0 and (not unused or (unused.key and not context.key)) then unused = context end
  end
  return unused
end

--- Sends the settings that differ from what the context has.
local function apply(self, context, wanted)
  for _, setting in ipairs(wanted) do
    local name, value = setting[1], setting[2]
    if context.applied[name] ~= value then
      local response, err = self.modem:call("+QSSLCFG", "write", { name, context.index, value })
      if response then
        context.applied[name] = value
      elseif not (setting.optional and err.origin ~= "port") then
        context.key = nil
        return nil, errors.within(err, ("setting %s of SSL context %d"):format(name, context.index))
      end
    end
  end
  return true
end

local function paths_in_use(self)
  local paths = {}
  for index = 0, COUNT - 1 do
    local context = self.list[index]
    if context.users > 0 then
      for _, path in pairs(context.paths) do paths[path] = true end
    end
  end
  return paths
end

--- Puts what is needed of certificates into the module; their paths, by option. One task at a time: what one has just
--- stored must not be deleted to make room for the other's.
local function install(self, options)
  local _held <close> = self.installing:take()
  local paths, kept = {}, paths_in_use(self)
  for _, option in ipairs { "ca", "certificate", "key" } do
    local certificate = options[option]
    if certificate then
      local path, err = self.store:install(certificate, kept)
      if not path then return nil, err end
      paths[option] = path
    end
  end
  return paths
end

--- A context with these options; its user count goes up by one. Give it back with release().
---@param options table checked
---@param suite string
---@param owner? string shared with those of the same owner only
---@return hayes.quectel.ssl_context?, hayes.error?
function Contexts:take(options, suite, owner)
  local paths, err = install(self, options)
  if not paths then return nil, err end
  local wanted = settings.for_options(options, paths, suite)
  local key = settings.key(wanted) .. (owner and ";" .. owner or "")
  local context = choose(self, key)
  if not context then
    return nil, errors.new { name = "no_free_context", origin = "ssl",
      message = "all six SSL contexts are in use with other settings", hint = "Close connections that are not needed." }
  end
  context.users = context.users + 1
  context.key, context.paths = key, paths
  local ok
  ok, err = apply(self, context, wanted)
  if ok then return context end
  context.users = context.users - 1
  return nil, err
end

--- A connection no longer uses it.
function Contexts.release(_, context)
  context.users = context.users - 1
end

--- The certificates in the flash are not trusted any more: they are compared before they are used again.
function Contexts:suspect()
  self.store:forget()
end

--- Gives a context of the caller's choice these options.
---@param index integer
---@return true?, hayes.error?
function Contexts:configure(index, options, suite)
  local paths, err = install(self, options)
  if not paths then return nil, err end
  local wanted = settings.for_options(options, paths, suite)
  local context = self.list[index]
  context.key, context.paths = settings.key(wanted), paths
  return apply(self, context, wanted)
end

--- What all of them are set to: by index, the settings of AT+QSSLCFG by name.
function Contexts:describe()
  local all = {}
  for index = 0, COUNT - 1 do
    all[index] = {}
    for _, name in ipairs(settings.names) do
      local response = self.modem:call("+QSSLCFG", "write", { name, index })
      local fields = response and response[1] and core.fields(response[1]:match("^%+QSSLCFG:(.*)$") or "")
      if fields then all[index][name] = fields[3] end
    end
  end
  return all
end

return Contexts
