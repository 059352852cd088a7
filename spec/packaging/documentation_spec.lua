-- Everything public is documented: the library as it runs is asked what there is, and its sources what they say of it.

local check = require "hayes.check"
local event_names = require "hayes.modem.event_names"
local hayes = require "hayes"
local Modem = require "hayes.modem"
local own_errors = require "hayes.explain.own_errors"

describe("The documentation of what is public", function()
  local gaps, undo

  setup(function()
    package.path = "./?.lua;" .. package.path
    gaps = require "manual.generator.gaps"
  end)

  before_each(function() undo = {} end)

  after_each(function()
    for _, f in ipairs(undo) do f() end
  end)

  --- Sets a field until the end of the test.
  local function put(object, name, value)
    local before = rawget(object, name)
    undo[#undo + 1] = function() object[name] = before end
    object[name] = value
  end

  local function finds(expected)
    local text = table.concat(gaps.find(), "\n")
    for _, line in ipairs(expected) do assert.is_truthy(("\n" .. text .. "\n"):find("\n" .. line .. "\n", 1, true), text) end
  end

  it("has no gap: functions, arguments, results, options, errors, types, services, events, URCs", function()
    assert.are.same({}, gaps.find())
  end)

  it("has a gap where a function, a method or an argument is not described", function()
    local function undescribed(a) return a end
    put(hayes, "novelty", undescribed)
    --- Does something new.
    ---@param a integer
    ---@return integer
    local function half_described(a, b) return a + b end
    put(hayes, "half", half_described)
    put(Modem, "novelty", undescribed)
    put(hayes, "number", 1)
    finds { "hayes.novelty: there is no comment above it", "hayes.number: there is no comment above it",
      "modem:novelty: there is no comment above it",
      "hayes.half: @param a does not say what it is", "hayes.half: its argument b has no @param" }
  end)

  it("has a gap where a function does not say what it returns, or which errors it gives", function()
    --- Does something new.
    local function silent() return 1 end
    put(hayes, "silent", silent)
    --- Does something new.
    ---@return true?, hayes.error?
    local function failing() return nil end
    put(hayes, "failing", failing)
    --- Does something new.
    ---
    --- Errors: `no_such_name`.
    ---@return true?, hayes.error?
    local function misnamed() return nil end
    put(hayes, "misnamed", misnamed)
    finds { "hayes.silent: no @return says what it gives",
      'hayes.failing: no paragraph "Errors:" names what it fails with',
      "hayes.misnamed: no error is called no_such_name" }
  end)

  it("has a gap where an option lacks its sentence, unit or range, or a function does not declare its options", function()
    local rules = check.options_of(hayes.open)
    put(rules, "novelty", { type = "integer" })
    finds { "hayes.open: the option novelty has no doc", "hayes.open: the option novelty has no range",
      'hayes.open: the option novelty has no unit ("" where it is a plain number)' }
    local at_rules = check.options_of(Modem.at)
    check.takes(check.original(Modem.at), nil)
    undo[#undo + 1] = function() check.takes(check.original(Modem.at), at_rules) end
    finds { "modem:at: its options are not noted (check.takes)",
      "the option expect: no public function takes it (check.takes)" }
  end)

  it("has a gap where an error or an event is not described", function()
    put(own_errors, "novelty", {})
    put(event_names.of_library, #event_names.of_library + 1, "novelty")
    finds { "the error novelty: no sentence says what it means",
      'the error novelty: no function names it under "Errors:"',
      "the event novelty: nothing says what it means (event_names.meaning)" }
  end)

  it("has a gap where a type is named that no @class describes", function()
    --- Does something new.
    ---@return hayes.novelty
    local function maker() return {} end
    put(hayes, "maker", maker)
    finds { "hayes.novelty, of which hayes.maker speaks: no @class describes it" }
  end)
end)
