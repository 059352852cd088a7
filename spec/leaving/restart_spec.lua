-- What waits for the line on behalf of a connection is not sent any more when the module has restarted: another connection
-- may have its number by then.

local hayes = require "hayes"
local script = require "support.script"
local StreamModule = require "support.stream_module"
local WifiModule = require "support.wifi_module"

local modules = {
  Quectel = function() return StreamModule.new(), "\r\nRDY\r\n" end,
  ["Ai-Thinker"] = function() return WifiModule.new(), "\r\n+EVENT:WIFI_CONNECT\r\n\r\nready\r\n" end,
}

local waits = {
  ["a send"] = function(sock) return sock:send("secret"), sock:flush() end,
  ["a read"] = function(sock)
    sock.connection.doubtful = true
    return sock:receive(1)
  end,
  ["closing"] = function(sock) return sock:close() end,
  ["a question"] = function(sock) return sock:state() end,
}

for vendor, make in pairs(modules) do
  for what, wait_for in pairs(waits) do
    describe("With a module of " .. vendor .. ", " .. what, function()
      it("that waited over a restart is not sent", function()
        script.virtual_time()
        finally(script.real_time)
        local module, banner = make()
        local modem = assert(hayes.open_port(module.port, "script"))
        local sock = assert(modem.tcp.open("server.example", 7, { mode = "buffer" }))
        sock:settimeout(20)
        local began, ended = script.now(), nil
        local answer, lines = module.port.answer, {}
        module.port.answer = function(port, bytes)
          lines[#lines + 1] = bytes
          if not bytes:find("AT+SLOW", 1, true) then return answer(port, bytes) end
          port:say(banner, 1)
          return ""
        end
        hayes.run(function()
          local slow = hayes.spawn(function() modem:at("AT+SLOW") end)
          hayes.sleep(0.01)
          hayes.spawn(function()
            wait_for(sock)
            ended = script.now()
          end)
          slow:join()
          hayes.sleep(10)
        end)
        modem:close()
        -- And it does not wait for the start-up. An Ai-Thinker module is asked for all connections at once.
        if vendor == "Quectel" or what ~= "a question" then assert.is_true(ended < began + 1.2) end
        local sent = table.concat(lines)
        assert.is_truthy(sent:find("AT+SLOW", 1, true))
        assert.is_nil(sent:match("AT%+Q?I?S[OE][^\r]*=") or sent:match("AT%+QI[^\r]*=") or sent:match("AT%+SOCKET[^\r]*=%d"))
      end)
    end)
  end
end
