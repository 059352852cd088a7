--- The six SSL contexts of a Quectel module. Connections with the same settings share one, which also keeps the
--- sessions that they resume.
---
--- What the module was told is remembered, so that it need not be told again; but what verification depends on is read
--- back right before each opening (confirm), for the module may have restarted unnoticed, an earlier program may have
--- left something behind, or a byte may have changed on the line.

local confirmation = require "hayes.dialect.quectel.confirmation"
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
---@field wanted? hayes.quectel.ssl_setting[]  these settings
---@field verifies? boolean       they verify the server
---@field configured boolean      it is the caller's own (ssl.configure), and not used for other connections
---@field applied table           what the module was told, by setting
---@field paths table             its certificates' places in the module, by option
local Contexts = { COUNT = COUNT }
Contexts.__index = Contexts

local function fresh()
  local list = {}
  for index = 0, COUNT - 1 do
    list[index] = { index = index, users = 0, applied = {}, paths = {}, configured = false }
  end
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
    if not context.configured then
      if context.key == key then return context end
      if context.users == 0 and (not unused or (unused.key and not context.key)) then unused = context end
    end
  end
  return unused
end

local function within_setting(err, name, context)
  return errors.within(err, ("setting %s of SSL context %d"):format(name, context.index))
end

local function set(self, context, name, value, hold)
  local response, err = self.modem:call("+QSSLCFG", "write", { name, context.index, value }, { within = hold })
  if response then
    context.applied[name] = value
    return true
  end
  context.applied[name] = nil
  return nil, err
end

--- Sends the settings that differ from what the context was told. Only the module's own refusal tells that its firmware
--- does not know a setting.
local function apply(self, context, hold)
  for _, setting in ipairs(context.wanted) do
    local name, value = setting[1], setting[2]
    if not setting.unset and context.applied[name] ~= value then
      local ok, err = true, nil
      -- Sessions that were kept under other settings are not resumed under these.
      if name == "session_cache" and value == 1 then ok, err = set(self, context, name, 0, hold) end
      if ok then ok, err = set(self, context, name, value, hold) end
      if not ok and not (setting.optional and err.result) then
        context.key = nil
        return nil, within_setting(err, name, context)
      end
    end
  end
  return true
end

--- What the module says that a setting is: the value as text, or false when it does not know the setting.
local function read_back(self, context, name, hold)
  local response, err = confirmation.ask(self.modem, "+QSSLCFG", { name, context.index }, hold)
  if not response then
    if err.result then return false end
    return nil, errors.within(err, ("reading %s of SSL context %d"):format(name, context.index))
  end
  local fields = core.fields((response[1] or ""):match("^%+QSSLCFG:(.*)$") or "")
  local is_it = tostring(fields[1]):lower() == name and fields[2] == context.index
  return is_it and tostring(fields[3] or "") or "(no answer)"
end

--- The first setting that verification depends on and that is not as it should be; nil when all are.
local function find_difference(self, context, hold)
  for _, setting in ipairs(context.wanted) do
    local name, value = setting[1], setting[2]
    if setting.verifies then
      local said, err = read_back(self, context, name, hold)
      if said == nil then return nil, err end
      -- One that the module has taken it must show, too.
      local unknown = not said and setting.optional and context.applied[name] == nil
      if not unknown and not (said and settings.is_same(value, said)) then
        return { name = name, wanted = value, said = said or "nothing", unset = setting.unset }
      end
    end
  end
end

--- Makes all settings anew: what the module was told before is lost, or was changed.
local function repair(self, context, difference, hold)
  context.applied = {}
  if difference.unset then
    local ok, err = set(self, context, difference.name, difference.wanted, hold)
    if not ok and not err.result then return nil, within_setting(err, difference.name, context) end
  end
  return apply(self, context, hold)
end

--- The settings of a context as confirmation.run takes them. Those that do not verify a server need no confirming.
---@param context hayes.quectel.ssl_context
---@param hold? hayes.hold
---@return hayes.quectel.confirmable
function Contexts:confirmable(context, hold)
  return {
    what = "SSL context " .. context.index, origin = "ssl",
    find = function() if context.verifies then return find_difference(self, context, hold) end end,
    repair = function(difference) return repair(self, context, difference, hold) end,
  }
end

--- Sees to it that the module has the settings that verification depends on, by its own word. Right before opening,
--- and within a hold on the line, so that nobody changes them in between.
---@param context hayes.quectel.ssl_context
---@param hold? hayes.hold
---@return true?, hayes.error?
function Contexts:confirm(context, hold)
  return confirmation.run { self:confirmable(context, hold) }
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
  context.wanted, context.verifies = wanted, options.verify ~= "none"
  local ok
  ok, err = apply(self, context)
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

--- Gives a context of the caller's choice these options. From then on it is the caller's: connections of the library
--- use others.
---@param index integer
---@return true?, hayes.error?
function Contexts:configure(index, options, suite)
  local paths, err = install(self, options)
  if not paths then return nil, err end
  local context = self.list[index]
  if context.users > 0 then
    return nil, errors.new { name = "busy", origin = "ssl",
      message = ("SSL context %d is in use by connections of the library"):format(index),
      hint = "Close them first, or choose another one: modem.ssl.contexts() shows what they are set to." }
  end
  context.configured, context.key, context.paths = true, nil, paths
  context.wanted, context.verifies = settings.for_options(options, paths, suite), options.verify ~= "none"
  local ok
  ok, err = apply(self, context)
  if not ok then return nil, err end
  return self:confirm(context)
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
