--- What programs rely on of a LuaSocket TCP socket. The same examples run over LuaSocket's own sockets and over the
--- library's, whatever is behind them.

local assert = require "luassert"
local busted = require "busted"
local ltn12 = require "ltn12"
local socket = require "socket"

local after_each, before_each, it = busted.after_each, busted.before_each, busted.it

--- A line of text that is longer than any chunk.
local LONG = ("0123456789abcdef"):rep(300)

--- `pair()` gives the socket under test and its peer, an object with send(bytes), receive(n), drain() and
--- close_connection(); after(): what to do behind each example.
return function(pair, after)
  local client, peer

  before_each(function() client, peer = pair() end)
  after_each(function() after(client, peer) end)

  local function push()
    if client.flush then assert(client:flush()) end
  end

  it("sends, and gives the index of the last byte", function()
    assert.are.same(5, client:send("hello"))
    assert.are.same(4, client:send("hello", 2, 4))
    assert.are.same(4, client:send("hello", -3, -2))
    assert.are.same(5, client:send("hello", 4))
    assert.are.same(0, client:send(""))
    push()
    assert.are.same("hello" .. "ell" .. "ll" .. "lo", peer:receive(12))
  end)

  it("receives lines without their ends, and keeps what comes behind", function()
    peer:send("one\r\ntwo\n\r\n" .. LONG .. "\nrest\n")
    assert.are.same("one", client:receive())
    assert.are.same("two", client:receive("*l"))
    assert.are.same("", client:receive("*l"))
    assert.are.same(LONG, client:receive("*l"))
    assert.are.same("rest", client:receive("*l"))
  end)

  it("drops every CR of a line, as LuaSocket does", function()
    peer:send("a\rb\r\r\n")
    assert.are.same("ab", client:receive("*l"))
  end)

  it("receives a number of bytes, none among them", function()
    peer:send("0123456789")
    assert.are.same("", client:receive(0))
    assert.are.same("012", client:receive(3))
    assert.are.same("3456789", client:receive(7))
  end)

  it("puts a prefix in front, which counts", function()
    peer:send("cdef\nghi\n")
    assert.are.same("abcde", client:receive(5, "ab"))
    assert.are.same("xf", client:receive("*l", "x"))
    assert.are.same("yghi", client:receive("*l", "y"))
  end)

  it("receives all bytes, whatever they are", function()
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    local bytes = table.concat(all):rep(20)
    peer:send(bytes)
    assert.is_true(bytes == client:receive(#bytes))
    assert.are.same(#bytes, client:send(bytes))
    push()
    assert.is_true(bytes == peer:receive(#bytes))
  end)

  it("receives up to the end, and then nothing but closed", function()
    peer:send(LONG)
    peer:close_connection()
    assert.are.same(LONG, client:receive("*a"))
    assert.are.same({ n = 3, nil, "closed", "" }, table.pack(client:receive("*l")))
    assert.are.same({ n = 3, nil, "closed", "" }, table.pack(client:receive("*a")))
  end)

  it("gives what has come when the end comes too soon", function()
    peer:send("partial")
    peer:close_connection()
    assert.are.same({ n = 3, nil, "closed", "partial" }, table.pack(client:receive("*l")))
  end)

  it("gives what has come when the time is up, and does not give it again", function()
    peer:send("partial")
    client:settimeout(0.2)
    assert.are.same({ n = 3, nil, "timeout", "partial" }, table.pack(client:receive("*l")))
    peer:send(" line\n")
    client:settimeout(10)
    assert.are.same(" line", client:receive("*l"))
  end)

  it("gives what has come in front of the prefix's continuation when the time is up", function()
    peer:send("cd")
    client:settimeout(0.2)
    assert.are.same({ n = 3, nil, "timeout", "abcd" }, table.pack(client:receive(10, "ab")))
  end)

  it("with a time-out of zero gives at once what is there", function()
    client:settimeout(0)
    local _, err, partial = client:receive(5)
    assert.are.same({ "timeout", "" }, { err, partial })
  end)

  it("knows its time-outs", function()
    assert.are.same(1, client:settimeout(3))
    assert.are.same(1, client:settimeout(4, "t"))
    local block, total = client:gettimeout()
    assert.are.same({ 3, 4 }, { block, total })
  end)

  it("counts what it has sent and received", function()
    peer:send("12345")
    assert.are.same("12345", client:receive(5))
    client:send("123")
    push()
    assert.are.same("123", peer:receive(3))
    local received, sent, age = client:getstats()
    assert.are.same({ 5, 3 }, { received, sent })
    assert.is_true(age >= 0 and age < 60)
  end)

  it("tells whether there is input that needs no waiting for", function()
    assert.is_false(client:dirty())
    peer:send("ab\ncd\n")
    assert.are.same("ab", client:receive("*l"))
    assert.is_true(client:dirty())
    assert.are.same("cd", client:receive("*l"))
    assert.is_false(client:dirty())
  end)

  it("has a descriptor", function()
    assert.is_true(client:getfd() >= 0)
  end)

  it("takes the options that programs set", function()
    assert.are.same(1, client:setoption("tcp-nodelay", true))
    assert.are.same(1, client:setoption("keepalive", true))
  end)

  it("tells whom it is connected to, and from where", function()
    local ip, port = client:getpeername()
    assert.are.same("127.0.0.1", ip)
    assert.is_true(tonumber(port) > 0)
    ip, port = client:getsockname()
    assert.is_string(ip)
    assert.is_true(tonumber(port) >= 0)
  end)

  it("sends no more after shutdown, and everything before it", function()
    client:send("last words")
    assert.are.same(1, client:shutdown("send"))
    assert.are.same("last words", peer:receive(10))
    local index, err = client:send("more")
    assert.is_nil(index)
    assert.are.same("closed", err)
  end)

  it("closes once and for all, sending first what it was given", function()
    client:send("last words")
    assert.are.same(1, client:close())
    assert.are.same("last words", peer:drain())
    assert.are.same(1, client:close())
    local line, err = client:receive()
    assert.are.same({ n = 2, nil, "closed" }, { n = 2, line, err })
    line, err = client:send("x")
    assert.are.same({ n = 2, nil, "closed" }, { n = 2, line, err })
  end)

  it("works with the pumps and sources of LTN12", function()
    local body = LONG:rep(5)
    peer:send(body)
    local got = {}
    assert.is_truthy(ltn12.pump.all(socket.source("by-length", client, #body), (ltn12.sink.table(got))))
    assert.is_true(table.concat(got) == body)
    assert.is_truthy(ltn12.pump.all(ltn12.source.string(body), socket.sink("keep-open", client)))
    push()
    assert.is_true(peer:receive(#body) == body)
  end)
end
