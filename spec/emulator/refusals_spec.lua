-- What modules refuse, the emulator refuses, too: keys that do not belong to their certificates, and, as a quirk, what is
-- beyond the limits of mbedTLS.

local handshake = require "support.handshake"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"

describe("A client certificate", function()
  it("with another key, of another kind or of the same, fails the handshake, whether the server asks for it or not", function()
    local folder = lab.folder()
    local ca = folder .. "/root.pem"
    local certificate, key = pki.client(folder, "owner")
    local _, same_kind = pki.client(folder, "another")
    local modem, emulator = handshake.modem()
    for _, client_ca in ipairs { ca, false } do
      local peer <close> = Peer.start(folder, { client_ca = client_ca or nil })
      for name, case in pairs { own = { key, true }, ["of another kind"] = { folder .. "/server.key", false },
        ["of the same kind"] = { same_kind, false } } do
        local seen, err = handshake.outcome(modem, peer,
          { ca = ca, verify = "mutual", certificate = certificate, key = case[1] })
        assert.are.same(case[2], seen ~= nil, name)
        if err then assert.are.same(579, err.code) end
      end
    end
    modem:close()
    emulator:close()
  end)
end)

describe("The quirk mbedtls-limits", function()
  local folder, ca, modems, emulators

  setup(function()
    folder = lab.folder()
    ca = folder .. "/root.pem"
    modems, emulators = {}, {}
    -- Ahead of this host: certificates are made below, and a clock of whole seconds may be behind the moment of that.
    modems[1], emulators[1] = handshake.modem { clock = os.time() + 10 }
    modems[2], emulators[2] = handshake.modem { quirks = "mbedtls-limits", clock = os.time() + 10 }
  end)

  teardown(function()
    for i = 1, 2 do
      modems[i]:close()
      emulators[i]:close()
    end
  end)

  --- Do the modems, without and with it, open a connection to a server with this chain and key?
  local function opens(chain, key, verify)
    local peer <close> = Peer.start(folder, { chain = chain, key = key })
    local outcomes = {}
    for i, modem in ipairs(modems) do
      local seen, err = handshake.outcome(modem, peer, { ca = ca, verify = verify })
      outcomes[i] = seen ~= nil
      if err then assert.are.same(579, err.code) end
    end
    return outcomes
  end

  it("lets ordinary chains pass", function()
    assert.are.same({ true, true }, opens())
    assert.are.same({ true, true }, opens(pki.ecdsa_server(folder, lab.HOST)))
    assert.are.same({ true, true }, opens(pki.deep_server(folder, lab.HOST, 8)))
  end)

  it("refuses more than eight intermediates, where the server is verified", function()
    local chain, key = pki.deep_server(folder, lab.HOST, 9)
    assert.are.same({ true, false }, opens(chain, key))
    assert.are.same({ true, true }, opens(chain, key, "none"))
  end)

  it("refuses chains of more than 16 kB, verified or not", function()
    local chain, key = folder .. "/large-chain.pem", folder .. "/server.key"
    local file = assert(io.open(chain, "w"))
    file:write(pki.read(folder .. "/chain.pem"), pki.read(folder .. "/intermediate.pem"):rep(40))
    file:close()
    assert.are.same({ true, false }, opens(chain, key, "none"))
  end)

  it("refuses keys that mbedTLS does not know", function()
    local chain, key = pki.ed25519_server(folder, lab.HOST)
    assert.are.same({ true, false }, opens(chain, key))
    assert.are.same({ true, false }, opens(chain, key, "none"))
  end)
end)
