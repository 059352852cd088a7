-- AT+QIGETERROR tells why the last command has failed, whosever that was: it is asked before anybody's command goes.

local hayes = require "hayes"
local script = require "support.script"

describe("The reason for which a command has failed", function()
  local modem, last, log

  before_each(function()
    script.virtual_time()
    last, log = 0, {}
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function failing(code)
    return function(line)
      log[#log + 1] = line
      last = code
      return "\r\nERROR\r\n"
    end
  end

  local function open(commands)
    local all = {
      ["AT+QISTATE"] = "\r\nOK\r\n", ["AT+QSSLSTATE"] = "\r\nOK\r\n", ["^AT%+QICFG="] = "\r\nOK\r\n",
      ["AT+QISDE=0"] = "\r\nOK\r\n", ["^AT%+QICLOSE="] = "\r\nOK\r\n",
      ["^AT%+QIOPEN="] = failing(563), ["^AT%+QIDNSGIP="] = failing(565), ["AT+CSQ"] = failing(500),
      ["AT+QIGETERROR"] = function(line)
        log[#log + 1] = line
        return ("\r\n+QIGETERROR: %d,words\r\n\r\nOK\r\n"):format(last)
      end,
    }
    for line, reply in pairs(commands or {}) do all[line] = reply end
    modem = assert(hayes.open_port(script.port(script.quectel(all)), "script"))
  end

  it("is asked for before the commands of others go", function()
    open()
    local errors, tasks = {}, {}
    local function try(name, f)
      tasks[#tasks + 1] = hayes.spawn(function() errors[name] = select(2, f()).code end)
    end
    try("open", function() return modem.tcp.open("host.example", 80) end)
    for i = 1, 20 do try("csq" .. i, function() return modem:at("AT+CSQ") end) end
    try("resolve", function() return modem.network.resolve("host.example") end)
    for i = 21, 40 do try("csq" .. i, function() return modem:at("AT+CSQ") end) end
    for _, task in ipairs(tasks) do task:join() end
    assert.are.same({ 563, 565 }, { errors.open, errors.resolve })
    for i, line in ipairs(log) do
      if line:find("^AT%+QIOPEN") or line:find("^AT%+QIDNSGIP") then assert.are.same("AT+QIGETERROR", log[i + 1]) end
    end
  end)

  it("is not asked for where the command was sent by hand", function()
    open()
    assert.is_nil((modem:at('AT+QIOPEN=1,0,"TCP","host.example",80')))
    assert.is_nil((modem:at('AT+QIOPEN=1,0,"TCP","host.example",80', { timeout = 3 })))
    hayes.sleep(1)
    assert.are.same(2, #log)
  end)

  it("need not be known", function()
    open { ["AT+QIGETERROR"] = "\r\nERROR\r\n" }
    local sock, err = modem.tcp.open("host.example", 80)
    assert.is_nil(sock)
    assert.are.same("ERROR", err.result)
  end)

  it("is nobody's when its caller has left, and the line is free", function()
    open { ["AT+QIGETERROR"] = function(_, at) at:say("\r\n+QIGETERROR: 563,words\r\n\r\nOK\r\n", 2) end,
      ["AT+CSQ"] = "\r\n+CSQ: 22,99\r\n\r\nOK\r\n" }
    local task = hayes.spawn(function() return modem.network.resolve("host.example") end)
    hayes.sleep(0.5)
    task:cancel()
    assert.are.same("+CSQ: 22,99", assert(modem:at("AT+CSQ"))[1])
  end)
end)
