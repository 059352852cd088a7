-- modem.ftp against a real FTP server: every command of the FTP note through its method, settings, TLS, errors.

local hayes = require "hayes"
local ftp_contract = require "support.ftp_contract"
local exchange = require "hayes.exchange"
local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local raises = require "support.raises"
local Server = require "support.ftp_server"

describe("An FTP session", function()
  local server

  setup(function() server = Server.start(lab.folder(), { name = "session" }) end)
  teardown(function() server:close() end)

  --- A session on a module with these options, both closed when it goes out of scope.
  local function open(options, emulator_options, open_options)
    local modem, emulator = ftp_lab.online(emulator_options, open_options)
    local ftp, err = modem.ftp.open(options or ftp_lab.account(server))
    local scope = setmetatable({}, { __close = function()
      modem:close()
      emulator:close()
    end })
    return ftp, modem, scope, err, emulator
  end

  -- Habits of firmware are no business of the caller's.
  for _, quirks in ipairs { "none", "ftp-pwd-bare,ftp-stat-before-ok,ftp-space-after-comma,ftp-password-masked", "EG800K",
    "no-space-after-colon", "info-without-blank-line", "ftp-refused-later,ftp-eof-550" } do
    it("does files and folders, whatever the firmware's habits: " .. quirks, function()
      local ftp, modem, _scope <close> = open(nil, { quirks = quirks ~= "none" and quirks or nil })
      ftp_contract.verbs(ftp)
      assert.is_truthy(modem:at("AT"))
    end)
  end

  it("is the only one of its module: a second is told who has it", function()
    local ftp, modem, _scope <close> = open()
    local second, err = modem.ftp.open(ftp_lab.account(server, { user = "other" }))
    assert.is_nil(second)
    assert.are.same("busy", err.name)
    assert.is_truthy(tostring(err):find(("user@ftp.example:%d"):format(server.port), 1, true), tostring(err))
    assert.is_truthy(tostring(err):find("session_spec.lua", 1, true), tostring(err))
    ftp:close()
    local third <close> = assert(modem.ftp.open(ftp_lab.account(server)))
    assert.are.same("/", third:pwd())
  end)

  it("takes over a module that another program has left logged in, or stuck after 615", function()
    local modem, emulator = ftp_lab.online { quirks = "ftp-615-poisons" }
    assert(modem:at('AT+QFTPCFG="account","user","secret"'))
    assert(modem:at(('AT+QFTPOPEN="ftp.example",%d'):format(server.port)))
    server:put(".no-passive", "")
    assert.are.same(615, select(2, exchange.run(modem, 'AT+QFTPLIST="."')).code)
    os.remove(server.root .. "/.no-passive")
    assert.are.same(603, select(2, modem:at("AT+QFTPPWD")).code)
    local ftp = assert(modem.ftp.open(ftp_lab.account(server)))
    assert.are.same("/", ftp:pwd())
    modem:close()
    emulator:close()
  end)

  it("gets over one 615 that poisons everything", function()
    local ftp, _, _scope <close>, _, emulator = open(nil, { quirks = "ftp-615-poisons" })
    server:put("after615.txt", "all there")
    server:put(".no-passive", "")
    hayes.run(function()
      hayes.spawn(function()
        hayes.sleep(0.4)
        os.remove(server.root .. "/.no-passive")
      end)
      assert.are.same("all there", ftp:get("after615.txt"))
    end)
    assert(emulator)
  end)

  it("waits for the end of closing, in which everything is refused with 603", function()
    local ftp, modem, _scope <close>, _, emulator = open()
    assert(emulator:control("ftp delay 700"))
    assert.is_true(ftp:close())
    assert.are.same("closed", ftp:status())
    local again <close> = assert(modem.ftp.open(ftp_lab.account(server)))
    assert.are.same("/", again:pwd())
  end)

  it("makes the settings that it is given", function()
    local ftp, modem, _scope <close> = open(ftp_lab.account(server, { type = "ascii", passive = false, timeout = 60,
      data_address = "either", data_timeout = 20, restenable = true, cache = "slow" }), { module = "EC200A" })
    local values = { filetype = 1, transmode = 0, contextid = 1, rsptimeout = 60, ssltype = 0, restenable = 1, cache = 2 }
    for key, value in pairs(values) do
      assert.are.same(value, modem:query(('AT+QFTPCFG="%s"'):format(key))[2], key)
    end
    local fields = modem:query('AT+QFTPCFG="data_address"')
    assert.are.same({ 2, 20 }, { fields.data_address_type, fields.data_timeout })
    server:put("text.txt", "one\ntwo\n")
    assert.are.same("one\r\ntwo\r\n", ftp:get("text.txt"))
    assert(ftp:put({ data = "a\r\nb\r\n" }, "up.txt"))
    assert.are.same("a\nb\n", server:get("up.txt"))
    assert.is_truthy(server:commands():find("PORT 127,0,0,1,", 1, true))
  end)

  for _, kind in ipairs { "implicit", "explicit" } do
    it("speaks TLS, " .. kind .. ", verified", function()
      local ftp, modem, _scope <close>, err = open(ftp_lab.secure(server, kind))
      assert(ftp, err)
      assert.are.same(1, assert(modem:query('AT+QSSLCFG="seclevel",0'))[3])
      local bytes = ftp_lab.bytes(100000)
      assert(ftp:put({ data = bytes }, "tls.bin"))
      assert.is_true(server:get("tls.bin") == bytes)
      assert.is_true(ftp:get("tls.bin") == bytes)
      assert.is_truthy(table.concat(ftp:names(), "\n"):find("tls.bin", 1, true))
    end)

    it("refuses a server under another CA, " .. kind, function()
      local ftp, _, _scope <close>, err = open(ftp_lab.secure(server, kind, { ca = lab.folder() .. "/other.pem" }))
      assert.is_nil(ftp)
      assert.are.same({ 631, "ssl_authentication_failed" }, { err.code, err.name })
      assert.is_truthy(err.hint:find("is the CA the one", 1, true))
    end)
  end

  it("has an SSL context of its own", function()
    local _, modem, _scope <close> = open(ftp_lab.secure(server, "explicit"))
    local _, err = modem.ssl.open(lab.HOST, 9, { ca = lab.folder() .. "/root.pem" })
    assert(err)
    assert.are.same(1, modem.ssl.context_pool.list[0].users)
    assert.is_truthy(modem.ssl.context_pool.list[1].key)
  end)

  it("says what is wrong with host, name and account, and never the password", function()
    local modem, emulator = ftp_lab.online()
    local _, err = modem.ftp.open { host = "nowhere.invalid" }
    assert.are.same({ 604, "dns_parse_failed" }, { err.code, err.name })
    assert.is_truthy(tostring(err):find("nowhere.invalid", 1, true))
    assert.is_truthy(err.hint:find("nowhere.invalid", 1, true) and err.hint:find("modem.network.dns()", 1, true))
    _, err = modem.ftp.open { host = "ftp.example", port = 9 }
    assert.are.same({ 605, "network_error" }, { err.code, err.name })
    _, err = modem.ftp.open(ftp_lab.account(server, { password = "not-this-one" }))
    assert.are.same({ 625, 530, "not_logged_in" }, { err.code, err.protocol, err.name })
    assert.is_truthy(tostring(err):find("the account was refused", 1, true), tostring(err))
    for _, text in pairs(err) do
      assert.is_nil(type(text) == "string" and text:find("not-this-one", 1, true) or nil, text)
    end
    -- The loser of that attempt does not hold the session.
    local ftp <close> = assert(modem.ftp.open(ftp_lab.account(server)))
    assert(ftp)
    modem:close()
    emulator:close()
  end)

  it("shows the password in no trace, also where the module echoes or prints it", function()
    local lines = {}
    local _, modem, _scope <close> = open(nil, { echo = true }, { trace = function(line) lines[#lines + 1] = line end })
    assert(modem:at("ATE1"))
    assert(modem:at('AT+QFTPCFG="account","user","secret"'))
    assert(modem:at('AT+QFTPCFG="account"'))
    local _, err = modem:at('AT+QFTPCFG="account","user","secret",3')
    local trace = table.concat(lines, "\n")
    assert.is_nil(trace:find("secret", 1, true), trace)
    assert.is_truthy(trace:find('+QFTPCFG: "account","user","***"', 1, true))
    assert.is_nil(err.message:find("secret", 1, true))
  end)

  it("turns each code of the note into an error with name, sentence and hint", function()
    local modem <close> = assert(hayes.open("emulator"))
    for code = 601, 631 do
      local known = modem.dialect.errors.by_code[code]
      assert.are.same(code ~= 630, known ~= nil)
      if known then assert.are.same("ftp", known.origin) end
    end
    local ftp, _, _scope <close> = open()
    for protocol, code in pairs { [450] = 617, [452] = 619, [500] = 620, [502] = 622, [532] = 626, [550] = 627, [551] = 628,
      [552] = 629 } do
      local ok, err = ftp:delete("reply-" .. protocol)
      assert.is_nil(ok)
      assert.are.same({ code, protocol, "ftp" }, { err.code, err.protocol, err.origin })
      assert.is_truthy(tostring(err):find("the server said " .. protocol, 1, true))
    end
  end)

  it("does URLs in one call", function()
    local modem, emulator = ftp_lab.online()
    local url = ("ftp://user:secret@ftp.example:%d/url.txt"):format(server.port)
    assert.are.same(5, assert(modem.ftp.put(url, { data = "by URL" }, { length = 5 })).bytes)
    assert.are.same("by UR", modem.ftp.get(url))
    local secure = ("ftpes://user:secret@%s:%d/url.txt"):format(lab.HOST, server.port)
    assert.are.same("by UR", modem.ftp.get(secure, nil, { ca = lab.folder() .. "/root.pem" }))
    local _, err = modem.ftp.get((url:gsub("url%.txt", "none")))
    assert.are.same(550, err.protocol)
    modem:close()
    emulator:close()
  end)

  it("takes no command for the module out of a server's file name", function()
    local hostile = ("\8"):rep(24) .. "AT+CFUN=0;+CSQ="
    server:put("harmless.txt", "harmless")
    server:put(hostile, "hostile")
    local ftp, modem, _scope <close> = open(ftp_lab.account(server, { retries = 0 }))
    local fetched, refused = {}, {}
    for _, name in ipairs(assert(ftp:names())) do
      local ok, message = pcall(ftp.get, ftp, name)
      if ok then fetched[name] = message else refused[name] = message end
    end
    os.remove(server.root .. "/" .. hostile)
    assert.are.same("harmless", fetched["harmless.txt"])
    assert.is_truthy(refused[hostile]:find("ftp:get: the path holds a backspace at byte 1", 1, true), refused[hostile])
    assert.are.same(1, assert(modem:query("AT+CFUN?"))[1])
  end)

  it("wrong use raises before anything is sent", function()
    local lines = {}
    local ftp, modem, _scope <close> = open(nil, nil, { trace = function(line) lines[#lines + 1] = line end })
    local count = #lines
    local function says(words, f) assert.is_truthy(raises(f):find(words, 1, true), raises(f)) end
    says("the option host is missing", function() modem.ftp.open {} end)
    says("forbids active mode for FTPS", function() modem.ftp.open { host = "h", tls = "explicit", passive = false } end)
    says('needs the CA', function() modem.ftp.open { host = "h", tls = "implicit" } end)
    says("ca is for TLS", function() modem.ftp.open { host = "h", ca = "x.pem" } end)
    says("did you mean passive?", function() modem.ftp.open { host = "h", pasive = true } end)
    says("timeout is 10; it must be from 20 to 180", function() modem.ftp.open { host = "h", timeout = 10 } end)
    says("holds a quote", function() modem.ftp.open { host = "h", password = 'a"b' } end)
    says("the path holds CR", function() ftp:size("a\rb") end)
    says("the path is empty", function() ftp:delete("") end)
    says("at most 255", function() ftp:mkdir(("d"):rep(256)) end)
    says("at most 128", function() ftp:cwd(("d"):rep(129)) end)
    says("did you mean progress?", function() ftp:get("x", nil, { progres = print }) end)
    says("resume is for sources that can be read at any offset", function()
      ftp:put(function() end, "x", { resume = true })
    end)
    says("is no URL of ftp", function() modem.ftp.get("http://user:pw@h/x") end)
    assert.is_nil(raises(function() modem.ftp.get("http://user:pw@h/x") end):find("pw", 1, true))
    assert.are.same(count, #lines)
    ftp:close()
    count = #lines
    says("the path holds a tab", function() modem.ftp.get("ftp://h/a%09b") end)
    says("offset is -1", function() modem.ftp.put("ftp://h/a", { data = "x" }, { offset = -1 }) end)
    assert.are.same(count, #lines)
  end)
end)
