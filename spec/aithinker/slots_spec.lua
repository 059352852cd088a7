-- The one CA, certificate and key of an Ai-Thinker module, and all that want something of them at once; in virtual time.

local hayes = require "hayes"
local Module = require "support.wifi_module"
local raises = require "support.raises"
local script = require "support.script"

local OK = "\r\nOK\r\n"

local function pem(kind, name)
  return ("-----BEGIN %s-----\n%s\n-----END %s-----\n"):format(kind, name:rep(30), kind)
end

local function authority(name) return pem("CERTIFICATE", "CA" .. name) end

--- A certificate and its key.
local function identity(name) return { certificate = pem("CERTIFICATE", name), key = pem("PRIVATE KEY", name) } end

describe("The slots of an Ai-Thinker module", function()
  local modem, module
  local held = {} -- what nobody holds is closed by the collector

  before_each(script.virtual_time)

  after_each(function()
    if modem then modem:close() end
    modem = nil
    script.real_time()
  end)

  --- Each answer takes 10 ms.
  local function open_modem(options)
    if modem then modem:close() end
    held = {}
    module = Module.new(options or { habits = { verifies = true } })
    module.authorities = { a = authority "A", b = authority "B" }
    modem = assert(hayes.open_port(module.port, "script"))
    module.port.delay = 0.01
  end

  local function options_of(ca, as, verify)
    return { verify = verify, ca = ca and { pem = authority(ca) }, certificate = as and { pem = identity(as).certificate },
      key = as and { pem = identity(as).key } }
  end

  --- Opens a connection to the server a or b, under its CA, with an identity or none.
  local function connect(host, as, verify)
    local sock, err = modem.ssl.open(host, 443, options_of(host:upper(), as, verify or as and "mutual" or "server"))
    held[#held + 1] = sock
    return sock, err
  end

  local function listen()
    held[#held + 1] = assert(modem.ssl.listen(8443))
    return held[#held]
  end

  --- What the module has in its slots, as letters: the CA, and whose the certificate and key are.
  local function contents()
    local slots = module.certificates
    local function letter(text) return not text and "-" or text:match("\n.-(%u)\n") or "?" end
    for kind in pairs { ["1"] = true, ["2"] = true, ["3"] = true } do
      if slots[kind] and not slots[kind]:find "^%-%-%-%-%-BEGIN [%u ]+%-%-%-%-%-\n%u+\n%-%-%-%-%-END [%u ]+%-%-%-%-%-\n$" then
        return "garbage in slot " .. kind
      end
    end
    return letter(slots["1"]) .. letter(slots["2"]) .. letter(slots["3"])
  end

  local function set_identity(name)
    assert(modem.certificates.set("certificate", { pem = identity(name).certificate }))
    assert(modem.certificates.set("key", { pem = identity(name).key }))
  end

  --- Every client's handshake was made with the CA of the server it was made with.
  local function assert_own_ca()
    for _, handshake in ipairs(module.handshakes) do
      if handshake.type == 7 then assert.are.same(module.authorities[handshake.host], handshake.ca) end
    end
  end

  describe("when two want them at once:", function()
    --- Runs f in one task, and g in another that begins so much later.
    local function both(f, g, later)
      local results
      hayes.run(function()
        local first = hayes.spawn(f)
        local second = hayes.spawn(function()
          hayes.sleep(later)
          return g()
        end)
        results = { { select(2, assert(first:join())) }, { select(2, assert(second:join())) } }
      end)
      return table.unpack(results)
    end

    --- The same at every moment: before, during and after every command of the first.
    local function at_every_moment(f)
      for step = 0, 40 do f(step * 0.005) end
    end

    it("two connections are each opened with their own CA; the second is refused while the first is open", function()
      at_every_moment(function(later)
        open_modem()
        local first, second = both(function() return connect "a" end, function() return connect "b" end, later)
        assert.is_truthy(first[1])
        assert.are.same("slots_in_use", second[2].name)
        assert.are.same("the TLS connection to b:443: the module has one CA for all of its connections, and the TLS "
          .. "connection to a:443 (ConID 1) needs the one that is there", tostring(second[2]))
        assert_own_ca()
        assert.are.same(1, #module.handshakes)
      end)
    end)

    it("one that is refused leaves them to the other, and one that is closed, too", function()
      at_every_moment(function(later)
        open_modem()
        module.authorities.a = authority "C" -- not the one that is given
        local first, second = both(function() return connect "a" end, function() return connect "b" end, later)
        assert.are.same(109, first[2].code)
        assert.is_truthy(second[1])
        assert.are.same(authority "B", module.handshakes[2].ca)
        open_modem()
        first, second = both(function() return assert(connect "a"):close() end, function()
          local sock, err = connect "b"
          if err then assert.are.same("slots_in_use", err.name) end
          return sock or connect "b"
        end, later)
        assert.are.same(1, first[1])
        if second[1] then assert_own_ca() end
      end)
    end)

    it("no connection gets another's identity", function()
      at_every_moment(function(later)
        open_modem()
        local first, second = both(function() return connect("a", "X") end, function() return connect("a", "Y") end, later)
        assert.is_truthy(first[1])
        assert.are.same("slots_in_use", second[2].name)
        assert.are.same({ identity("X").certificate, identity("X").key },
          { module.handshakes[1].certificate, module.handshakes[1].key })
      end)
    end)

    it("modem.certificates waits for a connection that is being opened, and is refused what that needs", function()
      for _, change in ipairs { function() return modem.certificates.clear "ca" end,
        function() return modem.certificates.set("ca", { pem = authority "B" }) end } do
        at_every_moment(function(later)
          open_modem()
          both(function() return assert(connect "a") end, change, later)
          assert_own_ca()
          local _, err = change()
          assert.are.same("slots_in_use", err.name)
          assert.are.same("AXX", (function() set_identity "X" return contents() end)())
        end)
      end
    end)

    it("a server begins with a certificate and key that belong together, and keeps them", function()
      at_every_moment(function(later)
        open_modem()
        set_identity "S"
        local first, second = both(function() return connect("a", "X") end, listen, later)
        local server = module.handshakes[1].type == 6 and module.handshakes[1] or module.handshakes[2]
        assert.is_truthy(second[1])
        local letter = server.certificate:match("\n.-(%u)\n")
        assert.are.same(identity(letter), { certificate = server.certificate, key = server.key })
        if letter == "S" then assert.are.same("slots_in_use", first[2].name) end
        assert.are.same(letter .. letter, contents():sub(2))
      end)
    end)

    it("a command line of the program's own does not come between the look at the CA and the handshake", function()
      at_every_moment(function(later)
        open_modem()
        local other = authority "B"
        both(function() return connect "a" end, function()
          return modem:at("AT+SSLCRET=1," .. #other, { data = other })
        end, later)
        assert_own_ca()
      end)
    end)
  end)

  -- What is in the slots: CA, certificate, key, by letters; - is empty.
  describe("as they are, a server running or not, and as ssl.open wants them:", function()
    --- How they came to be like that.
    local before = {
      ["nothing is there"] = function() end,
      ["set"] = function()
        set_identity "S"
        assert(modem.certificates.set("ca", { pem = authority "B" }))
      end,
      ["found"] = function()
        module.certificates = { ["1"] = authority "B", ["2"] = identity("S").certificate, ["3"] = identity("S").key }
      end,
      ["left by an earlier connection"] = function() assert(connect("b", "S")):close() end,
      ["needed by an open connection"] = function() assert(connect("b", "S")) end,
    }

    local IN_USE, OPEN = "slots_in_use", "open"

    -- verify, identity; what comes of it and what is in the slots then: without a server, and with one. The firmware is one
    -- that does not look at the CA.
    local cases = {
      ["nothing is there"] = {
        { "none", nil, OPEN, "---", OPEN, "---" },
        { "server", nil, OPEN, "A--", OPEN, "A--" },
        { "none", "X", OPEN, "-XX", IN_USE, "---" },
        { "mutual", "X", OPEN, "AXX", IN_USE, "---" },
      },
      ["set"] = {
        { "none", nil, OPEN, "BSS", OPEN, "BSS" },
        { "server", nil, OPEN, "ASS", IN_USE, "BSS" },
        { "none", "X", OPEN, "BXX", IN_USE, "BSS" },
        { "none", "S", OPEN, "BSS", OPEN, "BSS" },
        { "mutual", "X", OPEN, "AXX", IN_USE, "BSS" },
        { "mutual", "S", OPEN, "ASS", IN_USE, "BSS" },
      },
      ["found"] = {
        { "none", nil, OPEN, "BSS", OPEN, "BSS" },
        { "server", nil, OPEN, "ASS", IN_USE, "BSS" },
        { "none", "X", OPEN, "BXX", IN_USE, "BSS" },
        { "mutual", "X", OPEN, "AXX", IN_USE, "BSS" },
        { "mutual", "S", OPEN, "ASS", IN_USE, "BSS" },
      },
      ["left by an earlier connection"] = {
        { "none", nil, OPEN, "---", OPEN, "-SS" },
        { "server", nil, OPEN, "A--", OPEN, "ASS" },
        { "none", "X", OPEN, "-XX", IN_USE, "BSS" },
        { "mutual", "X", OPEN, "AXX", IN_USE, "BSS" },
        { "mutual", "S", OPEN, "ASS", OPEN, "ASS" },
      },
      ["needed by an open connection"] = {
        { "none", nil, OPEN, "BSS", OPEN, "BSS" },
        { "server", nil, IN_USE, "BSS", IN_USE, "BSS" },
        { "none", "X", IN_USE, "BSS", IN_USE, "BSS" },
        { "mutual", "X", IN_USE, "BSS", IN_USE, "BSS" },
        { "mutual", "S", IN_USE, "BSS", IN_USE, "BSS" },
      },
    }

    for state, rows in pairs(cases) do
      for _, row in ipairs(rows) do
        for _, server in ipairs { false, true } do
          local verify, as = row[1], row[2]
          local outcome, after = row[server and 5 or 3], row[server and 6 or 4]
          it(("%s, %s, verify %s, %s"):format(state, server and "a server" or "no server", verify, as or "nobody"), function()
            open_modem {}
            before[state]()
            if server then listen() end
            local handshakes = #module.handshakes
            local sock, err = connect("a", as, verify)
            assert.are.same(outcome, sock and OPEN or err.name)
            assert.are.same(after, contents())
            if outcome == IN_USE then
              assert.are.same(handshakes, #module.handshakes)
              return
            end
            local handshake = module.handshakes[handshakes + 1]
            if verify ~= "none" then assert.are.same(authority "A", handshake.ca) end
            if as then
              assert.are.same(identity(as), { certificate = handshake.certificate, key = handshake.key })
            end
          end)
        end
      end
    end

    it("where nothing is wanted of them nothing is asked either", function()
      open_modem {}
      before["found"]()
      assert(connect("a", nil, "none"))
      assert.are.same(0, module:count "SSLCRET")
    end)

    it("what modem.certificates.set sets is the program's, also where ssl.open had put it", function()
      open_modem {}
      assert(connect("a", "X")):close()
      set_identity "X"
      assert(connect("b", nil, "none"))
      assert.are.same("-XX", contents())
    end)

    it("firmware that checks the CA of somebody else refuses, and the error says why", function()
      open_modem()
      assert(modem.certificates.set("ca", { pem = authority "B" }))
      local sock, err = connect("a", nil, "none")
      assert.is_nil(sock)
      assert.are.same({ "ssl_verify_failed", 109 }, { err.name, err.code })
      assert.is_truthy(err.hint:find('modem.certificates.clear("ca")', 1, true))
      assert.are.same("B--", contents())
      assert(modem.certificates.clear "ca")
      assert.is_truthy(connect("a", nil, "none"))
    end)
  end)

  describe("and those who need them:", function()
    it("an open connection needs its CA until it is closed or its server has closed", function()
      for _, ending in ipairs { "close", "hang up" } do
        open_modem()
        local first = assert(connect "a")
        assert.are.same("slots_in_use", select(2, connect "b").name)
        if ending == "close" then first:close() else module:hang_up(1) end
        hayes.sleep(1)
        assert.is_truthy(connect "b")
        assert.are.same("B--", contents())
      end
    end)

    it("a connection that its task was about to close, when it was cancelled, needs nothing", function()
      open_modem { commands = { ["AT+SLOW"] = function(_, port) port:say(OK, 1) end } }
      local first = assert(connect "a")
      hayes.run(function()
        hayes.spawn(function() modem:at "AT+SLOW" end)
        hayes.sleep(0.1)
        local closing = hayes.spawn(function() first:close() end)
        hayes.sleep(0.1)
        closing:cancel()
        assert(connect "b")
      end)
      assert_own_ca()
    end)

    it("two connections share what both want", function()
      open_modem()
      assert(connect("a", "X"))
      module.authorities.b = authority "A"
      assert(modem.ssl.open("b", 443, options_of("A", "X", "mutual")))
      assert.are.same(2, #module.handshakes)
    end)

    it("a server needs its certificate and key until it is closed; what is there may be set again", function()
      open_modem()
      set_identity "S"
      local server = listen()
      for _, kind in ipairs { "certificate", "key" } do
        local ok, err = modem.certificates.clear(kind)
        assert.is_nil(ok)
        assert.are.same("slots_in_use", err.name)
        assert.are.same(("clearing the %s: the module has one %s for all of its connections, and the server on port 8443 "
          .. "(ConID 1) needs the one that is there"):format(kind, kind), tostring(err))
        assert.is_truthy(err.hint:find("Close that one first", 1, true))
      end
      local writes = module.writes
      set_identity "S"
      assert.are.same(writes, module.writes)
      assert.are.same("-SS", contents())
      server:close()
      assert(modem.certificates.clear "certificate")
    end)

    it("a server is given its own certificate and key", function()
      open_modem()
      set_identity "S"
      held[#held + 1] = assert(modem.ssl.listen(8443, { certificate = { pem = identity("X").certificate },
        key = { pem = identity("X").key } }))
      local made = module.handshakes[1]
      assert.are.same({ identity("X").certificate, identity("X").key }, { made.certificate, made.key })
      assert.are.same("slots_in_use", select(2, modem.certificates.clear "key").name)
      assert(connect "a")
      assert.are.same("AXX", contents())
      assert.are.same("slots_in_use", select(2, connect("a", "Y")).name)
    end)

    it("a server is not opened with its own certificate and key while another needs other ones", function()
      open_modem()
      assert(connect("a", "X"))
      local server, err = modem.ssl.listen(8443, { certificate = { pem = identity("S").certificate },
        key = { pem = identity("S").key } })
      assert.is_nil(server)
      assert.are.same("slots_in_use", err.name)
      assert.are.same("AXX", contents())
    end)

    it("a server takes a certificate with its key, and no CA", function()
      open_modem()
      local source = { pem = identity("S").certificate }
      local message = raises(function() modem.ssl.listen(8443, { certificate = source }) end)
      assert.is_truthy(message:find("one of them is missing", 1, true))
      assert.is_truthy(raises(function() modem.ssl.listen(8443, { ca = source }) end):find("ca", 1, true))
      assert.is_truthy(raises(function() modem.tcp.listen(8443, { key = source }) end):find("key", 1, true))
    end)

    it("the line is free for others once AT+SOCKET is answered, also to look for a ConID that was not told", function()
      open_modem { habits = { no_con_id = true } }
      set_identity "S"
      listen()
      assert.are.same("slots_in_use", select(2, modem.certificates.clear "key").name)
    end)

    it("one that is refused has changed nothing", function()
      open_modem()
      assert(connect "b")
      local writes = module.writes
      local _, err = connect("a", "X") -- its certificate and key might be written, its CA not
      assert.are.same("slots_in_use", err.name)
      assert.are.same(writes, module.writes)
    end)

    it("those that the module has no more, since it has restarted unnoticed, need nothing", function()
      open_modem()
      set_identity "S"
      listen()
      assert(connect "a")
      module.sockets = {}
      assert.is_truthy(connect("b", "X"))
      assert.are.same("BXX", contents())
    end)

    it("a TLS connection at power-up keeps what is there; modem.certificates may change it", function()
      open_modem { commands = { ["AT+SOCKETAUTOTT?"] = "\r\n+SOCKETAUTOTT:7,b,443\r\n" .. OK } }
      assert(modem.certificates.set("ca", { pem = authority "B" }))
      local sock, err = connect "a"
      assert.is_nil(sock)
      assert.are.same("slots_in_use", err.name)
      assert.is_truthy(tostring(err):find("the connection made at power-up (to b:443)", 1, true))
      assert.is_truthy(connect "b")
      assert.is_truthy(connect("a", nil, "none"))
      assert.are.same("B--", contents())
      open_modem { commands = { ["AT+SOCKETAUTOTT?"] = "\r\n+SOCKETAUTOTT:4,b,80\r\n" .. OK } }
      assert.is_truthy(connect "a") -- one without TLS needs nothing
    end)
  end)

  describe("are asked, not remembered:", function()
    it("what another program has put there meanwhile is found, and replaced by what is wanted", function()
      open_modem()
      assert(connect("a", "X")):close()
      module.certificates = { ["1"] = authority "B", ["2"] = identity("Y").certificate }
      assert(connect("a", "X")):close()
      assert.are.same("AXX", contents())
      module.certificates = { ["1"] = authority "A", ["2"] = identity("Y").certificate, ["3"] = identity("Y").key }
      assert(connect "a") -- what is there is no longer what ssl.open has left there
      assert.are.same("AYY", contents())
      assert_own_ca()
    end)

    it("a slot whose contents do not come whole is not opened with", function()
      open_modem()
      module.certificates["1"] = authority "A"
      local whole = module.certificate
      function module:certificate(line, port)
        local answer = whole(self, line, port)
        return line == "AT+SSLCRET=1" and answer:sub(1, 60) .. OK or answer
      end
      local sock = connect "a"
      assert.is_nil(sock)
      assert.are.same(0, #module.handshakes)
    end)

    it("one whose answer is damaged is not taken for empty", function()
      open_modem()
      set_identity "S"
      local whole = module.certificate
      function module:certificate(line, port) return (whole(self, line, port):gsub("SSLCRET:3", "SSLC#ET:3")) end
      local text, err = modem.certificates.get "key"
      assert.is_nil(text)
      assert.are.same("no_information", err.name)
      for _, value in pairs(err) do assert.is_nil(tostring(value):find("SSS", 1, true)) end
      local server = listen()
      module.certificate = whole
      assert.are.same("slots_in_use", select(2, connect("a", "X")).name)
      assert.are.same("-SS", contents())
      server:close()
      function module:certificate(line, port) return (whole(self, line, port):gsub("SSLCRET:3", "SSLC#ET:3")) end
      assert(modem.certificates.clear "key")
      assert.are.same("-S-", contents())
    end)

    it("a module that is busy is not taken for one whose slots are empty", function()
      open_modem()
      local whole = module.certificate
      function module:certificate(line, port)
        return line == "AT+SSLCRET=1" and "\r\n[Busy]Cmd running\r\n" or whole(self, line, port)
      end
      local _, err = connect "a"
      assert.are.same("busy", err.name)
      assert.is_nil(module.writes)
      assert.are.same(0, #module.handshakes)
    end)

    it("one that does not show its key is told to clear it all the same", function()
      open_modem()
      set_identity "S"
      local whole = module.certificate
      function module:certificate(line, port)
        return line == "AT+SSLCRET=3" and "\r\n+SSLCRET:2\r\nERROR\r\n" or whole(self, line, port)
      end
      assert(modem.certificates.clear "key")
      assert.are.same("-S-", contents())
    end)

    it("one that stores something else is told of, and not opened with", function()
      open_modem()
      module.damages = true
      local _, err = connect "a"
      assert.are.same("not_stored", err.name)
      assert.are.same(0, #module.handshakes)
    end)
  end)

  describe("when a task is cancelled, at whatever moment,", function()
    --- Cancels f at every moment, and calls check then.
    local function cancelled(options, prepare, f, check)
      for step = 0, 40 do
        open_modem(options)
        prepare()
        hayes.run(function()
          local task = hayes.spawn(f)
          hayes.sleep(step * 0.005)
          task:cancel()
          task:join()
          check(step)
        end)
      end
    end

    it("the next connection has what it wants and nothing of the remains", function()
      for _, as in ipairs { "Y", false } do
        cancelled(nil, function() end, function() connect("a", "X") end, function()
          for _, sock in ipairs(held) do sock:close() end
          assert(connect("b", as or nil))
          assert.are.same(as and "BYY" or "B--", contents())
          assert.are.same(authority "B", module.handshakes[#module.handshakes].ca)
        end)
      end
    end)

    it("a server that is begun next has what was set before, what was being set, or nothing", function()
      cancelled(nil, function() set_identity "S" end, function() modem.certificates.set("key", { pem = identity("T").key }) end,
        function()
          listen()
          local has = contents()
          assert.is_truthy(has == "-SS" or has == "-ST" or has == "-S-", has)
          assert.are.same(module.certificates["3"] or "", module.handshakes[1].key)
        end)
    end)

    it("what modem.certificates.set had been told stays if it is whole", function()
      local seen = {}
      cancelled({}, function() set_identity "S" end, function() modem.certificates.set("key", { pem = identity("T").key }) end,
        function()
          assert(modem:at "AT") -- in step again: what is there now is what the next one finds
          local found = contents()
          assert(connect("a", nil, "none"))
          assert.are.same(found:find "garbage" and "-S-" or found, contents())
          seen[contents()] = true
        end)
      assert.are.same({ ["-SS"] = true, ["-ST"] = true, ["-S-"] = true }, seen)
    end)

    --- The module refuses to write a slot.
    local function set_in_vain()
      local whole = module.certificate
      function module.certificate(self, line, port)
        return line:find "=3,%d" and "\r\n[Busy]Cmd running\r\n" or whole(self, line, port)
      end
      assert.are.same("busy", select(2, modem.certificates.set("key", { pem = identity("U").key })).name)
      module.certificate = whole
    end

    --- Cancels a task whose data the module waits for.
    local function leave_garbage()
      hayes.run(function()
        local task = hayes.spawn(function() modem.certificates.set("key", { pem = identity("T").key }) end)
        repeat hayes.sleep(0.005) until module.port.wanted
        task:cancel()
      end)
      assert(modem:at "AT")
      assert.are.same("garbage in slot 3", contents())
    end

    it("or the module refuses to write, what was there stays if it was whole", function()
      open_modem {}
      set_identity "S"
      set_in_vain()
      assert(connect("a", nil, "none"))
      assert.are.same("-SS", contents())
      leave_garbage()
      set_in_vain()
      assert(connect("a", nil, "none"))
      assert.are.same("-S-", contents())
    end)

    it("and another program mends the slot, that stays", function()
      open_modem {}
      set_identity "S"
      leave_garbage()
      module.certificates["2"], module.certificates["3"] = identity("V").certificate, identity("V").key
      assert(connect("a", "V")):close()
      assert(connect("b", nil, "none"))
      assert.are.same("-VV", contents())
    end)

    it("or does not answer: the slot is mended, and the line and the lock are free", function()
      open_modem()
      local silent
      local whole = module.certificate
      function module:certificate(line, port)
        if silent and line:find "=1,%d" then
          local prompt = whole(self, line, port)
          port.wanted.count = port.wanted.count + 40 -- it has lost so many bytes
          return prompt
        end
        return whole(self, line, port)
      end
      silent = true
      local sock, err = connect "a"
      assert.is_nil(sock)
      assert.are.same("timeout", err.name)
      silent = false
      assert.is_truthy(connect "b")
      assert.are.same("B--", contents())
    end)
  end)
end)
