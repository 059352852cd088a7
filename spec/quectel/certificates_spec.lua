-- Certificates and keys in the module's flash.

local handshake = require "support.handshake"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"
local raises = require "support.raises"

describe("A certificate in the module's flash", function()
  local modem, emulator, peer, folder, ca, client, client_key, trace

  setup(function()
    folder = lab.folder()
    ca = folder .. "/root.pem"
    client, client_key = pki.client(folder, "flash")
    peer = Peer.start(folder)
  end)

  teardown(function() peer:close() end)

  before_each(function()
    trace = {}
    modem, emulator = handshake.modem(nil, { trace = function(line) trace[#trace + 1] = line end })
  end)

  after_each(function()
    modem:close()
    emulator:close()
  end)

  local function open(options)
    options = options or {}
    options.ca = options.ca or ca
    return handshake.outcome(modem, peer, options)
  end

  local function ours()
    local list = assert(modem.file.list("UFS:hayes-*"))
    for i, file in ipairs(list) do list[i] = file.name:gsub("^UFS:", "") end
    return list
  end

  --- How many command lines begin like this.
  local function count(beginning)
    local found = 0
    for _, line in ipairs(trace) do found = found + (line:find("> " .. beginning, 1, true) and 1 or 0) end
    return found
  end

  local function restart()
    emulator:control("reboot")
    assert.is_truthy(modem:wait("ready", 20))
    assert(modem.network.attach { apn = "internet" })
    trace = {}
  end

  it("is stored once under a name made from its content, whatever it is given as", function()
    assert(open())
    local stored = ours()
    assert.are.same(1, #stored)
    assert.is_truthy(stored[1]:find("^hayes%-0001%-%x+%.pem$"), stored[1])
    assert(open { ca = { pem = pki.read(ca) } })
    assert(open { ca = pki.read(ca) })
    assert.are.same(stored, ours())
    assert.are.same(1, count("AT+QFUPL"))
  end)

  it("is compared before it is used for the first time, and not stored again when it is whole", function()
    assert(open())
    restart()
    assert(open())
    assert.are.same({ 0, 1 }, { count("AT+QFUPL"), count("AT+QFREAD") })
    assert(open())
    assert.are.same({ 0, 1 }, { count("AT+QFUPL"), count("AT+QFREAD") })
  end)

  it("is replaced when a byte of it has changed, its size being right", function()
    assert(open())
    local name = ours()[1]
    restart()
    assert(modem.file.write(name, 100, "\0"))
    assert(open())
    assert.are.same({ name }, ours())
    assert.are.same(pki.read(ca), modem.file.read(name))
  end)

  it("is replaced when only half of it was stored", function()
    assert(open())
    local name = ours()[1]
    restart()
    assert(modem.file.upload({ data = pki.read(ca):sub(1, 300) }, name, { replace = true }))
    assert(open())
    assert.are.same({ name }, ours())
    assert.are.same(pki.read(ca), modem.file.read(name))
  end)

  it("is compared again after a handshake that failed", function()
    assert(open())
    assert(modem.file.write(ours()[1], 100, "\0"))
    local seen, err = open()
    assert.is_nil(seen)
    assert.are.same(579, err.code)
    assert(open())
  end)

  it("makes room for others, the oldest first, when the flash is full; what others put there stays", function()
    assert(open { ca = ca })
    local _, refused = open { ca = folder .. "/other.pem" }
    assert.are.same(579, refused.code)
    local before = ours()
    assert.are.same({ "hayes-0001", "hayes-0002" }, { before[1]:sub(1, 10), before[2]:sub(1, 10) })
    assert(modem.file.upload({ data = pki.read(ca) }, "mine.pem"))
    local free = assert(modem.file.space()).free
    assert(modem.file.upload({ data = ("x"):rep(free - 100) }, "hayes-notes.txt"))
    assert(open { ca = folder .. "/intermediate.pem" })
    local after = ours()
    table.sort(after)
    assert.are.same({ before[2], after[2], "hayes-notes.txt" }, after)
    assert.are.same("hayes-0003", after[2]:sub(1, 10))
    assert.are.same(#pki.read(ca), modem.file.size("mine.pem"))
  end)

  it("does not make room by taking what a connection uses, and says that the flash is full", function()
    local sock = assert(handshake.with(modem, peer, { ca = ca }))
    local free = assert(modem.file.space()).free
    assert(modem.file.upload({ data = ("x"):rep(free - 100) }, "big.bin"))
    local other, err = modem.ssl.open(lab.HOST, peer.port, { ca = folder .. "/other.pem" })
    assert.is_nil(other)
    assert.are.same("file", err.origin)
    assert.is_truthy(err.hint:find("modem.file.delete", 1, true))
    assert.are.same(1, #ours())
    sock:close()
    peer:close_connection()
  end)

  it("is stored once when several tasks want it at once", function()
    local hayes = require "hayes"
    hayes.run(function()
      local tasks = {}
      for i = 1, 4 do
        tasks[i] = hayes.spawn(function() return modem.ssl.open(lab.HOST, 9, { ca = ca }) end)
      end
      for i = 1, 4 do assert(tasks[i]:join(30)) end
    end)
    assert.are.same(1, #ours())
  end)

  it("is listed with its kind, and removed unless it is in use", function()
    assert(open { verify = "mutual", certificate = client, key = client_key })
    assert(modem.file.upload({ data = pki.read(ca) }, "mine.pem"))
    local list = assert(modem.certificates.list())
    local kinds = {}
    for i, file in ipairs(list) do
      kinds[i] = file.kind
      assert.is_false(file.used)
    end
    assert.are.same({ "certificate", "certificate", "key" }, kinds)
    assert.are.same(#pki.read(client_key), list[3].size)
    assert.are.same({ true }, { modem.certificates.remove(list[3].name) })
    assert.are.same(2, #modem.certificates.list())
    assert.is_truthy(raises(function() modem.certificates.remove("mine.pem") end):find("modem.file.delete", 1, true))
    assert.is_truthy(raises(function() modem.certificates.remove(nil) end):find("the name is nil", 1, true))

    local server = Peer.start(folder)
    server:begin("serve")
    local sock = assert(modem.ssl.open(lab.HOST, server.port, { ca = ca }))
    assert.is_true(modem.certificates.list()[1].used)
    local removed, err = modem.certificates.remove(list[1].name)
    assert.are.same({ nil, "certificate_in_use" }, { removed, err.name })
    sock:close()
    server:close()
    assert(modem.certificates.remove(list[1].name))
    assert(open())
    assert.are.same(2, #modem.certificates.list())
  end)

  it("that would not be used is refused, and not stored", function()
    for _, options in ipairs {
      { ca = ca, certificate = client, key = client_key }, { ca = ca, certificate = client }, { ca = ca, key = client_key },
      { verify = "none", certificate = client, key = client_key },
    } do
      for _, call in ipairs {
        function() modem.ssl.open("h", 443, options) end, function() modem.ssl.factory(options) end,
        function() modem.ssl.configure(2, options) end,
      } do
        assert.is_truthy(raises(call):find('verify = "mutual" alone', 1, true))
      end
    end
    assert.are.same({}, ours())
  end)

  it("never shows a private key: not in the trace, not in an error", function()
    local key = pki.read(client_key)
    assert(open { verify = "mutual", certificate = client, key = client_key })
    restart()
    assert(open { verify = "mutual", certificate = client, key = { pem = key } })
    local all = table.concat(trace, "\n")
    for line in key:gmatch("[^\n]+") do assert.is_nil(all:find(line, 1, true)) end
    local secret = key:match("\n(.-)\n")
    for _, given in ipairs { secret .. "\n" .. secret, " " .. secret:rep(10), { pem = secret }, { secret } } do
      local options = { ca = ca, verify = "mutual", certificate = client, key = given }
      local message = raises(function() modem.ssl.open("h", 443, options) end)
      assert.is_nil(message:find(secret, 1, true), message)
    end
  end)
end)
