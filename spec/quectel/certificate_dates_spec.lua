-- A module's clock that is wrong against the dates of a certificate: the error says so.

local handshake = require "support.handshake"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"
local validity = require "hayes.dialect.quectel.ssl.validity"
local pem_blocks = require "hayes.tls.pem_blocks"

describe("The dates of a certificate", function()
  local folder, ca, fresh, old

  setup(function()
    folder = lab.folder()
    ca = folder .. "/root.pem"
    local now = os.time()
    fresh = pki.dated(folder, "fresh", now - 3600, now + 30 * 86400)
    old = pki.dated(folder, "old", now - 30 * 86400, now + 3600)
  end)

  --- The error of an opening, with the module's clock off by so many seconds.
  local function refused(off, chain, options)
    local modem, emulator = handshake.modem { clock = os.time() + off }
    local peer = Peer.start(folder, { chain = chain })
    peer:begin("serve")
    options.ca = options.ca or ca
    local sock, err = modem.ssl.open(lab.HOST, peer.port, options)
    peer:close()
    modem:close()
    emulator:close()
    assert.is_nil(sock)
    return err
  end

  it("are read from it", function()
    local list = pem_blocks.split(pki.read(fresh))
    local from, to = validity.of_der(pem_blocks.decode(list[1].base64))
    assert.are.same(30 * 86400 + 3600, to - from)
    assert.is_true(math.abs(from - (os.time() - 3600)) < 600)
    for size = 0, 200 do validity.of_der(pem_blocks.decode(list[1].base64):sub(1, size)) end
    assert.is_nil(validity.of_der("no certificate"))
  end)

  it("of a server's that was just issued: the module's clock is behind", function()
    local err = refused(-20 * 3600, fresh, {})
    assert.are.same(579, err.code)
    assert.is_truthy(tostring(err):find("20 h behind this host's (modem.clock.set() sets it)", 1, true), tostring(err))
  end)

  it("of one that is about to expire: the module's clock is ahead; diagnose blames the clock, not the certificate", function()
    local err = refused(20 * 3600, old, { diagnose = true })
    assert.is_truthy(err.diagnosis:find("by the module's clock", 1, true), err.diagnosis)
    assert.is_truthy(err.diagnosis:find("20 h ahead of this host's (modem.clock.set() sets it)", 1, true), err.diagnosis)
    assert.is_nil(err.diagnosis:find("ignore", 1, true))
    err = refused(-20 * 3600, fresh, { diagnose = true })
    assert.is_truthy(err.diagnosis:find("20 h behind", 1, true), err.diagnosis)
    assert.is_nil(err.diagnosis:find("ignore", 1, true))
  end)

  it("of the CA given, by their own words", function()
    local flawed = pki.flawed(folder, lab.HOST)
    local err = refused(0, flawed.expired, { ca = flawed.expired })
    local words = "ca (" .. flawed.expired .. ") is valid from 2020-01-01 00:00 UTC to 2021-01-01"
    assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
  end)

  it("are not mentioned where the clocks agree, nor where dates are not checked", function()
    assert.is_nil(tostring(refused(0, nil, { ca = folder .. "/other.pem" })):find("clock", 1, true))
    local err = refused(-20 * 3600, nil, { ca = folder .. "/other.pem", check_time = false })
    assert.is_nil(tostring(err):find("clock", 1, true))
  end)
end)
