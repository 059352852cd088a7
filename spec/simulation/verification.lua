--- What TLS connections of a run are to be verified with, and what the module is set to when it opens them: it must
--- never be weaker.

local verification = {}

--- The host's clock at the beginning of a run, and what a module says whose clock was never set.
verification.WALL_CLOCK = 1780315200 -- 2026-06-01, noon
local UNSET = "80/01/06,00:00:32+00"

local CAS = { "UFS:ca1.pem", "UFS:ca2.pem" }

--- Factory settings (SSL note 2.2.1), as far as verification depends on them.
local FACTORY = { sslversion = "4", ciphersuite = "0XFFFF", seclevel = "0", sni = "0", ignorelocaltime = "1",
  cacert = '""', cacertex = '""' }

--- What an earlier program, or one on another port, sets for itself.
local WEAK = {
  { "seclevel", "0" }, { "seclevel", "0" }, { "ignorecertitem", "1048575" }, { "ignorelocaltime", "1" },
  { "ignoreinvalidcertsign", "1" }, { "ignoremulticertchainverify", "1" }, { "session_cache", "1" }, { "sni", "0" },
  { "cacert", '"UFS:other.pem"' }, { "cacertex", '"UFS:other.pem"' }, { "sslversion", "4" },
}

--- Settings that some firmware does not know.
local OPTIONAL = { "ignoreinvalidcertsign", "ignoremulticertchainverify", "session_cache", "cacertex" }

local BITS = { expired = 1, name = 4, everything = 1048575 }

-- Plans

--- The options of ssl.open that a connection is verified with; false: it is not.
function verification.plan_options(random, habits)
  if random:chance(0.6) then return false end
  local options = { verify = "server", ca = random:pick(CAS) }
  if random:chance(0.2) then options.check_time = false end
  if random:chance(0.2) then options.ignore = { random:pick { "expired", "name", "everything", "chain" } } end
  if random:chance(0.2) then options.session_cache = true end
  -- What the firmware does not have it is not asked for.
  if habits.unknown_settings.session_cache then options.session_cache = nil end
  if habits.unknown_settings.ignoremulticertchainverify and (options.ignore or {})[1] == "chain" then options.ignore = nil end
  return options
end

function verification.plan_habits(random, habits)
  habits.clock_unset = random:chance(0.3)
  habits.unknown_settings = {}
  for _, name in ipairs(OPTIONAL) do
    if random:chance(0.2) then habits.unknown_settings[name] = true end
  end
  habits.left_behind = {}
  if not random:chance(0.5) then return end
  for i = 1, random:small(8) do habits.left_behind[i] = { context = random:int(0, 5), setting = random:pick(WEAK) } end
end

--- What another program sets meanwhile: one of the settings, in a context.
function verification.plan_change(random, fault)
  fault.context, fault.setting = random:pick { 0, 0, 0, 1, 2 }, random:int(1, #WEAK)
end

-- The module

local function set(module, index, name, value)
  if not module.contexts or module.habits.unknown_settings[name] then return false end -- one without SSL contexts
  local context = module.contexts[index] or {}
  module.contexts[index] = context
  context[name] = value
  return true
end

--- A module that has been on for some time when the run begins.
function verification.leave_behind(module)
  for _, left in ipairs(module.habits.left_behind or {}) do set(module, left.context, left.setting[1], left.setting[2]) end
end

--- Another program changes a setting, unless the line is the library's: then nobody could know.
function verification.change(run, fault)
  local modem = run.modem
  if not modem or modem.closed_with or run.module.off_until > run.world.now then return false end
  local holder = modem.exchanges.holder
  if modem.exchanges.hold or holder and (holder.text or ""):find("QSSLOPEN", 1, true) then return false end
  local setting = WEAK[fault.setting]
  run.weakened = run.weakened or setting[1] == "seclevel"
  return set(run.module, fault.context, setting[1], setting[2])
end

local function value_of(module, index, name)
  local context = module.contexts[index] or {}
  return context[name] or FACTORY[name] or "0"
end

--- AT+QSSLCFG: the answer.
function verification.configure(module, rest)
  local name, digits, value = rest:match('^="([%w_/]+)",(%d),?(.*)$')
  local index = math.tointeger(tonumber(digits))
  local quotes = select(2, rest:gsub('"', ""))
  if not name or index > 5 or quotes % 2 ~= 0 or module.habits.unknown_settings[name] then return "\r\nERROR\r\n" end
  local context = module.contexts[index] or {}
  module.contexts[index] = context
  if value == "" then
    context.asked = true
    return { ('\r\n+QSSLCFG: "%s",%d,%s\r\n'):format(name, index, value_of(module, index, name)), "\r\nOK\r\n" }
  end
  context.repaired = context.repaired or context.asked
  context[name] = value
  return "\r\nOK\r\n"
end

--- AT+CCLK
function verification.clock(module, rest)
  local text = rest:match('^="(.*)"$')
  if text then
    module.clock_set = true
    return "\r\nOK\r\n"
  end
  local now = verification.WALL_CLOCK + math.floor(module.world.now)
  local shown = (module.clock_set or not module.habits.clock_unset) and os.date("!%y/%m/%d,%H:%M:%S+00", now) or UNSET
  return { ('\r\n+CCLK: "%s"\r\n'):format(shown), "\r\nOK\r\n" }
end

-- The invariant

--- How a context's settings are weaker than these options ask for; nil: they are not.
local function weakness(settings, options)
  local bits, chain, time = 0, false, options.check_time ~= false
  for _, name in ipairs(options.ignore or {}) do
    bits, chain = bits | (BITS[name] or 0), chain or name == "chain"
  end
  local function number(name) return tonumber(settings[name]) or 0 end
  if number "seclevel" < 1 then return "seclevel " .. settings.seclevel end
  if settings.cacert ~= '"' .. options.ca .. '"' then return "cacert " .. settings.cacert end
  if settings.cacertex ~= '""' then return "cacertex " .. settings.cacertex end
  if number "sni" < 1 then return "sni 0" end
  if time and number "ignorelocaltime" ~= 0 then return "ignorelocaltime 1" end
  if number "ignorecertitem" & ~bits ~= 0 then return "ignorecertitem " .. settings.ignorecertitem end
  if number "ignoreinvalidcertsign" ~= 0 then return "ignoreinvalidcertsign 1" end
  if not chain and number "ignoremulticertchainverify" ~= 0 then return "ignoremulticertchainverify 1" end
  if not options.session_cache and number "session_cache" ~= 0 then return "session_cache 1" end
  if number "sslversion" ~= 3 then return "sslversion " .. settings.sslversion end
  return nil
end

local NAMES = { "seclevel", "cacert", "cacertex", "sni", "ignorelocaltime", "ignorecertitem", "ignoreinvalidcertsign",
  "ignoremulticertchainverify", "session_cache", "sslversion" }

--- The module opens a connection with this context: what it is set to now counts for the connection. Where no byte was
--- changed on the line, and no restart is about to be told, it must not even be tried with less than was asked.
function verification.at_open(module, conn, host)
  local settings = {}
  for _, name in ipairs(NAMES) do settings[name] = value_of(module, conn.context, name) end
  conn.settings = settings
  local context, run = module.contexts[conn.context] or {}, module.run
  local options = run.plan.tls[host]
  if not options then return end
  run:count("verified openings")
  if context.repaired then run:count("settings mended before a verified opening") end
  context.asked, context.repaired = nil, nil
  local is_told = run.harm < 3 and run.world.now > (run.garbled_until or 0) and not run:is_from_before_notice()
  local weaker = is_told and weakness(settings, options)
  if weaker then run.world:note_failure("%s is opened with %s", host, weaker) end
end

--- The program has this connection: it is verified as was asked, whatever has happened to the line.
function verification.check_opened(run, host, link)
  local options = run.plan.tls[host]
  if not options or not link or not link.conn.settings then return end
  local weaker = weakness(link.conn.settings, options)
  if weaker then run.world:note_failure("%s is open with %s", host, weaker) end
end

return verification
