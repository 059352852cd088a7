-- hayes forward and hayes socks: other programs use the module.

local hayes = require "hayes"
local json = require "dkjson"
local lab = require "support.lab"
local Process = require "support.process"
local Program = require "support.hayes_program"
local socket = require "socket"

describe("Programs behind the module", function()
  local folder, web, port, emulator

  setup(function()
    folder = lab.folder()
    port = Process.free_port()
    Process.run({ "sh", "-c", "head -c 60000 /dev/urandom > file.bin" }, { folder = folder })
    web = Process.start { "lua5.4", "spec/support/https_server.lua", port, folder, folder .. "/chain.pem",
      folder .. "/server.key" }
    Process.wait_for_port(port)
  end)

  teardown(function() web:close() end)

  local function emulate(module)
    emulator = assert(hayes.emulator { module = module, resolve = { [lab.HOST] = "127.0.0.1:" .. port } })
    return emulator
  end

  --- The program, serving on a port of its own, and that port.
  local function serve(words)
    local own = Process.free_port()
    for i, word in ipairs(words) do words[i] = word:gsub("PORT", tostring(own)) end
    words[#words + 1] = "-p"
    words[#words + 1] = emulator.address
    return Program.start(words, "hayes: "), own
  end

  --- Fetches the file so many times with curl, as many at once; how often it came whole.
  local function fetch(count, at_once, ...)
    local words = { "curl", "-s", "-H", "Connection: close", "--cacert", folder .. "/root.pem", "--retry", "0", ... }
    local one = Process.quote(words) .. " | cmp -s - " .. folder .. "/file.bin && echo whole"
    local output = Process.run { "sh", "-c", ("seq %d | xargs -P %d -I{} sh -c %s | grep -c whole"):format(count, at_once,
      Process.quote { one }) }
    return tonumber(output)
  end

  --- Nothing is left in the module: the emulator has no connection.
  local function assert_nothing_left(command)
    local modem <close> = assert(hayes.open(emulator.address))
    assert.are.equal(0, #assert(modem:at(command)))
  end

  local url = ("https://%s/file.bin"):format(lab.HOST)

  it("are refused by SOCKS5 where they insist on a password", function()
    local _emulator <close> = emulate "EC200U"
    local _program <close>, own = serve { "socks", "PORT", "--apn", "internet" }
    local client = Process.connect(own)
    client:settimeout(30)
    client:send "\5\1\2"
    assert.are.same("\5\255", client:receive(2))
    assert.are.same("closed", (select(2, client:receive(1))))
    client:close()
  end)

  it("fetch a file 50 times through SOCKS5, sixteen at a time, and each is whole", function()
    local _emulator <close> = emulate "EC200U"
    do
      local _program <close>, own = serve { "socks", "PORT", "--apn", "internet" }
      assert.are.equal(50, fetch(50, 16, "-x", "socks5h://127.0.0.1:" .. own, url))
    end
    assert_nothing_left "AT+QISTATE?"
  end)

  it("fetch it through the HTTP proxy and SOCKS4a, four at a time", function()
    local _emulator <close> = emulate "EC200U"
    local _program <close>, own = serve { "socks", "PORT", "--apn", "internet" }
    assert.are.equal(12, fetch(12, 4, "-x", "http://127.0.0.1:" .. own, url))
    assert.are.equal(4, fetch(4, 4, "-x", "socks4a://127.0.0.1:" .. own, url))
  end)

  it("fetch it through a forwarded port, the TLS being theirs or the module's", function()
    local _emulator <close> = emulate "EC200U"
    do
      local _program <close>, own = serve { "forward", "--tcp", ("PORT:%s:%d"):format(lab.HOST, port), "--apn", "internet" }
      assert.are.equal(8, fetch(8, 4, "--connect-to", ("%s:443:127.0.0.1:%d"):format(lab.HOST, own), url))
    end
    local _program <close>, own = serve { "forward", "--ca", folder .. "/root.pem", ("PORT:%s:%d"):format(lab.HOST, port),
      "--apn", "internet" }
    assert.are.equal(8, fetch(8, 4, "-H", "Host: " .. lab.HOST, ("http://127.0.0.1:%d/file.bin"):format(own)))
  end)

  it("have no forwarded port where the CA that is named cannot be read", function()
    local _emulator <close> = emulate "EC200U"
    local result = Program.run { "forward", "--ca", folder .. "/missing.pem", "0:localhost:7", "--apn", "internet",
      "-p", emulator.address }
    assert.are.equal(2, result.status)
    assert.are.equal(("hayes: ca cannot be read: %s/missing.pem: No such file or directory\n"):format(folder), result.err)
  end)

  it("use a Wi-Fi module, more at a time than it has connections, which wait for each other", function()
    local _emulator <close> = emulate "Ai-WB2"
    local _program <close>, own = serve { "socks", "PORT", "--ssid", "home" }
    assert.are.equal(16, fetch(16, 8, "-x", "socks5h://127.0.0.1:" .. own, url))
  end)

  it("are told that a connection was refused, each in its own protocol", function()
    local _emulator <close> = emulate "EC200U"
    local _program <close>, own = serve { "socks", "PORT", "--apn", "internet" }
    local dead = Process.free_port()
    local client = Process.connect(own)
    client:settimeout(20)
    client:send("\5\1\0")
    assert.are.equal("\5\0", client:receive(2))
    client:send("\5\1\0\3\9" .. "127.0.0.1" .. (">I2"):pack(dead))
    assert.are.equal("\5\5\0\1\0\0\0\0\0\0", client:receive(10))
    client:close()
    client = Process.connect(own)
    client:settimeout(20)
    client:send(("CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n"):format(dead))
    assert.are.equal("HTTP/1.1 502 Bad Gateway", client:receive())
    client:close()
    client = Process.connect(own)
    client:settimeout(20)
    client:send "nonsense\r\n"
    local _, err = client:receive()
    assert.are.equal("closed", err)
    client:close()
  end)

  it("are told that a name or a port is invalid", function()
    local _emulator <close> = emulate "EC200U"
    local _program <close>, own = serve { "socks", "PORT", "--apn", "internet" }
    local function ask(request, answer, length)
      local client = Process.connect(own)
      client:settimeout(20)
      client:send(request)
      assert.are.equal(answer, client:receive(length))
      client:close()
    end
    local general = "\5\0\5\1\0\1\0\0\0\0\0\0"
    for _, host in ipairs { 'a"b', "a\27[2J", "", ("x"):rep(255) } do
      ask("\5\1\0\5\1\0\3" .. (">s1I2"):pack(host, 0), general, #general)
    end
    for _, place in ipairs { "a:0", "a:70000", "a:99999999999999999999", 'a"b:80' } do
      local answer = "HTTP/1.1 502 Bad Gateway"
      ask(("CONNECT %s HTTP/1.1\r\n\r\n"):format(place), answer, #answer)
    end
    local log = assert(io.open(folder .. "/program.log"))
    local said = log:read "a"
    log:close()
    assert.is_truthy(said:find("a\\x1b[2J:0: no connection: ", 1, true), said)
    assert.is_nil(said:find "[^ -~\n]")
    assert.is_nil(said:find("traceback", 1, true))
  end)

  it("get the whole answer after they have closed their own direction", function()
    local _emulator <close> = emulate "EC200U"
    local echo = assert(socket.bind("127.0.0.1", 0))
    local _, echo_port = echo:getsockname()
    local _program <close>, own = serve { "forward", "--tcp", "PORT:127.0.0.1:" .. echo_port, "--apn", "internet" }
    local client = Process.connect(own)
    client:send "question"
    client:shutdown "send"
    echo:settimeout(20)
    local far = assert(echo:accept())
    far:settimeout(20)
    assert.are.equal("question", far:receive(8))
    far:send "the answer"
    far:close()
    client:settimeout(20)
    assert.are.equal("the answer", client:receive "*a")
    client:close()
    echo:close()
  end)

  it("are reported as JSON objects, one a line, with --json", function()
    local _emulator <close> = emulate "EC200U"
    local own, dead = Process.free_port(), Process.free_port()
    local _program <close> = Program.start({ "socks", tostring(own), "--apn", "internet", "--json", "-p", emulator.address },
      '{"listening":')
    assert.are.equal(1, fetch(1, 1, "-x", "socks5h://127.0.0.1:" .. own, url))
    local client = Process.connect(own)
    client:settimeout(20)
    client:send(("CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n"):format(dead))
    client:receive "*a"
    client:close()
    local objects
    for _ = 1, 2000 do
      objects = {}
      for line in io.lines(folder .. "/program.log") do objects[#objects + 1] = json.decode(line) end
      if #objects == 3 then break end
      socket.sleep(0.01)
    end
    assert.are.same({ host = "127.0.0.1", port = own }, objects[1].listening)
    local told = {} -- in the order in which connections end
    for i = 2, 3 do told[objects[i].to] = objects[i] end
    assert.is_true(told[lab.HOST .. ":443"].received > 60000)
    local refused = told["127.0.0.1:" .. dead]
    assert.is_string(refused.error)
    assert.is_nil(refused.received)
  end)
end)
