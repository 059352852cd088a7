-- What is secret is shown nowhere: not in a trace, an error, an explanation, or the report of a task.

local Process = require "support.process"
local Program = require "support.hayes_program"
local history = require "hayes.cli.shell.history"
local secrets = require "vectors.secrets"
local dialects = require "hayes.dialect"
local hayes = require "hayes"
local mask = require "hayes.display.mask"
local raises = require "support.raises"

local SECRET = "S3cr3tWord"

--- Command lines and lines of a module with a secret; false: without.
local lines = {
  quectel = {
    'AT+QICSGP=1,1,"internet","me","S3cr3tWord",1', 'AT+QICSGP=1,1,"internet","me","S3cr3tWord",1,5,6,7',
    'AT+QICSPG=1,1,"internet","me","S3cr3tWord",1', 'AT+QICSGP=1,1,"internet","me,"S3cr3tWord",1',
    'AT+QICSGP=1,1,"internet","me,S3cr3tWord', 'AT+CSQ;+QICSGP=1,1,"internet","me","S3cr3tWord"',
    'AT+QFTPCFG="account","me","S3cr3tWord"', 'at+qftpcfg="ACCOUNT","me","S3cr3tWord"',
    'AT+QFTPCFG="acount","me","S3cr3tWord"', 'AT+QFTPCFG=account,me,S3cr3tWord', 'AT+QFPTCFG="account","me","S3cr3tWord"',
    'AT+QFTPCFG "account","me","S3cr3tWord"', 'A AT+QFTPCFG="account","me","S3cr3tWord"', 'AT+CPIN="S3cr3tWord"',
    'AT+CPIN=S3cr3tWord', 'AT+CPNI="S3cr3tWord"', 'AT+CPIN S3cr3tWord', 'AT+CPIN="1234","S3cr3tWord"', 'AT+CPIN=?S3cr3tWord',
    'AT+CLCK="SC",1,"S3cr3tWord"', 'AT+CPWD="SC","1234","S3cr3tWord"', 'AT+CGAUTH=1,1,"me","S3cr3tWord"',
    'AT+QMTCONN=0,"client","me","S3cr3tWord"', 'AT+MQTTUSERCFG=0,1,"id","me","S3cr3tWord",0,0,""',
    '+QFTPCFG: "account","me","S3cr3tWord"', '+QICSGP: 1,"internet","me","S3cr3tWord",1',
    'AT+QHTTPURL="http://me:x@S3cr3tWord@h/"',
    '+CGAUTH: 1,1,"me","S3cr3tWord"', '+CPWD: "S3cr3tWord"',
    'AT+QSSLCFG="clientkey",1,"UFS:key.pem","S3cr3tWord"', '+QSSLCFG: "clientkey",1,"UFS:key.pem","S3cr3tWord"',
  },
  aithinker = {
    "AT+WJAP=home,S3cr3tWord", "AT+WJAP=home,S3cr,S3cr3tWord", 'AT+WJAP="home","S3cr\\"S3cr3tWord"', "AT+WJPA=home,S3cr3tWord",
    "AT+CWJAP=home,S3cr3tWord", "AT+WJAP home,S3cr3tWord", "ATWJAP=home,S3cr3tWord", "AT+WJAP=home,x;+S3cr3tWord",
    "AT+WAP=mine,S3cr3tWord,6", "AT+WAUTOCONN=1,home,S3cr3tWord", "AT+MQTT=6,S3cr3tWord", "AT+MQTT=1,mqtt://me:S3cr3tWord@h",
    "AT+WJAP:home,S3cr3tWord", "+WJAP:3,home,S3cr3tWord,aa:bb:cc:dd:ee:ff,4,-40",
    "+WJAP:3,home,S3cr3tWord,aa:bb:cc:dd:ee:ff,WPA2,aa:bb:cc:dd:ee:fe,6,10.0.0.2,10.0.0.1", "+WJAP:3,home,S3cr3tWord",
    "+WJAP:S3cr3tWord",
    "+CWJAP:home,S3cr3tWord", "Unknown cmd:AT+WJPA=home,S3cr3tWord", "Unknown cmd:AT+WJAP=S3cr3tWord", "Password:S3cr3tWord",
  },
}

--- Lines that are shown as they are.
local plain = {
  quectel = {
    "AT+CSQ", "AT+CPIN?", "AT+CPIN=?", "+CPIN: READY", "+CPIN: SIM PIN", 'AT+QPING=1,"example.com"',
    "+QPING: 0,\"1.2.3.4\",32,80,64",
    'AT+QIOPEN=1,0,"TCP","example.com",80,0,0', 'AT+CMGS="+491701234567"', "AT+CSQ;+CREG?", "+QIURC: \"recv\",0", "RDY",
    'AT+QFTPCFG="ssltype",1', 'AT+COPS=1,2,"26201"', '+COPS: 0,0,"Operator",7', 'AT+QCFG="usbnet",1', "+CME ERROR: 10",
    'AT+CTZU=3', '+QIND: "csq",22,99', "ATE0", "AT&F", 'AT+QIURC', "SMS DONE",
  },
  aithinker = {
    "AT+WJAP?", "AT+SOCKET=4,example.com,80", "+EVENT:WIFI_CONNECT", "AT+WSCAN", "connect success ConID=1", "AT+PING=example.com",
    "+SOCKETREAD,1,5", "AT+SSLCRET=1,1200", "+WMODE:1",
  },
}

local function with_secrets(list)
  return table.move(secrets, 1, #secrets, #list + 1, table.move(list, 1, #list, 1, {}))
end

describe("A secret", function()
  it("is masked by every dialect, and without one, in the history of the shell and in texts of the program's own", function()
    for _, line in ipairs(secrets) do
      for _, name in ipairs(dialects.names()) do
        local dialect = dialects.get(name)
        for _, shown in ipairs { mask.command(dialect, line), mask.line(dialect, line) } do
          assert.is_nil(shown:find(SECRET, 1, true), ("%s: %s: %s"):format(name, line, shown))
        end
      end
      for _, shown in ipairs { mask.text(line), mask.text("it failed: " .. line), history.masked(line) } do
        assert.is_nil(shown:find(SECRET, 1, true), ("%s: %s"):format(line, shown))
      end
      local _, err = hayes.explain(line)
      assert.is_nil(tostring(err):find(SECRET, 1, true), tostring(err))
    end
  end)

  it("is masked in time that is no more than in proportion to the length of the text", function()
    local quectel = dialects.get "quectel"
    local long = { ("a"):rep(70000) .. "://@", "@://" .. ("a"):rep(70000), "x@" .. ("a"):rep(70000), ("+a "):rep(20000) .. "@",
      ('"a:'):rep(20000) .. "@", "+" .. (" "):rep(70000), ("A"):rep(70000), ("AT+"):rep(20000), "AT+CPIN=" .. ('",'):rep(30000) }
    local before = os.clock()
    for _, text in ipairs(long) do
      mask.text(text)
      mask.line(quectel, text)
      mask.command(quectel, text)
    end
    assert.is_true(os.clock() - before < 60) -- it takes a second or two; what looks at each place anew takes an hour
  end)

  it("is in nothing that the command hayes prints of its commands", function()
    local emulator <close> = assert(hayes.emulator {})
    for _, words in ipairs {
      { "at", ('AT+QICSGP=1,1,"internet","me","%s",1'):format(SECRET) },
      { "at", "--json", ('AT+QICSGP=1,1,"internet","me","%s",1'):format(SECRET) },
      { "at", ('AT +CPIN="%s"'):format(SECRET) }, { "at", "AT+CPNI=" .. SECRET },
      { "at", "--json", ('AT+CLCK="SC",1,"%s"'):format(SECRET) }, { "explain", "AT+CPNI=" .. SECRET },
    } do
      words.env = { "HAYES_PORT=" .. emulator.address }
      local result = Program.run(words)
      local printed = result.out .. result.err
      assert.is_nil(printed:find(SECRET, 1, true), printed)
      assert.is_truthy(printed:find("***", 1, true), printed)
    end
  end)

  for name, list in pairs(lines) do
    it("is masked, declared or by resemblance: " .. name, function()
      local dialect = dialects.get(name)
      for _, line in ipairs(list) do
        local shown = mask.line(dialect, mask.command(dialect, line))
        assert.is_nil(shown:find(SECRET, 1, true), shown)
        local of_line = line:find("^AT") and mask.command(dialect, line) or mask.line(dialect, line)
        assert.is_nil(of_line:find(SECRET, 1, true), of_line)
        assert.is_truthy(of_line:find("***", 1, true), of_line)
      end
      for _, line in ipairs(plain[name]) do
        assert.are.same(line, mask.line(dialect, line))
        assert.are.same(line, line:find("^AT") and mask.command(dialect, line) or line)
      end
    end)

    it("is in no explanation, and in no error of one: " .. name, function()
      local modem <close> = assert(hayes.open(name == "quectel" and "emulator" or "emulator:Ai-WB2"))
      for _, line in ipairs(with_secrets(list)) do
        local found, err = modem:explain(line)
        assert.is_nil(tostring(found or err):find(SECRET, 1, true), tostring(found or err))
        for _, field in ipairs(found and found.fields or {}) do
          assert.is_nil(tostring(field.value):find(SECRET, 1, true))
        end
      end
    end)

    it("is in no trace, and in no error of a command: " .. name, function()
      local trace = {}
      local modem <close> = assert(hayes.open(name == "quectel" and "emulator" or "emulator:Ai-WB2",
        { trace = function(line) trace[#trace + 1] = line end }))
      for _, line in ipairs(with_secrets(list)) do
        local command = line:match("^AT.*")
        local response, err
        if command then response, err = modem:at(command, { timeout = 5 }) end
        local said = not response and command and err.message .. (err.command or "") .. (err.result or "") or ""
        assert.is_nil(said:find(SECRET, 1, true), said)
      end
      assert.is_nil(table.concat(trace, "\n"):find(SECRET, 1, true), table.concat(trace, "\n"))
    end)
  end

  it("of the wrong type is not shown either", function()
    local quectel <close> = assert(hayes.open "emulator")
    local wifi <close> = assert(hayes.open "emulator:Ai-WB2")
    for _, f in ipairs {
      function() quectel.network.attach { apn = "x", pin = 12345678 } end,
      function() quectel.network.attach { apn = "x", user = "me", password = 12345678 } end,
      function() quectel.ftp.open { host = "h", user = "me", password = 12345678 } end,
      function() quectel.ssl.open("h", 443, { verify = "none", key_password = 12345678 }) end,
      function() quectel:at("AT+CPIN", { data = 12345678 }) end,
      function() wifi.wifi.join { ssid = "x", password = 12345678 } end,
    } do
      local message = raises(f)
      assert.is_nil(message:find("12345678", 1, true), message)
      assert.is_truthy(message:find("a number", 1, true), message)
    end
  end)

  it("is not in the error of a query that is answered without information", function()
    local modem <close> = assert(hayes.open "emulator")
    local fields, err = modem:query(('AT+QICSGP=1,1,"internet","me","%s",1'):format(SECRET))
    assert.is_nil(fields)
    assert.are.same("no_information", err.name)
    assert.is_nil((err.message .. err.command):find(SECRET, 1, true), err.message)
  end)

  it("is not in the report of a task", function()
    local text = Process.run({ "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "sh", "-c", "lua5.4 -e '" .. [[
      local hayes = require "hayes"
      pcall(hayes.run, function()
        hayes.spawn(function() error("http://me:x@S3cr3tWord@host/ and\nAT+WJAP=home,S3cr3tWord") end)
        hayes.sleep(0.01)
      end)]] .. "' 2>&1" }, { ours = true })
    assert.is_truthy(text:find("a task has failed", 1, true), text)
    assert.is_nil(text:find(SECRET, 1, true), text)
  end)
end)
