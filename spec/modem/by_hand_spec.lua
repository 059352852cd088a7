-- Commands sent by hand that cannot end well raise before anything is sent.

local dialects = require "hayes.dialect"
local hayes = require "hayes"
local raises = require "support.raises"
local script = require "support.script"

describe("modem:at", function()
  local modem, port

  before_each(script.virtual_time)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function open(dialect)
    local wifi = { ["AT"] = "\r\nOK\r\n", ["ATE0"] = "\r\nOK\r\n" }
    port = script.port(dialect and script.commands(wifi) or script.quectel { ["^AT"] = "\r\nOK\r\n" })
    modem = assert(hayes.open_port(port, "script", { dialect = dialect }))
    port.log = {}
  end

  local refused = {
    ['AT+QFDWL="UFS:x"'] = "modem.file.download",
    ['AT+QFTPGET="x"'] = "ftp:get", ['at+qftpget="x","COM:"'] = "ftp:get", ['AT+QFTPLIST="."'] = "ftp:list",
    ['AT+QFTPPUT="x","COM:",0,5'] = "ftp:put",
    ['AT+QIOPEN=1,0,"TCP","host.example",80,0,2'] = "transparent",
    ['AT+QSSLOPEN=1,0,0,"host.example",443,2'] = "transparent",
    ["AT+QISWTMD=0,2"] = "transparent", ["ATO"] = "socket:resume",
  }
  for text, instead in pairs(refused) do
    it(("refuses what begins data mode: %s"):format(text), function()
      open()
      for _, call in ipairs { "at", "query" } do
        assert.is_truthy(raises(function() modem[call](modem, text) end):find(instead, 1, true))
      end
      assert.are.same({}, port.log)
    end)
  end

  for text, what in pairs { ATV0 = "V0", ATV = "V", atq1 = "Q1", ["ATE1V0"] = "V0", ["AT+CSQ;V0;+CREG?"] = "V0",
    ["ATS3=13Q1"] = "Q1" } do
    it(("refuses what turns the words of result codes off: %s"):format(text), function()
      open()
      assert.is_truthy(raises(function() modem:at(text) end):find("without OK and ERROR (" .. what .. ")", 1, true))
      assert.are.same({}, port.log)
    end)
  end

  for _, text in ipairs { "AT+SOCKETTT", "AT+SOCKETTT=2" } do
    it(("refuses what begins transparent transmission: %s"):format(text), function()
      open "aithinker"
      assert.is_truthy(raises(function() modem:at(text) end):find("socket:transparent", 1, true))
      assert.are.same({}, port.log)
    end)
  end

  local taken = { 'AT+QFTPGET="x","UFS:x"', "AT+QISWTMD=0,1", 'AT+QIOPEN=1,0,"TCP","host.example",80,0,1',
    "AT+QFDWL=?", "AT+QIOPEN?", "ATV1", "ATQ0", "ATQ", "ATE0V1Q0", 'AT+CUSD=1,"V0"', "ATD*99#V0", "ATVERSION", "AT+CSQ;E0" }
  for _, text in ipairs(taken) do
    it(("sends what begins no data mode: %s"):format(text), function()
      open()
      hayes.spawn(function() modem:at(text, { timeout = 3 }) end)
      hayes.sleep(0.1)
      assert.are.same(text .. "\r", port.log[1])
    end)
  end

  local lengths = {
    { nil, "AT+QSSLSEND=0,5", "hello world" }, { nil, 'AT+QFUPL="UFS:x",5', "" }, { nil, "AT+QFWRITE=1,5", "hell" },
    { nil, "AT+QISEND=0,0", "hello" }, { nil, 'AT+QFTPPUT="x","COM:",0,5', "hell" },
    { nil, 'AT+QFTPPUT="x","COM:"', "hello" },
    { "aithinker", "AT+SOCKETSEND=1,5", "hell" }, { "aithinker", "AT+SSLCRET=1,5", "hello world" },
  }
  for _, case in ipairs(lengths) do
    it(("refuses data of another length than announced: %s"):format(case[2]), function()
      open(case[1])
      local message = raises(function() modem:at(case[2], { data = case[3] }) end)
      assert.is_truthy(message:find("announces", 1, true) or message:find("uploadlen", 1, true))
      assert.are.same({}, port.log)
    end)
  end

  it("knows every command of the dialects that begins data mode at the prompt", function()
    open()
    for _, name in ipairs(dialects.names()) do
      for _, declaration in ipairs(dialects.get(name).declared) do
        if declaration.online then assert.is_table(declaration.connect, declaration.name) end
      end
    end
  end)
end)
