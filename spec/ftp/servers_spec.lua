-- modem.ftp against a server of another make (ProFTPD): its words, its listings, its TLS, its way to resume.

local ftp_contract = require "support.ftp_contract"
local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local proftpd = require "support.proftpd"

local BYTES = ftp_lab.bytes(120000)

describe("An FTP session with ProFTPD", function()
  local server, folder, modem, emulator

  setup(function()
    folder = lab.folder()
    server = proftpd.start(folder)
    ftp_lab.write(folder .. "/source.bin", BYTES)
  end)

  teardown(function() server:close() end)

  after_each(function()
    modem:close()
    emulator:close()
    os.remove(server.root .. "/up.bin")
  end)

  local function open(options)
    modem, emulator = ftp_lab.online()
    return assert(modem.ftp.open(options or ftp_lab.account(server)))
  end

  it("does files and folders, passive", function() ftp_contract.verbs(open()) end)

  it("does files and folders, active", function()
    ftp_contract.verbs(open(ftp_lab.account(server, { passive = false })))
    assert.is_truthy(server:commands():find("\nPORT 127,0,0,1,", 1, true))
  end)

  for _, kind in ipairs { "explicit", "implicit" } do
    it("does files and folders, with TLS, " .. kind, function()
      ftp_contract.verbs(open(ftp_lab.secure(server, kind)))
      assert.is_truthy(server:commands():find("\nPROT P\r?\n"))
    end)

    it("refuses it under another CA, " .. kind, function()
      modem, emulator = ftp_lab.online()
      local ftp, err = modem.ftp.open(ftp_lab.secure(server, kind, { ca = folder .. "/other.pem" }))
      assert.is_nil(ftp)
      assert.are.same(631, err.code)
    end)
  end

  it("is told that the account was refused", function()
    modem, emulator = ftp_lab.online()
    local ftp, err = modem.ftp.open(ftp_lab.account(server, { password = "not-this-one" }))
    assert.is_nil(ftp)
    assert.are.same({ 625, 530 }, { err.code, err.protocol })
  end)

  it("goes on with transfers that broke, both ways", function()
    local ftp = open()
    server:put("down.bin", BYTES)
    for _, fault in ipairs { "drop data 50000", "drop control 50000", "reboot 50000" } do
      os.remove(server.root .. "/up.bin")
      os.remove(folder .. "/sink.bin")
      assert(emulator:control("ftp " .. fault))
      assert(ftp:put(folder .. "/source.bin", "up.bin"))
      assert.is_true(server:get("up.bin") == BYTES, "put: " .. fault)
      assert(emulator:control("ftp " .. fault))
      assert(ftp:get("down.bin", folder .. "/sink.bin"))
      assert.is_true(ftp_lab.read(folder .. "/sink.bin") == BYTES, "get: " .. fault)
    end
  end)

  it("takes the place of what is longer on the server", function()
    local ftp = open()
    server:put("up.bin", BYTES .. "more")
    assert(ftp:put(folder .. "/source.bin", "up.bin"))
    assert.is_true(server:get("up.bin") == BYTES)
  end)

  it("translates line ends of text", function()
    local ftp = open(ftp_lab.account(server, { type = "ascii" }))
    assert(ftp:put({ data = "a\r\nb\r\n" }, "up.bin"))
    assert.are.same("a\nb\n", server:get("up.bin"))
    assert.are.same("a\r\nb\r\n", ftp:get("up.bin"))
  end)
end)
