-- hayes-emulator --faults: the names of the simulation, decided by the seed.

local Process = require "support.process"
local core = require "hayes.core"
local folder = require "support.folder"
local hayes = require "hayes"
local raises = require "support.raises"

--- Those of the host, which no module can bring about, and answers to reads, which are answers here.
local LEFT_OUT = { ["cancel"] = true, ["time-out"] = true, ["clock jump"] = true, ["handler error"] = true,
  ["collect"] = true, ["lost read"] = true, ["late read"] = true }
local PROGRAM = (os.getenv("HAYES_BUILD") or "build") .. "/hayes-emulator"

local function in_simulation()
  local names, within = {}, false
  for line in io.lines "spec/simulation/README.md" do
    within = line:find "^## Faults" and true or within and not line:find "^## "
    for name in within and (line:match "^|([^|]*)|" or ""):gmatch "`([^`]+)`" or function() end do
      if not LEFT_OUT[name] then names[#names + 1] = name end
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

  it("take the port away, and bring it back under another name", function()
    local link <const> = folder.absolute(folder.new "faults") .. "/renamed"
    local emulator <close> = assert(hayes.emulator { link = link })
    assert.are.equal("ok " .. link, emulator:control "port")
    local name = link
    for i = 1, 2 do
      assert(emulator:control "faults port renamed:AT+CSQ")
      local modem <close> = assert(hayes.open(name))
      local _, err = modem:at "AT+CSQ"
      assert.are.same("port_gone", err.name)
      name = ("%s.%d"):format(link, i)
      repeat local now = emulator:control "port" until now == "ok " .. name
      assert.is_nil((core.open_port(link, 115200, "none")))
    end
    local modem <close> = assert(hayes.open(name))
    assert(modem:at "AT+CSQ")
    emulator:close()
    assert.is_nil(io.open(name))
  end)

  it("bring the port back as another pty where it has no name", function()
    local emulator <close> = assert(hayes.emulator { faults = { ["port renamed"] = "AT+CSQ" } })
    local modem <close> = assert(hayes.open(emulator.address))
    assert.are.same("port_gone", select(2, modem:at "AT+CSQ").name)
    local found, again
    repeat found = emulator:control "port" until found
    again = assert(hayes.open((found:gsub("^ok ", ""))))
    assert(again:at "AT+CSQ")
    again:close()
    assert.are.same("ok port renamed=1", emulator:control "faults")
  end)

  it("let nothing pass for some time, and lose nothing", function()
    local said = answers({ faults = { stall = "AT+CSQ" } }, { "AT+CSQ", "AT+CSQ" })
    assert.are.same((CSQ .. "\r\nOK\r\n"):rep(2), said)
    local emulator <close> = assert(hayes.emulator { faults = { stall = "AT+CSQ" }, latency = 0 })
    local modem <close> = assert(hayes.open(emulator.address))
    assert(modem:at "AT+CSQ")
    assert.are.same("ok stall=1", emulator:control "faults")
  end)

  it("change settings of another program, unless a connection is being opened", function()
    local settings = { "sslversion", "seclevel", "sni", "ignorelocaltime", "ignoreinvalidcertsign", "ignorecertitem",
      "ignoremulticertchainverify", "session_cache", "cacert" }
    local function state(modem)
      local words = {}
      for context = 0, 2 do
        for _, name in ipairs(settings) do
          words[#words + 1] = assert(modem:at(('AT+QSSLCFG="%s",%d'):format(name, context)))[1]
        end
      end
      return table.concat(words, "\n")
    end
    local emulator <close> = assert(hayes.emulator {})
    local modem <close> = assert(hayes.open(emulator.address))
    for context = 0, 2 do
      for _, setting in ipairs { "sslversion,3", "seclevel,1", "sni,1", "ignorelocaltime,0" } do
        local name, value = setting:match "^(.-),(.*)$"
        assert(modem:at(('AT+QSSLCFG="%s",%d,%s'):format(name, context, value)))
      end
    end
    local before = state(modem)
    assert(emulator:control "faults settings changed=1")
    assert.are.equal(before, state(modem))
    assert.are.same("ok ", emulator:control "faults")
    assert(modem:at "AT+CSQ")
    assert(emulator:control "faults" == "ok settings changed=1")
    assert.are_not.equal(before, state(modem))
    local wifi <close> = assert(hayes.emulator { module = "Ai-WB2", faults = { ["settings changed"] = 1.0 } })
    local other <close> = assert(hayes.open(wifi.address))
    assert(other:at "AT")
    assert.are.same("ok ", wifi:control "faults")
  end)

  -- Each with what is wrong with it.
  local wrong = {
    [""] = "a fault without a name",
    nothing = "no fault is called nothing",
    dorp = "no fault is called dorp (did you mean drop?)",
    ["sever-closes=1"] = "no fault is called sever-closes (did you mean server closes?)",
    ["drop=2"] = "drop=2: a rate is a probability, from 0 to 1; drop:3 is the third word alone",
    ["drop=nan"] = "drop=nan: a rate is a probability",
    ["drop=-0.1"] = "a rate is a probability",
    ["drop="] = "a rate is a probability",
    ["drop:0"] = "drop:0: each word has a number, from 1",
    ["drop:-1"] = "drop:-1: each word has a number, from 1",
    ["drop:99999999999999999999999"] = "each word has a number",
    ["drop:x"] = "drop:x: it takes place at each word, not at a command",
    ["drop,"] = "a fault without a name",
    ["split,deaf:"] = "deaf: a number, or the beginning of a command line, must follow the colon",
  }
  for list, words in pairs(wrong) do
    it(("are refused when they are wrong, with the reason: %q"):format(list), function()
      local emulator, err = hayes.emulator { faults = list }
      assert.is_nil(emulator)
      assert.is_truthy(err.message:find(words, 1, true), err.message)
      local running <close> = assert(hayes.emulator {})
      local _, refused = running:control("faults " .. (list == "" and "," or list))
      assert.is_truthy(refused.message:find(words, 1, true), refused.message)
    end)
  end

  it("that are given as a table are checked as such", function()
    local function refused(faults)
      return raises(function() hayes.emulator { faults = faults } end)
    end
    assert.is_truthy(refused { 1, 2 }:find("hayes.emulator: faults[1] is 1; it must be string", 1, true))
    assert.is_truthy(refused { "faults off", true }:find("faults[2] is true", 1, true))
    assert.is_truthy(refused { [3] = "faults off" }:find("faults holds 3", 1, true))
    assert.is_truthy(refused { [true] = 1 }:find("faults holds true", 1, true))
    assert.is_truthy(refused { drop = {} }:find("the fault drop is a table", 1, true))
    assert.is_truthy(refused { deaf = "AT+CSQ,drop" }:find("a comma ends a fault", 1, true))
    assert.is_truthy(refused { deaf = "AT\0" }:find("faults holds NUL", 1, true))
    for value, words in pairs { [2.5] = "a rate is a probability", [-1] = "has a number, from 1", [0] = "has a number" } do
      local _, err = hayes.emulator { faults = { drop = value } }
      assert.is_truthy(err.message:find(words, 1, true), err.message)
    end
    assert.is_truthy(raises(function() hayes.emulator { quirks = { "x", 5 } } end):find("quirks[2] is 5", 1, true))
    assert.is_truthy(raises(function() hayes.emulator { resolve = { a = {} } } end):find("where a leads", 1, true))
    local _, err = hayes.emulator { quirks = "first-comand-lost" }
    assert.is_truthy(err.message:find("did you mean first-command-lost?", 1, true), err.message)
  end)
end)
