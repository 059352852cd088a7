-- The dialect of examples/dialects/esp-at.lua against a scripted module, with what logs of real ones show: OK in front of the
-- prompt, data that comes between the prompt and SEND OK, reads of nothing that are errors.

local hayes = require "hayes"
local script = require "support.script"

local dialect = dofile("examples/dialects/esp-at.lua")
local OK = "\r\nOK\r\n"

describe("The ESP-AT dialect of the examples", function()
  local modem, port, links, while_sending

  before_each(function()
    script.virtual_time()
    links, while_sending = {}, nil
    port = script.port(script.commands({
      ["ATE0"] = OK, ["AT+CIPMUX=1"] = OK, ["AT+GMR"] = "AT version:2.2.0.0\r\nSDK version:v4.2\r\n" .. OK,
      ["^AT%+CIPSTART="] = function(line)
        local id, kind, host = line:match('=(%d),"(%u+)","([^"]+)"')
        if host == "busy.example" then return "busy p...\r\n" end
        if host ~= "server.example" then return id .. ",CLOSED\r\n\r\nERROR\r\n" end
        links[id] = { kind = kind, sent = "", data = "" }
        return id .. ",CONNECT\r\n" .. OK
      end,
      ["^AT%+CIPRECVTYPE=%d,1$"] = OK,
      ["^AT%+CIPSEND="] = function(line, at)
        local id, length = line:match("=(%d),(%d+)")
        at.wanted = { count = math.tointeger(tonumber(length)), reply = function(bytes)
          links[id].sent = links[id].sent .. bytes
          local between = while_sending or ""
          while_sending = nil
          return ("%s\r\nRecv %d bytes\r\n\r\nSEND OK\r\n"):format(between, #bytes)
        end }
        return "\r\nOK\r\n\r\n>"
      end,
      ["^AT%+CIPRECVDATA="] = function(line)
        local id, most = line:match("=(%d),(%d+)")
        local data = links[id].data:sub(1, math.tointeger(tonumber(most)))
        if data == "" then return "\r\nERROR\r\n" end
        links[id].data = links[id].data:sub(#data + 1)
        return ("+CIPRECVDATA:%d,%s\r\n%s"):format(#data, data, OK)
      end,
      ["^AT%+CIPCLOSE="] = function(line)
        links[line:match("=(%d)")] = nil
        return line:match("=(%d)") .. ",CLOSED\r\n" .. OK
      end,
    }))
    modem = assert(hayes.open_port(port, "script", { dialect = dialect }))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function incoming(id, bytes)
    links[id].data = links[id].data .. bytes
    return ("\r\n+IPD,%s,%d\r\n"):format(id, #bytes)
  end

  it("opens connections, sends and receives", function()
    local sock = assert(modem.tcp.open("server.example", 7))
    local other = assert(modem.ssl.open("server.example", 443, { verify = "none" }))
    assert.are.same({ "TCP", "SSL" }, { links["0"].kind, links["1"].kind })
    sock:settimeout(5)
    local bytes = ("\r\nOK\r\n>+IPD,0,3:\0"):rep(400)
    assert.are.same(#bytes, sock:send(bytes))
    assert(sock:flush())
    assert.is_true(bytes == links["0"].sent)
    port:say(incoming("0", bytes))
    assert.is_true(bytes == sock:receive(#bytes))
    assert.are.same(1, sock:close())
    assert.are.same({ nil, "1" }, { links["0"] and "0", links["1"] and "1" })
    other:close()
  end)

  it("notices data that is told of while it sends", function()
    local sock = assert(modem.tcp.open("server.example", 7))
    sock:settimeout(5)
    while_sending = incoming("0", "meanwhile\n")
    sock:send("x")
    assert.are.same("meanwhile", sock:receive())
    assert.are.same("x", links["0"].sent)
  end)

  it("takes data that comes with the event by its length", function()
    local seen
    modem:on("+IPD", function(event) seen = event end)
    port:say("\r\n+IPD,0,9:\r\nCLOSED\0\r\n")
    hayes.sleep(1)
    assert.are.same("\r\nCLOSED\0", seen.data)
  end)

  it("gives what was unread, and then closed", function()
    local sock = assert(modem.tcp.open("server.example", 7))
    port:say(incoming("0", "last words") .. "0,CLOSED\r\n")
    hayes.sleep(1)
    assert.are.same("last words", sock:receive("*a"))
    assert.are.same({ nil, "closed", "" }, { sock:receive() })
  end)

  it("tells what fails", function()
    local sock, err = modem.tcp.open("nowhere.example", 7)
    assert.is_nil(sock)
    assert.is_truthy(tostring(err):find("nowhere.example:7", 1, true))
    sock, err = modem.tcp.open("busy.example", 7)
    assert.is_nil(sock)
    assert.are.same("busy", err.name)
    assert.are.same("AT version:2.2.0.0", modem:identify().revision)
  end)

  it("begins anew after a restart", function()
    local sock = assert(modem.tcp.open("server.example", 7))
    port:say("\r\nready\r\n")
    assert.are.same({ nil, "closed", "" }, { sock:receive(1) })
    assert.are.same("reboot", sock:lasterror().name)
    hayes.sleep(2)
    assert.is_truthy(modem.tcp.open("server.example", 7))
  end)
end)
