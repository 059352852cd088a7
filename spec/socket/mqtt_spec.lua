-- hayes.mqtt against mosquitto. luamqtt, for which it is made, is no package of Debian's: a stand-in keeps the interface of its
-- connectors (spec/support/mqtt_client.lua).

local Client = require "support.mqtt_client"
local hayes = require "hayes"
local lab = require "support.lab"
local Module = require "support.stream_module"
local mosquitto = require "support.mosquitto"
local raises = require "support.raises"
local script = require "support.script"

describe("hayes.mqtt with a stand-in for luamqtt", function()
  local broker

  setup(function() broker = mosquitto.start(lab.folder()) end)
  teardown(function() broker.close() end)

  for name, secure in pairs { TCP = false, TLS = true } do
    for module, start in pairs { EC200U = lab.online, ["Ai-WB2"] = lab.joined } do
      it(("carries QoS 0, 1 and 2 both ways over %s of an %s, in steps of 5 ms"):format(name, module), function()
        local port = secure and broker.tls_port or broker.port
        local modem <close> = start(port)
        local host = module == "EC200U" and lab.HOST or "127.0.0.1"
        local options = secure and { ca = lab.folder() .. "/root.pem" } or nil
        if secure and module ~= "EC200U" then host = lab.HOST end
        local client = Client.connect(hayes.mqtt.connector(modem, options), { host = host, port = port, secure = secure },
          "hayes " .. name .. module)
        client:subscribe("hayes/#", 2)
        client:run(0)
        local payloads = { [0] = "zero", "one", ("two"):rep(10000) }
        for qos = 0, 2 do client:publish("hayes/" .. qos, payloads[qos], qos) end
        client:run(3)
        table.sort(client.messages, function(a, b) return a.qos < b.qos end)
        for qos = 0, 2 do
          assert.are.same({ topic = "hayes/" .. qos, qos = qos }, { topic = client.messages[qos + 1].topic,
            qos = client.messages[qos + 1].qos })
          assert.is_true(client.messages[qos + 1].payload == payloads[qos])
        end
        client:disconnect()
      end)
    end
  end

  it("says why a connection fails, as luamqtt wants it", function()
    local modem <close> = lab.online(broker.tls_port)
    local connector = hayes.mqtt.connector(modem, { ca = lab.folder() .. "/other.pem" })
    local ok, err = connector.connect { host = lab.HOST, port = 8883, secure = true }
    assert.is_false(ok)
    assert.is_truthy(err:find "TLS")
  end)

  it("refuses options that neither modem.ssl.open nor modem.tcp.open takes, with the name that was meant", function()
    for module, names in pairs { EC200U = { "contxt", "context" }, ["Ai-WB2"] = { "certificat", "certificate" } } do
      local modem <close> = assert(hayes.open("emulator:" .. module))
      assert.are.same(('hayes.mqtt.connector: no option is called "%s" (did you mean %s?)'):format(names[1], names[2]),
        raises(function() hayes.mqtt.connector(modem, { ca = "root.pem", [names[1]] = 1 }) end))
    end
  end)

  it("takes a modem", function()
    assert.is_truthy(raises(function() hayes.mqtt.connector "modem" end):find "must be a modem")
  end)
end)

describe("A connection of hayes.mqtt", function()
  local module, modem

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = assert(hayes.open_port(module.port, "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("receives for as long as it was told to while a packet waits for room, and when the task that sent it is cancelled",
    function()
      local connector, conn = hayes.mqtt.connector(modem), { host = "broker.example", port = 1883 }
      assert.is_true(connector.connect(conn))
      connector.settimeout(conn, 5)
      module.full = true
      local function assert_in_time()
        local before = script.now()
        assert.are.same({ n = 2, nil, "timeout" }, table.pack(connector.receive(conn, 2)))
        assert.is_true(script.now() - before < 6)
      end
      hayes.run(function()
        local sending = hayes.spawn(connector.send, conn, ("x"):rep(200000))
        hayes.sleep(0.1)
        assert_in_time()
        sending:cancel()
        sending:join()
        assert_in_time()
      end)
      module.full = false
    end)
end)
