--- Certificates and verification of a declared service, by the strategy that the dialect names (hayes.links.tls).

local check = require "hayes.check"
local core = require "hayes.core"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local Lock = require "hayes.lock"
local pem = require "hayes.tls.pem"
local step = require "hayes.links.step"
local tls = require "hayes.tls"

---@class hayes.links.trust
local Trust = {}
Trust.__index = Trust

local KINDS = { "ca", "certificate", "key" }

---@param modem hayes.modem
---@param declared hayes.links.tls
function Trust.new(modem, declared)
  return setmetatable({ modem = modem, declared = declared, stored = {}, opening = Lock.new() }, Trust)
end

local function read_text(where, what, source) return pem.read(where, what, source).pem end

local check_of = {}

function check_of.files(where, options)
  tls.require_sources(where, options, "a local file or { pem = … }")
  tls.read_sources(where, options, read_text)
end

function check_of.slots(where, options)
  check_of.files(where, options)
  if options.verify == "none" and options.ca then options.ca = nil end
end

function check_of.none(where, options)
  if options.verify ~= "none" then
    check.fail(where, 'the module does not verify servers: say verify = "none" to connect without knowing to whom')
  end
  for _, kind in ipairs(KINDS) do
    if options[kind] then check.fail(where, ("the module takes no %s"):format(kind)) end
  end
end

--- What is in a slot belongs to the opening from when it is written until the module has connected: one at a time. The
--- other strategies need no turns.
---@return hayes.lock?, hayes.error?
function Trust:turn()
  if self.declared.certificates == "slots" then return self.opening:take_wanted() end
  return Lock.new()
end

--- Raises where the options do not say enough, or something that the module cannot do.
function Trust:check(where, options)
  check_of[self.declared.certificates](where, options)
end

--- The name under which the module has this text, made from it: what is there under that name has this content. It is
--- put there once, and again after a restart of the module.
local function name_of(self, text)
  local declared = self.declared
  local name = "h" .. core.sha256(text):sub(1, 16) .. (declared.extension or ".pem")
  local stored = self.stored -- another table after a restart of the module
  if stored[name] then return name end
  local response, err = step.run(self.modem, declared.store, { name = name, length = #text }, { data = text })
  if not response then return nil, err end
  stored[name] = true
  return name
end

--- Writes the slots that do not hold what the connection needs, unless an open one needs what they hold.
---@param connection hayes.links.connection
local function write_slots(self, connection, options)
  for _, kind in ipairs(KINDS) do
    local text, declared, stored = options[kind], self.declared.slots[kind], self.stored
    if text and stored[kind] ~= text then
      for _, other in pairs(connection.registry.by_id) do
        if other.needs and other.needs[kind] then
          return nil, errors.new { name = "slots_in_use",
            message = ("the module has one %s for all connections, and %s needs another one"):format(
              kind == "ca" and "CA" or kind, other:title()), hint = "Close that first, or give one file with both." }
        end
      end
      stored[kind] = nil -- not known while it is written
      local response, err = step.run(self.modem, declared, { length = #text }, { data = text })
      if not response then return nil, err end
      stored[kind] = text -- forgotten if the module has restarted meanwhile: that has replaced the table
    end
  end
  connection.needs = { ca = options.ca, certificate = options.certificate, key = options.key }
  return true
end

--- Makes the settings for a connection, and puts what it needs into the module.
---@param connection hayes.links.connection
---@param values table<string, any> of the connection's steps; gets those of TLS
---@return true?, hayes.error?
function Trust:set(connection, values, options)
  local own = self.declared
  values.verify = own.verify and own.verify[options.verify]
  values.sni = options.sni and 1 or 0
  values.context = own.contexts and own.contexts.first + values.id - connection.declared.ids.first
  if own.certificates == "slots" then
    local ok, err = write_slots(self, connection, options)
    if not ok then return nil, err end
  end
  for _, kind in ipairs(own.certificates == "files" and KINDS or {}) do
    local wanted = options[kind] and not (kind == "ca" and options.verify == "none")
    if wanted then
      local err
      values[kind], err = name_of(self, options[kind])
      if not values[kind] then return nil, err end
    end
  end
  return step.run_all(self.modem, own.settings, values)
end

--- Reserves the line for the confirmation and the opening after it; nil: there is nothing to confirm.
---@return hayes.hold?, hayes.error?
function Trust:hold(options)
  if self.declared.confirm and options.verify ~= "none" then return exchange.hold(self.modem) end
end

--- Is the module set up as it was told to be? Asked right before the opening: an answer may have been lost, a byte
--- changed, or another program may have been at it.
---@param values table<string, any>
---@param hold hayes.hold
---@return true?, hayes.error?
function Trust:confirm(values, hold)
  for _, declared in ipairs(self.declared.confirm) do
    local ok, err = step.confirm(self.modem, declared, values, { within = hold })
    if not ok then return nil, err end
  end
  return true
end

--- The module has restarted: nothing is known of its files and slots.
function Trust:reset() self.stored = {} end

return Trust
