-- Every example of the three notes is explained, as what it is and with nothing wrong in it.

local dialects = require "hayes.dialect"
local explain = require "hayes.explain"

describe("explain() of the notes' own examples:", function()
  for _, set in ipairs(dofile "spec/vectors/explain.lua") do
    it(set.source, function()
      local dialect = dialects.get(set.name)
      for _, row in ipairs(set) do
        local found, err = explain(dialect, row[1])
        assert(found, ("%s: %s"):format(row[1], tostring(err)))
        assert.are.same({ row[1], row[2] }, { row[1], found.name })
        for _, field in ipairs(found.fields or {}) do
          assert.are.same({ row[1] }, { row[1], field.problem })
          assert.are_not.equal("not declared", field.meaning)
        end
        assert.is_truthy(tostring(found):find(row[3] or row[2], 1, true), tostring(found))
      end
    end)
  end

  it("forms and lines are shown as the vendor writes them", function()
    local aithinker = dialects.get "aithinker"
    for what, shown in pairs {
      ["AT+SOCKET"] = "AT+SOCKET=<type>[,<remote_host>],<port>[,<keep_alive>[,<conID>]]",
      ["AT+SOCKETREAD"] = "+SOCKETREAD,<ConID>,<length>,<data>", ["AT+WDNS"] = "+WDNS:<DNS_IP1>,<DNS_IP2>",
      ["+EVENT:SocketDown"] = "+EVENT:SocketDown,<ConID>",
    } do
      local text = tostring(assert(explain(aithinker, what)))
      assert.is_truthy(text:find(shown, 1, true), text)
    end
  end)

  it("what a note misprints is told as that; the second of two commands that is wrong fails both", function()
    local quectel = dialects.get "quectel"
    assert.is_truthy(tostring(assert(explain(quectel, "AT+QSSLRCV=4,1500"))):find("firmware knows +QSSLRECV", 1, true))
    assert.is_truthy(tostring(select(2, explain(quectel, "AT+CSQ;+CREGG?"))):find("+CREG", 1, true))
  end)
end)
