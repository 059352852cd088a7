--- Certificates and verification of a declared service, by the strategy that the dialect names (hayes.links.tls).

local check = require "hayes.check"
local core = require "hayes.core"
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
  return setmetatable({ modem = modem, declared = declared, stored = {} }, Trust)
end

local function read_text(where, what, source) return pem.read(where, what, source).pem end

local check_of = {}

function check_of.files(where, options)
  tls.require_sources(where, options, "a local file or { pem = … }")
  tls.read_sources(where, options, read_text)
end

function check_of.none(where, options)
  if options.verify ~= "none" then
    check.fail(where, 'the module does not verify servers: say verify = "none" to connect without knowing to whom')
  end
  for _, kind in ipairs(KINDS) do
    if options[kind] then check.fail(where, ("the module takes no %s"):format(kind)) end
  end
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
  if self.stored[name] then return name end
  local response, err = step.run(self.modem, declared.store, { name = name, length = #text }, { data = text })
  if not response then return nil, err end
  self.stored[name] = true
  return name
end

--- Makes the settings for a connection, and puts what it needs into the module.
---@param declared hayes.links.link
---@param values table<string, any> of the connection's steps; gets those of TLS
---@return true?, hayes.error?
function Trust:set(declared, values, options)
  local own = self.declared
  values.verify = own.verify and own.verify[options.verify]
  values.sni = options.sni and 1 or 0
  values.context = own.contexts and own.contexts.first + values.id - declared.ids.first
  for _, kind in ipairs(own.store and KINDS or {}) do
    local wanted = options[kind] and not (kind == "ca" and options.verify == "none")
    if wanted then
      local err
      values[kind], err = name_of(self, options[kind])
      if not values[kind] then return nil, err end
    end
  end
  return step.run_all(self.modem, own.settings, values)
end

--- The module has restarted: nothing is known of its files.
function Trust:reset() self.stored = {} end

return Trust
