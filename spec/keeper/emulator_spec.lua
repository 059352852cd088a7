-- A keeper over the emulator: what befalls gateways, told by the module in software as a real one would.

local hayes = require "hayes"
local folder = require "support.folder"
local lab = require "support.lab"

describe("Over an emulated module a keeper", function()
  local modem, emulator, keeper

  after_each(function()
    if modem then modem:close() end
    if emulator then emulator:close() end
    modem, emulator = nil, nil
  end)

  --- A keeper that does not wait long.
  local function keep(options)
    options.backoff = { first = 0.1, most = 0.5 }
    options.check = 1
    keeper = assert(modem:keep(options))
    assert(keeper:ready(60))
  end

  local function keep_network(options)
    modem, emulator = lab.modem(nil, options)
    keep { network = { apn = "internet" } }
  end

  --- Lets something happen, and waits for the connection to be back.
  local function over(happen)
    local down = false
    keeper:on("down", function() down = true end)
    happen()
    local ends = hayes.now() + 60
    while not (down and keeper:state().state == "attached") and hayes.now() < ends do hayes.sleep(0.05) end
    assert.is_true(down)
    assert.are.same("attached", keeper:state().state)
    assert.are.same(modem.network and "10." or "", modem.network and keeper:state().connection.ip:sub(1, 3) or "")
  end

  it("brings a PDP context back that the network has taken away", function()
    keep_network()
    over(function() assert(emulator:control "pdp drop 1") end)
    assert.are.equal(1, #modem.network.status().contexts)
  end)

  it("attaches again after a restart of the module", function()
    keep_network()
    over(function() assert(emulator:control "reboot") end)
    assert(modem:at "AT+CSQ")
  end)

  it("restarts a module whose context cannot be activated, and is on line after that", function()
    modem, emulator = lab.modem(nil, { apn = "other" })
    keeper = assert(modem:keep { network = { apn = "internet" }, backoff = { first = 0.1, most = 0.5 },
      budget = { attempts = 2 } })
    local restarts, reboots = 0, 0
    modem:on("reboot", function() reboots = reboots + 1 end)
    keeper:on("restart", function()
      restarts = restarts + 1
      emulator:control "set apn internet"
    end)
    assert(keeper:ready(60))
    assert.are.same({ 1, true }, { restarts, reboots > 0 })
  end)

  it("opens a port again that went away", function()
    local link = folder.absolute(folder.new "keeper") .. "/port"
    emulator = assert(hayes.emulator { link = link })
    modem = assert(hayes.open(link))
    keep { network = { apn = "internet" } }
    local gone = false
    keeper:on("gone", function() gone = true end)
    over(function()
      assert(emulator:control "hangup")
      emulator:close()
      while not gone do hayes.sleep(0.05) end
      emulator = assert(hayes.emulator { link = link })
    end)
    assert(modem:at "AT+CSQ")
  end)

  it("joins the access point again when it is back", function()
    modem, emulator = lab.modem(nil, { module = "Ai-WB2", ap = "home,secret12" })
    keep { wifi = { ssid = "home", password = "secret12", timeout = 2 } }
    over(function()
      assert(emulator:control "wifi drop")
      while keeper:state().state == "attached" do hayes.sleep(0.05) end
      assert(emulator:control "wifi back")
    end)
    assert.are.same("connected", modem.wifi.status().state)
  end)

  it("says that a wrong Wi-Fi password takes a person", function()
    modem, emulator = lab.modem(nil, { module = "Ai-WB2", ap = "home,secret12" })
    keeper = assert(modem:keep { wifi = { ssid = "home", password = "mistaken", timeout = 5 } })
    local told = false
    keeper:on("failed", function(event) told = event.err.name end)
    local ends = hayes.now() + 60
    while not told and hayes.now() < ends do hayes.sleep(0.05) end
    assert.are.same("wi_fi_authentication_failed", told)
    assert.are.same("failed", keeper:state().state)
  end)

  it("leaves the Wi-Fi alone that the program has left", function()
    modem, emulator = lab.modem(nil, { module = "Ai-WB2" })
    keep { wifi = { ssid = "home", password = "secret12" } }
    assert(modem.wifi.leave())
    hayes.sleep(1.5)
    assert.are.same("off", keeper:state().state)
    assert(modem.wifi.join { ssid = "elsewhere" })
    assert(keeper:ready(10))
    assert.are.same("elsewhere", modem.wifi.status().ssid)
  end)
end)
