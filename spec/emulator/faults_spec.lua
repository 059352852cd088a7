-- hayes-emulator --faults: the names of the simulation, decided by the seed.

local Process = require "support.process"
local core = require "hayes.core"
local folder = require "support.folder"
local hayes = require "hayes"

--- Those of the host and of its other programs, which no module can bring about; and a stall, which is `tty full` with the
--- module silent.
local OF_HOST = { ["cancel"] = true, ["time-out"] = true, ["clock jump"] = true, ["handler error"] = true,
  ["collect"] = true, ["port renamed"] = true, ["settings changed"] = true, ["stall"] = true }
local PROGRAM = (os.getenv("HAYES_BUILD") or "build") .. "/hayes-emulator"

local function in_simulation()
  local names, within = {}, false
  for line in io.lines "spec/simulation/README.md" do
    within = line:find "^## Faults" and true or within and not line:find "^## "
    for name in within and (line:match "^|([^|]*)|" or ""):gmatch "`([^`]+)`" or function() end do
      if not OF_HOST[name] then names[#names + 1] = name end
    end
  end
  return names
end

local function printed()
  local names, meanings = {}, {}
  for line in Process.run({ PROGRAM, "--faults", "list" }, { ours = true }):gmatch "[^\n]+" do
    names[#names + 1], meanings[#meanings + 1] = line:match "^(.-) +each (.+)$"
  end
  return names, meanings
end

local END <const> = "\r\nEC200U\r\n\r\nOK\r\n"

--- What the emulator says to these command lines.
local function answers(options, lines)
  options.echo = false
  local emulator <close> = assert(hayes.emulator(options))
  local port = assert(core.open_port(emulator.address, 115200, "none"))
  assert(port:write(table.concat(lines, "\r") .. "\r"))
  repeat local done = emulator:control "stats":match "commands=(%d+)" until tonumber(done) == #lines
  assert(emulator:control "faults off")
  assert(port:write "AT+GMM\r")
  local said = ""
  repeat said = said .. assert(port:read()) until said:find(END, 1, true)
  port:close()
  return said:sub(1, -#END - 1)
end

local function times(count, line)
  local lines = {}
  for i = 1, count do lines[i] = line end
  return lines
end

local CSQ = "\r\n+CSQ: 24,99\r\n"

describe("The emulator's faults", function()
  it("are those of the simulation that are not the host's own, with a meaning each", function()
    local names, meanings = printed()
    assert.are.same(#names, #meanings)
    table.sort(names)
    local wanted = in_simulation()
    table.sort(wanted)
    assert.are.same(wanted, names)
  end)

  it("are decided by the seed, and by nothing else", function()
    local function run(seed)
      return answers({ seed = seed, faults = { drop = 0.1, double = 0.1, flip = 0.1, urc = 0.1, garbage = 0.05 } },
        times(60, "AT+CSQ"))
    end
    local first = run(7)
    assert.are.equal(first, run(7))
    assert.are_not.equal(first, run(8))
  end)

  it("are none unless one is switched on, and none after `off`", function()
    local lines = times(3, "AT+CSQ")
    assert.are.same((CSQ .. "\r\nOK\r\n"):rep(3), answers({}, lines))
    assert.are.same((CSQ .. "\r\nOK\r\n"):rep(3),
      answers({ faults = { "faults drop=1", "faults off" } }, lines))
  end)

  -- Each with one opportunity alone: the word, command or piece of that number.
  local does = {
    drop = function(said) return #said == #(CSQ .. "\r\nOK\r\n") - 1 end,
    double = function(said) return #said == #(CSQ .. "\r\nOK\r\n") + 1 end,
    flip = function(said) return #said == #(CSQ .. "\r\nOK\r\n") and said ~= CSQ .. "\r\nOK\r\n" end,
    split = function(said) return said == CSQ .. "\r\nOK\r\n" end,
    merge = function(said) return said == CSQ .. "\r\nOK\r\n" end,
    urc = function(said) return said:find("\r\n", 1, true) and said:find(CSQ .. "\r\nOK\r\n", 2, true) end,
    ["nul flood"] = function(said) return said:find("^%z+" .. CSQ:gsub("%p", "%%%0")) end,
    garbage = function(said) return #said > #(CSQ .. "\r\nOK\r\n") end,
    refused = function(said) return said:find "^\r\nERROR\r\n$" or said:find "^\r\n%+CME ERROR: %d+\r\n$" end,
    deaf = function(said) return said == "" end,
    ["lost answer"] = function(said) return said == "" end,
  }
  for name, is_right in pairs(does) do
    it(("take place at the opportunity that is named: %s"):format(name), function()
      local said = answers({ faults = { [name] = 1 } }, { "AT+CSQ", "AT" })
      local of_first = assert(said:match "^(.*)\r\nOK\r\n$")
      assert.is_truthy(is_right(of_first), ("%q"):format(of_first))
    end)
  end

  it("take place at the first command with the beginning that is named", function()
    local said = answers({ faults = { deaf = "at+cs" } }, { "AT", "AT+CSQ", "AT+CSQ" })
    assert.are.same("\r\nOK\r\n" .. CSQ .. "\r\nOK\r\n", said)
  end)

  it("are counted", function()
    local emulator <close> = assert(hayes.emulator { echo = false, faults = "deaf:1,urc:2" })
    local modem <close> = assert(hayes.open(emulator.address))
    assert(modem:at "AT+CSQ")
    assert.are.same("ok deaf=1, urc=1", emulator:control "faults")
  end)

  it("restart the module in the middle of a word, with its banner whole, garbled or missing", function()
    local banners = {}
    for seed = 1, 12 do
      local emulator <close> = assert(hayes.emulator { echo = false, seed = seed, faults = { reboot = 1 } })
      local port = assert(core.open_port(emulator.address, 115200, "none"))
      assert(port:write "AT+CSQ\r")
      local said, answered = ""
      repeat
        said = said .. assert(port:read())
        answered = said:find("OK", 1, true)
        if emulator:control "faults" == "ok reboot=1" and not answered then port:write "AT\r" end
      until answered
      port:close()
      local banner = said:match "^(.-)\r\nOK" or said
      local kind = banner:find "\r\nRDY\r\n.*PB DONE\r\n$" and "whole" or #banner < #CSQ and "missing" or "garbled"
      banners[kind] = true
    end
    assert.are.same({ whole = true, garbled = true, missing = true }, banners)
  end)

  it("take the port away, and bring it back under its name", function()
    local link <const> = folder.absolute(folder.new "faults") .. "/port"
    local emulator <close> = assert(hayes.emulator { link = link, faults = { ["port gone"] = "AT+CSQ" } })
    local modem <close> = assert(hayes.open(link))
    local _, err = modem:at "AT+CSQ"
    assert.are.same("port_gone", err.name)
    local port
    repeat port = core.open_port(link, 115200, "none") until port
    port:close()
    assert(modem:reopen())
    assert(modem:at "AT+CSQ")
    assert.are.same("ok port gone=1", emulator:control "faults")
  end)

  for _, list in ipairs { "", "nothing", "drop=2", "drop:0", "drop:x", "drop,", "deaf:" } do
    it(("are refused when they are wrong: %q"):format(list), function()
      local emulator, err = hayes.emulator { faults = list }
      assert.is_nil(emulator)
      assert.is_truthy(err.message:find("expected a comma-separated list of NAME", 1, true), err.message)
    end)
  end
end)
