-- What firmware has and does: settings that an older one lacks, modules with another dialect, and what is known of it.

local hayes = require "hayes"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("Firmware of 2018, which lacks settings of TLS", function()
  local modem, emulator, server

  setup(function()
    server = Peer.start(lab.folder()):begin "serve"
    modem, emulator = lab.online(server.port, { quirks = "qsslcfg-2018" })
  end)

  teardown(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    if server then server:close() end
  end)

  local function open(options) return modem.ssl.open(lab.HOST, 443, options) end

  it("opens a connection that needs none of them", function()
    for _, options in ipairs { { verify = "none" },
      { ca = lab.folder() .. "/root.pem", sni = false, check_time = false } } do
      assert(assert(open(options)):close())
    end
  end)

  for _, row in ipairs {
    { { sni = nil, check_time = false }, "sni", "sni = false" }, { { sni = false }, "ignorelocaltime", "check_time = false" },
    { { sni = false, check_time = false, negotiate_timeout = 60 }, "negotiatetime", "leave negotiate_timeout out" },
  } do
    it(("says that it has not got %s where that matters, and what to do"):format(row[2]), function()
      local options = { ca = lab.folder() .. "/root.pem" }
      for name, value in pairs(row[1]) do options[name] = value end
      local sock, err = open(options)
      assert.is_nil(sock)
      assert.are.same("unknown_setting", err.name)
      assert.is_truthy(tostring(err):find(('does not have the setting "%s"'):format(row[2]), 1, true), tostring(err))
      assert.is_truthy(err.hint:find(row[3], 1, true), err.hint)
    end)
  end

  it("is wanted a name to be sent, even where nothing is verified", function()
    local _, err = open { verify = "none", sni = true }
    assert.are.same("unknown_setting", err.name)
  end)

  it("is known by then: modem:habits() tells", function()
    open { verify = "none" }
    local habits = assert(modem:habits())
    assert.are.same(false, habits.ssl_sni.value)
    assert.are.same('AT+QSSLCFG="sni" was refused', habits.ssl_sni.source)
  end)
end)

describe("The firmware of a module", function()
  local modem

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  local function open(identity, options)
    local port = script.port(script.quectel { ATI = identity .. OK, ["AT+CGSN"] = "\r\n866758041234567\r\n" .. OK })
    local err
    modem, err = hayes.open_port(port, "script", options)
    return modem, err
  end

  local others = {
    BC66 = "\r\nQuectel_Ltd\r\nQuectel_BC66\r\nRevision: BC66NBR01A01\r\n",
    ["BC660K-GL"] = "\r\nQuectel_Ltd\r\nQuectel_BC660K-GL\r\nRevision: BC660KGLAAR01A01\r\n",
    M95 = "\r\nQuectel_Ltd\r\nQuectel_M95\r\nRevision: M95FAR02A08\r\n",
  }
  for model, identity in pairs(others) do
    it("is of another dialect on " .. model .. ", which hayes.open says by name", function()
      local opened, err = open(identity)
      assert.is_nil(opened)
      assert.are.same("unsupported_module", err.name)
      assert.is_truthy(tostring(err):find("Quectel " .. model .. ",", 1, true), tostring(err))
      assert.is_truthy(err.hint)
      assert(open(identity, { dialect = "quectel" })) -- who insists may
    end)
  end

  it("is known by its revision", function()
    assert(open "\r\nQuectel\r\nEG800K\r\nRevision: EG800KCNGCR07A06M04\r\n")
    local habits = assert(modem:habits())
    assert.are.same({ value = 566, source = "known of firmware EG800K…" }, habits.tls_failure_code)
    assert.is_nil(habits.line_end_after_pushed_data)
    assert.is_truthy(tostring(habits):find("tls_failure_code: 566 (known of firmware EG800K…)", 1, true))
    modem:close()
    assert(open "\r\nQuectel\r\nEC200U\r\nRevision: EC200UCNAAR03A15M08\r\n")
    assert.are.same(true, assert(modem:habits()).line_end_after_pushed_data.value)
  end)
end)
