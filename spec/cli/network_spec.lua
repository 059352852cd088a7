-- The command `hayes` against servers: TLS, HTTP and FTP through an emulated module.

local json = require "dkjson"
local lab = require "support.lab"
local Ftp = require "support.ftp_server"
local Process = require "support.process"
local Program = require "support.hayes_program"
local hayes = require "hayes"

describe("The command hayes", function()
  local folder, server, port, emulator

  setup(function()
    folder = lab.folder()
    port = Process.free_port()
    Process.run({ "sh", "-c", "head -c 200000 /dev/urandom > file.bin" }, { folder = folder })
    server = Process.start { "lua5.4", "spec/support/https_server.lua", port, folder, folder .. "/chain.pem",
      folder .. "/server.key" }
    Process.wait_for_port(port)
    emulator = assert(hayes.emulator { resolve = { [lab.HOST] = "127.0.0.1:" .. port } })
  end)

  teardown(function()
    emulator:close()
    server:close()
  end)

  local function run(words)
    words.env = { "HAYES_PORT=" .. emulator.address }
    words[#words + 1] = "--apn"
    words[#words + 1] = "internet"
    return Program.run(words)
  end

  local function read(path)
    local file = assert(io.open(path, "rb"))
    local bytes = file:read "a"
    file:close()
    return bytes
  end

  it("fetches a URL over verified TLS to standard output and to a file", function()
    local url = ("https://%s/file.bin"):format(lab.HOST)
    local result = run { "http", "--ca", folder .. "/root.pem", url }
    assert.are.equal(0, result.status, result.err)
    assert.is_true(result.out == read(folder .. "/file.bin"))
    assert.are.equal(0, run({ "http", "--ca", folder .. "/root.pem", "-o", folder .. "/got", url }).status)
    assert.is_true(read(folder .. "/got") == read(folder .. "/file.bin"))
  end)

  it("says that the disk is full where that is why it has given up the connection", function()
    local result = run { "http", "--ca", folder .. "/root.pem", "-o", "/dev/full", ("https://%s/file.bin"):format(lab.HOST) }
    assert.are.equal(1, result.status)
    assert.are.equal("hayes: the output cannot be written: /dev/full: No space left on device\n", result.err)
  end)

  it("ends with status 1 when the server cannot be verified, and says what to try", function()
    local result = run { "http", "--ca", folder .. "/other.pem", ("https://%s/file.bin"):format(lab.HOST) }
    assert.are.equal(1, result.status)
    assert.are.equal("", result.out)
    assert.is_truthy(result.err:find("What to try: ", 1, true), result.err)
  end)

  --- A web server of one answer a path, which says the account that it was given.
  local function answers()
    local text = [[
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        moved = self.path == "/moved"
        body = b"moved" if moved else str(self.headers.get("Authorization")).encode()
        self.send_response(302 if moved else 404 if self.path == "/missing" else 200)
        if moved: self.send_header("Location", "http://elsewhere.example.com/there")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()]]
    local own = Process.free_port()
    local process = Process.start { "/usr/bin/python3", "-c", text, own }
    Process.wait_for_port(own)
    return process, own
  end

  it("prints the body of the last answer alone, its head in front with -i, and tells another server no account", function()
    local _process <close>, own = answers()
    local address = "127.0.0.1:" .. own
    local module <close> = assert(hayes.emulator { resolve = { ["elsewhere.example.com"] = address } })
    local function get(...)
      return Program.run { "http", "-p", module.address, "--apn", "internet", ... }
    end
    local url = ("http://%s/"):format(address)
    assert.are.equal("None", get("-H", "Authorization: Basic x", url .. "moved").out)
    assert.are.equal("Basic x", get("-H", "Authorization: Basic x", url).out)
    assert.is_truthy(get("-i", url).out:find "^HTTP/1%.%d 200 OK\n.*\n\nNone$")
    local result = json.decode(get("--json", url .. "missing").out)
    assert.are.same({ 404, "None", 4 }, { result.status, result.body, result.bytes })
  end)

  --- A web server, with TLS and without, that answers with what it was asked; the request line /to/STATUS is redirected to
  --- http://twice.example/there.
  local function echoes()
    local text = [[
import http.server, ssl, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        status = int(self.path[4:]) if self.path.startswith("/to/") else 200
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        body = ("%s %s %s %s" % (self.command, self.path, sent, self.headers.get("Cookie"))).encode()
        self.send_response(status)
        if status != 200: self.send_header("Location", "http://twice.example/there")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = do_PUT = answer
    def log_message(self, *words): pass
secure = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3], sys.argv[4])
secure.socket = context.wrap_socket(secure.socket, server_side=True)
threading.Thread(target=secure.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()]]
    local secure, plain = Process.free_port(), Process.free_port()
    local process = Process.start { "/usr/bin/python3", "-c", text, secure, plain, folder .. "/chain.pem",
      folder .. "/server.key" }
    Process.wait_for_port(plain)
    return process, assert(hayes.emulator { resolve = {
      ["twice.example:443"] = "127.0.0.1:" .. secure, ["twice.example:80"] = "127.0.0.1:" .. plain,
    } })
  end

  it("sends what fits into a request, follows a redirection as it is meant, and tells no secret without TLS", function()
    local _process <close>, module = echoes()
    local _module <close> = module
    local function get(...)
      return Program.run { "http", "-p", module.address, "--apn", "internet", "--insecure", "-H", "Cookie: c", ... }
    end
    for words, answer in pairs {
      [{ "http://twice.example/a b\r\nX: y" }] = "GET /a%20b%0D%0AX:%20y  c",
      [{ "http://twice.example?a=b" }] = "GET /?a=b  c",
      [{ "http://twice.example/to/302" }] = "GET /there  c",
      [{ "https://twice.example/" }] = "GET /  c",
      [{ "https://twice.example/to/302" }] = "GET /there  None",
      [{ "-d", "x", "http://twice.example/to/302" }] = "GET /there  c",
      [{ "-d", "x", "-X", "PUT", "http://twice.example/to/303" }] = "GET /there  c",
      [{ "-d", "x", "-X", "PUT", "http://twice.example/to/302" }] = "PUT /there x c",
      [{ "-d", "x", "http://twice.example/to/307" }] = "POST /there x c",
    } do
      local result = get(table.unpack(words))
      assert.are.equal(answer, result.out, result.err)
    end
    for wrong, words in pairs {
      ["--header A: b\r\nC: d: it is to be one line"] = { "-H", "A: b\r\nC: d", "http://twice.example/" },
      ["--method GE T: it is to be one word"] = { "-X", "GE T", "http://twice.example/" },
    } do
      local result = get(table.unpack(words))
      assert.are.equal(2, result.status)
      assert.is_truthy(result.err:find(wrong:match "^[^\r]*", 1, true), result.err)
    end
  end)

  --- What `hayes http` makes of a server that sends these bytes: status and stderr, with HOST:PORT for the server.
  local function fetch_from(bytes)
    local own = Process.free_port()
    local _server <close> = Process.start { "/usr/bin/python3", "-c", [[
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client = listener.accept()[0]
    if client.recv(65536): client.sendall(sys.argv[2].encode())
    client.close()]], own, bytes }
    Process.wait_for_port(own)
    local result = run { "http", ("http://127.0.0.1:%d/"):format(own) }
    return result.status, (result.err:gsub("127%.0%.0%.1:" .. own, "HOST:PORT"))
  end

  it("says what a server has sent that is no answer", function()
    local ok = "HTTP/1.1 200 OK\r\n"
    for bytes, words in pairs {
      ["220 mail.example ready\r\n"] = "it sends no status line",
      [ok .. "nonsense\r\n\r\n"] = "malformed",
      [ok .. "Content-Length: -5\r\n\r\nhello"] = 'its Content-Length is "-5"',
      [ok .. "Transfer-Encoding: chunked\r\n\r\nzz\r\n"] = "invalid chunk size",
    } do
      local status, err = fetch_from(bytes)
      assert.are.equal(1, status)
      assert.is_truthy(err:find("^hayes: HOST:PORT does not speak HTTP: " .. words:gsub("%-", "%%-")), err)
    end
  end)

  it("ends with status 1 where a server redirects to what cannot be fetched", function()
    for location, words in pairs { ["ftp://h/"] = "ftp://h/ is no URL that can be fetched",
      ["http:///x"] = "http:///x names no host", ["http://h:99999/"] = "http://h:99999/: the port is 99999" } do
      local status, err = fetch_from(("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"):format(location))
      assert.are.equal(1, status)
      assert.is_truthy(err:find("hayes: http://HOST:PORT/ leads to another URL: " .. words, 1, true), err)
    end
  end)

  it("says why there is no answer, and what to try", function()
    local gone = Process.free_port()
    local result = run { "http", ("http://127.0.0.1:%d/"):format(gone) }
    assert.are.equal(1, result.status)
    assert.is_truthy(result.err:find(("^hayes: the TCP connection to 127.0.0.1:%d failed: .*\nWhat to try: "):format(gone)),
      result.err)
    assert.are.equal(2, run({ "http", "http://" }).status)
  end)

  it("connects standard input and output with a TLS server", function()
    local result = run { "tls", "--ca", folder .. "/root.pem", ("%s:%d"):format(lab.HOST, port),
      input = ("GET /file.bin HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"):format(lab.HOST) }
    assert.are.equal(0, result.status, result.err)
    assert.is_true(result.out:sub(-200000) == read(folder .. "/file.bin"))
    assert.is_truthy(result.err:find("hayes: connected to ", 1, true))
  end)

  it("stores, lists, fetches and mirrors files of an FTP server", function()
    local ftp <close> = Ftp.start(folder)
    local base = ("ftp://user@127.0.0.1:%d"):format(ftp.port)
    local password = folder .. "/password"
    local file = assert(io.open(password, "w"))
    file:write "secret\n"
    file:close()
    local function ftp_command(...)
      local words = { "ftp", ... }
      words[#words + 1] = "--password"
      words[#words + 1] = "@" .. password
      return run(words)
    end
    local stored = ftp_command("put", folder .. "/file.bin", base .. "/up.bin")
    assert.are.equal(0, stored.status, stored.err)
    assert.is_true(ftp:get "up.bin" == read(folder .. "/file.bin"))
    local listed = json.decode(ftp_command("ls", base .. "/", "--json").out)
    assert.are.equal("up.bin", listed[1].name)
    assert.are.equal(200000, listed[1].size)
    assert.are.equal(0, ftp_command("get", base .. "/up.bin", folder .. "/down.bin").status)
    assert.is_true(read(folder .. "/down.bin") == read(folder .. "/file.bin"))
    local stored_as = ftp_command("put", folder .. "/file.bin", base .. "/a%20b%25.bin")
    assert.are.equal(0, stored_as.status, stored_as.err)
    assert.is_true(ftp:get "a b%.bin" == read(folder .. "/file.bin"))
    assert.are.equal(0, ftp_command("get", base .. "/%2Fa%20b%25.bin", folder .. "/down2.bin").status)
    os.remove(ftp.root .. "/a b%.bin")
    local to = folder .. "/mirrored"
    local mirrored = ftp_command("mirror", base .. "/", to)
    assert.is_truthy(mirrored.out:find("1 files fetched", 1, true), mirrored.err)
    assert.is_true(read(to .. "/up.bin") == read(folder .. "/file.bin"))
    mirrored = ftp_command("mirror", base .. "/", to)
    assert.is_truthy(mirrored.out:find("0 files fetched, 1 were as they should be", 1, true), mirrored.err)
  end)

  it("reads FTP URLs as RFC 1738 has them", function()
    local ftp_url = require "hayes.cli.ftp_url"
    local function parsed(url)
      local options, path = ftp_url.parse(url)
      return ("%s %s %s %s %s|%s"):format(options.user, options.password, options.host, options.port, options.tls, path)
    end
    assert.are.equal("me@home p/:@w h 2121 explicit|a b/c", parsed "ftpes://me%40home:p%2F:@w@h:2121/a%20b/c")
    assert.are.equal("nil nil h nil implicit|/etc", parsed "FTPS://h/%2Fetc")
    assert.are.equal("nil nil h nil false|", parsed "ftp://h")
    for url, text in pairs { ["http://h/"] = "must begin with", ["ftp:///x"] = "names no server",
      ["ftp://me:a/b@h/x"] = "written %2F" } do
      local ok, raised = pcall(ftp_url.parse, url)
      assert.is_false(ok)
      assert.is_truthy(raised.err:find(text, 1, true), raised.err)
    end
  end)

  it("notices a missing local file before it opens the module", function()
    local result = run { "ftp", "put", folder .. "/no-such-file", "ftp://127.0.0.1/x", "-p", "/dev/no-such-port" }
    assert.are.equal(2, result.status)
    assert.is_truthy(result.err:find("no-such-file: No such file or directory", 1, true), result.err)
  end)
end)
