-- hayes probe: what is sent, what is written, and what is told when that does not work.

local Program = require "support.hayes_program"
local hayes = require "hayes"
local json = require "dkjson"
local lab = require "support.lab"
local profiles = require "hayes.profile"
local Pty = require "support.pty"

--- Numbers of a module or a SIM card, and addresses of hardware, as patterns.
local IDENTITIES <const> = { ("%d"):rep(13), ("%x%x:"):rep(5), "%f[%w]" .. ("%x"):rep(12) .. "%f[%W]" }

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

describe("hayes probe", function()
  local emulator

  after_each(function()
    if emulator then emulator:close() end
    emulator = nil
  end)

  local function start(options)
    emulator = assert(hayes.emulator(options))
    return emulator.address
  end

  local function probe(words)
    words.timeout = words.timeout or 60
    table.insert(words, 1, "probe")
    return Program.run(words)
  end

  it("prints a profile that both readers take, and says in one line what it found", function()
    local result = probe { "-p", start {} }
    assert.are.equal(0, result.status, result.err)
    local made = assert(profiles.parse(result.out))
    assert.are.same({ "quectel", "Quectel", "EC200U", "EC200UCNAAR03A15M08" }, { made.dialect, made.manufacturer,
      made.model, made.revision })
    assert.is_truthy(made:answer "AT+QSSLOPEN=?")
    assert.are.equal("Quectel EC200U, EC200UCNAAR03A15M08: 86 commands answered, 0 refused; dialect quectel\n", result.err)
  end)

  for _, module in ipairs { "EC200U", "Ai-WB2" } do
    it("asks an " .. module .. " only questions, and tells no number of the module or its card", function()
      local trace = lab.folder() .. "/probe.log"
      os.remove(trace)
      local result = probe { "-p", start { module = module }, "--trace", trace }
      assert.are.equal(0, result.status, result.err)
      for line in io.lines(trace) do
        local sent = line:match "> (.*)$"
        local allowed = { ["ATE0"] = true, ["ATV1"] = true, ["AT"] = true, ["ATI"] = true, ["AT+CLAC"] = true,
          ["AT+QFTPSTAT"] = true, ["AT+HAYES"] = true, ["AT+SOCKETREAD=4294967295"] = true, ["AT+CMEE=2"] = true,
          ["AT+CMEE=1"] = true, ['AT+QURCCFG="urcport"'] = true, ['AT+QFOPEN="UFS:hayes.no-such-file",2'] = true }
        assert.is_truthy(not sent or allowed[sent] or sent:find "^AT%+%u+=?%?$" or sent:find "^AT%+[CQ]?GM[IMR]$", sent)
        assert.is_truthy(sent ~= "AT+COPS=?", sent)
      end
      for _, identity in ipairs(IDENTITIES) do assert.is_nil(result.out:match(identity)) end
    end)
  end

  it("leaves the settings of the module as they were", function()
    start {}
    local modem = assert(hayes.open(emulator.address))
    assert(modem:at "AT+CMEE=0")
    modem:close()
    assert.are.equal(0, probe({ "-p", emulator.address, "--yes" }).status)
    modem = assert(hayes.open(emulator.address, { dialect = require("hayes.dialect").get "base" }))
    assert.are.equal("+CMEE: 0", modem:at("AT+CMEE?")[1])
    local files = modem:at 'AT+QFLST="hayes*"' -- the file of one byte is gone
    assert.is_truthy(not files or #files == 0)
    modem:close()
  end)

  it("writes a file, over an older one only when there is something to write", function()
    local path = lab.folder() .. "/written.lua"
    local file = assert(io.open(path, "w"))
    file:write "older"
    file:close()
    local result = probe { "-p", "/dev/no-such-port", path }
    assert.are.equal(3, result.status)
    assert.are.equal("older", read(path))
    result = probe { "-p", start {}, path }
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("", result.out)
    assert.is_truthy(profiles.load(path))
    result = probe { "-p", emulator.address, lab.folder() .. "/none/of/these.lua" }
    assert.are.equal(2, result.status)
    assert.is_truthy(result.err:find("the profile cannot be written", 1, true), result.err)
  end)

  it("prints JSON for programs", function()
    local made = json.decode(probe({ "-p", start {}, "--json" }).out)
    assert.are.same({ 1, "quectel", true }, { made.profile, made.dialect, made.habits.space_after_colon })
    assert.are.same({ "ATI", "Quectel", "EC200U", "Revision: EC200UCNAAR03A15M08", "OK" }, made.answers[1])
  end)

  it("uses the network only with leave to", function()
    local result = probe { "-p", "/dev/no-such-port", "--echo", "h:7" }
    assert.are.equal(2, result.status)
    assert.is_truthy(result.err:find("say --yes, too", 1, true), result.err)
    result = probe { "-p", "/dev/no-such-port", "--yes", "--echo", "h" }
    assert.are.equal(2, result.status)
    assert.is_truthy(result.err:find("write it as HOST:PORT", 1, true), result.err)
  end)

  it("says so when another program has the port, or nothing answers there", function()
    start {}
    local _busy <close> = assert(hayes.open(emulator.address))
    local result = probe { "-p", emulator.address }
    assert.are.equal(3, result.status)
    assert.is_truthy(result.err:find("is in use by another program", 1, true), result.err)
    local silent = Pty.new()
    result = probe { "-p", silent.address }
    silent:close()
    assert.are.equal(3, result.status)
    assert.is_truthy(result.err:find("nothing answers AT on", 1, true), result.err)
  end)

  it("ends with status 130 when it is interrupted, and the module is in command mode", function()
    start { latency = 0.02 }
    for _, seconds in ipairs { 0.1, 0.5, 1 } do
      local result = probe { "-p", emulator.address, timeout = seconds }
      assert.are.equal(130, result.status, result.err)
    end
    local modem <close> = assert(hayes.open(emulator.address))
    assert.is_truthy(modem:at "AT")
  end)

  it("asks a module of no known kind about every command that it names", function()
    local path = lab.folder() .. "/other.lua"
    local file = assert(io.open(path, "w"))
    file:write 'return { name = "other", protocol = { eol = "\\r" }, finals = { { "OK", success = true }, { "ERROR" } },\n'
    file:write '  commands = { { name = "+CSQ", summary = "Signal.", source = "27.007", execute = true, test = true } } }\n'
    file:close()
    local result = probe { "-p", start {}, "--dialect", path }
    assert.are.equal(0, result.status, result.err)
    local made = assert(profiles.parse(result.out))
    assert.are.same({ "other", 2 }, { made.dialect, #made.answers }) -- AT+CLAC, too
  end)
end)
