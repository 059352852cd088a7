-- Versions and cipher suites, each against a server that speaks nothing else; DTLS; resumption; SNI.

local handshake = require "support.handshake"
local lab = require "support.lab"
local OpensslServer = require "support.openssl_server"
local Peer = require "support.tls_peer"
local pki = require "support.pki"
local raises = require "support.raises"
local settings = require "hayes.dialect.quectel.ssl.settings"
local suites = require "hayes.dialect.quectel.ssl.suites"

describe("modem.ssl negotiates", function()
  local modem, emulator, folder, ca, ecdsa_chain, ecdsa_key

  setup(function()
    folder = lab.folder()
    ca = folder .. "/root.pem"
    ecdsa_chain, ecdsa_key = pki.ecdsa_server(folder, lab.HOST)
    modem, emulator = handshake.modem()
  end)

  teardown(function()
    modem:close()
    emulator:close()
  end)

  local function with_peer(options, f)
    local peer = Peer.start(folder, options)
    f(peer)
    peer:close()
  end

  local versions = { ["tls1.0"] = { "tlsv1", "TLSv1" }, ["tls1.1"] = { "tlsv1_1", "TLSv1.1" },
    ["tls1.2"] = { "tlsv1_2", "TLSv1.2" } }
  for version, server in pairs(versions) do
    it(version .. ", with a server that speaks nothing else, and not with others", function()
      with_peer({ protocol = server[1] }, function(peer)
        for _, asked in ipairs { "tls1.0", "tls1.1", "tls1.2", "all" } do
          local seen, err = handshake.outcome(modem, peer, { ca = ca, version = asked })
          if asked == version or asked == "all" then
            assert(seen, tostring(err))
            assert.are.same(server[2], seen:match("^%S+ (%S+)"))
          else
            assert.are.same(579, err.code)
          end
        end
      end)
    end)
  end

  it("every version but for those whose reason is given, with which every handshake fails", function()
    assert.is_string(settings.missing_versions.ssl3)
    with_peer({}, function(peer)
      local _, err = handshake.outcome(modem, peer, { ca = ca, version = "ssl3" })
      assert.are.same(579, err.code)
    end)
    for _, version in ipairs(settings.rules.version.values) do
      assert.is_true((versions[version] or version == "all" or settings.missing_versions[version]) and true, version)
    end
  end)

  local spoken = 0
  for _, suite in ipairs(suites.list) do
    if suite.openssl then
      spoken = spoken + 1
      it(suite.name .. ", with a server that speaks nothing else", function()
        local ecdsa = suite.certificate == "ECDSA"
        with_peer({ ciphers = suite.openssl .. ":@SECLEVEL=0", protocol = "tlsv1_2", chain = ecdsa and ecdsa_chain or nil,
          key = ecdsa and ecdsa_key or nil }, function(peer)
          local seen, err = handshake.outcome(modem, peer, { ca = ca, ciphers = suite.name })
          assert(seen, tostring(err))
          assert.are.same(suite.openssl, seen:match("(%S+)$"))
          assert(handshake.outcome(modem, peer, { ca = ca, ciphers = { suite.code:lower() } }))
          local other = suite.code == "0X0035" and "0X002F" or "0X0035"
          local _, refused = handshake.outcome(modem, peer, { ca = ca, ciphers = other })
          assert.are.same(579, refused.code)
        end)
      end)
    end
  end

  it("every suite of Table 3 but for those whose reason is given", function()
    assert.are.same(32, #suites.list)
    assert.are.same(13, spoken)
    for _, suite in ipairs(suites.list) do assert.is_true((suite.openssl == nil) == (suite.missing ~= nil), suite.name) end
  end)

  it("the first suite of a list with which the handshake succeeds", function()
    with_peer({ ciphers = "AES256-SHA256:@SECLEVEL=0", protocol = "tlsv1_2" }, function(peer)
      local seen = {}
      peer:begin("accept")
      peer:begin("accept")
      peer:begin("accept")
      local sock, err = modem.ssl.open(lab.HOST, peer.port,
        { ca = ca, ciphers = { "0X0035", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA256", "0XC030" } })
      assert(sock, tostring(err))
      for i = 1, 3 do seen[i] = peer:finish() or "refused" end
      assert.are.same("refused refused " .. lab.HOST .. " TLSv1.2 AES256-SHA256", table.concat(seen, " "))
      sock:close()
      peer:close_connection()
    end)
  end)

  it("no further suite when it is not the handshake that fails", function()
    local opens = 0
    modem.trace = { sent = function(_, _, text) opens = opens + (text and text:find("^AT%+QSSLOPEN") and 1 or 0) end,
      seen = function() end, remark = function() end, close = function() end }
    modem.engine:observe(true)
    local sock, err = modem.ssl.open("127.0.0.1", 9, { ca = ca, ciphers = { "0X0035", "0X002F", "0XC030" } })
    modem.engine:observe(false)
    modem.trace = nil
    assert.is_nil(sock)
    assert.are.same("socket_connection_failed", err.name)
    assert.are.same(1, opens)
  end)

  it("a list of suites that fail, and says that none leads anywhere", function()
    with_peer({ ciphers = "AES256-SHA256:@SECLEVEL=0", protocol = "tlsv1_2" }, function(peer)
      peer:begin("accept")
      local _, err = handshake.outcome(modem, peer, { ca = ca, ciphers = { "0X0035", "0X002F" } })
      assert.are.same(579, err.code)
      assert.is_truthy(tostring(err):find("none of the 2 cipher suites leads to a connection", 1, true))
    end)
  end)

  it("one suite in a context that is configured for others' use", function()
    assert.is_truthy(raises(function() modem.ssl.configure(5, { verify = "none", ciphers = { "0X0035", "0X002F" } }) end):find(
      "ciphers has 2 suites; a context holds one, or all", 1, true))
  end)

  local function converse(server, options)
    local sock = assert(modem.ssl.open(lab.HOST, server.port, options))
    sock:settimeout(10)
    assert(sock:send("from the module\n"))
    assert(sock:flush())
    local _, printed = server:expect("from the module$")
    server:send("hello")
    assert.are.same("hello", sock:receive("*l"))
    sock:close()
    server:expect("^DONE")
    return printed
  end

  for version, other in pairs { ["1.0"] = "1.2", ["1.2"] = "1.0" } do
    it(("DTLS %s, with a server that speaks nothing else"):format(version), function()
      local server <close> = OpensslServer.start(folder, { version == "1.0" and "-dtls1" or "-dtls1_2" })
      converse(server, { ca = ca, dtls = version })
      local sock, err = modem.ssl.open(lab.HOST, server.port, { ca = ca, dtls = other })
      assert.is_nil(sock)
      assert.are.same(579, err.code)
    end)
  end

  for name, case in pairs { ["TLS 1.2"] = { "-tls1_2", false }, ["DTLS 1.2"] = { "-dtls1_2", "1.2" } } do
    it(name .. " sessions that it resumes, as the server says, when session_cache is on", function()
      local server <close> = OpensslServer.start(folder, { case[1] })
      local function resumed(cache)
        return converse(server, { ca = ca, dtls = case[2], session_cache = cache }):find("Reused session-id", 1, true) ~= nil
      end
      assert.are.same({ false, true, true }, { resumed(true), resumed(true), resumed(true) })
      assert.are.same({ false, false }, { resumed(false), resumed(false) })
    end)
  end

  it("no session anew that was made under other settings: the server is verified again", function()
    local server <close> = OpensslServer.start(folder, { "-tls1_2" })
    local other, other_emulator = handshake.modem()
    for index = 1, 5 do assert(other.ssl.configure(index, { verify = "none" })) end -- one is left
    assert(other.ssl.open(lab.HOST, server.port, { verify = "none", session_cache = true })):close()
    local sock, err = other.ssl.open(lab.HOST, server.port, { ca = folder .. "/other.pem", session_cache = true })
    other:close()
    other_emulator:close()
    assert.is_nil(sock)
    assert.are.same(579, err.code)
  end)

  it("the host name with SNI, and without it when told to", function()
    with_peer({}, function(peer)
      assert.are.same(lab.HOST, assert(handshake.outcome(modem, peer, { ca = ca })):match("^%S+"))
      assert.are.same("-", assert(handshake.outcome(modem, peer, { ca = ca, sni = false })):match("^%S+"))
    end)
  end)
end)
