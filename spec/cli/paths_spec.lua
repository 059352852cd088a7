-- Paths that are given to the command `hayes`: whatever is there, it says what is wrong in one sentence, and nothing is
-- written over that is read.

local files = require "support.files"
local folders = require "support.folder"
local hayes = require "hayes"
local pki = require "support.pki"
local Process = require "support.process"
local Program = require "support.hayes_program"

local EXAMPLE = "examples/dialects/esp-at.lua"
local TRACE = "2026-11-27T23:59:59.950000Z > AT+CSQ\n2026-11-28T00:00:02.000000Z < +CSQ: 22,99\n"
  .. "2026-11-28T00:00:02.000100Z < OK\n"

describe("A path that is given to the command hayes", function()
  local folder = folders.new "paths"
  local emulator

  setup(function()
    emulator = assert(hayes.emulator {})
    pki.make(folder, "localhost")
    assert.are.equal(0, Program.run({ "file", "put", "LICENSE", "printed", "-p", emulator.address }).status)
  end)
  teardown(function() emulator:close() end)

  local function file(name, text) return files.write(folder .. "/" .. name, text) end

  local function run(words)
    words.env = { "HAYES_PORT=" .. emulator.address }
    return Program.run(words)
  end

  local function shell(line)
    os.execute(line)
  end

  --- Command lines that read the file at a path.
  local readers = {
    trace = function(path) return { "trace", path } end,
    ["trace --json"] = function(path) return { "trace", "--json", path } end,
    ["trace --html"] = function(path) return { "trace", "--html", folder .. "/page.html", path } end,
    ["trace --replay"] = function(path) return { "trace", "--replay", path } end,
    ["trace --dialect"] = function(path) return { "trace", "--dialect", path, file("good.log", TRACE) } end,
    ["probe --dialect"] = function(path) return { "probe", "--dialect", path } end,
    ["emulate --profile"] = function(path) return { "emulate", "--profile", path } end,
    ["dialect check"] = function(path) return { "dialect", "check", path } end,
    ["at --data"] = function(path) return { "at", "--data", "@" .. path, 'AT+QFUPL="a",5' } end,
    ["http --data"] = function(path) return { "http", "--data", "@" .. path, "http://127.0.0.1:1/" } end,
    ["http --ca"] = function(path) return { "http", "--ca", path, "https://127.0.0.1:1/" } end,
    ["tls --cert"] = function(path) return { "tls", "--ca", folder .. "/root.pem", "--cert", path, "--key", path,
      "127.0.0.1:1" } end,
    ["info --pin"] = function(path) return { "info", "--apn", "internet", "--pin", "@" .. path } end,
    ["file put"] = function(path) return { "file", "put", path, "a.txt" } end,
    ["ftp put"] = function(path) return { "ftp", "put", path, "ftp://127.0.0.1:1/a" } end,
  }

  local function assert_told(name, path, words)
    local result = run(readers[name](path))
    local told = name .. ": " .. result.err
    assert.are.equal(2, result.status, told)
    assert.is_truthy(result.err:find(words, 1, true), told)
    assert.is_nil(result.err:find("traceback", 1, true) or result.err:find("bug", 1, true), told)
    assert.are.equal("", name:find "json" and "" or result.out, told)
  end

  it("that is a folder is refused by each command that reads one", function()
    for name in pairs(readers) do assert_told(name, folder, "Is a directory") end
  end)

  it("at which nothing is, is refused by each command that reads one", function()
    for name in pairs(readers) do assert_told(name, folder .. "/missing", "No such file") end
  end)

  it("that this user may not read is refused by each command that reads one", function()
    if Process.run { "id", "-u" } == "0\n" then return end
    local path = file("private", "x")
    shell("chmod 000 " .. path)
    for name in pairs(readers) do assert_told(name, path, "Permission denied") end
  end)

  it("that is a socket is refused by each command that reads one", function()
    local path = folder .. "/socket"
    os.remove(path)
    local server = require("socket.unix")()
    assert(server:bind(path))
    for name in pairs(readers) do assert_told(name, path, "It is a socket") end
    server:close()
  end)

  it("may be a FIFO: a trace, a dialect and data come out of it", function()
    local path = folder .. "/fifo"
    shell("rm -f " .. path .. "; mkfifo " .. path)
    local function fed(words, text)
      shell(("(printf '%%s' %s >%s) &"):format("'" .. text:gsub("'", "'\\''") .. "'", path))
      return run(words)
    end
    assert.are.equal(0, fed({ "trace", path }, TRACE).status)
    assert.are.equal(0, fed({ "dialect", "check", path }, files.read(EXAMPLE)).status)
    assert.are.equal(0, fed({ "at", "--data", "@" .. path, 'AT+QFUPL="fifo",5' }, "hello").status)
  end)

  it("of a binary file, an endless device or a single line without end is no trace, and no dialect", function()
    local path = file("binary", ("\0\255\27[2J\r\n"):rep(10000))
    for _, from in ipairs { path, "/dev/zero", "/dev/urandom", file("line", ("x"):rep(1 << 21)) } do
      local result = run { "trace", from }
      assert.are.equal(1, result.status)
      assert.is_truthy(result.err:find("holds no line of a trace", 1, true), result.err)
    end
    assert.are.equal(1, run({ "dialect", "check", path }).status)
    assert.are.equal(2, run({ "dialect", "check", "/dev/zero" }).status)
  end)

  it("may be a file with CR LF", function()
    local result = run { "trace", "--plain", file("crlf.log", (TRACE:gsub("\n", "\r\n"))) }
    assert.are.equal(run({ "trace", "--plain", file("lf.log", TRACE) }).out, result.out)
    assert.are.equal(0, run({ "info", "--apn", "internet", "--pin", "@" .. file("pin", "1234\r\n") }).status)
  end)

  it("is not written over where it is read", function()
    local trace, pem = file("at.log", TRACE), file("ca.pem", "a certificate")
    shell(("ln -sf at.log %s/link; ln -f %s/at.log %s/hard"):format(folder, folder, folder))
    for _, words in ipairs { { "probe", pem, "--trace", pem }, { "probe", EXAMPLE, "--dialect", EXAMPLE },
      { "trace", "--html", trace, trace }, { "trace", "--html", folder .. "/link", trace },
      { "trace", "--html", folder .. "/hard", trace }, { "http", "--data", "@" .. trace, "-o", trace, "http://127.0.0.1:1/" },
      { "at", "--data", "@" .. trace, "--trace", trace, "AT" }, { "http", "--ca", pem, "--trace", pem, "https://127.0.0.1:1/" },
      { "file", "put", trace, "--trace", trace }, { "file", "get", "x", folder .. "/new", "--trace", folder .. "/new" },
      { "http", "-o", folder .. "/new", "--trace", folder .. "/new", "http://127.0.0.1:1/" } } do
      local result = run(words)
      assert.are.equal(2, result.status, table.concat(words, " "))
      assert.is_truthy(result.err:find("are one file", 1, true), result.err)
    end
    assert.are.same({ TRACE, "a certificate" }, { files.read(trace), files.read(pem) })
    assert.are.equal(0, run({ "at", "--trace", "/dev/null", "--data", "@/dev/null", "AT" }).status)
  end)

  it("is not replaced by the name of an emulator's port where it is a file or a folder", function()
    local path = file("data", "mine")
    for _, link in ipairs { path, folder } do
      local result = run { "emulate", "--link", link, timeout = 5 }
      assert.are.equal(1, result.status)
      assert.is_truthy(result.err:find("File exists", 1, true), result.err)
    end
    assert.are.equal("mine", files.read(path))
  end)

  it("that cannot be written to is named in the error", function()
    local trace = file("at.log", TRACE)
    for path, words in pairs { [folder] = "Is a directory", [folder .. "/no/page"] = "No such file",
      ["/dev/full"] = "No space left" } do
      local result = run { "trace", "--html", path, trace }
      assert.are.equal(path == "/dev/full" and 1 or 2, result.status)
      assert.is_truthy(result.err:find(words, 1, true), result.err)
    end
  end)

  local printing = { { "trace", "TRACE" }, { "trace", "--json", "TRACE" }, { "explain", "579" }, { "ports", "--json" },
    { "explain", "--json", "579" }, { "dialect", "check", EXAMPLE }, { "at", "AT+CSQ" }, { "at", "--raw", "AT+CSQ" },
    { "info" }, { "info", "--json" }, { "file", "space" }, { "file", "get", "printed", "-" },
    { "shell" }, { "probe" }, { "probe", "--json" },
    { "--help" }, { "help", "at" }, { "ftp", "put", "--help" }, { "--version" }, { "completion", "bash" } }

  --- Runs one of these with its standard output as the shell's command says; gives the status and what is on stderr.
  local function print_into(command, words)
    local trace = file("at.log", TRACE)
    local line = { "env", "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "HAYES_PORT=" .. emulator.address,
      "lua5.4", "lua/hayes/cli/program.lua", table.unpack(words) }
    for i, word in ipairs(line) do line[i] = word == "TRACE" and trace or word end
    local text = command:gsub("gone", folder .. "/gone"):gsub("([< >])status", "%1" .. folder .. "/status")
    local _, _, status = os.execute(text:format(Process.quote(line), folder .. "/err"))
    return status, files.read(folder .. "/err")
  end

  local reasons = { ["a full device"] = "No space left", closed = "Bad file descriptor" }

  for what, command in pairs {
    ["a full device"] = "printf 'AT\\n1\\n' | %s >/dev/full 2>%s",
    closed = "printf 'AT\\n1\\n' | %s >&- 2>%s",
  } do
    it("that is standard output is missed where that is " .. what .. ": each command ends with 1", function()
      for _, words in ipairs(printing) do
        local status, err = print_into(command, words)
        assert.are.equal(1, status, table.concat(words, " ") .. ": " .. err)
        assert.is_truthy(err:find("standard output cannot be written: " .. reasons[what], 1, true), err)
      end
    end)
  end

  -- The reader goes before the command begins.
  local UNREAD = "{ (until test -e gone; do :; done; printf 'AT\\n1\\n' | %s 2>%s; echo $? >status)"
    .. " | (exec <&-; : >gone); }; read s <status; rm -f gone status; exit $s"

  it("that is standard output ends each command quietly where it is a pipe whose reader has gone", function()
    for _, words in ipairs(printing) do
      local status, err = print_into(UNREAD, words)
      assert.are.same({ 141, nil }, { status, err:match "hayes: .*" }, table.concat(words, " "))
    end
  end)
end)
