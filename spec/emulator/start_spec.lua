-- Starting a module in software, and what keeps it from starting.

local folder = require "support.folder"
local hayes = require "hayes"

local function refusal(options)
  local emulator, err = hayes.emulator(options)
  if emulator then emulator:close() end
  assert.is_nil(emulator)
  assert.are.same("emulator_failed", err.name)
  return err.message
end

describe("hayes.emulator returns as its error", function()
  it("that the flash folder is a file", function()
    local path <const> = folder.new("start") .. "/flash"
    assert(io.open(path, "w")):close()
    assert.are.same("the emulator did not start: --flash " .. path .. ": Not a directory", refusal { flash = path })
  end)

  it("that the port's link cannot be created", function()
    local path <const> = folder.new("start") .. "/missing/link"
    assert.are.same("the emulator did not start: --link " .. path .. ": No such file or directory",
      refusal { link = path })
  end)

  it("that an option has an invalid value", function()
    assert.are.same(
      "the emulator did not start: --quirks nonsense: expected a comma-separated list of names printed by --quirks list",
      refusal { quirks = "nonsense" })
    assert.are.same("the emulator did not start: --sim lost: expected ready, absent, puk, pin2, puk2, "
      .. "ph-sim, ph-net, busy, not-ready, failed or pin: and a PIN",
      refusal { sim = "lost" })
  end)
end)
