-- Clients of a declared server get their numbers from the module: also one that the library was about to use, or that an
-- earlier connection had whose end was lost on the line. What was meant for that never reaches the client.

local hayes = require "hayes"
local scripted_module = require "support.scripted_module"

local OK, prompt = scripted_module.OK, scripted_module.prompt

local function dialect()
  local id = { name = "id", type = "integer", min = 0, max = 2 }
  local server = { name = "server", type = "integer", min = 0, max = 0 }
  local length = { name = "length", type = "integer", min = 1, max = 100 }
  return {
    name = "served", protocol = { eol = "\r", prompt = ">", cancel = "\27", crlf_after_block = true },
    finals = { { "OK", success = true }, { "ERROR" } }, boot = { "RDY" },
    urcs = {
      { name = "+NEW", summary = "data", answer = { { name = "id" } } },
      { name = "+GONE", summary = "end", answer = { { name = "id" } } },
      { name = "+CLIENT", summary = "client", answer = { { name = "id" }, { name = "server" } } },
    },
    commands = {
      { name = "+OP", params = { id, { name = "host", type = "string" } }, timeout = 60 },
      { name = "+SD", params = { id, length }, data = { length = "length" }, timeout = 5 },
      { name = "+RD", params = { id, length }, answer = { { name = "id" }, { name = "length" } },
        block = { length = 2, fields = 2, shape = "nn" }, timeout = 5 },
      { name = "+CL", params = { id }, timeout = 5 },
      { name = "+LISTEN", params = { server, { name = "port", type = "integer", min = 1, max = 65535 } }, timeout = 5 },
      { name = "+STOP", params = { server }, timeout = 5 },
      { name = "+SLOW", execute = true, timeout = 60 },
    },
    links = { tcp = {
      kind = "tcp", ids = { first = 0, last = 2 }, open = { { "+OP", "$id", "$host" } },
      send = { "+SD", "$id", "$length", most = 100 }, read = { "+RD", "$id", "$length", most = 100 },
      close = { "+CL", "$id" }, data = { { urc = "+NEW", id = "id" } }, closed = { { urc = "+GONE", id = "id" } },
      listen = { ids = { first = 0, last = 0 }, open = { "+LISTEN", "$server", "$port" },
        close = { "+STOP", "$server" }, accepted = { urc = "+CLIENT", id = "id", server = "server" } },
    } },
  }
end

describe("A client of a declared server", function()
  local answers, module, modem, server
  local peers, got -- by number: who is there in the module; by who that is: the bytes sent to them

  before_each(function()
    peers, got = {}, {}
    answers = {
      ["^AT%+LISTEN="] = OK, ["^AT%+STOP="] = OK,
      ["AT+SLOW"] = function(at) at:say(OK, 3) end,
      ["^AT%+OP=(%d),\"(.+)\"$"] = function(_, id, host)
        if peers[id] then return "\r\nERROR\r\n" end
        peers[id] = host
        return OK
      end,
      ["^AT%+CL=(%d)$"] = function(_, id)
        peers[id] = nil
        return OK
      end,
      ["^AT%+SD=(%d),(%d+)$"] = prompt(function(bytes, id)
        if not peers[id] then return "\r\nERROR\r\n" end
        got[peers[id]] = (got[peers[id]] or "") .. bytes
        return OK
      end),
      ["^AT%+RD=(%d),%d+$"] = function(_, id)
        return ("\r\n+RD: %s,%d\r\n%s\r\n%s"):format(id, #peers[id], peers[id], OK)
      end,
    }
    module, modem = scripted_module.open(answers, dialect())
    server = assert(modem.tcp.listen(80))
  end)

  after_each(function() scripted_module.close(modem) end)

  local function accept(id)
    peers[tostring(id)] = "client"
    module:say(("\r\n+CLIENT: %d,0\r\n"):format(id))
    return assert(server:accept(1))
  end

  --- The line is busy for a few seconds.
  local function keep_busy()
    hayes.spawn(function() assert(modem:at "AT+SLOW") end)
    hayes.sleep(0.1)
  end

  local function assert_served(client)
    client:send "for the client"
    assert(client:flush())
    assert.are.same({ "client", "for the client" }, { peers["0"], got.client })
  end

  it("keeps the number that was to be opened, and that connection gets another one", function()
    hayes.run(function()
      keep_busy()
      local opening = hayes.spawn(function() return modem.tcp.open("server", 1) end)
      hayes.sleep(0.1)
      local client = accept(0)
      local _, sock = assert(opening:join())
      assert(sock:send "for the server")
      assert_served(client)
      assert.are.same("for the server", got.server)
    end)
  end)

  it("is refused to nobody: the opening that the module refuses for it goes on with another number", function()
    modem.tcp.open("used once", 1):close() -- the number is not closed before it is used
    answers['AT+OP=0,"server"'] = function(at)
      peers["0"] = "client"
      at:say "\r\n+CLIENT: 0,0\r\n"
      return "\r\nERROR\r\n"
    end
    local sock = assert(modem.tcp.open("server", 1))
    assert_served(assert(server:accept(1)))
    assert.are.same("server", peers["1"])
    sock:close()
  end)

  it("is not closed on behalf of an earlier connection, whose close was not answered and is sent again", function()
    local sock = assert(modem.tcp.open("server", 1))
    answers["AT+CL=0"] = function() peers["0"] = nil end
    hayes.run(function()
      hayes.spawn(function() sock:close() end)
      hayes.sleep(7) -- it is being sent again
      local client = accept(0)
      hayes.sleep(60)
      assert_served(client)
    end)
  end)

  it("gets no bytes that wait for their turn on an earlier connection whose end was lost", function()
    local sock = assert(modem.tcp.open("server", 1))
    hayes.run(function()
      keep_busy()
      sock:settimeout(0)
      sock:send "for the server"
      assert_served(accept(0))
      sock:settimeout(5)
      assert.are.same({ nil, "closed" }, { sock:flush() })
      assert.are.same(14, sock:lasterror().unsent)
    end)
  end)

  it("loses no bytes to a read that waits for its turn on such a connection", function()
    local sock = assert(modem.tcp.open("server", 1))
    hayes.run(function()
      keep_busy()
      module:say "\r\n+NEW: 0\r\n"
      local reading = hayes.spawn(function() return sock:receive(5) end)
      hayes.sleep(0.1)
      local client = accept(0)
      assert.are.same({ true, nil, "closed", "" }, { reading:join() })
      module:say "\r\n+NEW: 0\r\n"
      assert.are.same("clien", client:receive(5))
    end)
  end)
end)
