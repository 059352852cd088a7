-- What is allowed, at its limits.

local check = require "hayes.check"
local dialects = require "hayes.dialect"
local hayes = require "hayes"
local mask = require "hayes.display.mask"
local script = require "support.script"
local utc = require "hayes.dialect.quectel.utc"

describe("An argument", function()
  local function problem(value, rule) return check.problem(check.value, "f", "x", value, rule) end

  it("may be the least and the greatest", function()
    local rule = { type = "number", min = 2, max = 10 }
    for _, value in ipairs { 2, 10, 2.0, 9.5 } do assert.is_nil(problem(value, rule)) end
    for _, value in ipairs { 1, 11, 1.99, 10.01 } do assert.is_string(problem(value, rule)) end
  end)

  it("may be as long as allowed, and no longer", function()
    local rule = { type = "string", longest = 3 }
    assert.is_nil(problem("abc", rule))
    assert.is_string(problem("abcd", rule))
  end)
end)

describe("A command that is not declared", function()
  it("is shown without its parameters where its name says that one is a secret", function()
    for _, name in ipairs { "+WAP", "+SAP", "+MYJAP", "+PASSWORD", "+USRPWD" } do
      local shown = mask.command(dialects.get "quectel", ('AT%s="name","hidden"'):format(name))
      assert.is_nil(shown:find("hidden", 1, true), shown)
    end
  end)
end)

describe("An answer with a line that is too long", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  it("says so", function()
    local modem <close> = assert(hayes.open_port(script.port(script.quectel {
      ["AT+LONG"] = "\r\n" .. ("x"):rep(5000) .. "\r\n\r\nOK\r\n", ["AT+SHORT"] = "\r\nshort\r\n\r\nOK\r\n",
    }), "script"))
    assert.is_true(assert(modem:at "AT+LONG").truncated)
    assert.is_nil(assert(modem:at "AT+SHORT").truncated)
  end)
end)

describe("A date", function()
  it("is counted over the ends of months and leap years", function()
    for text, time in pairs { ["19700101000000"] = 0, ["20240228235959"] = 1709164799, ["20240229000000"] = 1709164800,
      ["20240301000000"] = 1709251200, ["21000228000000"] = 4107456000, ["21000301000000"] = 4107542400 } do
      assert.are.same(time, utc.parse(text))
    end
  end)
end)
