-- Wi-Fi, names and every habit of firmware that the emulated Ai-WB2 knows: with each of them the same program works.

local lab = require "support.lab"
local peers = require "support.wifi_peers"

describe("On an Ai-WB2", function()
  local modem, emulator

  local function start(options, open_options)
    options = options or {}
    options.module = "Ai-WB2"
    modem, emulator = lab.modem(nil, options, open_options)
  end

  after_each(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    modem, emulator = nil, nil
  end)

  it("a network is found, joined, left and joined again, and a join that fails says why", function()
    start { ap = "home sweet,s3cret" }
    assert.are.same("disconnected", modem.wifi.status().state)
    assert.are.same("home sweet", modem.wifi.scan()[1].ssid)
    local none, err = modem.wifi.join { ssid = "elsewhere", password = "s3cret" }
    assert.is_nil(none)
    assert.are.same({ "access_point_not_found", 69 }, { err.name, err.code })
    none, err = modem.wifi.join { ssid = "home sweet", password = "wrong" }
    assert.is_nil(none)
    assert.are.same({ "wi_fi_authentication_failed", 68 }, { err.name, err.code })
    for _ = 1, 2 do
      local status = assert(modem.wifi.join { ssid = "home sweet", password = "s3cret" })
      assert.are.same({ "connected", "192.168.3.142" }, { status.state, status.ip })
      assert(modem.wifi.leave())
      assert.are.same("disconnected", modem.wifi.status().state)
    end
  end)

  it("names are resolved, and DNS servers set", function()
    modem, emulator = lab.joined(nil, { resolve = { ["known.example"] = "10.1.2.3:80" } })
    assert.are.same("10.1.2.3", modem.dns.resolve("known.example"))
    local none, err = modem.dns.resolve("unknown.invalid")
    assert.is_nil(none)
    assert.are.same({ "dns_failed", 98 }, { err.name, err.code })
    assert.are.same({ "192.168.3.1" }, modem.dns.servers())
    assert.are.same({ "1.1.1.1", "8.8.8.8" }, modem.dns.servers("1.1.1.1", "8.8.8.8"))
  end)

  it("lineages are told apart", function()
    for quirks, lineage in pairs { ["WB2-P1.4.4"] = "legacy", ["WB2-P23.2.1"] = "middleware", ["banner-bw16"] = "legacy" } do
      start { quirks = quirks }
      assert.are.same(lineage, modem:identify().lineage)
      modem:close()
      emulator:close()
    end
  end)

  it("a send to what is gone without a word does not block what comes after it", function()
    modem, emulator = lab.joined(nil, { quirks = "silent-send" })
    local sock = peers.client(modem)
    assert(modem:at("AT+SOCKETDEL=1")) -- by another hand
    sock:send("x")
    assert.are.same({ nil, "closed" }, { sock:flush() })
    assert.is_truthy(modem:at("AT+GMR"))
  end)

  it("a connection that the module makes anew by itself is not gone on with", function()
    modem, emulator = lab.joined(nil, { quirks = "reconnect" })
    local sock, peer = peers.client(modem)
    peer:send("old")
    peer:close()
    assert.are.same("old", sock:receive("*a"))
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    sock:close()
    assert.are.same({}, assert(modem.sockets()))
  end)

  --- What a program does with sockets.
  local function work()
    for _, mode in ipairs { "buffer", "push" } do
      local sock, peer = peers.client(modem, { mode = mode })
      local bytes = ("\r\nOK\r\n>\0+EVENT:SocketDown,1,7\r\n"):rep(100)
      sock:send(bytes)
      assert(sock:flush())
      assert.is_true(peer:receive(#bytes) == bytes)
      peer:send(bytes)
      assert.is_true(sock:receive(#bytes) == bytes)
      peer:send("last")
      peer:close()
      assert.are.same("last", sock:receive("*a"))
      assert.are.same(1, sock:close())
    end
    local server <close> = assert(modem.tcp.listen(8080))
    local peer = peers.dial(modem, 8080)
    peer:send("hello\n")
    local client = assert(server:accept(20))
    client:settimeout(10)
    assert.are.same("hello", client:receive())
    client:send("bye")
    assert.are.same(1, client:close())
    assert.are.same("bye", (peer:receive("*a")))
  end

  for _, quirk in ipairs { "dissconnect", "state-table", "state-127", "server-minus-one", "plus-error", "bare-error",
    "unknown-is-error", "busy-words", "silent-send", "prompt-line", "prompt-space", "read-colon", "read-crlf",
    "wdomain-cr", "wscan-space", "join-ok-first", "no-wdisconnect", "short-lines", "reconnect", "autodel", "autodel-alone",
    "autodel-after-del", "no-seed-event", "events-anywhere", "tt-events", "pull-loses", "ca-unchecked", "recvcfg-at-open",
    "banner-bw16" } do
    it("sockets work with the habit " .. quirk, function()
      modem, emulator = lab.joined(nil, { quirks = quirk, listen = { [8080] = 0 } })
      work()
      assert.are.same({}, assert(modem.sockets()))
      if quirk:find "^state" then -- the line is asked for by the table
        local sock, peer = peers.client(modem, { mode = "transparent" })
        sock:send("through")
        assert(sock:flush())
        assert.are.same("through", peer:receive(7))
        sock:close()
      end
    end)
  end
end)
