-- hayes shell: piped, and in a terminal.

local files = require "support.files"
local hayes = require "hayes"
local lab = require "support.lab"
local Process = require "support.process"
local Program = require "support.hayes_program"
local socket = require "socket"

describe("The shell", function()
  local emulator

  setup(function() emulator = assert(hayes.emulator { module = "EC200U" }) end)
  teardown(function() emulator:close() end)

  local function piped(input)
    return Program.run { "shell", "-p", emulator.address, input = input }
  end

  local function typed(steps)
    return Program.in_terminal({ "shell", "-p", emulator.address }, steps)
  end

  it("sends lines that begin with AT, explains after a question mark, and runs anything else as Lua", function()
    local result = piped 'AT+QSSLCFG="seclevel",1\n?579\n1 + 1\n_ * 4\nmodem.network.status().registration\n'
    assert.are.equal(0, result.status)
    assert.is_truthy(result.out:find('+QSSLCFG: "seclevel",1,0\n  SSL_ctxID  1\n  seclevel   0  none\nOK\n', 1, true),
      result.out)
    assert.is_truthy(result.out:find("Error 579, ssl_handshake_fail", 1, true))
    assert.is_truthy(result.out:find("\n2\n8\nregistered\n", 1, true), result.out)
  end)

  it("prints tables, errors with their hints, and mistakes in Lua, and goes on", function()
    local result = piped '{ a = 1, { "x" } }\nAT+NOSUCH\nfoo(\nerror("raised")\nnil, "reason"\n"end"\n'
    assert.is_truthy(result.out:find('{ { "x" }, a = 1 }\n', 1, true), result.out)
    assert.is_truthy(result.out:find("AT+NOSUCH failed: the module answered ERROR\n-- What to try: ", 1, true))
    assert.is_truthy(result.out:find("unexpected symbol near <eof>", 1, true))
    assert.is_truthy(result.out:find("raised\nreason\nend\n", 1, true), result.out)
  end)

  it("prints the values of a line up to the last that is not nil", function()
    assert.are.equal("1\nnil\n2\nnil\n", piped("1, nil, 2, nil\nnil\n").out)
  end)

  it("prints the error that stands beside the nil of an assignment", function()
    assert.are.equal("reason\nnil\n3\n", piped('a = nil, "reason"\na, nil\nb = 3, "more"\nb == 3 and b\n').out)
    assert.are.equal("1\n", piped('a, b = 1, 2\nc = function() return nil, "later" end\na\n').out)
  end)

  it("prints what a call gives with its error, such as the bytes that came before a time-out", function()
    assert.are.equal("timeout\n-- with the error came:\nabc\n", piped('nil, "timeout", "abc"\n').out)
    assert.are.equal("timeout\n-- with the error came:\nabc\n", piped('a = nil, "timeout", "abc"\n').out)
    assert.are.equal("closed\n", piped('nil, "closed", ""\n').out)
  end)

  it("prints a line of titles as it is: none of its fields is declared", function()
    local wifi <close> = assert(hayes.emulator { module = "Ai-WB2" })
    local out = Program.run({ "shell", "-p", wifi.address, input = "AT+WMODE=1\nAT+WSCAN\n" }).out
    assert.is_truthy(out:find("+WSCAN:index,SSID,CH,SECURITY,RSSI,BSSID\n1,", 1, true), out)
  end)

  it("says what to type where a line is no Lua: text for a connection, a command without AT, a line of another shell", function()
    local run_as_lua = "A line that begins neither with AT nor with a word of the shell (help lists those) is run as Lua. To "
      .. 'send text on a connection, sock = modem.tcp.open(host, port): sock:send("…\\r\\n"), or terminal sock, and type it '
      .. "there."
    local hints = {
      ["GET / HTTP/1.0"] = run_as_lua, ["GET /index.html HTTP/1.1"] = run_as_lua, ["Host: example.com"] = run_as_lua,
      ["USER me"] = run_as_lua, ["<html>"] = run_as_lua, ["ping 8.8.8.8"] = run_as_lua,
      ["+CSQ"] = "Commands for the module begin with AT: AT+CSQ",
      ["hayes info"] = "That is a command line for this machine's shell: Ctrl-D leads back there; help lists what there is "
        .. "here.",
    }
    for line, hint in pairs(hints) do
      local out = piped(line .. "\n").out
      assert.are.equal(hint, out:match "^[^\n]+\n%-%- What to try: ([^\n]+)\n$", out)
    end
    for _, line in ipairs { "foo(", "nosuch()", "nosuch.field", "1 +", "for x", "error('raised')", "x .. 'a'", "#x" } do
      assert.is_nil(piped(line .. "\n").out:find("What to try", 1, true), line)
    end
  end)

  it("names what is typed at its prompt where it says what tells more of a command", function()
    local out = piped 'AT+QSSLCFG="seclevel",9,7\nAT+CSQ;+QSSLCFG="seclevel",8\n?+QSSLCFG\n'.out
    assert.are.equal(2, select(2, out:gsub("is [78]%. `%?%+QSSLCFG` tells more%.\n", "")), out)
    assert.is_truthy(out:find("\n+QSSLCFG: Settings", 1, true), out)
    assert.is_nil(out:find("`hayes ", 1, true), out)
  end)

  it("says how data is given to a command that waits for some", function()
    assert.are.equal('AT+QISEND=0 waits for data: write modem:at([[AT+QISEND=0]], { data = "…" })\n',
      piped("AT+QISEND=0\n").out)
  end)

  it("says in words what it cannot do, and where there is nothing", function()
    assert.are.equal("watch SECONDS AT...: sends a command again and again, until Ctrl-C\n", piped("help watch\n").out)
    local result = piped '?\nhelp nosuch\nhelp modem.ssl\nmodem.nosuch\nmodem.at("AT")\n'
    local lines = {}
    for line in result.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.are.equal("say what is to be explained: ?+CSQ or ?579; help lists the shell's words", lines[1])
    assert.is_truthy(lines[2]:find '^there is no help for "nosuch"; there is for ', lines[2])
    assert.are.equal("modem.ssl", lines[3])
    assert.are.equal("nil", lines[#lines - 2])
    assert.is_truthy(lines[#lines - 1]:find "^%-%- modem has no nosuch; it has at, .*ssl")
    assert.are.equal("modem:at: call it with a colon: modem:at(…), not modem.at(…)", lines[#lines])
  end)

  it("says what to write in place of a name that the modem has not, or another module has", function()
    local result = piped 'modem.wifi.scan()\nmodem:att("AT")\nmodem.ssl.opne("a", 1)\nmodem:on("+CREGG", print)\nnosuch()\n'
    local lines = {}
    for line in result.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.are.equal("modem.wifi is a service of other modules (dialect aithinker); this one (quectel) has certificates, "
      .. "clock, file, ftp, network, ssl, tcp, udp", lines[1])
    assert.is_truthy(lines[2]:find("modem has no att (did you mean at?); it has ", 1, true), lines[2])
    assert.is_truthy(lines[3]:find("modem.ssl has no opne (did you mean open?); it has ", 1, true), lines[3])
    assert.are.equal("hayes.subscription: +CREGG (no URC of this name is declared; +CREG is)", lines[4])
    assert.are.equal("attempt to call a nil value (global 'nosuch')", lines[5])
  end)

  it("says that a word is neither a variable nor one of its own, and ends at exit", function()
    local result = piped "ls\nraw\nx = 5\nx\n_\nexit\n1 + 1\n"
    assert.are.equal("nil\n-- no variable is called ls, and no word of the shell: help lists those\n"
      .. "raw is off; write raw on or raw off\n5\n5\n", result.out)
    assert.are.equal(0, result.status)
  end)

  it("says nothing more, also of what the module says by itself, once the reader of its output has gone", function()
    local come = [[hayes.sleep(0.5) modem.emulator:control 'urc +CREG: 1' hayes.sleep(0.5)]]
    local line = { "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "lua5.4", "lua/hayes/cli/program.lua",
      "shell", "-p", "emulator" }
    local err, status = lab.folder() .. "/err", lab.folder() .. "/status"
    os.execute(("printf '%%s\\n' 1 %s | { %s 2>%s; echo $? >%s; } | head -n 1 >/dev/null"):format(Process.quote { come },
      Process.quote(line), err, status))
    assert.are.same({ "", "141\n" }, { files.read(err), files.read(status) })
  end)

  it("tells of the methods of an object that a variable holds, and of a service of the same name", function()
    local out = piped 'k = modem:keep { network = { apn = "internet" } }\nhelp k\nhelp k:ready\n'.out
    assert.is_truthy(out:find("The methods of a keeper:\n", 1, true), out)
    assert.is_truthy(out:find("\n  k:state() ", 1, true), out)
    assert.is_truthy(out:find("\nk:ready(timeout)\n", 1, true), out)
    out = piped 'ftp = modem:keep { network = { apn = "internet" } }\nhelp ftp\nhelp modem.ftp\n'.out
    assert.is_truthy(out:find("\n  ftp:state() ", 1, true), out)
    assert.is_truthy(out:find("\nmodem.ftp\n", 1, true), out)
  end)

  it("says what a socket or keeper has in place of a name that it has not", function()
    local out = piped 'k = modem:keep { network = { apn = "internet" } }\nk:reedy()\nk.state\n'.out
    assert.is_truthy(out:find("k has no reedy (did you mean ready?); it has close, on, ready, state\n", 1, true), out)
    assert.is_truthy(out:find("\nfunction", 1, true), out)
    out = piped "hayes.opn('x')\n".out
    assert.is_truthy(out:find("hayes has no opn (did you mean open?); it has ", 1, true), out)
  end)

  it("names the word of its own that a misspelt one is near to", function()
    local out = piped "hlep\n".out
    assert.is_truthy(out:find("no variable is called hlep, and no word of the shell (did you mean help?)", 1, true), out)
  end)

  it("says how a log is begun, and that one takes no more", function()
    local out = piped("log\nlog /dev/full\n1 + 1\n2 + 2\n").out
    assert.are.equal("say where: log FILE; log off ends it\n"
      .. "the log cannot be written, and is ended: No space left on device\n2\n4\n", out)
  end)

  it("completes what help tells of, and the methods of objects alone", function()
    local out = typed { { "wait", "> " }, { "type", "k = modem:keep { network = { apn = 'internet' } }\r" },
      { "wait", "help k" }, { "type", "k:rea\t" }, { "wait", "k:ready" }, { "type", "\21help ses\t.pu\t\r" },
      { "wait", "Stores a file" }, { "type", "help ssl.op\t\r" }, { "wait", "Opens a TLS" },
      { "type", "help k:sta\t\r" }, { "wait", "Returns hayes.keeper.state" },
      { "wait", "> " }, { "type", "\4" } }
    assert.are.equal(0, out.status, out.out)
  end)

  it("writes what it shows to a log", function()
    local path = lab.folder() .. "/shell.log"
    piped(("log %s\nAT\nlog off\nAT+CSQ\n"):format(path))
    local file = assert(io.open(path))
    assert.are.equal("> AT\nOK\n> log off\n", file:read "a")
    file:close()
  end)

  it("completes commands and values at Tab in a terminal, and says what may be typed where nothing completes", function()
    local result = typed {
      { "wait", "Ctrl-D leaves" }, { "wait", "> " },
      { "type", "AT+QSSLSTA\t?\r" }, { "wait", "AT+QSSLSTATE?" }, { "wait", "OK" }, { "wait", "> " },
      { "type", 'AT+QPING=1,"\t' }, { "wait", "IP address or host name" },
      { "type", "\21modem.netw\t.sta\t().sim\r" }, { "wait", "READY" }, { "wait", "> " },
      { "type", "\4" },
    }
    assert.are.equal(0, result.status, result.out)
  end)

  it("shows the form of a command at Tab, and the parameters and keys that may follow", function()
    local result = typed {
      { "wait", "Ctrl-D leaves" }, { "wait", "> " },
      { "type", "AT+QSSLCFG=\t" }, { "wait", '-- AT+QSSLCFG="<key>"' }, { "wait", '"ciphersuite"' }, { "wait", "Cipher suites" },
      { "type", "sec\t" }, { "wait", '"seclevel"' },
      { "type", ",\t" }, { "wait", '"seclevel",<SSL_ctxID>[,<seclevel>]' }, { "wait", "SSL_ctxID, 0 to 5: SSL context." },
      { "type", "1,\t" }, { "wait", "of the server, and of the client" },
      { "type", "1\r" }, { "wait", "OK" }, { "wait", "> " },
      { "type", "\4" },
    }
    assert.are.equal(0, result.status, result.out)
    assert.is_nil(result.out:find('""', 1, true))
  end)

  it("breaks what it says between words on a narrow terminal", function()
    local out = Program.in_terminal({ "shell", "-p", emulator.address, env = { "SPEC_COLUMNS=60" } }, {
      { "wait", "leaves" }, { "type", "help\r" }, { "wait", "Ctrl-D leaves." },
      { "type", 'AT+NOSUCH\r' }, { "wait", "wrong." }, { "type", 'AT+QSSLCFG="\t' }, { "wait", "more" },
      { "type", "\21modem:help 'network.attach'\r" }, { "wait", "chapter 4" }, { "wait", "> " }, { "type", "\4" } }).out
    for line in out:gsub("\27[%[%d;]*%a?", ""):gmatch "[^\r\n]+" do
      if not line:find("> ", 1, true) then assert.is_true(utf8.len(line) <= 60, line) end
    end
    assert.is_truthy(out:find("unknown to this firmware,\r\n   or its parameters wrong.", 1, true), out)
  end)

  it("prints a URC above the line that is being typed", function()
    local result = Program.in_terminal({ "shell", "-p", "emulator" }, {
      { "wait", "> " },
      { "type", "function come() hayes.sleep(0.2) modem.emulator:control 'urc +CREG: 1' end\r" }, { "wait", "> " },
      { "type", "coming = hayes.spawn(come)\r" }, { "wait", "> " },
      { "type", "AT+CS" }, { "wait", "+CREG: 1" }, { "wait", "registered, home network" },
      { "type", "Q\r" }, { "wait", "rssi" }, { "wait", "> " },
      { "type", "\4" },
    })
    assert.are.equal(0, result.status, result.out)
  end)

  it("makes a terminal of a connection, with a way back to commands, in transparent mode, too", function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    local echo = ([[local s = require "socket"; local l = assert(s.bind("127.0.0.1", %d)); while true do local c = l:accept()
      for line in function() return c:receive() end do c:send("got " .. line .. "\r\n") if line == "end" then break end end
      c:close() end]]):format(port)
    listener:close()
    local process <close> = Process.start { "lua5.4", "-e", echo }
    Process.wait_for_port(port)
    for _, mode in ipairs { "buffer", "transparent" } do
      local result = typed {
        { "wait", "> " }, { "type", 'modem.network.attach { apn = "internet" }\r' }, { "wait", "ip: " }, { "wait", "> " },
        { "type", ("sock = modem.tcp.open('127.0.0.1', %d, { mode = '%s' })\r"):format(port, mode) }, { "wait", "> " },
        { "type", "terminal sock\r" }, { "wait", "Ctrl-D comes back" },
        { "type", "one\r" }, { "wait", "got one" }, { "type", "\4" }, { "wait", "> " },
        { "type", "AT+CSQ\r" }, { "wait", "rssi" }, { "wait", "> " },
        { "type", "terminal sock\r" }, { "wait", "Ctrl-D comes back" },
        { "type", "two\r" }, { "wait", "got two" }, { "type", "\3" }, { "wait", "> " },
        { "type", "AT+CSQ\r" }, { "wait", "rssi" }, { "wait", "> " },
        { "type", "terminal sock\r" }, { "wait", "Ctrl-D comes back" },
        { "type", "end\r" }, { "wait", "got end" }, { "wait", "closed" }, { "wait", "> " },
        { "type", "terminal modem\r" }, { "wait", "say which connection" }, { "wait", "> " },
        { "type", "\4" },
      }
      assert.are.equal(0, result.status, result.out)
    end
    assert(process)
    assert.are.equal("terminal needs a terminal to type at\n",
      piped "s = { send = print, receivepartial = print }\nterminal s\n".out)
  end)

  for _, name in ipairs { "TERM", "HUP" } do
    it("ends at SIG" .. name .. ", and leaves the module in command mode", function()
      local listener = assert(socket.bind("127.0.0.1", 0))
      listener:settimeout(60)
      local _, port = listener:getsockname()
      local connect = ("sock = modem.tcp.open('127.0.0.1', %d, { mode = 'transparent' })\r"):format(port)
      local endings = {
        ["at the prompt"] = {},
        ["in a command"] = { { "type", "hayes.sleep(100)\r" }, { "wait", "sleep(100)\r\n" } },
        ["in a terminal"] = { { "type", "terminal sock\r" }, { "wait", "Ctrl-D comes back" } },
      }
      for where, ending in pairs(endings) do
        local steps = {
          { "wait", "> " }, { "type", 'modem.network.attach { apn = "internet" }\r' }, { "wait", "ip: " }, { "wait", "> " },
          { "type", connect }, { "wait", "> " },
        }
        table.move(ending, 1, #ending, #steps + 1, steps)
        steps[#steps + 1] = { "signal", name }
        local result = typed(steps)
        assert.are.equal(130, result.status, where .. ": " .. result.out)
        assert.is_truthy(result.out:find("hayes: interrupted", 1, true), where .. ": " .. result.out)
        local peer = assert(listener:accept())
        peer:settimeout(60)
        local modem <close> = assert(hayes.open(emulator.address))
        assert(modem:at "AT+QIDEACT=1")
        assert.are.same({ n = 3, nil, "closed", "" }, table.pack(peer:receive "*a"), where)
        peer:close()
      end
      listener:close()
    end)
  end

  it("does not end at SIGHUP where that is ignored, as by nohup", function()
    local result = Program.in_terminal({ "shell", "-p", emulator.address, env = { "env", "--ignore-signal=HUP" } }, {
      { "wait", "> " }, { "signal", "HUP" }, { "type", "6 * 7\r" }, { "wait", "42" }, { "wait", "> " },
      { "type", "\4" },
    })
    assert.are.equal(0, result.status, result.out)
  end)

  it("waits for the rest of Lua that a line begins, until Ctrl-C", function()
    local result = typed {
      { "wait", "> " },
      { "type", "for i = 41, 42 do\r" }, { "wait", ">> " }, { "type", "print('is', i)\r" }, { "wait", ">> " },
      { "type", "end\r" }, { "wait", "is\t41" }, { "wait", "is\t42" }, { "wait", "> " },
      { "type", "{ 6 *\r" }, { "wait", ">> " }, { "type", "7 }\r" }, { "wait", "{ 42 }" }, { "wait", "> " },
      { "type", "print(\r" }, { "wait", ">> " }, { "type", "\3" }, { "wait", "> " },
      { "type", "AT\r" }, { "wait", "OK" }, { "wait", "> " },
      { "type", "\4" },
    }
    assert.are.equal(0, result.status, result.out)
  end)

  it("has a prompt on a terminal that no line editor can work on, too", function()
    local result = Program.in_terminal({ "shell", "-p", emulator.address, env = { "SPEC_TERM=dumb" } }, {
      { "wait", "Ctrl-D leaves" }, { "wait", "> " },
      { "type", "AT\n" }, { "wait", "OK" }, { "wait", "> " },
      { "type", "{ 6 *\n" }, { "wait", ">> " }, { "type", "7 }\n" }, { "wait", "{ 42 }" }, { "wait", "> " },
      { "type", "\3" }, { "wait", "> " },
      { "type", "\4" },
    })
    assert.are.equal(0, result.status, result.out)
    assert.is_nil(result.out:find("\27", 1, true), result.out)
  end)

  it("ends what is under way at Ctrl-C, and goes on", function()
    local result = typed {
      { "wait", "> " },
      { "type", "watch 0.1 AT+CSQ\r" }, { "wait", "rssi" }, { "wait", "rssi" }, { "type", "\3" }, { "wait", "> " },
      { "type", "half a line" }, { "wait", "half a line" }, { "type", "\3" }, { "wait", "> " },
      { "type", "hayes.sleep(100)\r" }, { "wait", "hayes.sleep(100)" }, { "type", "\3" }, { "wait", "> " },
      { "type", "6 * 7\r" }, { "wait", "42" }, { "wait", "> " },
      { "type", "\4" },
    }
    assert.are.equal(0, result.status, result.out)
  end)

  it("keeps lines for the next conversation, but none with a secret", function()
    os.remove(lab.folder() .. "/state/hayes/history")
    typed {
      { "wait", "> " },
      { "type", "AT+CSQ\r" }, { "wait", "rssi" }, { "wait", "> " },
      { "type", 'AT+CPIN="1234"\r' }, { "wait", "1234" }, { "wait", "> " },
      { "type", "\4" },
    }
    local file = assert(io.open(lab.folder() .. "/state/hayes/history"))
    assert.are.equal("AT+CSQ\n", file:read "a")
    file:close()
    local result = typed { { "wait", "> " }, { "type", "\27[A\r" }, { "wait", "rssi" }, { "wait", "> " }, { "type", "\4" } }
    assert.are.equal(0, result.status, result.out)
  end)
end)
