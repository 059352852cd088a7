--- What can be seen of a LuaSocket TCP socket from outside: each observation does something with a connected socket and
--- its peer, and gives what came of it. The same are made of LuaSocket's sockets and of the library's.

local socket = require "socket"

local LONG = ("0123456789abcdef"):rep(400)

--- In a form that can be compared: all values, numbers without a fraction as integers; or that it raises.
local function outcome(ok, ...)
  if not ok then return { "raises" } end
  local values = table.pack(...)
  while values.n > 0 and values[values.n] == nil do values.n = values.n - 1 end
  for i = 1, values.n do values[i] = math.tointeger(values[i]) or values[i] == nil and "nil" or values[i] end
  values.n = nil
  return values
end

local function try(sock, name, ...)
  return outcome(pcall(function(...) return sock[name](sock, ...) end, ...))
end

local list = {}
local function observe(name, f) list[#list + 1] = { name = name, f = f } end

-- Sending

local slices = { {}, { 2 }, { 2, 4 }, { -3 }, { -3, -2 }, { "2", "4" }, { 2.7, 4.2 }, { "-3" }, { 0 }, { 0, 3 }, { -100 }, { 5 },
  { 6 }, { 10 }, { 10, 12 }, { 3, 2 }, { 1, 100 }, { -2, 1 }, { 1, 0 }, { 3, -10 }, { nil, 3 }, { -1, -1 }, { 1, -6 },
  { 4.9 }, { "1e0" }, { 1 << 40 }, { 1, 1 << 40 } }

local function shown(arguments, first, last)
  local words = {}
  for i = first, last do words[#words + 1] = ("%q"):format(arguments[i]) end
  return table.concat(words, ", ")
end

for _, slice in ipairs(slices) do
  observe(('send("hello"%s)'):format(slice[1] == nil and slice[2] == nil and "" or ", " .. shown(slice, 1, slice[2] and 2 or 1)),
    function(sock, peer)
      local sent = try(sock, "send", "hello", slice[1], slice[2])
      try(sock, "send", ".")
      sock:close()
      return sent, (peer:drain())
    end)
end

for name, value in pairs { number = 12, float = 1.5, table = {}, boolean = true } do
  observe("send of a " .. name, function(sock) return try(sock, "send", value) end)
end

observe("send of nothing", function(sock) return try(sock, "send") end)

for name, index in pairs { ["a word"] = "x", ["a table"] = {}, ["true"] = true } do
  observe("send with an index that is " .. name, function(sock) return try(sock, "send", "hello", index) end)
end

observe("send of an empty string", function(sock) return try(sock, "send", "") end)

observe("a large send, whole at the peer", function(sock, peer)
  local bytes = LONG:rep(20)
  peer:begin_receive(#bytes)
  local sent = try(sock, "send", bytes)
  if sock.flush then sock:flush() end
  return sent, peer:finish_receive() == bytes
end)

-- Receiving

local function with(data, ...)
  local calls = { ... }
  return function(sock, peer)
    if data then peer:send(data) end
    local outcomes = {}
    for i, arguments in ipairs(calls) do outcomes[i] = try(sock, "receive", table.unpack(arguments, 1, arguments.n or 2)) end
    return outcomes
  end
end

local DATA = "one\r\ntwo\nthree"

for name, arguments in pairs {
  ["()"] = {}, ['("*l")'] = { "*l" }, ["(5)"] = { 5 }, ['("5")'] = { "5" }, ["(5.9)"] = { 5.9 }, ["(0)"] = { 0 },
    ['("0")'] = { "0" },
  ["(0.5)"] = { 0.5 }, ['("*line")'] = { "*line" }, ['(nil, "ab")'] = { nil, "ab" }, ['("*l", "ab")'] = { "*l", "ab" },
  ['("*l", 12)'] = { "*l", 12 }, ['(5, "ab")'] = { 5, "ab" }, ['(2, "ab")'] = { 2, "ab" }, ['(1, "abc")'] = { 1, "abc" },
  ['(0, "abc")'] = { 0, "abc" }, ['(5, "")'] = { 5, "" }, ['(5, 12)'] = { 5, 12 }, ["(-1)"] = { -1 }, ['("-1")'] = { "-1" },
  ['("*x")'] = { "*x" }, ['("")'] = { "" }, ["({})"] = { {} }, ["(true)"] = { true }, ["(5, {})"] = { 5, {} },
    ["(5, true)"] = { 5, true },
  ['("*l", {})'] = { "*l", {} }, ['("x5")'] = { "x5" }, ['("l")'] = { "l" }, ['("a")'] = { "a" }, ['("line")'] = { "line" },
} do
  if name ~= '("a")' then
    observe("receive" .. name .. ", and what is left", with(DATA, arguments, { 2 }))
  end
end

observe("lines with every sort of end", with("\na\r\rb\r\n\r\n\0x\n\r\n.\n", {}, {}, {}, {}, {}, {}))

--- With the end behind the data.
local function to_the_end(data, ...)
  local f = with(nil, ...)
  return function(sock, peer)
    if data ~= "" then peer:send(data) end
    peer:close_connection()
    return f(sock, peer)
  end
end

for name, arguments in pairs { ['("*a")'] = { "*a" }, ['("*a", "ab")'] = { "*a", "ab" }, ['("*l")'] = { "*l" },
  ['("*l", "ab")'] = { "*l", "ab" }, ["(20)"] = { 20 }, ['(20, "ab")'] = { 20, "ab" }, ["(0)"] = { 0 }, ['(1, "abc")'] = { 1,
    "abc" },
  ['(0, "a")'] = { 0, "a" } } do
  observe("receive" .. name .. " with data and the end behind it, twice", to_the_end(DATA, { "*l" }, arguments, arguments))
  observe("receive" .. name .. " at the end, twice", to_the_end("", arguments, arguments))
end

-- Time-outs

for name, arguments in pairs { ["(5)"] = { 5 }, ['("*l")'] = { "*l" }, ['("*a")'] = { "*a" }, ['(5, "ab")'] = { 5, "ab" },
  ["(0)"] = { 0 },
  ['(2, "ab")'] = { 2, "ab" }, ['("*a", "ab")'] = { "*a", "ab" }, ['("*l", "ab")'] = { "*l", "ab" } } do
  for _, seconds in ipairs { 0, 0.05 } do
    observe(("receive%s with nothing there, within %g s"):format(name, seconds), function(sock)
      sock:settimeout(seconds)
      return try(sock, "receive", table.unpack(arguments, 1, 2))
    end)
    observe(("receive%s with less than that there, within %g s, and what comes then"):format(name, seconds), function(sock, peer)
      sock:settimeout(10)
      peer:send("xy")
      local first = try(sock, "receive", 1)
      sock:settimeout(seconds)
      local second = try(sock, "receive", table.unpack(arguments, 1, 2))
      sock:settimeout(10)
      peer:send("zzzzz\n")
      return first, second, try(sock, "receive", "*l")
    end)
  end
end

for _, seconds in ipairs { 0, 0.001 } do
  observe(("a line, another, and the end, by calls of up to %g s"):format(seconds), function(sock, peer)
    peer:send("one\n" .. LONG .. "\nrest")
    peer:close_connection()
    sock:settimeout(seconds)
    local lines, part, give_up = {}, "", socket.gettime() + 20
    repeat
      local line, err, partial = sock:receive("*l", part)
      part = line and "" or partial
      if line or err == "closed" then lines[#lines + 1] = { line or "nil", err, partial } end
    until err == "closed" or socket.gettime() > give_up
    return lines
  end)

  observe(("a large body, by sends of up to %g s"):format(seconds), function(sock, peer)
    local bytes = LONG:rep(30)
    peer:begin_receive(#bytes)
    sock:settimeout(seconds)
    local at, give_up = 0, socket.gettime() + 30
    repeat
      local last, err, partial = sock:send(bytes, at + 1)
      at = last or partial
    until at == #bytes or err == "closed" or socket.gettime() > give_up
    sock:settimeout(20)
    if sock.flush then sock:flush() end
    return at == #bytes and peer:finish_receive() == bytes
  end)
end

for name, arguments in pairs { ["()"] = {}, ["(nil)"] = { nil }, ["(3)"] = { 3 }, ["(0)"] = { 0 }, ["(-1)"] = { -1 },
  ["(-5.5)"] = { -5.5 },
  ['("2")'] = { "2" }, ['("2.5", "t")'] = { "2.5", "t" }, ['(3, "t")'] = { 3, "t" }, ['(3, "r")'] = { 3, "r" },
    ['(3, "b")'] = { 3, "b" },
  ['(3, "total")'] = { 3, "total" }, ['(3, "block")'] = { 3, "block" }, ['(3, "x")'] = { 3, "x" }, ['("abc")'] = { "abc" },
    ["({})"] = { {} },
  ['(nil, "t")'] = { nil, "t" } } do
  observe("settimeout" .. name .. ", and gettimeout()", function(sock)
    sock:settimeout()
    return try(sock, "settimeout", table.unpack(arguments, 1, 2)), try(sock, "gettimeout")
  end)
end

-- Statistics

observe("getstats() of a part read, and of what was sent", function(sock, peer)
  peer:send("0123456789\n")
  local first = try(sock, "receive", 4)
  local stats = try(sock, "getstats")
  local second = try(sock, "receive", "*l")
  local more = try(sock, "getstats")
  sock:send("12345")
  local last = try(sock, "getstats")
  return first, second, { stats[1], stats[2], more[1], more[2], last[1], last[2] }
end)

for name, arguments in pairs { ["(5, 6)"] = { 5, 6 }, ["()"] = {}, ["(nil, 7)"] = { nil, 7 }, ['("8", "9")'] = { "8", "9" },
  ["({})"] = { {} } } do
  observe("setstats" .. name, function(sock)
    local stats = { try(sock, "setstats", table.unpack(arguments, 1, 2)), try(sock, "getstats") }
    return stats[1], { stats[2][1], stats[2][2] }
  end)
end

observe("dirty() with nothing, with a line read of two, with none left", function(sock, peer)
  local first = try(sock, "dirty")
  peer:send("a\nb\n")
  sock:receive()
  local second = try(sock, "dirty")
  sock:receive()
  return first, second, try(sock, "dirty")
end)

-- Ends

for _, mode in ipairs { "send", "receive", "both", "" } do
  observe(('shutdown(%q): that, sending, receiving, and again'):format(mode), function(sock, peer)
    sock:send("before")
    local done = try(sock, "shutdown", mode ~= "" and mode or nil)
    local sent = try(sock, "send", "after")
    local got
    if mode == "send" then
      peer:send("answer\n")
      got = try(sock, "receive")
    elseif mode ~= "receive" then
      got = try(sock, "receive")
    end
    local again = try(sock, "shutdown", mode ~= "" and mode or nil)
    return done, sent, got, again
  end)
end

for name, mode in pairs { ["a word"] = "x", ["a table"] = {} } do
  observe("shutdown with " .. name, function(sock) return try(sock, "shutdown", mode) end)
end

observe('shutdown("send") leaves the peer the end of what was sent', function(sock, peer)
  sock:send("last words")
  sock:shutdown("send")
  local got = peer:receive(10)
  return got
end)

local after = {
  send = { "x" }, receive = {}, close = {}, getfd = {}, dirty = {}, settimeout = { 1 }, gettimeout = {}, shutdown = {},
    getpeername = {},
  getsockname = {}, setoption = { "keepalive", true }, getoption = { "keepalive" }, getstats = {},
}
for name, arguments in pairs(after) do
  observe(name .. " after close()", function(sock)
    sock:settimeout()
    sock:close()
    local got = try(sock, name, table.unpack(arguments))
    if name == "getstats" then got[3] = nil end
    return got
  end)
end

observe("receive(0), a count, a line and all after close()", function(sock)
  sock:close()
  return try(sock, "receive", 0), try(sock, "receive", 5, "ab"), try(sock, "receive", "*l", "ab"), try(sock, "receive", "*a",
    "ab")
end)

observe("send with indices after close()", function(sock)
  sock:close()
  return try(sock, "send", "hello", 3), try(sock, "send", "hello", -2), try(sock, "send", ""), try(sock, "send", "hello", 9)
end)

-- The rest

observe("getfd()", function(sock) return sock:getfd() >= 0 end)
observe("setfd(-1), and getfd()", function(sock)
  local set = try(sock, "setfd", -1)
  return set, math.tointeger(sock:getfd())
end)
observe("getfamily()", function(sock) return try(sock, "getfamily") end)
observe("getpeername()", function(sock)
  local name = try(sock, "getpeername")
  return name[1], math.type(name[2]) == "integer", name[3]
end)
observe("getsockname()", function(sock)
  local name = try(sock, "getsockname")
  return type(name[1]), math.type(tonumber(name[2])) ~= nil, name[3]
end)
observe("connect() of what is connected", function(sock) return try(sock, "connect", "127.0.0.1", 9) end)

local options = { keepalive = { true, false, 1, "x" }, reuseaddr = { true, false }, ["tcp-nodelay"] = { true, false },
  linger = { { on = true, timeout = 3 }, { on = false, timeout = 0 }, true, {} }, reuseport = { true },
  ["ipv6-v6only"] = { true }, ["no-such-option"] = { true }, ["recv-buffer-size"] = { 8192 }, ["send-buffer-size"] = { 8192 },
  ["tcp-keepidle"] = { 60 }, ["tcp-keepcnt"] = { 3 }, ["tcp-keepintvl"] = { 5 }, [""] = { true } }
for name, values in pairs(options) do
  observe(("getoption(%q) before it is set"):format(name), function(sock)
    local got = try(sock, "getoption", name)
    return type(got[1]) == "number" and "a number" or got -- which depends on the host
  end)
  for _, value in ipairs(values) do
    observe(("setoption(%q, %s), and getoption"):format(name, type(value) == "table"
      and ("{ on = %s, timeout = %s }"):format(value.on, value.timeout) or tostring(value)), function(sock)
      return try(sock, "setoption", name, value), (try(sock, "getoption", name))
    end)
  end
  observe(("setoption(%q) without a value"):format(name), function(sock) return try(sock, "setoption", name) end)
end

-- Connecting: `new()` makes a socket that is not connected, `port` is one that takes connections

local connects = {}
local function observe_connect(name, f) connects[#connects + 1] = { name = name, f = f } end

for name, arguments in pairs { ["a closed port"] = { "127.0.0.1", 9 }, ["a closed port, as a string"] = { "127.0.0.1", "9" },
  ["a name that nobody has"] = { "nowhere.invalid", 80 }, ["a host that is a table"] = { {}, 80 },
  ["a port that is a table"] = { "127.0.0.1", {} }, ["no port"] = { "127.0.0.1" } } do
  observe_connect("connect to " .. name, function(new) return try(new(), "connect", arguments[1], arguments[2]) end)
end

observe_connect("connect to a listener, by a port that is a string", function(new, port)
  return try(new(), "connect", "127.0.0.1", tostring(port))
end)

observe_connect("connect to a closed port, and what the socket is then", function(new)
  local sock = new()
  sock:settimeout(10)
  return try(sock, "connect", "127.0.0.1", 9), try(sock, "getfd")[1] ~= nil, try(sock, "close"), try(sock, "close")
end)

for _, name in ipairs { "send", "receive", "getfd", "settimeout", "gettimeout", "dirty", "getfamily", "close" } do
  observe_connect(name .. " before connect()", function(new)
    local got = try(new(), name, name == "send" and "x" or nil)
    return name == "getfd" and got[1] >= 0 or got
  end)
end

-- What differs on purpose

local intended = {
  ['`"l"` and `"a"` are patterns, too'] = { 'receive("l"), and what is left', 'receive("line"), and what is left' },
  ["name functions of a closed socket say `closed`"] = { "getpeername after close()", "getsockname after close()" },
  ["`connect` on a connected socket fails"] = { "connect() of what is connected" },
  ["a socket without a connection says `closed`"] = { "send before connect()", "receive before connect()" },
  ["options are kept as they were set"] = { 'setoption("recv-buffer-size", 8192), and getoption',
    'setoption("send-buffer-size", 8192), and getoption' },
  ["options need a value"] = { 'setoption("recv-buffer-size") without a value',
    'setoption("send-buffer-size") without a value', 'setoption("tcp-keepcnt") without a value',
    'setoption("tcp-keepidle") without a value', 'setoption("tcp-keepintvl") without a value' },
  ["`ipv6-v6only` is unknown"] = { 'setoption("ipv6-v6only", true), and getoption' },
}

local reasons = {}
for reason, names in pairs(intended) do
  for _, name in ipairs(names) do reasons[name] = reason end
end

table.sort(connects, function(a, b) return a.name < b.name end)
table.sort(list, function(a, b) return a.name < b.name end)

return { list = list, connects = connects, reasons = reasons, intended = intended }
