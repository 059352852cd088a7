-- Transfers of modem.ftp over links that break, against a real FTP server: whole, once, from wherever to wherever.

local folders = require "support.folder"
local hayes = require "hayes"
local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local ltn12 = require "ltn12"
local Process = require "support.process"
local Server = require "support.ftp_server"
local wait = require "hayes.wait"

local BYTES = ftp_lab.bytes(120000)

describe("An FTP transfer", function()
  local server, folder, source, sink
  local modem, emulator, ftp

  setup(function()
    folder = lab.folder()
    server = Server.start(folder, { name = "transfer" })
    source = ftp_lab.write(folder .. "/source.bin", BYTES)
    sink = folder .. "/sink.bin"
  end)

  teardown(function() server:close() end)

  local function open(options, emulator_options)
    modem, emulator = ftp_lab.online(emulator_options)
    ftp = assert(modem.ftp.open(ftp_lab.account(server, options)))
  end

  before_each(function()
    os.remove(sink)
    os.remove(sink .. ".part")
    server:put("down.bin", BYTES)
    os.remove(server.root .. "/up.bin")
  end)

  after_each(function()
    modem:close()
    emulator:close()
  end)

  local function arrived() return server:get("up.bin") == BYTES end
  local function fetched() return ftp_lab.read(sink) == BYTES and not ftp_lab.read(sink .. ".part") end

  it("carries bytes that look like protocol, both ways, between files", function()
    open()
    local put = assert(ftp:put(source, "up.bin"))
    assert.are.same({ #BYTES, nil }, { put.bytes, put.resumed_at })
    assert.is_true(arrived())
    assert.are.same(#BYTES, assert(ftp:get("down.bin", sink)).bytes)
    assert.is_true(fetched())
  end)

  it("carries each of the words that end something, at any place of a small file", function()
    open()
    for _, words in ipairs { "\r\nOK\r\n", "\r\nOK\r\n\r\n+QFTPGET: 0,3\r\n", "\r\nNO CARRIER\r\n", "+++", "\26", "\0",
      "\r\n+CME ERROR: 607\r\n", "\r\nRDY\r\n" } do
      for _, text in ipairs { words, "abc" .. words, words .. "abc", "abc" .. words .. "def" } do
        server:put("words.bin", text)
        assert.are.same(text, ftp:get("words.bin"))
        assert(ftp:put({ data = text }, "back.bin"))
        assert.are.same(text, server:get("back.bin"))
      end
    end
  end)

  it("of an empty file makes an empty file", function()
    open()
    assert.are.same(0, assert(ftp:put({ data = "" }, "up.bin")).bytes)
    assert.are.same("", server:get("up.bin"))
    assert(ftp:get("up.bin", sink))
    assert.are.same("", ftp_lab.read(sink))
  end)

  it("comes from an LTN12 source, ended by escape, and goes to an LTN12 sink", function()
    open()
    assert.are.same(#BYTES, assert(ftp:put(ltn12.source.string(BYTES), "up.bin")).bytes)
    assert.is_true(arrived())
    assert.are.same("idle", ftp:status())
    local parts = {}
    assert(ftp:get("down.bin", ltn12.sink.table(parts)))
    assert.is_true(table.concat(parts) == BYTES)
  end)

  it("comes from an LTN12 source in counted pieces, without escape", function()
    open()
    local began = hayes.now()
    assert.are.same(#BYTES, assert(ftp:put(ltn12.source.string(BYTES), "up.bin", { piece = 70000 })).bytes)
    assert.is_true(arrived())
    assert.is_true(hayes.now() - began < 2)
  end)

  it("of plus signs between silences is not ended by them", function()
    open()
    local parts = { "abc", "+++", "x" }
    local function slow()
      hayes.sleep(1.2)
      return table.remove(parts, 1)
    end
    assert(ftp:put(slow, "up.bin"))
    assert.are.same("abc+++x", server:get("up.bin"))
  end)

  it("that ends with 609 although all has arrived is checked, and good", function()
    open(nil, { quirks = "ftp-put-609" })
    assert(ftp:put(ltn12.source.string(BYTES), "up.bin"))
    assert.is_true(arrived())
  end)


  it("goes between server and the module's own files", function()
    open()
    assert.are.same(#BYTES, assert(ftp:get("down.bin", "UFS:m.bin")).bytes)
    assert.are.same(#BYTES, modem.file.size("m.bin"))
    assert.are.same(#BYTES, assert(ftp:put("UFS:m.bin", "up.bin")).bytes)
    assert.is_true(arrived())
    local names = assert(ftp:names(".", { through = "UFS:" }))
    assert.is_truthy(table.concat(names, "\n"):find("down.bin", 1, true))
    assert.are.same(1, #modem.file.list("UFS:*"))
  end)

  it("takes a part from a place on", function()
    open()
    assert.are.same(BYTES:sub(1001, 1500), ftp:get("down.bin", nil, { offset = 1000, length = 500 }))
    assert.are.same(BYTES:sub(119001), ftp:get("down.bin", nil, { offset = 119000 }))
    server:put("up.bin", BYTES:sub(1, 5000))
    assert(ftp:put(source, "up.bin", { offset = 5000 }))
    assert.is_true(arrived())
  end)

  it("tells its progress at most ten times a second, and at the end", function()
    open(nil, { baud = 921600 })
    local calls, last = 0, nil
    local began = hayes.now()
    assert(ftp:put(source, "up.bin", { progress = function(done, total, rate)
      calls, last = calls + 1, { done, total, rate > 0 }
    end }))
    local seconds = hayes.now() - began
    assert.are.same({ #BYTES, #BYTES, true }, last)
    assert.is_true(calls >= 4 and calls <= seconds * 10 + 2, ("%d calls in %g s"):format(calls, seconds))
  end)

  it("goes on without a progress function that fails", function()
    open(nil, { baud = 921600 })
    local calls, reports = 0, 0
    local report = wait.report
    wait.report = function() reports = reports + 1 end
    local ok, err = ftp:put(source, "up.bin", { progress = function()
      calls = calls + 1
      error("display broken")
    end })
    wait.report = report
    assert(ok, err)
    assert.are.same({ 1, 1 }, { calls, reports })
    assert.is_true(arrived())
  end)

  it("whose source sends commands is told that it waits for it itself; one in pieces lets them through", function()
    open()
    local function put(options)
      local given, answer, err = 0, nil, nil
      local done = ftp:put(function()
        given = given + 1
        if given == 2 then answer, err = modem:at "AT" end
        return given <= 2 and "bytes" or nil
      end, "up.bin", options)
      return done.bytes, answer and answer.result or err.name
    end
    for _, run in ipairs { function(f, ...) return f(...) end, hayes.run } do
      assert.are.same({ 10, "busy" }, { run(put) })
      assert.are.same({ 10, "OK" }, { run(put, { piece = 4 }) })
    end
  end)

  it("whose source or sink fails says so, and leaves the session as it was", function()
    open()
    local ok, err = ftp:get("down.bin", function(bytes) return bytes == nil, "disk full" end)
    assert.is_nil(ok)
    assert.are.same("sink_failed", err.name)
    assert.is_truthy(tostring(err):find("disk full", 1, true))
    ok, err = ftp:get("down.bin", function() end)
    assert.is_nil(ok)
    assert.is_truthy(tostring(err):find("it returned nothing; a sink returns 1 to get more", 1, true))
    assert.is_false(pcall(ftp.get, ftp, "down.bin", function() error("sink") end))
    ok, err = ftp:put(function() return nil, "sensor gone" end, "up.bin")
    assert.is_nil(ok)
    assert.are.same("source_failed", err.name)
    assert.is_truthy(tostring(err):find("sensor gone", 1, true))
    assert.is_false(pcall(ftp.put, ftp, function() error("source") end, "up.bin"))
    assert.are.same("/", ftp:pwd())
    ok, err = ftp:get("nothing.bin", sink)
    assert.is_nil(ok)
    assert.is_truthy(tostring(err):find("fetching nothing.bin failed", 1, true), tostring(err))
    assert.is_nil(ftp_lab.read(sink .. ".part"))
  end)

  it("in pieces lets other tasks use the modem in between", function()
    open(nil, { baud = 921600 })
    local others = 0
    hayes.run(function()
      local over = false
      hayes.spawn(function()
        while not over do
          assert(modem:at("AT+CSQ"))
          others = others + 1
          hayes.sleep(0.01)
        end
      end)
      assert(ftp:put(source, "up.bin", { piece = 20000 }))
      assert(ftp:get("down.bin", sink, { piece = 20000 }))
      over = true
    end)
    assert.is_true(arrived() and fetched())
    -- Twelve pieces; a command that waits goes in front of the next of them.
    assert.is_true(others >= 10, others .. " commands of others")
  end)

  for _, fault in ipairs { "drop data", "drop control", "drop pdp", "reboot" } do
    for _, quirks in ipairs { "none", "ftp-no-carrier,ftp-615-poisons,ftp-refused-later" } do
      it(("goes on after `%s`, both ways; habits: %s"):format(fault, quirks), function()
        open(nil, { quirks = quirks ~= "none" and quirks or nil })
        assert(emulator:control(("ftp %s 50000"):format(fault)))
        assert(emulator:control(("ftp %s 20000"):format(fault)))
        assert.are.same(#BYTES, assert(ftp:get("down.bin", sink)).bytes)
        assert.is_true(fetched())
        assert(emulator:control(("ftp %s 50000"):format(fault)))
        local put = assert(ftp:put(source, "up.bin"))
        assert.is_true(arrived())
        assert.is_true(put.resumed_at == nil or put.resumed_at > 0)
        assert.are.same("idle", ftp:status())
      end)
    end
  end

  it("goes on where it broke in a folder that was changed to", function()
    open()
    ftp:mkdir("deep")
    assert(ftp:cwd("deep"))
    assert(emulator:control("ftp reboot 1000"))
    assert(ftp:put(source, "there.bin"))
    assert.is_true(server:get("deep/there.bin") == BYTES)
    assert.are.same("/deep", ftp:pwd())
  end)

  it("goes on when it breaks at each of its first and last bytes", function()
    open()
    local bytes = ftp_lab.bytes(2000)
    server:put("small.bin", bytes)
    for _, at in ipairs { 0, 1, 513, 1990, 1998, 1999 } do
      assert(emulator:control("ftp drop data " .. at))
      assert.is_true(ftp:get("small.bin") == bytes, "get " .. at)
      assert(emulator:control("ftp clear"))
    end
  end)

  it("of a file of the module goes on, too", function()
    open()
    assert(modem.file.upload({ data = BYTES }, "UFS:m.bin"))
    assert(emulator:control("ftp drop control 50000"))
    local put = assert(ftp:put("UFS:m.bin", "up.bin"))
    assert.is_true(arrived())
    assert.is_true((put.resumed_at or 0) <= 50000)
    assert(emulator:control("ftp drop data 50000"))
    assert.are.same(#BYTES, assert(ftp:get("down.bin", "UFS:n.bin")).bytes)
    assert.are.same(modem.file.checksum(BYTES), modem.file.checksum(assert(modem.file.read("n.bin"))))
  end)

  it("goes on when the port was unplugged and is back", function()
    local link = folders.absolute(folder) .. "/ttyUSB9"
    local function plug()
      emulator = assert(hayes.emulator { link = link, resolve = { ["ftp.example"] = "127.0.0.1" } })
    end
    plug()
    modem = assert(hayes.open(link))
    assert(modem.network.attach { apn = "internet" })
    ftp = assert(modem.ftp.open(ftp_lab.account(server)))
    for _, transfer in ipairs { function() return ftp:put(source, "up.bin") end,
      function() return ftp:get("down.bin", sink) end } do
      assert(emulator:control("ftp hangup 50000"))
      hayes.run(function()
        hayes.spawn(function()
          while not modem.closed_with do hayes.sleep(0.02) end
          emulator:close()
          hayes.sleep(0.5)
          plug()
        end)
        local done, err = transfer()
        assert(done, err)
      end)
    end
    assert.is_true(arrived() and fetched())
  end)

  it("goes on in the next run of a program that was killed", function()
    open()
    modem.emulator = nil -- it stays
    modem:close()
    local program = [[
      package.path, package.cpath = %q, %q
      local hayes = require "hayes"
      local modem = assert(hayes.open(%q))
      assert(modem.network.attach { apn = "internet" })
      local ftp = assert(modem.ftp.open { host = "ftp.example", port = %d, user = "user", password = "secret" })
      assert(ftp:%s)
    ]]
    local function run_until_stalled(call, length)
      assert(emulator:control("ftp stall 80000"))
      local text = program:format(package.path, package.cpath, emulator.address, server.port, call)
      local process = Process.start({ "lua5.4", "-e", text }, { ours = true })
      for _ = 1, 2000 do
        if length() >= 60000 then break end
        hayes.sleep(0.02)
      end
      assert.is_true(length() >= 60000)
      process:close()
      assert(emulator:control("ftp stall off"))
    end
    local function next_run()
      modem = assert(hayes.open(emulator.address, { timeout = 60 })) -- a busy machine takes its time
      assert(modem.network.attach { apn = "internet" })
      ftp = assert(modem.ftp.open(ftp_lab.account(server)))
    end
    run_until_stalled(("put(%q, 'up.bin')"):format(source), function() return #(server:get("up.bin") or "") end)
    next_run()
    local put = assert(ftp:put(source, "up.bin"))
    -- The module took the first words of this run for data: up to 16 KiB in front of them are sent again.
    assert.is_true(put.resumed_at >= 60000 - 16384, ("resumed at %s"):format(put.resumed_at))
    assert.is_true(arrived())
    modem:close()
    run_until_stalled(("get('down.bin', %q)"):format(sink), function() return #(ftp_lab.read(sink .. ".part") or "") end)
    next_run()
    local get = assert(ftp:get("down.bin", sink))
    assert.is_true(get.resumed_at >= 50000)
    assert.is_true(fetched())
  end)

  it("begins anew where what is there is something else", function()
    open()
    server:put("up.bin", ("other"):rep(1000))
    assert.is_nil(assert(ftp:put(source, "up.bin")).resumed_at)
    assert.is_true(arrived())
    server:put("up.bin", BYTES .. "more")
    assert(ftp:put(source, "up.bin"))
    assert.is_true(arrived())
    ftp_lab.write(sink .. ".part", ("other"):rep(1000))
    assert.is_nil(assert(ftp:get("down.bin", sink)).resumed_at)
    assert.is_true(fetched())
  end)

  it("that was done is not done again", function()
    open()
    assert(ftp:put(source, "up.bin"))
    local before = select(2, server:commands():gsub("\nSTOR", ""))
    assert.are.same(#BYTES, assert(ftp:put(source, "up.bin")).resumed_at)
    assert.are.same(before, select(2, server:commands():gsub("\nSTOR", "")))
  end)

  it("gives up after so many attempts, and says what is on both sides", function()
    open()
    assert(emulator:control("ftp drop data 1000"))
    local ok, err = ftp:get("down.bin", sink, { retries = 0 })
    assert.is_nil(ok)
    assert.are.same({ 607, 1000, #BYTES }, { err.code, err.local_bytes, err.server_bytes })
    assert.is_truthy(tostring(err):find("sink.bin.part has 1000 of 120000 bytes", 1, true), tostring(err))
    assert.are.same(1000, #ftp_lab.read(sink .. ".part"))
    assert.is_nil(ftp_lab.read(sink))
    assert(emulator:control("ftp clear"))
    assert(emulator:control("ftp drop data 50000"))
    ok, err = ftp:put(source, "up.bin", { retries = 0 })
    assert.is_nil(ok)
    local there = #server:get("up.bin")
    assert.are.same({ 607, #BYTES, there }, { err.code, err.local_bytes, err.server_bytes })
    local words = ("the server has %d of 120000 bytes"):format(there)
    assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
  end)

  it("without resume is not tried again", function()
    open()
    assert(emulator:control("ftp drop data 1000"))
    local ok, err = ftp:get("down.bin", sink, { resume = false })
    assert.is_nil(ok)
    assert.are.same(607, err.code)
    assert.is_nil(ftp_lab.read(sink .. ".part"))
  end)

  it("over TLS goes on, too", function()
    modem, emulator = ftp_lab.online()
    ftp = assert(modem.ftp.open(ftp_lab.secure(server, "explicit")))
    for _, fault in ipairs { "reboot 50000" } do assert(emulator:control("ftp " .. fault)) end
    assert(ftp:put(source, "up.bin"))
    assert.is_true(arrived())
    for _, fault in ipairs { "drop control 50000" } do assert(emulator:control("ftp " .. fault)) end
    assert(ftp:get("down.bin", sink))
    assert.is_true(fetched())
  end)
end)
