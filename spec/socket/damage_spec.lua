-- A stream is whole and in order, or ends with an error: whichever byte of the module's answers is lost or comes twice.

local hayes = require "hayes"
local script = require "support.script"
local WifiModule = require "support.wifi_module"

local OK = "\r\nOK\r\n"
local DATA = { "first packet\r\n", "\r\nOK\r\n in the second.", "and the third\r" }
local WHOLE = table.concat(DATA)

describe("A socket over a line that loses bytes", function()
  local modem, port

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- A TCP connection in this mode, whose module says what `damage` makes of its words.
  local function open(mode, reads, damage)
    local count = 0
    local function say(bytes)
      count = count + 1
      return damage and damage(count, bytes) or bytes
    end
    port = script.port(script.quectel {
      ["^AT%+QICFG="] = OK, ["AT+QISTATE"] = OK, ["AT+QICLOSE=0"] = OK,
      ["^AT%+QIOPEN="] = OK .. "\r\n+QIOPEN: 0,0\r\n", ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n" .. OK,
      ["^AT%+QIRD="] = function()
        local data = table.remove(reads, 1)
        local text = data and ("\r\n+QIRD: %d\r\n%s\r\n"):format(#data, data) or "\r\n+QIRD: 0\r\n"
        return say(text .. OK)
      end,
    })
    modem = assert(hayes.open_port(port, "script"))
    local sock = assert(modem.tcp.open("server.example", 7, { mode = mode }))
    sock:settimeout(30)
    return sock, say
  end

  --- Either all of the data and a clean end, or an error behind data that is right so far. In push mode the last packet
  --- in front of the error may hold what was damaged: it was given away before that could be seen.
  local function is_honest(sock, what, doubtful)
    local data, err, partial = sock:receive("*a")
    if data then return assert.are.same(WHOLE, data, what) end
    assert.is_truthy(err == "closed" or err == "timeout", what)
    local right = math.max(0, #partial - (doubtful and #DATA[2] or 0))
    assert.are.same(WHOLE:sub(1, right), partial:sub(1, right), what)
  end

  --- Up to `most` bytes in a row are lost, or one comes twice, anywhere.
  local function every_damage(bytes, most, f)
    for at = 1, #bytes do
      for count = 1, most do f(bytes:sub(1, at - 1) .. bytes:sub(at + count)) end
      f(bytes:sub(1, at) .. bytes:sub(at))
    end
  end

  local function reads() return { table.unpack(DATA) } end

  it("gives what it reads in buffer mode whole, or fails", function()
    for number = 2, 4 do -- the answers: two with data, and the one that says that there is no more
      local original
      local sock = open("buffer", reads(), function(count, bytes)
        if count == number then original = bytes end
      end)
      port:say('\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n')
      assert.are.same(WHOLE, sock:receive("*a"))
      modem:close()
      every_damage(original, 2, function(damaged)
        sock = open("buffer", reads(), function(count) return count == number and damaged end)
        port:say('\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n')
        is_honest(sock, ("%q as %q"):format(original, damaged))
        sock:close()
        assert.are.same("OK", assert(modem:at("AT")).result)
        modem:close()
      end)
    end
    open("buffer", {})
  end)

  it("gives what is pushed to it whole, or fails", function()
    local function push(data) return ('\r\n+QIURC: "recv",0,%d\r\n%s\r\n'):format(#data, data) end
    local original = push(DATA[2])
    -- Of two lost in a row nothing tells: some firmware ends what it pushes with CR LF, and some does not.
    every_damage(original, 1, function(damaged)
      local sock = open("push", {})
      port:say(push(DATA[1]) .. damaged .. push(DATA[3]) .. '\r\n+QIURC: "closed",0\r\n')
      is_honest(sock, ("%q as %q"):format(original, damaged), true)
      modem:close()
    end)
    open("push", {})
  end)

  --- The same of an Ai-Thinker module; number: which of its words are damaged, from the connection on.
  local function open_wifi(mode, number, damaged)
    local module = WifiModule.new()
    port = module.port
    modem = assert(hayes.open_port(port, "script"))
    local sock = assert(modem.tcp.open("server.example", 7, { mode = mode }))
    sock:settimeout(30)
    local say, count, original = port.say, 0, nil
    port.say = function(self, bytes, delay)
      count = count + 1
      if count == number then original = bytes end
      return say(self, count == number and damaged or bytes, delay)
    end
    for _, data in ipairs(DATA) do module:incoming(1, data) end
    module:hang_up(1)
    return sock, function() return original end
  end

  it("gives what an Ai-Thinker module lets it read whole, or fails", function()
    for number = 5, 8 do -- behind the events: three answers with data, and the one that says that there is no more
      local sock, original = open_wifi("buffer", number)
      assert.are.same(WHOLE, sock:receive("*a"))
      modem:close()
      every_damage(original(), 1, function(damaged)
        sock = open_wifi("buffer", number, damaged)
        is_honest(sock, ("%q as %q"):format(original(), damaged))
        modem:close()
      end)
    end
    open("buffer", {})
  end)

  it("gives what an Ai-Thinker module pushes to it whole, or fails", function()
    local sock, original = open_wifi("push", 2)
    assert.are.same(WHOLE, sock:receive("*a"))
    modem:close()
    every_damage(original(), 1, function(damaged)
      -- Another ConID is no sign of anything: an earlier program may have left that connection.
      if damaged:find("SocketDown,11,", 1, true) then return end
      sock = open_wifi("push", 2, damaged)
      is_honest(sock, ("%q as %q"):format(original(), damaged), true)
      modem:close()
    end)
    open("push", {})
  end)

  --- Whatever happens to one place of a line: up to six bytes in a row are lost, two come twice, two change.
  local function every_damage_of_line(line, f)
    for at = 1, #line do
      local before, here = line:sub(1, at - 1), line:sub(at, at + 1)
      for count = 1, 6 do f(before .. line:sub(at + count)) end
      f(before .. here .. line:sub(at))
      f(before .. here:gsub(".", function(byte) return string.char(byte:byte() ~ 2) end) .. line:sub(at + 2))
    end
  end

  local function push(line, data) return ("\r\n%s\r\n%s\r\n"):format(line, data) end

  it("ends with an error when the line damaged what announced its data, in any one place", function()
    local line = '+QIURC: "recv",0,21'
    every_damage_of_line(line, function(damaged)
      -- Another index is no sign of anything: it may be another program's. Without its first CR LF the next line is cut.
      if damaged:find('"recv",[^0]') and damaged:find('^%+QIURC: "recv",%d+') then return end
      local sock = open("push", {})
      port:say(push('+QIURC: "recv",0,14', DATA[1]) .. push(damaged, DATA[2]) .. push('+QIURC: "recv",0,15', DATA[3])
        .. '\r\n+QIURC: "closed",0\r\n')
      is_honest(sock, damaged, true)
      modem:close()
    end)
    open("push", {})
  end)

  it("ends with an error when the line damaged what announced its data, of an Ai-Thinker module", function()
    local line = "+EVENT:SocketDown,1,21,"
    every_damage_of_line(line, function(damaged)
      if damaged:find("^%+EVENT:SocketDown,[^1]%d*,") or damaged:find("^%+EVENT:SocketDown,1%d+,") then return end
      local sock = open_wifi("push", 2, "\r\n" .. damaged .. DATA[2] .. "\r\n")
      is_honest(sock, damaged, true)
      modem:close()
    end)
    open("push", {})
  end)

  --- A TLS connection with the index 0 and a TCP connection with the index 1, both in push mode.
  local function open_both()
    port = script.port(script.quectel {
      ["^AT%+QICFG="] = OK, ["AT+QISTATE"] = OK, ["^AT%+QSSLCFG="] = OK, ["AT+QSSLSTATE"] = OK,
      ["^AT%+QSSLOPEN="] = OK .. "\r\n+QSSLOPEN: 0,0\r\n", ["^AT%+QIOPEN="] = OK .. "\r\n+QIOPEN: 1,0\r\n",
    })
    modem = assert(hayes.open_port(port, "script"))
    local tls = assert(modem.ssl.open("server.example", 443, { verify = "none", mode = "push" }))
    local tcp = assert(modem.tcp.open("server.example", 7, { mode = "push" }))
    tls:settimeout(5)
    tcp:settimeout(5)
    return tls, tcp
  end

  it("ends alone when the index can be read, and otherwise with all that it may have been for", function()
    for line, ends in pairs {
      ['+QSSLRC: "recv",0,5'] = "TLS", ['+QSSLURC: "recv",x,5'] = "TLS", ['+QSSLURC: "recv",0,'] = "TLS",
      ['+QSSLURC: "recv",0'] = "TLS", ['+QURC: "recv",0,5'] = "TLS", ['+QURC: "recv",1,5'] = "TCP",
      ['+QIURC: "recv",15'] = "TCP", ['+QIURC: "recv",01,5'] = "TCP", ['+QIURC: "rec,1,5'] = "TCP",
      ['+QURC: "recv",7,5'] = "TLS TCP",
    } do
      local tls, tcp = open_both()
      port:say(push(line, "hello"), 0.1)
      port:say(push('+QSSLURC: "recv",0,5', "hello"), 1)
      port:say(push('+QIURC: "recv",1,5', "hello"), 1)
      local ended = {}
      if not tls:receive(5) then ended[#ended + 1] = "TLS" end
      if not tcp:receive(5) then ended[#ended + 1] = "TCP" end
      assert.are.same(ends, table.concat(ended, " "), line)
      modem:close()
    end
    open_both()
  end)

  it("goes on beside lines that say something else", function()
    for _, line in ipairs {
      '+QLWURC: "observe",0', '+QCOAPURC: "recv",0,3', "+QSSHURC: 1", "+QSTKURC: 1", '+QIURC: "newkey",1',
      '+QSSLURC: "handshake",1', '+QMTRECV: 0,0,"t","{"cmd":"recv"}"', '+QHTTPURC: "recv",0',
      '+CMT: "+49170",,"26/08/07"\r\nthe URC: is this', 'it said "recv",0,5', "+QIND: SMS DONE",
      '+QMTSTAT: 0,1', '+QPSMURC: 1', '+QIURC: "incoming",0,1,"10.0.0.1",5',
    } do
      local tls, tcp = open_both()
      port:say("\r\n" .. line .. "\r\n")
      port:say(push('+QSSLURC: "recv",0,5', "hello") .. push('+QIURC: "recv",1,5', "world"), 1)
      assert.are.same({ "hello", "world" }, { tls:receive(5), tcp:receive(5) }, line)
      modem:close()
    end
    for _, line in ipairs { "+EVENT:SocketUp,1", "+EVENT:WIFI_GOT_IP", "NT:SocketD is a word" } do
      local sock = open_wifi("push", 2, "\r\n" .. line .. "\r\n")
      assert.are.same(DATA[1] .. DATA[3], sock:receive("*a"), line)
      modem:close()
    end
    open_both()
  end)

  it("says which: the reads and sends after it fail, the error names it, and the modem counts it", function()
    local sock = open("buffer", reads(), function(count, bytes)
      return count == 2 and bytes:gsub("second", "secon") or bytes
    end)
    port:say('\r\n+QIURC: "recv",0\r\n')
    assert.are.same({ nil, "closed", DATA[1] }, { sock:receive(100) })
    local err = sock:lasterror()
    assert.are.same("short_read", err.name)
    assert.is_truthy(tostring(err):find("server.example", 1, true) and err.hint:find("flow control", 1, true))
    sock:send("more")
    assert.are.same({ nil, "closed" }, { sock:flush() })
    assert.are.same(1, modem:line_errors().damaged_blocks)
    assert.is_truthy(tostring(modem:line_errors()):find("^1 damaged blocks"))
  end)

  it("and a command given by hand, fail with what came", function()
    open("buffer", {})
    port.answer = (function(answer)
      return function(at, bytes)
        if bytes ~= "AT+QIRD=0,10\r" then return answer(at, bytes) end
        at:say("\r\n+QIRD: 5\r\nhell\r\n\r\nOK\r\n")
      end
    end)(port.answer)
    local response, err = modem:at("AT+QIRD=0,10")
    assert.is_nil(response)
    assert.are.same("short_read", err.name)
    assert.are.same("hell\r", err.response.data)
  end)

  it("ends where a read was not answered, whoever wanted that", function()
    for _, want in ipairs {
      function(sock) return sock:receive(5) end,
      function(sock) return sock:switch("push") end,
    } do
      local sock = open("buffer", { "hello" })
      port:say('\r\n+QIURC: "recv",0\r\n')
      hayes.sleep(0.1)
      local say = port.say
      port.say = function() port.say = say end -- the read is done, and its answer gets lost
      assert.is_nil(want(sock))
      assert.are.same({ nil, "closed", "" }, { sock:receive(5) })
      assert.are.same("timeout", sock:lasterror().name)
      modem:close()
    end
    open("buffer", {})
  end)

  it("ends with what was announced only where the module still has the connection whose read it refuses", function()
    local states = { listed = '\r\n+QISTATE: 0,"TCP","10.0.0.1",7,0,4,1,0,0,"usbat"\r\n' .. OK, gone = OK,
      refused = "\r\n+CME ERROR: 3\r\n" }
    local names = { listed = "closed", gone = "short_read", refused = "operation_not_allowed" }
    for state, answer in pairs(states) do
      local sock = open("buffer", {})
      local others = port.answer
      port.answer = function(at, bytes)
        if bytes == "AT+QIRD=0,1500\r" then return at:say("\r\nERROR\r\n") end
        if bytes == "AT+QISTATE=1,0\r" then return at:say(answer) end
        return others(at, bytes)
      end
      port:say('\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n')
      assert.are.same({ nil, "closed", "" }, { sock:receive("*a") }, state)
      local err = sock:lasterror()
      assert.are.same(names[state], err.name, state)
      if state == "gone" then
        assert.is_truthy(err.message:find("does not have the connection to server.example:7 any more", 1, true))
      end
      modem:close()
    end
    open("buffer", {})
  end)
end)
