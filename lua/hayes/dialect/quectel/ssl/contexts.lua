--- The six SSL contexts of a Quectel module. Connections with the same settings share one, which also holds the
--- sessions that they resume.
---
--- Settings that were sent are remembered and not sent again. Those that verification depends on are nevertheless read
--- back right before each opening (confirm): the module may have restarted unnoticed, an earlier program may have left
--- other settings, or a byte may have changed on the line.

local confirmation = require "hayes.dialect.quectel.confirmation"
local core = require "hayes.core"
local errors = require "hayes.error"
local identity = require "hayes.identity"
local Lock = require "hayes.lock"
local settings = require "hayes.dialect.quectel.ssl.settings"
local Store = require "hayes.dialect.quectel.ssl.store"

local COUNT = 6

---@class hayes.quectel.ssl_context
---@field index integer
---@field users integer           connections that use it, and openings and settings under way
---@field under_way integer       these openings and settings: they keep it when the module restarts
---@field key? string             all of its settings as one text, once they are known
---@field wanted? hayes.quectel.ssl_setting[]  these settings
---@field verifies? boolean       they verify the server
---@field configured boolean      it is the caller's own (ssl.configure), and not used for other connections
---@field applied table           what the module was told, by setting
---@field paths table             its certificates' places in the module, by option
local SslContexts = { COUNT = COUNT }
SslContexts.__index = SslContexts

local function fresh()
  local list = {}
  for index = 0, COUNT - 1 do
    list[index] = { index = index, users = 0, under_way = 0, applied = {}, paths = {}, configured = false }
  end
  return list
end

--- The settings that the firmware does not have, as far as a profile tells (hayes.open); the others are found out.
local function known_unknown(modem)
  local keys, unknown = modem.profile and modem.profile:keys "+QSSLCFG", {}
  for _, name in ipairs(keys and settings.names or {}) do
    if not keys[name] then
      unknown[name] = true
      identity.learn(modem, "ssl_" .. name, false, "the profile " .. modem.profile.path)
    end
  end
  return unknown
end

---@param modem hayes.modem
function SslContexts.new(modem)
  return setmetatable({ modem = modem, list = fresh(), unknown = known_unknown(modem), store = Store.new(modem),
    installing = Lock.new() }, SslContexts)
end

--- The module has restarted: contexts have their factory settings, and all connections are gone. A connection that is
--- being opened keeps its context, so that no other task changes its settings before that has ended.
function SslContexts:reset()
  local before = self.list
  self.list, self.unknown = fresh(), known_unknown(self.modem)
  for index, context in pairs(before) do
    if context.under_way > 0 then
      context.users, context.key, context.applied, context.configured = context.under_way, nil, {}, false
      self.list[index] = context
    end
  end
  self.store:forget()
end

local UnderWay = { __close = function(opening)
  local context = opening.context
  context.under_way = context.under_way - 1
  if not opening.opened then context.users = context.users - 1 end
end }

--- Takes the context until this is closed; with `opened` set from then on, too, until it is released.
local function begin(context)
  context.users, context.under_way = context.users + 1, context.under_way + 1
  return setmetatable({ context = context, opened = false }, UnderWay)
end

--- The context that already has these settings, else an unused one, preferably one never used; nil if all are in use.
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

---@param password? string of an encrypted key
local function set(self, context, name, value, hold, password)
  local arguments = { name, context.index, value, password }
  local response, err = self.modem:call("+QSSLCFG", "write", arguments, { within = hold })
  if response then
    context.applied[name] = value
    if name == "clientkey" then context.applied.key_password = password end
    return true
  end
  context.applied[name] = nil
  return nil, err
end

--- The firmware does not know a setting.
local function note_unknown(self, name)
  self.unknown[name] = true
  identity.learn(self.modem, "ssl_" .. name, false, ("AT+QSSLCFG=%q was refused"):format(name))
end

--- The error for a setting that is needed and was refused, if the firmware does not know it: the question for it is
--- refused, too.
local function is_lacking(self, context, setting, hold)
  local name = setting[1]
  if setting.password then
    return errors.new { name = "unknown_setting", origin = "ssl",
      message = "this firmware did not take the client's key with a password",
      hint = "The EC200U's note knows no encrypted keys. Give the key without encryption: openssl pkey -in key.pem." }
  end
  if not setting.lacking then return nil end
  local response, err = confirmation.ask(self.modem, "+QSSLCFG", { name, context.index }, hold)
  if response or not err.result then return nil end
  note_unknown(self, name)
  return errors.new { name = "unknown_setting", origin = "ssl", command = err.command, result = err.result,
    message = ("this firmware does not have the setting %q of AT+QSSLCFG, which is needed here"):format(name),
    hint = setting.lacking .. " Newer firmware may have it." }
end

--- Sends one setting. A module that refuses an optional one twice does not know it; a single refusal may be due to
--- damage on the line.
local function set_one(self, context, setting, hold)
  local name, value = setting[1], setting[2]
  -- Sessions that were kept under other settings are not resumed under these.
  local ok, err = true, nil
  if name == "session_cache" and value == 1 then ok, err = set(self, context, name, 0, hold) end
  if ok then ok, err = set(self, context, name, value, hold, setting.password) end
  if ok or not err.result then return ok, err end
  if not setting.optional then return nil, is_lacking(self, context, setting, hold) or err end
  ok, err = set(self, context, name, value, hold)
  if ok or not err.result then return ok, err end
  note_unknown(self, name)
  return true
end

--- Was the context told this setting?
local function was_told(context, setting)
  local name, told = setting[1], context.applied
  return told[name] == setting[2] and (name ~= "clientkey" or told.key_password == setting.password)
end

--- Sends the settings that differ from what the context was told. Those that the firmware does not know are left out
--- while they are optional, which those that weaken anything never are.
local function apply(self, context, hold)
  local told = context.applied
  for _, setting in ipairs(context.wanted) do
    local name = setting[1]
    local skipped = setting.unset or setting.optional and self.unknown[name]
    if not skipped and not was_told(context, setting) then
      local ok, err = set_one(self, context, setting, hold)
      if not ok then
        context.key = nil
        return nil, within_setting(err, name, context)
      end
    end
  end
  if context.applied == told then return true end
  return nil, errors.reboot(("setting SSL context %d"):format(context.index))
end

--- Another use of the context begins, with these settings.
local function assign(context, wanted, options, paths, key)
  -- To be emptied, see set_one().
  if key ~= context.key and context.applied.session_cache == 1 then context.applied.session_cache = nil end
  context.key, context.wanted, context.paths, context.verifies = key, wanted, paths, options.verify ~= "none"
end

--- What the module says that a setting is: the value as text, or false when it does not know the setting.
local function read_back(self, context, name, hold)
  local response, err = confirmation.ask(self.modem, "+QSSLCFG", { name, context.index }, hold, self.unknown[name])
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
      if unknown then note_unknown(self, name) end
      if not unknown and not (said and settings.is_same(value, said)) then
        return { name = name, wanted = value, said = said or "nothing", unset = setting.unset }
      end
    end
  end
end

--- Sends all settings again: the module has lost them, or they were changed. It may even have other firmware now.
local function repair(self, context, difference, hold)
  context.applied, self.unknown = {}, {}
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
function SslContexts:confirmable(context, hold)
  return {
    what = "SSL context " .. context.index, origin = "ssl",
    find = function() if context.verifies then return find_difference(self, context, hold) end end,
    repair = function(difference) return repair(self, context, difference, hold) end,
  }
end

--- Confirms by reading back that the module has the settings that verification depends on. To be called right before
--- opening and within a hold on the line, so that they cannot change in between.
---@param context hayes.quectel.ssl_context
---@param hold? hayes.hold
---@return true?, hayes.error?
function SslContexts:confirm(context, hold)
  return confirmation.run { self:confirmable(context, hold) }
end

--- Whether the module still verifies with this context, once something is open with it: it may have restarted
--- unnoticed after the confirmation.
---@param context hayes.quectel.ssl_context
---@return true?, hayes.error?
function SslContexts:still_verifies(context)
  if not context.verifies then return true end
  for _, setting in ipairs(context.wanted) do
    if setting[1] == "seclevel" then
      local said, err = read_back(self, context, "seclevel")
      if said == nil then return nil, err end
      if said and settings.is_same(setting[2], said) then return true end
      return nil, errors.new { name = "setting_not_kept", origin = "ssl",
        message = ("seclevel of SSL context %d was confirmed, and the module says that it is %s now that something is "
          .. "open with it; that was closed, since the server was not verified as asked"):format(context.index,
          said or "nothing"),
        hint = "The module has restarted in between, or another program has changed its settings." }
    end
  end
  return true
end

local function paths_in_use(self)
  local paths = {}
  for index = 0, COUNT - 1 do
    local context = self.list[index]
    if context.users > 0 or context.configured then
      for _, path in pairs(context.paths) do paths[path] = true end
    end
  end
  return paths
end

--- Stores the certificates in the module; returns their paths by option. One task at a time, so that what one task has
--- just stored is not deleted to make room for another's.
local function install(self, options)
  local held <close>, unwanted = self.installing:take_wanted()
  if not held then return nil, unwanted end
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

--- The certificates and keys that the library has put into the flash, the oldest first. `used`: an SSL context that is
--- in use, or set by ssl.configure, needs it.
---@return { name: string, size: integer, kind: string?, used: boolean }[]?, hayes.error?
function SslContexts:stored()
  local list, err = self.store:list()
  if not list then return nil, err end
  local used = paths_in_use(self)
  for _, file in ipairs(list) do file.used = used[file.name] or false end
  return list
end

--- Deletes one of them; nil and the error `certificate_in_use` while it is needed.
---@param name string
---@return true?, hayes.error?
function SslContexts:remove(name)
  local _held <close> = self.installing:take()
  if not paths_in_use(self)[name] then return self.store:remove(name) end
  return nil, errors.new { name = "certificate_in_use", origin = "ssl",
    message = name .. " is not deleted: an SSL context needs it",
    hint = "Close the connections and FTP sessions that were opened with it first." }
end

--- A context with these options, while what is returned is not closed; { context }.
local function take(self, options, suite, owner)
  local paths, err = install(self, options)
  if not paths then return nil, err end
  local wanted = settings.for_options(options, paths, suite)
  local key = settings.key(wanted) .. (owner and ";" .. owner or "")
  local context = choose(self, key)
  if not context then
    return nil, errors.new { name = "no_free_context", origin = "ssl",
      message = "all six SSL contexts are in use with other settings", hint = "Close connections that are not needed." }
  end
  assign(context, wanted, options, paths, key)
  return begin(context)
end

--- A context with these options; its user count goes up by one. Give it back with release().
---@param options table checked
---@param suite string
---@param owner? string shared with those of the same owner only
---@return hayes.quectel.ssl_context?, hayes.error?
function SslContexts:take(options, suite, owner)
  local opening <close>, err = take(self, options, suite, owner)
  if not opening then return nil, err end
  local ok
  ok, err = apply(self, opening.context)
  if not ok then return nil, err end
  opening.opened = true
  return opening.context
end

--- Opens a connection with a context of these options; connect(context) does. The connection uses it until release().
---@param options table checked
---@param suite string
---@param connect fun(context: hayes.quectel.ssl_context): table?, hayes.error?
---@return table?, hayes.error?
function SslContexts:open(options, suite, connect)
  local opening <close>, err = take(self, options, suite)
  if not opening then return nil, err end
  local ok, connection
  ok, err = apply(self, opening.context)
  if not ok then return nil, err end
  connection, err = connect(opening.context)
  opening.opened = connection ~= nil and not connection.lost
  return connection, err
end

--- A connection no longer uses it.
function SslContexts.release(_, context)
  context.users = context.users - 1
end

--- The certificates in the flash are not trusted any more: they are compared before they are used again.
function SslContexts:suspect()
  self.store:forget()
end

--- Gives a context of the caller's choice these options. From then on it is the caller's: connections of the library
--- use others.
---@param index integer
---@return true?, hayes.error?
function SslContexts:configure(index, options, suite)
  local paths, err = install(self, options)
  if not paths then return nil, err end
  local context = self.list[index]
  if context.users > 0 then
    return nil, errors.new { name = "busy", origin = "ssl",
      message = ("SSL context %d is in use by connections of the library"):format(index),
      hint = "Close them first, or choose another one: modem.ssl.contexts() shows what they are set to." }
  end
  local _opening <close> = begin(context)
  local wanted = settings.for_options(options, paths, suite)
  assign(context, wanted, options, paths, settings.key(wanted) .. ";configured")
  local ok
  ok, err = apply(self, context)
  if ok then ok, err = self:confirm(context) end
  if not ok then return nil, err end
  context.configured = true
  return true
end

--- What all of them are set to: by index, the settings of AT+QSSLCFG by name.
function SslContexts:describe()
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

return SslContexts
