-- Starting a module in software, and what keeps it from starting.

local folder = require "support.folder"
local Process = require "support.process"
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

describe("The emulator, whatever the umask,", function()
  it("lets nobody else at its control socket, and at what is uploaded: there may be keys in it", function()
    local place <const> = folder.absolute(folder.new "start")
    local flash, control, port = place .. "/flash", place .. "/control", place .. "/port"
    local build = os.getenv("HAYES_BUILD") or "build"
    local process <close> = Process.start({ "sh", "-c", 'umask 0; exec "$@"', "sh", build .. "/hayes-emulator", "--control",
      control, "--flash", flash, "--link", port }, { ours = true })
    assert(process)
    Process.run { "sh", "-c", ('until [ -S "%s" ] && [ -e "%s" ]; do sleep 0.01; done'):format(control, port) }
    local modem <close> = assert(hayes.open(port))
    assert(modem.file.upload({ data = "-----BEGIN PRIVATE KEY-----" }, "key.pem"))
    assert.are.same("600 socket\n", Process.run { "stat", "-c", "%a %F", control })
    assert.are.same("700 directory\n", Process.run { "stat", "-c", "%a %F", flash })
    local modes = Process.run { "find", flash, "-type", "f", "-printf", "%m\n" }
    assert.is_truthy(modes:find "^600\n")
    assert.is_nil(modes:gsub("600\n", ""):find "%S")
  end)
end)
