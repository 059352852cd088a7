-- Encrypted client keys: LTE Standard(A) takes their password with the key (AT+QSSLCFG="clientkey"), EC200U does not.

local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"
local raises = require "support.raises"

describe("An encrypted client key", function()
  local modem, emulator, peer, options

  local function start(module)
    local folder = lab.folder()
    local certificate, key = pki.client(folder, "client")
    assert(os.execute(("openssl pkey -in %s -aes256 -passout pass:s3cret -out %s.enc 2>/dev/null"):format(key, key)))
    peer = Peer.start(folder, { client_ca = folder .. "/root.pem" }):begin "serve"
    modem, emulator = lab.online(peer.port, { module = module })
    options = { verify = "mutual", ca = folder .. "/root.pem", certificate = certificate, key = key .. ".enc",
      key_password = "s3cret" }
  end

  after_each(function()
    modem:close()
    emulator:close()
    peer:close()
  end)

  it("is used with its password, and not without", function()
    start "EC200A"
    assert(assert(modem.ssl.open(lab.HOST, 443, options)):close())
    options.key_password = nil
    assert.is_nil((modem.ssl.open(lab.HOST, 443, options)))
    options.key_password = "s3cret"
    assert(assert(modem.ssl.open(lab.HOST, 443, options)):close())
  end)

  it("is refused by firmware that knows no passwords, which the error says", function()
    start "EC200U"
    local _, err = modem.ssl.open(lab.HOST, 443, options)
    assert.are.same("unknown_setting", err.name)
    assert.is_truthy(tostring(err):find("the client's key with a password", 1, true), tostring(err))
    assert.is_nil((tostring(err) .. err.hint):find("s3cret", 1, true))
  end)

  it("whose password is given without it is wrong use", function()
    start "EC200A"
    options.key, options.certificate, options.verify = nil, nil, "server"
    assert.are.same("ssl.open: key_password is given without key, which it is for",
      raises(function() modem.ssl.open(lab.HOST, 443, options) end))
  end)
end)
