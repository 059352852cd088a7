-- Programs that are killed in the middle of a transfer: the next run goes on by what they have left, against a real server.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local lfs = require "lfs"
local Process = require "support.process"
local Server = require "support.ftp_server"

local BYTES = ftp_lab.bytes(120000)

describe("A program that is killed in an FTP transfer", function()
  local server, source, sink, modem, emulator, ftp

  setup(function()
    local folder = lab.folder()
    server = Server.start(folder, { name = "killed" })
    source, sink = ftp_lab.write(folder .. "/killed.bin", BYTES), folder .. "/killed-sink.bin"
    server:put("down.bin", BYTES)
    modem, emulator = ftp_lab.online()
    modem.emulator = nil -- it stays
  end)

  teardown(function()
    modem:close()
    emulator:close()
    server:close()
  end)

  local function wait_until(is_so, what)
    for _ = 1, 2000 do
      if is_so() then return end
      hayes.sleep(0.02)
    end
    error(what())
  end

  --- Runs a call of a session in a program of its own, and kills that in its fourth piece of 20,000 bytes, when 10,000
  --- of these are through and this file has some of them.
  local function kill(user, call, path)
    modem:close()
    assert(emulator:control "stats") -- the emulator has seen it
    local said, go = lab.folder() .. "/killed.said", lab.folder() .. "/killed.go"
    os.remove(go)
    os.remove(said)
    -- A state is saved before each piece.
    local program = ([[package.path, package.cpath = %q, %q
      local rename, count = os.rename, 0
      os.rename = function(...)
        count = count + 1
        local done = rename(...)
        if count == 4 then io.stdout:write("fourth"):flush() end
        while count == 4 and not io.open(%q) do require("socket").sleep(0.01) end
        return done
      end
      local modem = assert(require("hayes").open(%q))
      assert(modem.network.attach { apn = "internet" })
      local ftp = assert(modem.ftp.open { host = "ftp.example", port = %d, user = %q, password = "secret" })
      assert(ftp:%s)]]):format(package.path, package.cpath, go, emulator.address, server.port, user, call)
    local process = Process.start({ "lua5.4", "-e", program }, { ours = true, log = said })
    local function words() return ftp_lab.read(said) or "" end
    wait_until(function() return words() == "fourth" end, words)
    assert(emulator:control "ftp stall 10000")
    ftp_lab.write(go, "")
    wait_until(function() return (lfs.attributes(path, "size") or 0) > 60000 end, words)
    process:close()
    assert(emulator:control "ftp stall off")
    modem = assert(hayes.open(emulator.address))
    assert(modem.network.attach { apn = "internet" })
    ftp = assert(modem.ftp.open(ftp_lab.account(server, { user = user })))
  end

  for user, may in pairs { user = "may read", writer = "may write and not read" } do
    it("has its upload gone on with by an account that " .. may, function()
      os.remove(server.root .. "/up.bin")
      kill(user, ("put(%q, 'up.bin', { piece = 20000 })"):format(source), server.root .. "/up.bin")
      local put = assert(ftp:put(source, "up.bin"))
      assert.is_true(put.resumed_at >= 60000, tostring(put.resumed_at))
      assert.is_true(server:get("up.bin") == BYTES)
      assert.is_nil(lfs.attributes(source .. ".hayes-state"))
      assert.is_nil(lfs.attributes(server.root .. "/up.bin.part"))
    end)
  end

  for name, touched in pairs { ["has not changed"] = false, ["has changed"] = true } do
    it("has its download gone on with only if the server's file is the same: it " .. name, function()
      server:put("down.bin", BYTES)
      os.remove(sink)
      kill("user", ("get('down.bin', %q, { piece = 20000 })"):format(sink), sink .. ".part")
      if touched then lfs.touch(server.root .. "/down.bin", os.time() + 86400) end
      local get = assert(ftp:get("down.bin", sink))
      assert.are.same(touched, get.resumed_at == nil)
      assert.is_true(ftp_lab.read(sink) == BYTES)
      assert.is_nil(lfs.attributes(sink .. ".part.hayes-state"))
    end)
  end
end)
