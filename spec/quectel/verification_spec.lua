-- Which servers are refused, and which name lets each of them in (SSL note 2.2.1, ignorecertitem).

local handshake = require "support.handshake"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"

local SINGLE = { "expired", "not_yet_valid", "name", "untrusted" }

describe("Verification of the server", function()
  local modem, emulator, folder, ca, chains

  setup(function()
    folder = lab.folder()
    ca = folder .. "/root.pem"
    chains = pki.flawed(folder, lab.HOST)
    modem, emulator = handshake.modem()
  end)

  teardown(function()
    modem:close()
    emulator:close()
  end)

  local function accepts(peer, options)
    local seen, err = handshake.outcome(modem, peer, options)
    if seen then return true end
    assert.are.same(579, err.code, tostring(err))
    return false
  end

  local function refused_but_for(peer, authority, name)
    assert.is_false(accepts(peer, { ca = authority }))
    for _, other in ipairs(SINGLE) do
      assert.are.same(other == name, accepts(peer, { ca = authority, ignore = { other } }), other)
    end
    assert.is_true(accepts(peer, { ca = authority, ignore = { "everything" } }))
    assert.is_true(accepts(peer, { verify = "none" }))
  end

  local flaws = {
    { "whose certificate has expired", chain = "expired", ignore = "expired" },
    { "whose certificate is not valid yet", chain = "future", ignore = "not_yet_valid" },
    { "with a certificate for another name", chain = "stranger", ignore = "name" },
    { "with a certificate that it signed itself", chain = "self_signed", ignore = "untrusted" },
    { "that does not send its intermediate certificate", chain = "no_intermediate", ignore = "untrusted" },
    { "of another authority", ca = "other.pem", ignore = "untrusted" },
  }
  for _, flaw in ipairs(flaws) do
    it(("refuses a server %s, but for ignore = { %q }"):format(flaw[1], flaw.ignore), function()
      local peer = Peer.start(folder, { chain = chains[flaw.chain] })
      refused_but_for(peer, flaw.ca and folder .. "/" .. flaw.ca or ca, flaw.ignore)
      peer:close()
    end)
  end

  it("leaves what is above the server's own certificate alone with ignore = { \"chain\" }", function()
    for chain, accepted in pairs { no_intermediate = true, expired = false, stranger = false, self_signed = false } do
      local peer = Peer.start(folder, { chain = chains[chain] })
      assert.are.same(accepted, accepts(peer, { ca = ca, ignore = { "chain" } }), chain)
      peer:close()
    end
  end)

  it("leaves dates alone, and nothing else, with check_time = false", function()
    for chain, accepted in pairs { expired = true, future = true, stranger = false } do
      local peer = Peer.start(folder, { chain = chains[chain] })
      assert.are.same(accepted, accepts(peer, { ca = ca, check_time = false }), chain)
      peer:close()
    end
  end)

  it("takes several flaws by name at once", function()
    local peer = Peer.start(folder, { chain = chains.expired })
    assert.is_true(accepts(peer, { ca = folder .. "/other.pem", ignore = { "untrusted", "expired" } }))
    assert.is_false(accepts(peer, { ca = folder .. "/other.pem", ignore = { "untrusted" } }))
    peer:close()
  end)

  it("accepts a certificate that signed itself when that is what was given as the CA", function()
    local peer = Peer.start(folder, { chain = chains.self_signed })
    assert.is_true(accepts(peer, { ca = chains.self_signed }))
    peer:close()
  end)

  describe("goes by the module's clock, which", function()
    local function with_clock(clock, options)
      local other, other_emulator = handshake.modem { clock = clock }
      local peer = Peer.start(folder)
      options.ca = ca
      local seen, err = handshake.outcome(other, peer, options)
      local off = math.abs(assert(other.clock.get()) - os.time())
      peer:close()
      other:close()
      other_emulator:close()
      return seen, err, off
    end

    it("is set when it was never set", function()
      local seen, err, off = with_clock("unset", {})
      assert(seen, tostring(err))
      assert.is_true(off <= 5)
    end)

    it("is set when it is wrong by more than a day", function()
      local seen, err, off = with_clock(os.time() - 400 * 86400, {})
      assert(seen, tostring(err))
      assert.is_true(off <= 5)
    end)

    it("is left alone when dates are not checked", function()
      local seen, err, off = with_clock("unset", { check_time = false })
      assert(seen, tostring(err))
      assert.is_true(off > 86400)
    end)
  end)

  describe("the other way round:", function()
    local peer, certificate, key

    setup(function()
      certificate, key = pki.client(folder, "client")
      peer = Peer.start(folder, { client_ca = ca })
    end)

    teardown(function() peer:close() end)

    it("a server that demands a certificate gets it", function()
      assert(handshake.outcome(modem, peer, { ca = ca, verify = "mutual", certificate = certificate, key = key }))
    end)

    it("without one it refuses, and the error says what it may want", function()
      local seen, err = handshake.outcome(modem, peer, { ca = ca })
      assert.is_nil(seen)
      assert.are.same("ssl_handshake_fail", err.name)
      assert.is_truthy(err.hint:find('ask for a client certificate (verify = "mutual")', 1, true))
    end)

    it("it refuses one of another authority", function()
      local foreign, foreign_key = folder .. "/other.pem", folder .. "/other.key"
      assert.is_nil((handshake.outcome(modem, peer, { ca = ca, verify = "mutual", certificate = foreign, key = foreign_key })))
    end)
  end)
end)
