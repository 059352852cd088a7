-- What the far side says (a redirect, a name in a file) never raises; what the caller has written wrong does, and the message
-- names the public call and the argument.

local hayes = require "hayes"
local Process = require "support.process"
local raises = require "support.raises"

describe("Of a", function()
  local LONG = ("h"):rep(1100)

  for _, module in ipairs { "EC200U", "Ai-WB2" } do
    describe(module .. ":", function()
      local modem, sent

      setup(function()
        modem = assert(hayes.open("emulator:" .. module, {
          trace = function(line) sent = (sent or 0) + (line:find("> ", 1, true) and 1 or 0) end }))
      end)

      teardown(function() modem:close() end)

      local function each(f)
        for _, name in ipairs { "tcp", "udp", "ssl" } do
          f(name, modem[name], name == "ssl" and { verify = "none" } or nil)
        end
      end

      it("an address from the far side gives an error to connect(), and nothing is sent", function()
        each(function(_, service, options)
          local create, lasterror = service.factory(options)
          local sock = create()
          local before = sent
          assert.is_nil(lasterror())
          for _, address in ipairs {
            { "h", 0 }, { "h", 65536 }, { "h", "0" }, { "h", "abc" }, { "h", 0.5 }, { LONG, 80 }, { 'a"b', 80 }, { "a\r\nb", 80 },
            { "", 80 },
          } do
            local ok, err = sock:connect(address[1], address[2])
            assert.is_nil(ok)
            assert.are.same("bad_address", err.name)
            assert.is_truthy(tostring(err):find("the %l+ "), tostring(err))
            assert.are.same(err, sock:lasterror())
            assert.are.equal(err, lasterror())
          end
          assert.are.same(before, sent)
          assert.is_truthy(raises(function() sock:connect(nil, 80) end):find("socket:connect: the host is nil", 1, true))
          assert.is_truthy(raises(function() sock:connect("h") end):find("socket:connect: the port is nil", 1, true))
        end)
      end)

      it("a server that refuses is an error that a factory tells, where LuaSocket has a word for it alone", function()
        each(function(_, service, options)
          if service == modem.udp then return end
          local create, lasterror = service.factory(options)
          local ok, word = create():connect("127.0.0.1", Process.free_port())
          assert.is_nil(ok)
          assert.is_string(word)
          assert.is_truthy(lasterror().message:find("127.0.0.1", 1, true), lasterror().message)
        end)
      end)

      it("a call with a colon in place of a dot is told as that", function()
        each(function(name, service)
          local message = raises(function() service:open("h", 443) end)
          assert.are.same(("%s.open: call it with a dot: modem.%s.open(…), not modem.%s:open(…)"):format(name, name, name),
            message)
        end)
      end)

      it("the public call and the argument are named", function()
        each(function(name, service, options)
          for _, case in ipairs { { LONG, 80, "the host is 1100 bytes" }, { "", 80, "the host is empty" },
            { 'a"', 80, "the host" }, { "h", 0, "the port is 0" }, { "h", 80.5, "the port is 80.5" },
            { 5, 80, "the host is 5" } } do
            local message = raises(function() service.open(case[1], case[2], options) end)
            assert.is_truthy(message:find(name .. ".open: " .. case[3], 1, true), message)
          end
        end)
      end)

      it("an integral float is an integer", function()
        each(function(_, service, options)
          local _, err = service.open("127.0.0.1", 9.0, options)
          if err then assert.is_nil(tostring(err):find("9.0", 1, true), tostring(err)) end
        end)
      end)
    end)
  end

  it("module's own limits: the option and the call are named", function()
    local quectel <close> = assert(hayes.open "emulator")
    local wifi <close> = assert(hayes.open "emulator:Ai-WB2")
    for words, f in pairs {
      ["network.resolve: the host is empty"] = function() quectel.network.resolve "" end,
      ["network.attach: apn is 1100 bytes"] = function() quectel.network.attach { apn = LONG } end,
      ["network.attach: user is 1100 bytes"] = function() quectel.network.attach { apn = "a", user = LONG } end,
      ["network.attach: call it with a dot"] = function() quectel.network:attach { apn = "a" } end,
      ["ftp.open: host is 1100 bytes"] = function() quectel.ftp.open { host = LONG } end,
      ["file.size: the name is nil"] = function() quectel.file.size(nil) end,
      ["file.upload: the name is 1100 bytes"] = function() quectel.file.upload({ data = "x" }, LONG) end,
      ["file.delete: the name is empty"] = function() quectel.file.delete "" end,
      ['ssl.open: ignore has the field "expired"'] = function()
        quectel.ssl.open("h", 443, { verify = "none", ignore = { expired = true } })
      end,
      ["dns.resolve: the name is empty"] = function() wifi.dns.resolve "" end,
      ["dns.resolve: the name is 1100 bytes"] = function() wifi.dns.resolve(LONG) end,
      ["wifi.join: ssid is 1100 bytes"] = function() wifi.wifi.join { ssid = LONG } end,
    } do
      local message = raises(f)
      assert.is_truthy(message:find(words, 1, true), message)
    end
  end)

  it("command: integral floats are sent as integers", function()
    local trace = {}
    local modem <close> = assert(hayes.open("emulator", { trace = function(line) trace[#trace + 1] = line end }))
    modem:call("+QSSLCFG", "write", { "seclevel", 2.0, 1.0 })
    assert.is_truthy(table.concat(trace, "\n"):find('AT+QSSLCFG="seclevel",2,1', 1, true))
  end)
end)
