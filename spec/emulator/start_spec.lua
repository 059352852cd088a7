-- Starting a module in software, and what keeps it from starting.

local Process = require "support.process"
local core = require "hayes.core"
local files = require "support.files"
local folder = require "support.folder"
local hayes = require "hayes"
local shims = require "support.shim"

local function refusal(options)
  local emulator, err = hayes.emulator(options)
  if emulator then emulator:close() end
  assert.is_nil(emulator)
  assert.are.same("emulator_failed", err.name)
  return err.message
end

describe("An emulator", function()
  it("is told no command that it could not answer", function()
    local emulator <close> = assert(hayes.emulator())
    for command, words in pairs { [""] = "is empty", [" \t"] = "is empty", ["\0"] = "holds NUL",
      ["port\nport"] = "is more than one line" } do
      local ok, err = pcall(emulator.control, emulator, command)
      assert.is_false(ok)
      assert.is_truthy(err:find("emulator:control: the command " .. words, 1, true), err)
    end
    assert(emulator:control "port")
  end)
end)

describe("hayes.emulator returns as its error", function()
  it("that the program is not installed, without a word of the shell's", function()
    local path <const> = folder.new "start"
    local core_path = assert(package.searchpath("hayes.core", package.cpath))
    Process.run { "sh", "-c", ([[mkdir '%s/bin' '%s/hayes' && cp '%s' '%s/hayes/' &&
      ln -s "$(command -v lua5.4)" '%s/bin/lua5.4']]):format(path, path, core_path, path, path) }
    for _, start in ipairs { [[require("hayes").emulator]], [[require("hayes.emulator").quirks]] } do
      local said = Process.run({ "env", ("PATH=%s/bin"):format(path), "LUA_PATH=" .. package.path,
        ("LUA_CPATH=%s/?.so;;"):format(path), "lua5.4", "-e", ("print(select(2, %s()))"):format(start) }, { ours = true })
      assert.are.same("the emulator did not start: there is no program hayes-emulator\n", said)
    end
  end)

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
      "the emulator did not start: --quirks nonsense: expected a comma-separated list of names printed by --quirks list; "
        .. "there is no nonsense",
      refusal { quirks = "nonsense" })
    assert.are.same("the emulator did not start: --sim lost: expected ready, absent, puk, pin2, puk2, "
      .. "ph-sim, ph-net, busy, not-ready, failed or pin: and a PIN",
      refusal { sim = "lost" })
  end)
end)

describe("hayes.emulator starts", function()
  it("in a program that handles a signal all the time, as the emulator itself does then", function()
    local shim <const> = shims.compile(folder.new "signals", "signal_shim")
    for _ = 1, 3 do
      local preload = ("%s %s"):format(os.getenv("LD_PRELOAD") or "", folder.absolute(shim))
      assert.are.same("answers\n", Process.run({ "env", "LD_PRELOAD=" .. preload, "HAYES_SIGNAL_US=200",
        "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath, "timeout", "60", "lua5.4", "-e", [[
          local hayes = require "hayes"
          local modem = assert(hayes.open "emulator")
          print(modem:at "AT" and "answers")
          modem:close()]] }, { ours = true }))
    end
  end)
end)

describe("hayes-emulator", function()
  local PROGRAM <const> = (os.getenv "HAYES_BUILD" or "build") .. "/hayes-emulator"
  local printing = { "--help", "--version", "--quirks list", "--faults list", "" }

  --- Its exit status and what is on stderr, where a command line of the shell gives it its standard output.
  local function run(arguments, line)
    local place = folder.new "output"
    local program = ("{ timeout -k 5 20 %s %s; echo $? >status; } 2>err"):format(folder.absolute(PROGRAM), arguments)
    os.execute(("cd %s && "):format(place) .. line:format(program))
    return { tonumber(files.read(place .. "/status")), files.read(place .. "/err") }
  end

  for what, how in pairs {
    ["is a full device"] = { "%s >/dev/full", "No space left on device" },
    ["is closed"] = { "%s >&-", "Bad file descriptor" },
  } do
    it("says so, and ends with 1, where standard output " .. what, function()
      for _, arguments in ipairs(printing) do
        assert.are.same({ 1, "hayes-emulator: standard output cannot be written: " .. how[2] .. "\n" },
          run(arguments, how[1]), arguments)
      end
    end)
  end

  it("ends quietly, like a program that SIGPIPE has ended, where its reader has gone", function()
    local unread = "{ while test ! -e gone; do sleep 0.01; done; %s; } | (exec <&-; : >gone)"
    for _, arguments in ipairs(printing) do assert.are.same({ 141, "" }, run(arguments, unread), arguments) end
  end)
end)

describe("What AT&W has saved, the emulator keeps over a restart:", function()
  for _, settings in ipairs { "Q1", "V0" } do
    it("AT" .. settings .. ", and it can be opened all the same", function()
      local emulator <close> = assert(hayes.emulator())
      local port = assert(core.open_port(emulator.address, 115200, "none"))
      assert(port:write("AT" .. settings .. "&W\r"))
      repeat until emulator:control "stats":find "^commands=1 "
      port:close()
      local modem <close> = assert(hayes.open(emulator.address))
      assert.are.same("OK", assert(modem:at "AT+CSQ").result)
      assert(emulator:control "reboot")
      assert(modem:wait("ready", 20))
      assert.are.same("OK", assert(modem:at "AT+CSQ").result)
    end)
  end
end)
