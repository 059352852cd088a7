-- modem:help: what there is, out of the comments in the sources.

local docs = require "hayes.explain.docs"
local hayes = require "hayes"
local lab = require "support.lab"

describe("The help of a modem", function()
  local modem, emulator

  setup(function() modem, emulator = lab.modem() end)
  teardown(function()
    modem:close()
    emulator:close()
  end)

  it("lists the services and methods with a sentence each", function()
    local text = tostring(modem:help())
    for _, name in ipairs { "network", "clock", "file", "ssl", "ftp", "tcp", "udp" } do
      assert.is_truthy(text:find("modem%." .. name .. " +%S"), name)
    end
    assert.is_truthy(text:find "modem:at%(text, options%) +Sends a command line")
    assert.is_truthy(text:find("modem:timeout() ", 1, true), text) -- its object has no name in the source
    assert.is_nil(text:find("modem.ip", 1, true)) -- the library's own
  end)

  it("tells of a service and of a function with its arguments and options", function()
    assert.is_truthy(tostring(modem:help "network"):find("modem.network.attach(options)", 1, true))
    local text = tostring(modem:help "network.attach")
    assert.is_truthy(text:find("modem.network.attach(options)", 1, true))
    assert.is_truthy(text:find("apn", 1, true))
    assert.are.equal(text, tostring(modem:help "modem.network.attach"))
  end)

  it("names what there is for what there is not, the nearest first", function()
    local found, err, _ = modem:help "ssl.opne"
    assert.is_nil(found)
    assert.is_truthy(tostring(err):find("did you mean ssl.open?", 1, true))
    _, err = modem:help "netwrok"
    assert.is_truthy(tostring(err):find("did you mean network?", 1, true))
  end)

  it("has a description of every function of every service, on both kinds of module", function()
    local undocumented = {}
    local function look(of)
      for name in pairs(of.dialect.services) do
        for member, f in pairs(of[name]) do
          local is_for_users = type(f) == "function" and member ~= "reset" and name ~= "ip" -- what tcp and udp share
          if is_for_users and not docs.of(f) then undocumented[#undocumented + 1] = name .. "." .. member end
        end
      end
    end
    look(modem)
    local other <close> = assert(hayes.open "emulator:Ai-WB2")
    look(other)
    assert.are.same({}, undocumented)
  end)

  it("has every option of ssl.open with what is allowed, its default and its meaning", function()
    local text = tostring(modem:help "ssl.open")
    for name, rule in pairs(require("hayes.dialect.quectel.ssl.settings").rules) do
      assert.is_truthy(text:find("\n    " .. name .. " +%S"), name)
      assert.is_string(rule.doc, name)
    end
    assert.is_truthy(text:find("\n    negotiate_timeout  10 to 300 s (300) ", 1, true), text)
    assert.is_truthy(text:find '\n    verify +%("server"%), "mutual", "none" +Who is checked')
    assert.is_nil(text:find(".lua", 1, true))
  end)

  it("lists the methods of the objects that calls give, by name and of the object itself", function()
    for name, method in pairs { socket = "send(data, i, j)", session = "put(source, path, options)",
      server = "accept(timeout)", keeper = "ready(timeout)" } do
      local text = tostring(modem:help(name))
      assert.is_truthy(text:find("\n  " .. name .. ":" .. method .. " ", 1, true), text)
    end
    local keeper <close> = assert(modem:keep { network = { apn = "internet" } })
    assert.are.equal(tostring(modem:help "keeper"), tostring(modem:help(keeper)))
    assert.has_error(function() modem:help {} end)
  end)

  it("lists the methods of a socket for datagrams with those that it has in common with others", function()
    local socket <close> = require("hayes.stream.make").unconnected("udp", true)
    local text = tostring(modem:help(socket))
    for _, name in ipairs { "send", "receive", "close", "settimeout" } do
      assert.is_truthy(text:find("\n  socket:" .. name .. "(", 1, true), text)
    end
  end)

  it("tells of one method of such an object, and names the nearest one", function()
    local text = tostring(modem:help "socket:receive")
    assert.is_truthy(text:find("^socket:receive%(pattern, prefix%)\n"), text)
    assert.are.equal(text, tostring(modem:help "socket.receive()"))
    assert.are.equal(tostring(modem:help "socket"), tostring(modem:help "socket:"))
    assert.is_truthy(tostring(modem:help "session.put"):find("\n    verify ", 1, true))
    local _, err = modem:help "socket.sned"
    assert.is_truthy(tostring(err):find("did you mean socket:send?", 1, true))
  end)

  it("tells of the library's own functions", function()
    local text = tostring(modem:help "hayes")
    for _, name in ipairs { "open(address, options)", "run(", "sleep(seconds)", "emulator(" } do
      assert.is_truthy(text:find("\n  hayes." .. name, 1, true), text)
    end
    assert.is_truthy(tostring(modem:help "hayes.open"):find("\n    flow ", 1, true))
    local _, err = modem:help "hayes.opn"
    assert.is_truthy(tostring(err):find("did you mean hayes.open?", 1, true), tostring(err))
  end)

  it("knows no method that is the library's own", function()
    local text = tostring(modem:help "socket")
    for _, name in ipairs { "new", "derive", "report", "unsent", "__gc" } do
      assert.is_nil(text:find(":" .. name .. "(", 1, true), name)
    end
  end)

  it("points from the call that gives an object to its methods", function()
    assert.is_truthy(tostring(modem:help "ssl.open"):find('modem:help "socket" lists the methods of that.', 1, true))
    assert.is_nil(tostring(modem:help "keeper:state"):find("lists the methods", 1, true)) -- its state is no keeper
    assert.is_truthy(tostring(modem:help "ftp.open"):find('modem:help "session" lists the methods of that.', 1, true))
  end)

  it("is hinted at by a service that is printed", function()
    local text = tostring(modem.ssl)
    assert.is_truthy(text:find("^modem%.ssl: .*open.*; modem:help \"ssl\" tells more$"), text)
  end)
end)
