local complete = require "hayes.explain.completion"
local dialects = require "hayes.dialect"

describe("Completion", function()
  local quectel = dialects.get("quectel")

  local function texts(line)
    local list = {}
    for i, candidate in ipairs(complete(quectel, line).candidates) do list[i] = candidate.text end
    return list
  end

  --- The line with the first candidate in place.
  local function completed(line)
    local completion = complete(quectel, line)
    return line:sub(1, completion.from - 1) .. completion.candidates[1].text
  end

  it("offers names of commands with what they do, with AT or without, in either case", function()
    assert.are.same({ "+QSSLCFG", "+QSSLCLOSE" }, texts("AT+QSSLC"))
    assert.are.same({ "+QSSLCFG", "+QSSLCLOSE" }, texts("+qsslc"))
    assert.are.same("AT+QSSLSTATE", completed("AT+QSSLST"))
    assert.are.same({ text = "+QPING", kind = "command", meaning = "Pings a host." },
      complete(quectel, "AT+QPING").candidates[1])
    assert.are.same({}, texts("AT+NOTHING"))
    assert.are.same(#quectel.declared - 1, #texts("")) -- all but +++, which is no command line
  end)

  it("offers the forms of a command whose name is complete", function()
    assert.are.same({ "+QIACT", "+QIACT=?", "+QIACT?", "+QIACT=" }, texts("AT+QIACT"))
    assert.are.same({ "+CSQ", "+CSQ=?" }, texts("+CSQ"))
  end)

  it("offers keys with what they set", function()
    assert.are.same(16, #texts("AT+QSSLCFG="))
    assert.are.same({ '"seclevel"', '"session_cache"' }, texts('AT+QSSLCFG="se'))
    assert.are.same('AT+QSSLCFG="sni"', completed("AT+QSSLCFG=sn"))
    assert.are.same("Authentication.", complete(quectel, 'AT+QSSLCFG="sec').candidates[1].meaning)
  end)

  it("offers the values of the parameter under the cursor with what they mean", function()
    assert.are.same({
      { text = "0", kind = "value", meaning = "buffer access mode" },
      { text = "1", kind = "value", meaning = "direct push mode" },
      { text = "2", kind = "value", meaning = "transparent access mode" },
    }, complete(quectel, 'AT+QSSLOPEN=1,0,4,"a,b",443,').candidates)
    assert.are.same({ "0", "1", "2" }, texts('AT+QSSLCFG="seclevel",1,'))
    assert.are.same({ "1", "10", "11" }, texts("AT+QSSLCLOSE=1"))
    assert.are.same({ '"UFS"' }, texts('AT+QFLDS="U'))
    assert.are.same({ "0XC030" }, texts('AT+QSSLCFG="ciphersuite",1,0xc03'))
    assert.are.same({ "E", "E0", "E1" }, texts("ATE"))
  end)

  it("tells of a parameter that has no list of values what it may be", function()
    local completion = complete(quectel, 'AT+QSSLOPEN=1,0,4,"exa')
    assert.are.same({ 19, "serveraddr", "text, up to 255 bytes" },
      { completion.from, completion.param.name, completion.param.range })
    assert.are.same("AT+QSSLOPEN=<contextID>,<SSL_ctxID>,<clientID>,<serveraddr>,<server_port>[,<access_mode>]",
      completion.syntax)
    assert.are.same({}, completion.candidates)
  end)

  it("offers nothing where nothing may stand", function()
    for _, line in ipairs { "AT+CSQ=", "AT+CSQ?", "AT+QSSLCFG=?", "AT+QSSLCLOSE=1,2,", 'AT+QSSLCFG="nothing",', "~" } do
      assert.are.same({}, texts(line), line)
    end
  end)
end)
