-- The command `hayes`: defaults, wrong use, and messages in the words of a command line.

local hayes = require "hayes"
local json = require "dkjson"
local parser = require "hayes.cli.parser"
local Process = require "support.process"
local Program = require "support.hayes_program"

describe("The command hayes", function()
  local emulator

  setup(function() emulator = assert(hayes.emulator { module = "EC200U" }) end)
  teardown(function() emulator:close() end)

  local function run(words)
    words.env = words.env or { "HAYES_PORT=" .. emulator.address }
    return Program.run(words)
  end

  local function refused(words, text)
    local result = run(words)
    assert.are.equal(2, result.status, result.err)
    assert.are.equal(text, result.err:match "\n?(hayes: [^\n]*)\n?$", result.err)
  end

  it("listens on the port that the help of `socks` names when none is given", function()
    local help = run { "socks", "--help" }
    local port = help.out:match "Default: (%d+)%."
    local _busy <close> = require("hayes.core").listen("127.0.0.1", port) -- or somebody else has it
    local result = run { "socks" }
    assert.are.equal(1, result.status)
    assert.are.equal(("hayes: another program listens on 127.0.0.1:%s\n"):format(port), result.err)
  end)

  it("writes every default in its help as a sentence that begins with Default", function()
    local count = 0
    for _, words in ipairs { "at", "emulate", "file put", "file get", "forward", "ftp get", "http", "info", "probe", "shell",
      "socks", "tls", "trace", "wifi join" } do
      local arguments = {}
      for word in (words .. " --help"):gmatch "%S+" do arguments[#arguments + 1] = word end
      local help = run(arguments).out:gsub("%s+", " ")
      for _, other in ipairs { "%(default", "%(else ", "%(%d+%)" } do assert.is_nil(help:find(other), words) end
      count = count + select(2, help:gsub("Default: ", ""))
    end
    assert.is_true(count > 40)
  end)

  it("shows examples in the help of each command, also of the commands of a command, which it understands", function()
    local function look(command, name)
      if #command._commands > 0 then
        for _, one in ipairs(command._commands) do look(one, name .. " " .. one._name) end
        return
      end
      local count = 0
      for example in (command._epilog or ""):gmatch "\n   hayes ([^\n]*)" do
        local words, line = {}, example:gsub("%s+[|&#>].*$", "")
        for word in Process.run({ "sh", "-c", "printf '%s\\n' " .. line }):gmatch "[^\n]+" do words[#words + 1] = word end
        local arguments, problem = parser.parse(words)
        assert.is_truthy(arguments, ("hayes %s: %s"):format(example, problem))
        count = ("hayes " .. example):find(name, 1, true) == 1 and count + 1 or count
      end
      assert.is_true(count > 0, name)
    end
    local leaves_out = { help = true, completion = true, shell = true }
    for _, command in ipairs(parser.new()._commands) do
      if not leaves_out[command._name] then look(command, "hayes " .. command._name) end
    end
  end)

  it("says that a redirection may be for one port of a host alone, and that it is for all of them otherwise", function()
    local help = run({ "emulate", "--help" }).out:gsub("%s+", " ")
    assert.is_truthy(help:find("--resolve <host[:asked]=address[:port]>", 1, true), help)
    assert.is_truthy(help:find("all of them, whatever their port (example.com=127.0.0.1:8443), or those to one port", 1,
      true), help)
    refused({ "emulate", "--resolve", "a" }, "hayes: --resolve a: write it as host[:asked]=address[:port]")
    local expected = "expected HOST[:ASKED]=ADDR[:PORT] with an IP address and ports from 1 to 65535"
    for option, wrong in pairs { ["--resolve a=b"] = expected, ["--resolve a=127.0.0.1:99999"] = expected,
      ["--faults nope=1"] = "no fault is called nope; --faults list prints their names" } do
      refused({ "emulate", option:match "(%S+) (%S+)" }, ("hayes: the emulator did not start: %s: %s"):format(option, wrong))
    end
    local _, _, twice = os.execute "${HAYES_BUILD:-build}/hayes-emulator --resolve a=127.0.0.1 --resolve A=127.0.0.2 2>/dev/null"
    assert.are.equal(2, twice)
    refused({ "emulate", "--resolve", "a:1=127.0.0.1", "--resolve", "A:1=127.0.0.2" },
      "hayes: --resolve A:1=127.0.0.2: a:1=127.0.0.1 was given, too, and a host leads to one address")
    help = Process.run({ (os.getenv "HAYES_BUILD" or "build") .. "/hayes-emulator", "--help" }):gsub("%s+", " ")
    assert.is_truthy(help:find("--resolve HOST[:ASKED]=ADDR[:PORT] redirect connections to HOST to ADDR: those to port ASKED "
      .. "(without ASKED: to any port)", 1, true), help)
  end)

  it("names the module that it emulates when none is given", function()
    local result = run { "emulate", "--json", timeout = 1 }
    assert.are.equal("EC200U", json.decode(result.out).module)
  end)

  it("is killed in these specs where it does not end after an interrupt", function()
    local result = run { "shell", input = "for _ = 1, 6 do pcall(hayes.sleep, 1) end\n", timeout = 1, patience = 1 }
    assert.are.equal(128 + 9, result.status, result.err)
  end)

  it("takes a closed standard input for an empty one", function()
    for _, words in ipairs { { "shell" }, { "at", "AT" } } do
      words.closed = true
      local result = run(words)
      assert.are.same({ 0, "" }, { result.status, result.err:match "^hayes: .*" or "" }, words[1])
    end
  end)

  it("calls a missing argument by the name that it has in the usage", function()
    for _, words in ipairs { { "forward" }, { "tls" }, { "at" }, { "http" }, { "ftp", "put" }, { "wifi", "join" } } do
      local err = run(words).err
      local name = err:match "missing argument '([^']+)'"
      assert.is_truthy(err:find("<" .. name .. ">", 1, true), err)
    end
  end)

  it("says what is wrong with a number, and what is allowed", function()
    refused({ "at", "--timeout", "x", "AT" }, 'hayes: --timeout is "x"; it must be a number of seconds from 0 to 86400')
    refused({ "socks", "--wait", "x" }, 'hayes: --wait is "x"; it must be a number of seconds from 0 to 86400')
    refused({ "http", "--insecure", "a:b" }, "hayes: https://a:b: the port is b; it must be from 1 to 65535")
    refused({ "socks", "70000" }, 'hayes: the port is "70000"; it must be a number from 0 to 65535')
    refused({ "forward", "--wait=-1", "1:a:1" }, 'hayes: --wait is "-1"; it must be a number of seconds from 0 to 86400')
    refused({ "ftp", "ls", "--retries", "x", "ftp://a/" }, 'hayes: --retries is "x"; it must be a number from 0 to 1000')
    refused({ "info", "--baud", "0" }, 'hayes: --baud is "0"; it must be a number from 1200 to 4000000')
  end)

  it("says that no command could be sent with a host", function()
    refused({ "forward", "--tcp", '1:a"b:1' },
      'hayes: 1:a"b:1: the host holds a quote at byte 2, which cannot be sent in a command')
  end)

  it("refuses options that would do nothing", function()
    refused({ "info", "--host", "example.com" }, "hayes: --host is for --diagnose")
    refused({ "http", "--ssid", "home", "http://example.com/" }, "hayes: the module on " .. emulator.address
      .. " is a cellular module: it takes --apn and --pin, and not --ssid")
    refused({ "tls", "--insecure", "--cert", "Makefile", "example.com:443" },
      "hayes: a client certificate needs its key, and the key its certificate: give both --cert and --key")
    refused({ "tls", "--json", "example.com:443" }, "hayes: unknown option '--json'")
  end)

  it("speaks of options and commands where the library speaks of Lua", function()
    refused({ "at", 'AT+QFUPL="a",5' }, 'hayes: AT+QFUPL="a",5 waits for data; give --data')
    local result = run { "file", "rm", "nope" }
    assert.is_truthy(result.err:find("\nWhat to try: `hayes file ls` tells which files there are.\n", 1, true), result.err)
  end)

  it("speaks of URLs and commands where the FTP of the library speaks of sessions", function()
    local wording = require "hayes.cli.wording"
    local ftp_errors = require "hayes.dialect.quectel.ftp.errors"
    local function check(text)
      local words = wording.of(text or ""):gsub("`[^`]*` in a script", "")
      assert.is_nil(words:find "ftp:%l" or words:find "ftp%.open" or words:find "tls =", words)
    end
    for _, list in ipairs { ftp_errors.codes, ftp_errors.protocol, ftp_errors.refusals } do
      for _, known in pairs(list) do check(known[2]) end
    end
    assert.are.equal("`ftp:mkdir()` in a script makes a folder, one level at a time. A path begins in the account's folder, "
      .. "and with %2F in front at the server's root: `hayes ftp ls URL` tells what is there. Upper and lower case differ "
      .. "on most servers.", wording.of(ftp_errors.refusals.PUT[2]))
    assert.are.equal("ftp://a/ and `ftp:delete` in a script", wording.of "ftp://a/ and ftp:delete")
  end)

  it("speaks of its options where nothing, or garbage, comes from a port", function()
    local wording = require "hayes.cli.wording"
    local own = require "hayes.explain.own_errors"
    for _, name in ipairs { "no_answer", "wrong_speed", "damaged", "short_read" } do
      local words = wording.of(own[name][2])
      assert.is_nil(words:find "%f[%w]%l+ = " or words:find "hayes%.%l", words)
    end
    local silent = require("support.pty").new()
    local result = run { "info", "-p", silent.address }
    silent:close()
    assert.is_truthy(result.err:find("`hayes ports` tells the role of USB ports", 1, true), result.err)
    assert.is_truthy(result.err:find("Does the module wait for RTS (--flow rtscts)?", 1, true), result.err)
  end)

  it("ends when the module that it emulates has ended", function()
    local name = os.tmpname()
    local link = name .. "-module"
    finally(function() os.remove(name) end)
    -- Not under a sanitizer, which keeps such programs from ending.
    os.execute(("(for _ in $(seq 200); do [ -e %s ] && break; sleep 0.05; done; "
      .. "LD_PRELOAD= pkill -f '^[^ ]*hayes-emulator .*%s$') &"):format(link, link))
    local result = run { "emulate", "--link", link, timeout = 10 }
    assert.are.equal(1, result.status)
    assert.is_truthy(result.err:find("the emulator has ended, or does not answer any more", 1, true), result.err)
  end)

  it("says so, too, where it is answered once more after that", function()
    local emulate, stop, script = require "hayes.cli.commands.emulate", require "hayes.cli.stop", require "support.script"
    local start, asked = hayes.emulator, 0
    local in_software = setmetatable({ address = "/dev/none" }, { __close = function() end })
    function in_software.control()
      asked = asked + 1
      return asked ~= 2 and "ok" or nil, "it has ended"
    end
    script.virtual_time()
    finally(function()
      hayes.emulator = start -- luacheck: ignore
      script.real_time()
    end)
    hayes.emulator = function() return in_software end -- luacheck: ignore
    local ok, why = pcall(emulate.run, { arguments = { module = "EC200U" },
      out = { result = function() end, flush = function() end } })
    assert.is_false(ok)
    assert.is_true(stop.is(why))
    assert.are.same({ 1, "it has ended", 2 }, { why.status, why.err, asked })
  end)

  it("helps with a command of a command, and names the nearest one", function()
    assert.are.equal(run({ "ftp", "put", "--help" }).out, run({ "help", "ftp", "put" }).out)
    assert.are.equal(run({ "at", "--help" }).out, run({ "help", "at" }).out)
    assert.is_truthy(run({ "help", "fpt" }).err:find("Did you mean 'ftp'?", 1, true))
    assert.is_truthy(run({ "help" }).out:find("Commands:", 1, true))
  end)

  it("says of a download that its folder is missing, or named in place of the file, before it opens the port", function()
    local function get(path) return { "ftp", "get", "ftp://h/x", path, "-p", "/dev/no-such-port" } end
    refused(get "/no-folder/x", "hayes: the file cannot be written: there is no folder /no-folder")
    refused(get "/tmp/", "hayes: /tmp/ is a folder: name the file that is to be written, as in /tmp/name")
    assert.are.equal(3, run(get "x").status)
    assert.are.equal(3, run(get "-").status)
  end)

  it("says how a PIN is sent all the same that the card may have refused", function()
    local locked <close> = assert(hayes.emulator { sim = "pin:1234" })
    local function attempt(pin)
      return run { "info", "-p", locked.address, "--apn", "internet", env = { "HAYES_PIN=" .. pin } }.err
    end
    attempt "9999"
    local said = attempt "1234"
    assert.is_truthy(said:find("a wrong PIN that this run of the program did not send", 1, true), said)
    assert.is_truthy(said:find('`hayes shell` sends it anyway, by AT+CPIN="…"', 1, true), said)
    assert.is_nil(said:find("pin_again", 1, true))
  end)

  it("knows words for each call that a hint of a dialect names", function()
    local wording = require "hayes.cli.wording"
    local dialects = require "hayes.dialect"
    for _, name in ipairs(dialects.names()) do
      for code, known in pairs((dialects.get(name).errors or { by_code = {} }).by_code) do
        local words = wording.of(known.hint or ""):gsub("`modem[^`]*` in `hayes shell`", ""):gsub("`modem[^`]*` in a script", "")
        assert.is_nil(words:find "modem[.:]", ("%s %d: %s"):format(name, code, words))
      end
    end
  end)

  it("shows in the help of each command, also of the commands of a command, what it takes", function()
    for _, words in ipairs { { "wifi", "scan" }, { "file", "ls" }, { "ftp", "put" }, { "at" } } do
      words[#words + 1] = "--help"
      local help = run(words).out
      assert.is_truthy(help:find("\n   --json ", 1, true), help)
      assert.is_truthy(help:find("\n   -p, --port <port> ", 1, true), help)
    end
    refused({ "help", "nope" }, "hayes: unknown command 'nope'")
  end)

  it("deletes files that a pattern stands for when it is told so, or is allowed to at the terminal", function()
    assert.are.equal(0, run({ "file", "put", "LICENSE", "one" }).status)
    assert.are.equal(0, run({ "file", "put", "LICENSE", "two" }).status)
    refused({ "file", "rm", "*" }, "hayes: * stands for UFS:one, UFS:two: give --yes to delete them")
    local words = { "file", "rm", "*", "-p", emulator.address }
    local result = Program.in_terminal(words, { { "wait", "Delete them? [y/N]" }, { "type", "n\r" } })
    assert.are.equal(1, result.status)
    assert.is_truthy(result.out:find("nothing was deleted", 1, true))
    result = Program.in_terminal(words, { { "wait", "[y/N]" }, { "type", "y\r" } })
    assert.are.equal(0, result.status, result.out)
    assert.are.equal("", run({ "file", "ls" }).out)
    assert.are.equal(0, run({ "file", "put", "LICENSE", "three" }).status)
    assert.are.equal(0, run({ "file", "rm", "--yes", "th*" }).status)
    result = run { "file", "rm", "--yes", "th*" }
    assert.are.equal(1, result.status)
    assert.are.equal("hayes: no file is called like th*\n", result.err)
  end)

  it("lists the emulator's faults, with where each may happen", function()
    local list = json.decode(run({ "emulate", "--faults", "list", "--json" }).out)
    assert.is_true(#list > 20)
    assert.are.same({ name = "command drop", where = "each 64 bytes",
      what = "a byte on the way to the module is lost" }, list[12])
    local told = run({ "emulate", "--faults", "list" }).out
    for _, fault in ipairs(list) do
      assert.is_truthy(told:find(fault.name .. " +" .. fault.where), fault.name)
    end
  end)

  it("lists the emulator's quirks, and refuses others with the nearest name", function()
    local result = run { "emulate", "--quirks", "list" }
    assert.is_truthy(result.out:find "\neg800k%-566 +QSSLOPEN")
    assert.is_true(#json.decode(run({ "emulate", "--quirks", "list", "--json" }).out) > 10)
    refused({ "emulate", "--quirks", "no-space-after-colon,eg80k-566" },
      'hayes: no quirk is called "eg80k-566" (did you mean eg800k-566?); `hayes emulate --quirks list` prints them')
  end)

  it("says that a module has no FTP before it asks for an access point", function()
    local wifi <close> = assert(hayes.emulator { module = "Ai-WB2" })
    local result = run { "ftp", "ls", "ftp://a.example/", "-p", wifi.address }
    assert.are.same({ 2, ("hayes: the module on %s has no FTP client\n"):format(wifi.address) }, { result.status, result.err })
  end)

  it("leaves out what a Wi-Fi module without a connection has nothing to say of", function()
    local wifi <close> = assert(hayes.emulator { module = "Ai-WB2" })
    local env = { "HAYES_PORT=" .. wifi.address }
    assert.is_truthy(run({ "wifi", "status", env = env }).out:find "^state  disconnected\nmac    [%x:]+\n$")
    assert.is_truthy(run({ "info", env = env }).out:find "\nstate +disconnected\nmac +[%x:]+\n$")
  end)

  it("diagnoses a connection that --apn sets up, as far as a server's port", function()
    local module <close> = assert(hayes.emulator { module = "EC200U", apn = "right" })
    local env = { "HAYES_PORT=" .. module.address }
    local result = run { "info", "--diagnose", env = env }
    assert.are.equal(1, result.status)
    assert.is_truthy(result.out:find("\nFAIL data connection: no active PDP context\n     --apn NAME activates one.\n", 1, true))
    assert.is_nil(result.out:find("DNS", 1, true))
    result = run { "info", "--diagnose", "--apn", "wrong", env = env }
    assert.are.equal(1, result.status)
    assert.is_truthy(result.out:find("FAIL data connection", 1, true))
    assert.is_truthy(result.err:find("^hayes: [^\n]+\n$"), result.err)
    local listener = require("hayes.core").listen("127.0.0.1", "0")
    local server = "127.0.0.1:" .. listener:number()
    result = run { "info", "--diagnose", "--apn", "right", "--host", server, env = env }
    assert.are.equal(0, result.status, result.err)
    assert.is_truthy(result.out:find("ok   TCP: " .. server .. " takes connections", 1, true), result.out)
    listener:close()
  end)

  it("says which parameter of a refused command is wrong, or which command may have been meant", function()
    local hints = {
      ['AT+QSSLCFG="seclevel",9,7'] = "SSL_ctxID must be 0 to 5, and is 9; seclevel must be one of 0, 1, 2, and is 7. "
        .. "`hayes explain +QSSLCFG` tells more.",
      ['AT+CSQ;+QSSLCFG="seclevel",8'] = "SSL_ctxID must be 0 to 5, and is 8. `hayes explain +QSSLCFG` tells more.",
      ["AT+QSSLOPEN=1,0"] = "clientID is missing; serveraddr is missing; server_port is missing. "
        .. "`hayes explain +QSSLOPEN` tells more.",
      ["AT+QSSLOPNE=1"] = "Did you mean AT+QSSLOPEN?",
      ["AT+CSQ?"] = "AT+CSQ? is no form of +CSQ: its forms are AT+CSQ=?, AT+CSQ.",
    }
    for command, hint in pairs(hints) do
      assert.are.equal(("hayes: %s failed: the module answered ERROR\nWhat to try: %s\n"):format(command, hint),
        run({ "at", command }).err)
    end
  end)

  it("lists the commands where one is left out", function()
    local result = run {}
    assert.are.equal(2, result.status)
    assert.is_truthy(result.err:find("\n   explain  ", 1, true))
    assert.is_truthy(run({ "ftp" }).err:find("\n   mirror  ", 1, true))
  end)

  it("ends with status 2 for a local path that cannot be used", function()
    for _, words in ipairs { { "file", "put", "no-such-file" }, { "file", "put", "spec", "x" },
      { "info", "--trace", "/no/such/folder/trace" } } do
      local result = run(words)
      assert.are.equal(2, result.status, result.err)
    end
  end)
end)
