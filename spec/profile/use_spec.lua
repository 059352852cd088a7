-- What a profile changes for the library: hayes.open(address, { profile = path }).

local hayes = require "hayes"
local lab = require "support.lab"
local profile_lab = require "support.profile_lab"
local raises = require "support.raises"
local script = require "support.script"

local OK <const> = "\r\nOK\r\n"

local IDENTITY <const> = '{ "ATI", "Quectel", "EC200U", "Revision: EC200UCNAAR03A15M08", "OK" },'

local function profile_of(rest)
  return profile_lab.file('return { profile = 1, dialect = "quectel",\n' .. rest .. "}\n")
end

describe("A profile, given to hayes.open", function()
  local modem
  local sent

  before_each(script.virtual_time)
  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  --- A scripted module, opened with a profile; what is sent to it is listed.
  local function open(path, commands)
    sent = {}
    local all = script.quectel(commands)
    local port = script.port(function(of, bytes)
      for line in bytes:gmatch "AT[^\r\n]*" do sent[#sent + 1] = line end
      return all(of, bytes)
    end)
    local err
    modem, err = hayes.open_port(port, "script", { profile = path })
    return modem, err
  end

  local function has_sent(text)
    for _, line in ipairs(sent) do
      if line:find(text, 1, true) then return true end
    end
    return false
  end

  it("gives commands the ranges of this module: an argument outside them is refused, and nothing is sent", function()
    assert(open(profile_of('answers = { { "AT+QSSLRECV=?", "+QSSLRECV: (0-5),(1-1200)", "OK" },\n'
      .. '{ "AT+QSSLCFG=?", "+QSSLCFG: \\"negotiatetime\\",(0-5),(10-60)", "OK" } },')))
    local said = raises(function() modem:call("+QSSLRECV", "write", { 6, 100 }) end)
    assert.is_truthy(said:find("clientID is 6; it must be from 0 to 5", 1, true), said)
    said = raises(function() modem:call("+QSSLCFG", "write", { "negotiatetime", 0, 61 }) end)
    assert.is_truthy(said:find("it must be from 10 to 60", 1, true), said)
    assert.is_false(has_sent "+QSSLRECV" or has_sent "+QSSLCFG")
  end)

  it("gives no ranges out of an answer whose brackets do not match", function()
    assert(open(profile_of 'answers = { { "AT+QSSLRECV=?", "+QSSLRECV: (0-5),((1-1200)", "OK" } },'))
    modem:call("+QSSLRECV", "write", { 6, 100 })
    assert.is_true(has_sent "AT+QSSLRECV=6,100")
  end)

  it("leaves the ranges of other modules as they are", function()
    assert(open(profile_of 'answers = { { "AT+QSSLRECV=?", "+QSSLRECV: (0-5),(1-1200)", "OK" } },'))
    modem:close()
    local other = hayes.open_port(script.port(script.quectel {}), "script")
    assert.are.equal(11, other.dialect.commands["+QSSLRECV"].params[1].max)
    other:close()
  end)

  --- A module with a connection that takes what it is sent, with these greatest lengths of a read and a send.
  local function open_socket(read, send)
    assert(open(profile_of(('answers = { { "AT+QIRD=?", "+QIRD: (0-5),(0-%d)", "OK" },\n'
      .. '{ "AT+QISEND=?", "+QISEND: (0-5),(0-%d)", "OK" } },'):format(read, send)), {
      ["AT+QISDE=0"] = OK, ["^AT%+QICFG="] = OK, ["AT+QISTATE"] = OK, ["^AT%+QICLOSE="] = OK,
      ["^AT%+QIOPEN="] = "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n",
      ["^AT%+QISEND=0,%d+$"] = function(line, port)
        port.wanted = { count = tonumber(line:match "(%d+)$"), reply = function() return "\r\nSEND OK\r\n" end }
        return "\r\n> "
      end,
      ["^AT%+QIRD=0,%d+$"] = "\r\n+QIRD: 0\r\n\r\nOK\r\n",
    }))
    return assert(modem.tcp.open("host", 7))
  end

  it("makes sockets send no more at once than the module takes", function()
    local sock = open_socket(1000, 200)
    assert(sock:send(("x"):rep(300)))
    assert(sock:flush())
    assert.is_true(has_sent "AT+QISEND=0,200" and has_sent "AT+QISEND=0,100")
    sock:close()
  end)

  it("does not make sockets stand still, whatever it says", function()
    local sock = open_socket(0, 0)
    local ok, message = pcall(function()
      assert(sock:send "x")
      return sock:flush()
    end)
    assert.is_truthy(ok or tostring(message):find("must be", 1, true), message)
    sock:close()
  end)

  it("fails with other_module where another module answers than the one it describes", function()
    assert(open(profile_of("answers = { " .. IDENTITY .. " },")))
    modem:close()
    local none, err = open(profile_of "answers = { { \"ATI\", \"Quectel\", \"EC25\", \"Revision: EC25X\", \"OK\" } },")
    assert.is_nil(none)
    assert.are.equal("other_module", err.name)
    assert.is_truthy(err.message:find("Quectel / EC25 / Revision: EC25X", 1, true), err.message)
    none, err = open(profile_lab.file 'return { profile = 1, dialect = "aithinker" }')
    assert.is_nil(none)
    assert.are.equal("other_module", err.name)
  end)

  it("with a mistake in it, or that does not exist, is an error before the port is opened", function()
    local none, err = open(profile_lab.file "return { profile = 1, dialekt = \"quectel\" }")
    assert.is_nil(none)
    assert.are.equal("bad_profile", err.name)
    assert.is_truthy(err.message:find("did you mean dialect", 1, true), err.message)
    assert.are.same({}, sent)
    none, err = open(lab.folder() .. "/there-is-none.lua")
    assert.is_nil(none)
    assert.are.equal("no_such_file", err.name)
    none, err = open "/dev/zero"
    assert.is_nil(none)
    assert.are.equal("is_a_device", err.name)
  end)

  it("adds its habits to modem:habits(), with the profile as their source", function()
    assert(open(profile_of "habits = { urc_port = \"usbat\", line_end_after_pushed_data = false },", {
      ["AT+CGSN"] = "\r\n866758041234567\r\n\r\nOK\r\n" }))
    local habits = assert(modem:habits())
    assert.are.same({ value = "usbat", source = "the profile " .. modem.profile.path }, habits.urc_port)
    assert.is_false(habits.line_end_after_pushed_data.value)
  end)
end)

describe("A profile of firmware that lacks settings of TLS", function()
  it("spares the attempts to set them", function()
    local refused
    local function open(options, open_options)
      refused = 0
      open_options.trace = function(line)
        if line:find("> AT+QSSLCFG=\"sni\",0,", 1, true) then refused = refused + 1 end
      end
      local modem, emulator = lab.online(9, options, open_options)
      modem.ssl.open(lab.HOST, 443, { verify = "none", timeout = 5 }) -- nobody listens there
      local habits = modem:habits()
      modem:close()
      emulator:close()
      return habits
    end
    open({ quirks = "qsslcfg-2018" }, {})
    assert.is_true(refused > 0)
    local emulator <close> = assert(hayes.emulator { quirks = "qsslcfg-2018" })
    local path = profile_lab.file(profile_lab.probe(emulator.address))
    local habits = open({ quirks = "qsslcfg-2018" }, { profile = path })
    assert.are.equal(0, refused)
    assert.are.same({ value = false, source = "the profile " .. path }, habits.ssl_sni)
  end)
end)
