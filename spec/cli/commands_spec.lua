-- The command `hayes`: what it prints, and its exit statuses.

local hayes = require "hayes"
local json = require "dkjson"
local Program = require "support.hayes_program"

describe("The command hayes", function()
  local emulator

  setup(function() emulator = assert(hayes.emulator { module = "EC200U" }) end)
  teardown(function() emulator:close() end)

  local function run(words)
    words.env = words.env or { "HAYES_PORT=" .. emulator.address }
    return Program.run(words)
  end

  it("prints answers of commands with each field in words", function()
    local result = run { "at", "AT+CSQ", 'AT+QSSLCFG="seclevel",1' }
    assert.are.equal(0, result.status)
    assert.is_truthy(result.out:find "%+CSQ: %d+,99\n  rssi +%d+")
    assert.is_truthy(result.out:find("seclevel   0  none", 1, true), result.out)
    assert.are.equal("", result.err)
  end)

  it("prints what the module sent, and nothing else, with --raw", function()
    local result = run { "at", "--raw", 'AT+QSSLCFG="seclevel",1' }
    assert.are.equal('+QSSLCFG: "seclevel",1,0\nOK\n', result.out)
  end)

  it("prints one JSON object a command with --json", function()
    local result = run { "at", "--json", 'AT+QSSLCFG="seclevel",1', "AT" }
    local first, second = result.out:match "^(.-)\n(.-)\n$"
    assert.are.same({ SSL_ctxID = 1, seclevel = 0 }, json.decode(first).fields[1])
    assert.are.same({ command = "AT", result = "OK", lines = {}, fields = {} }, json.decode(second))
  end)

  it("ends with status 1 at the first command that the module refuses, and says what to try", function()
    local result = run { "at", "AT+NOSUCH", "AT" }
    assert.are.equal(1, result.status)
    assert.are.equal("", result.out)
    assert.is_truthy(result.err:find("hayes: AT+NOSUCH failed: the module answered ERROR\nWhat to try: ", 1, true),
      result.err)
  end)

  it("prints an error as JSON, too, with --json", function()
    local result = run { "at", "--json", "AT", 'AT+QSSLCFG="sslversion",7' }
    assert.are.equal(1, result.status)
    local last = json.decode(result.out:match "\n(.*)\n$")
    assert.are.equal('AT+QSSLCFG="sslversion",7', last.error.command)
    assert.is_string(last.error.name)
    assert.is_truthy(result.err:find("hayes: " .. last.error.message, 1, true), result.err)
    local wrong = json.decode(run({ "wifi", "scan", "--json" }).out)
    assert.are.equal("wrong_use", wrong.error.name)
    assert.are.equal("no_such_port", json.decode(run({ "info", "--json", "-p", "/dev/no-such-port" }).out).error.name)
  end)

  it("ends with status 2 for unknown options, with the usage of that command", function()
    local result = run { "at", "--rwa", "AT" }
    assert.are.equal(2, result.status)
    assert.is_truthy(result.err:find("Usage: hayes at ", 1, true))
    assert.is_truthy(result.err:find("unknown option '--rwa'\nDid you mean '--raw'?", 1, true), result.err)
  end)

  it("says that an option stands after the command", function()
    for said, words in pairs {
      ["-p stands after the command: hayes COMMAND -p …"] = { "-p", "/dev/none", "info" },
      ["--apn stands after the command: hayes COMMAND --apn …"] = { "--apn=internet", "http", "http://a/" },
      ["--port stands after the command: hayes wifi COMMAND --port …"] = { "wifi", "--port", "/dev/none", "scan" },
    } do
      local result = run(words)
      assert.are.equal(2, result.status)
      assert.is_truthy(result.err:find("\nhayes: " .. said .. "\n", 1, true), result.err)
    end
    assert.is_truthy(run({ "--nope", "info" }).err:find("unknown option '--nope'", 1, true))
  end)

  it("ends with status 2, without a place in the sources, for a value that the library refuses", function()
    local result = run { "tls", "--tcp", "localhost:99999", "--apn", "internet" }
    assert.are.equal(2, result.status)
    assert.are.equal("hayes: the port is 99999; it must be from 1 to 65535\n", result.err)
  end)

  it("ends with status 3 when there is no such port", function()
    local result = run { "info", "-p", "/dev/no-such-port" }
    assert.are.equal(3, result.status)
    assert.is_truthy(result.err:find("there is no port /dev/no-such-port", 1, true))
  end)

  it("says which module it is and how it is connected", function()
    local result = run { "info" }
    assert.are.equal(0, result.status)
    assert.is_truthy(result.out:find "module +Quectel EC200U\n")
    local facts = json.decode(run({ "info", "--json" }).out)
    assert.are.equal("EC200U", facts.model)
    assert.are.equal("registered", facts.registration)
  end)

  it("explains without a module what several dialects know", function()
    local result = run { "explain", "579", env = {} }
    assert.is_truthy(result.out:find("ssl_handshake_fail", 1, true))
    local wifi = run { "explain", "+WJAP", env = {} }
    assert.is_truthy(wifi.out:find("AT+WJAP=", 1, true), wifi.out)
    local unknown = run { "explain", "+QSSLOPNE", env = {} }
    assert.are.equal(1, unknown.status)
    assert.is_truthy(unknown.err:find("did you mean +QSSLOPEN", 1, true), unknown.err)
  end)

  it("copies a file into the module, lists it, copies it out and deletes it", function()
    assert.are.equal(0, run({ "file", "put", "Makefile", "copy", }).status)
    assert.is_truthy(run({ "file", "ls" }).out:find("UFS:copy\n", 1, true))
    local got = run { "file", "get", "copy", "-" }
    local file = assert(io.open("Makefile", "rb"))
    assert.are.equal(file:read "a", got.out)
    file:close()
    assert.are.equal(0, run({ "file", "rm", "copy" }).status)
    assert.are.equal(1, run({ "file", "get", "copy", "-" }).status)
  end)

  it("refuses Wi-Fi commands on a cellular module with status 2", function()
    local result = run { "wifi", "scan" }
    assert.are.equal(2, result.status)
    assert.is_truthy(result.err:find("is no Wi-Fi module", 1, true))
  end)

  it("lists access points of a Wi-Fi module, and takes the password from the environment", function()
    local wifi <close> = assert(hayes.emulator { module = "Ai-WB2" })
    local env = { "HAYES_PORT=" .. wifi.address, "HAYES_WIFI_PASSWORD=secret" }
    local points = json.decode(run({ "wifi", "scan", "--json", env = env }).out)
    assert.is_true(#points > 0)
    local joined = run { "wifi", "join", points[1].ssid, env = env }
    assert.are.equal(0, joined.status)
    assert.is_truthy(joined.out:find "state +connected\n", joined.out)
    assert.is_nil((joined.out .. joined.err):find("secret", 1, true))
  end)

  it("asks for the CA before the module does anything when a server is to be verified", function()
    for _, words in ipairs { { "tls", "example.com:443" }, { "http", "https://example.com/" } } do
      words[#words + 1] = "-p"
      words[#words + 1] = "/dev/no-such-port"
      local result = run(words)
      assert.are.equal(2, result.status)
      assert.is_truthy(result.err:find("--ca FILE", 1, true), result.err)
    end
  end)

  it("ends with status 130 and one line when it is interrupted, and the module answers the next program", function()
    for _, seconds in ipairs { 0.02, 0.05, 0.1, 0.2, 1 } do -- while it is loaded, while it opens the port, while it waits
      local result = run { "at", "--expect", "+NEVER", "--timeout", "60", "AT", timeout = seconds }
      assert.are.equal(130, result.status)
      -- A program that has not even started has nothing to say.
      if result.err ~= "" then assert.are.equal("\nhayes: interrupted\n", result.err) end
    end
    assert.are.equal(0, run({ "at", "AT" }).status)
  end)

  for _, name in ipairs { "TERM", "HUP" } do
    it("ends with status 130 and one line at SIG" .. name .. ", too", function()
      local words = { "forward", "-p", emulator.address, "--tcp", "--apn", "internet", "0:server.example:7" }
      local result = Program.in_terminal(words, { { "wait", "leads to" }, { "signal", name } })
      assert.are.equal(130, result.status, result.out)
      assert.is_truthy(result.out:find("\nhayes: interrupted", 1, true), result.out)
    end)
  end
end)
