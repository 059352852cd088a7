-- What modem:keep takes, and what it refuses: wrong use raises, and nothing is sent.

local hayes = require "hayes"
local kept = require "support.kept_module"
local raises = require "support.raises"
local script = require "support.script"

describe("modem:keep", function()
  local module, modem

  before_each(function()
    module, modem = kept.open()
    module.sent = {}
  end)

  after_each(function() kept.close(modem) end)

  for words, given in pairs {
    ["what is to be kept is missing: modem:keep { network = { … } }"] = {},
    ["the module has no modem.wifi; what it takes is modem:keep { network = { … } }"] = { wifi = { ssid = "a" } },
    ["modem:keep, network: the option apn is missing"] = { network = {} },
    ["modem:keep, network: password is given without user"] = { network = { apn = "a", password = "b" } },
    ["modem:keep, network: no option is called anp (did you mean apn?)"] = { network = { anp = "a" } },
    ['no option is called "ckeck" (did you mean check?)'] = { network = { apn = "a" }, ckeck = 5 },
    ["check is 0; it must be from 1 to 86400"] = { network = { apn = "a" }, check = 0 },
    ['probe is "example.com"; it must be "host:port", or a function'] = { network = { apn = "a" }, probe = "example.com" },
    ['probe is "example.com:0"'] = { network = { apn = "a" }, probe = "example.com:0" },
    ['probe is "example.com:65536"'] = { network = { apn = "a" }, probe = "example.com:65536" },
    ["restart is 5"] = { network = { apn = "a" }, restart = 5 },
    ["backoff.first is 50, and backoff.most 20; the first pause is the shortest"] =
      { network = { apn = "a" }, backoff = { first = 50, most = 20 } },
    ["modem:keep, backoff: jitter is 2; it must be from 0 to 1"] = { network = { apn = "a" }, backoff = { jitter = 2 } },
    ["modem:keep, budget: restarts is -1"] = { network = { apn = "a" }, budget = { restarts = -1 } },
    ["modem:keep, budget: no option is called"] = { network = { apn = "a" }, budget = { restart = 1 } },
  } do
    it("raises: " .. words, function()
      local message = raises(function() modem:keep(given) end)
      assert.is_truthy(message:find(words:gsub("called anp", 'called "anp"'), 1, true), message)
      assert.is_false(modem.keeper)
      hayes.sleep(1)
      assert.are.same({}, module.sent)
    end)
  end

  it("raises without options, and with a dot in place of the colon", function()
    assert.is_truthy(raises(function() modem:keep() end):find("what is to be kept is missing", 1, true))
    assert.is_truthy(raises(function() modem.keep { network = { apn = "a" } } end):find("call it with a colon", 1, true))
  end)

  it("takes a host and port, also of IPv6, to probe", function()
    for _, text in ipairs { "example.com:443", "10.0.0.1:1", "[2001:db8::1]:65535" } do
      modem:keep({ network = { apn = "a" }, probe = text }):close()
    end
  end)

  it("gives a second keeper of the same modem the error busy", function()
    local keeper = assert(modem:keep { network = { apn = "internet" } })
    local second, err = modem:keep { network = { apn = "internet" } }
    assert.are.same({ nil, "busy" }, { second, err.name })
    assert.is_truthy(err.hint:find("keeper:close()", 1, true))
    keeper:close()
    assert(modem:keep { network = { apn = "internet" } })
  end)

  it("gives the error closed once the modem is", function()
    modem:close()
    local keeper, err = modem:keep { network = { apn = "internet" } }
    assert.are.same({ nil, "closed" }, { keeper, err.name })
  end)

  it("gives the error not_supported where the dialect does not say how", function()
    local plain = assert(hayes.open_port(script.port(script.commands { ["ATV1"] = "\r\nOK\r\n" }), "plain",
      { dialect = { name = "plain", finals = { { "OK", success = true }, { "ERROR" } }, commands = {} } }))
    local keeper, err = plain:keep { network = { apn = "internet" } }
    plain:close()
    assert.are.same({ nil, "not_supported" }, { keeper, err.name })
    assert.are.same("the dialect plain does not say how a connection is kept", err.message)
  end)

  it("keeps what a dialect from outside the library says", function()
    local ups, lose = 0, nil
    local own = assert(hayes.open_port(script.port(script.commands { ["ATV1"] = "\r\nOK\r\n" }), "own", { dialect = {
      name = "own", finals = { { "OK", success = true }, { "ERROR" } }, commands = {},
      keep = { radio = function(_, options, where)
        assert.are.same({ "modem:keep", 7 }, { where, options.channel })
        local active = false
        return {
          look = function() return active and { ip = "here" }, "it is not there" end,
          bring_up = function()
            ups, active = ups + 1, true
            return { ip = "here" }
          end,
          needs_person = function() return false end,
          listen = function(_, tell)
            lose = function()
              active = false
              tell("lost", "somebody has taken it")
            end
            return {}
          end,
        }
      end },
    } }))
    local keeper = assert(own:keep { radio = { channel = 7 } })
    assert(keeper:ready(10))
    lose()
    hayes.sleep(1)
    assert.are.same({ 2, "attached" }, { ups, keeper:state().state })
    own:close()
  end)

  it("raises for events that a keeper does not have", function()
    local keeper = assert(modem:keep { network = { apn = "internet" } })
    assert.is_truthy(raises(function() keeper:on("ups", print) end):find('it must be one of "state", "up"', 1, true))
    assert.is_truthy(raises(function() keeper:on("up", 5) end):find("the handler is 5", 1, true))
    assert.is_truthy(raises(function() keeper:ready(-1) end):find("the time-out is -1", 1, true))
    assert.is_truthy(raises(function() keeper.state() end):find("call it with a colon", 1, true))
  end)

  it("is listed by modem:help, with its options", function()
    assert.is_truthy(tostring(modem:help()):find("modem:keep(options)", 1, true))
    local text = tostring(modem:help "keep")
    for _, name in ipairs { "network", "wifi", "check", "probe", "probe_every", "backoff", "budget", "restart" } do
      assert.is_truthy(text:find("\n    " .. name .. "%s"), name)
    end
  end)
end)
