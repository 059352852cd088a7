-- ssl.open { diagnose = true }: what is wrong, in one paragraph (SSL note 4).

local handshake = require "support.handshake"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"

describe("ssl.open with diagnose", function()
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

  --- What the paragraph says, with a server that takes one connection after the other.
  local function diagnose(peer_options, options, on)
    local peer = Peer.start(folder, peer_options)
    peer:begin("serve")
    options.diagnose = true
    options.ca = options.ca or ca
    local sock, err = (on or modem).ssl.open(lab.HOST, peer.port, options)
    peer:close()
    assert.is_nil(sock)
    assert.is_truthy(tostring(err):find(err.diagnosis, 1, true))
    return err.diagnosis, err
  end

  local function says(text, ...)
    text = text:gsub("%. %u", string.lower)
    for _, part in ipairs { ... } do assert.is_truthy(text:find(part, 1, true), ("%q is not in: %s"):format(part, text)) end
  end

  it("tells a certificate that has expired", function()
    local text, err = diagnose({ chain = chains.expired }, {})
    says(text, "takes connections, so it is TLS that fails", 'succeeds with ignore = { "expired" }', "has expired")
    assert.are.same({ 579, "ssl_handshake_fail" }, { err.code, err.name })
  end)

  it("tells one that is for another name, and that SNI is off", function()
    says(diagnose({ chain = chains.stranger }, {}), "not for " .. lab.HOST)
    says(diagnose({ chain = chains.stranger }, { sni = false }), "try sni = true")
  end)

  it("tells the wrong CA by its file", function()
    says(diagnose({}, { ca = folder .. "/other.pem" }), "does not end in " .. folder .. "/other.pem")
  end)

  it("tells a version, and a suite, that the server does not speak", function()
    says(diagnose({ protocol = "tlsv1_2" }, { version = "tls1.0" }), 'succeeds with version = "all"', "does not speak tls1.0")
    says(diagnose({ ciphers = "AES256-SHA256:@SECLEVEL=0", protocol = "tlsv1_2" }, { ciphers = "0X002F" }),
      "or none of the ciphers given")
  end)

  it("tells that a client certificate is demanded", function()
    says(diagnose({ client_ca = ca }, {}), 'may demand a client certificate (verify = "mutual"')
  end)

  it("tells a CA that is not in the module's flash", function()
    says(diagnose({}, { ca = "UFS:nowhere.pem" }), 'the option ca is "UFS:nowhere.pem", and the module has no such file')
  end)

  it("tells what fails in front of TLS: port, name, data connection", function()
    local function why(host, port)
      local sock, err = modem.ssl.open(host, port, { ca = ca, diagnose = true })
      assert.is_nil(sock)
      return err.diagnosis
    end
    says(why(lab.HOST, 9), "it is not TLS that fails", "TCP: " .. lab.HOST .. ":9 cannot be reached")
    says(why("nowhere.invalid", 443), "it is not TLS that fails", "name: ")
    assert(modem.network.detach())
    says(why(lab.HOST, 9), "data connection: PDP context 1 is not active")
    assert(modem.network.attach { apn = "internet" })
  end)

  it("asks for nothing unless told to", function()
    local _, err = modem.ssl.open(lab.HOST, 9, { ca = ca })
    assert.is_nil(err.diagnosis)
  end)

  it("works for factory(), too", function()
    local sock = modem.ssl.factory { ca = ca, diagnose = true }()
    assert.are.same({ nil, "connection refused" }, { sock:connect(lab.HOST, 9) })
    says(sock:lasterror().diagnosis, "it is not TLS that fails")
  end)

  describe("on firmware that gives 566 for everything", function()
    local other, other_emulator

    setup(function() other, other_emulator = handshake.modem { quirks = "eg800k-566" } end)
    teardown(function()
      other:close()
      other_emulator:close()
    end)

    it("tells TLS from TCP", function()
      local text, err = diagnose({ chain = chains.expired }, {}, other)
      assert.are.same(566, err.code)
      says(text, "so it is TLS that fails", "his firmware gives 566 for that, too", "has expired")
      local _, plain = other.ssl.open(lab.HOST, 9, { ca = ca, diagnose = true })
      assert.are.same(566, plain.code)
      says(plain.diagnosis, "it is not TLS that fails", "TCP: ")
    end)

    it("the error alone says that the number may mean either", function()
      local _, err = other.ssl.open(lab.HOST, 9, { ca = ca })
      says(tostring(err), "(566); some firmware (EG800K) says so of every failed handshake")
    end)

    it("a list of suites is gone through as long as TCP works", function()
      local peer = Peer.start(folder, { ciphers = "AES256-SHA256:@SECLEVEL=0", protocol = "tlsv1_2" })
      peer:begin("serve")
      local sock, err = other.ssl.open(lab.HOST, peer.port, { ca = ca, ciphers = { "0X0035", "0X002F", "0X003D" } })
      assert(sock, tostring(err))
      sock:close()
      peer:close()
    end)
  end)
end)
