-- What the emulator creates is for its owner alone, whatever the umask.

local Process = require "support.process"
local folder = require "support.folder"
local hayes = require "hayes"

local function mode(path)
  return (Process.run { "stat", "-c", "%a", path }:gsub("\n", ""))
end

describe("What the emulator creates is for its owner alone:", function()
  it("its folder, and the keys in it", function()
    local flash <const> = folder.new "private" .. "/flash"
    local emulator <close> = assert(hayes.emulator { flash = flash })
    local modem <close> = assert(hayes.open(emulator.address))
    assert(modem.file.write("client.key", 0, "a private key"))
    assert.are.same({ "700", "600" }, { mode(flash), mode(flash .. "/client.key") })
  end)

  it("its control socket", function()
    local path <const> = folder.new "private" .. "/control"
    local program = (os.getenv("HAYES_BUILD") or "build") .. "/hayes-emulator"
    for _, mask in ipairs { "000", "022", "777" } do
      local pipe <close> = assert(io.popen(("umask %s; exec %s --attached --control %s"):format(mask,
        program, Process.quote { path })))
      assert(pipe:read "l")
      assert.are.same("600", mode(path), "umask " .. mask)
    end
  end)
end)
