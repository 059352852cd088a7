-- hayes.core used in ways that the library never does. Each call does what it says, refuses, or raises; under the
-- sanitizers nothing else may happen.

local core = require "hayes.core"
local folders = require "support.folder"

local protocol = { eol = "\r", prompt = ">", escape = "+++", guard_ms = 1000, max_line = 64, max_command = 64 }

local function rules(lines, of)
  return core.rules { protocol = of or protocol, lines = lines or {
    { text = "OK", kind = "final", success = true }, { text = "RDY", kind = "boot" },
    { text = "CONNECT", kind = "connect", prefix = true }, { text = "+URC:", prefix = true, kind = "urc" },
  }, commands = { { name = "+X", info = "any", data_forms = 8 } } }
end

local function raises(text, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok, "it raises nothing")
  assert(tostring(err):find(text, 1, true), err)
end

--- Calls each method of a class, and a method of another class, on an object.
local function call_all(object, given)
  for name, method in pairs(getmetatable(object)) do
    if type(method) == "function" and name ~= "wait" then -- which waits
      raises("", method)
      raises("", method, 1)
      raises("", method, io.stdout)
      for _, arguments in ipairs(given) do pcall(method, object, table.unpack(arguments, 1, arguments.n or #arguments)) end
    end
  end
end

--- Arguments of every kind for every method.
local function arguments()
  local kinds = { n = 13, 0, -1, 1e300, "text", ("long"):rep(3000), {}, true, print, "", 1 << 22, false, 0.5 }
  local list = { {}, { n = 6 } }
  for i = 1, kinds.n do
    for j = 1, kinds.n do list[#list + 1] = { n = 3, kinds[i], kinds[j], 5 } end
    list[#list + 1] = { n = 2, {}, kinds[i] }
  end
  return list
end

--- Memory that has become free is used again.
local function fill_memory()
  collectgarbage()
  local list = {}
  for i = 1, 300 do list[i] = ("%d."):format(i):rep(i) end
  return list
end

--- A port to nobody in particular.
local function open_port()
  local listener = assert(core.listen("127.0.0.1", "0"))
  return assert(core.open_port(("tcp:127.0.0.1:%d"):format(listener:number()), 9600)), listener
end

local function open(path, mode)
  return assert(core.file(path, mode))
end

describe("hayes.core, when misused,", function()
  local folder

  setup(function() folder = folders.absolute(folders.new "misuse") end)

  local function objects()
    local port, listener = open_port()
    return {
      engine = core.engine(rules()), rules = rules(), pollset = core.pollset(), signal = core.signal(),
      descriptor = core.socket_pair(),
      port = port, listener = listener,
      file = open(folder .. "/file", "append"),
    }
  end

  it("raises for an argument of another kind", function()
    for _, object in pairs(objects()) do
      call_all(object, arguments())
      getmetatable(object).__gc(object)
      call_all(object, arguments())
      collectgarbage()
    end
  end)

  it("raises after a finalizer that was called by hand, which may be called again", function()
    for name, object in pairs(objects()) do
      local class = getmetatable(object)
      class.__gc(object)
      class.__gc(object)
      for method, call in pairs(class) do
        local stays_closed = method == "close" or name == "signal" or name == "descriptor"
        if type(call) == "function" and not method:find("^__") and not stays_closed then
          raises(name == "pollset" and "the set is closed" or "closed", call, object,
            method == "set_blocks" and "" or 0, 0, {})
        end
      end
    end
  end)

  it("raises for rules whose finalizer was called, and keeps those that an engine uses", function()
    local used = rules()
    local engine = core.engine(used)
    getmetatable(used).__gc(used)
    raises("freed", core.engine, used)
    raises("freed", engine.set_rules, engine, used)
    engine:feed("+URC: 1\r\n")
    assert.are.equal("urc", (engine:next_event(1)))
    assert.is_true(engine:set_rules(rules()))
    engine:next_event(1)
  end)

  it("raises for bytes that are fed before the events of those before have been taken", function()
    local engine = core.engine(rules())
    engine:observe(true)
    engine:feed(("+URC: %d\r\n+UR"):format(7))
    assert.are.equal("seen", (engine:next_event(1)))
    raises("take them first", engine.feed, engine, "more")
    fill_memory()
    assert.are.equal("+URC: 7", (select(2, engine:next_event(1))).line)
    assert.is_nil((engine:next_event(1)))
    engine:feed("C: 8\r\n")
    assert.are.equal("seen", (engine:next_event(1)))
    assert.are.equal("+URC: 8", (select(2, engine:next_event(1))).line)
  end)

  it("reads nothing from a port while events of fed bytes are left", function()
    local engine = core.engine(rules())
    local port = open_port()
    assert.is_not_equal("urc", (engine:pump(port, 1)))
    engine:feed("+URC: 1\r\n+URC: 2\r\n")
    assert.are.equal("urc", (engine:pump(port, 1)))
    raises("take them first", engine.feed, engine, "more")
    assert.are.equal("urc", (engine:pump(port, 1)))
  end)

  it("refuses other rules while a line of the ones before is to be reported", function()
    local engine = core.engine(rules())
    local large = { eol = "\r", prompt = ">", escape = "+++", guard_ms = 1000, max_line = 5000 }
    engine:observe(true)
    engine:feed("+UR")
    assert.is_nil((engine:next_event(1)))
    engine:feed("C: 7\r\nRDY\r\n")
    assert.are.equal("seen", (engine:next_event(1)))
    assert.is_false(engine:set_rules(rules({}, large)))
    fill_memory()
    assert.are.equal("+URC: 7", (select(2, engine:next_event(1))).line)
    assert.are.equal("seen", (engine:next_event(1)))
    assert.are.equal("reboot", (engine:next_event(1)))
    assert.is_false(engine:set_rules(rules({}, large)))
    assert.are.equal("urc", (engine:next_event(1)))
    while engine:next_event(1) do fill_memory() end
    assert.is_true(engine:set_rules(rules({}, large)))
  end)

  it("refuses other rules in data mode", function()
    local engine = core.engine(rules())
    assert(engine:submit({}, "D", 1, nil, nil, nil, nil, true))
    engine:sent(#engine:output(1), 1)
    engine:feed("CONNECT\r\n")
    assert.are.equal("final", (engine:next_event(1)))
    assert.is_false(engine:set_rules(rules()))
  end)

  it("takes texts as strings alone, which their table keeps", function()
    local fresh = setmetatable({}, { __index = function(_, key) return ("made for %s"):format(key) end })
    raises("a line rule without a text", core.rules, { lines = { setmetatable({ kind = "urc" }, getmetatable(fresh)) } })
    raises("text is a number", core.rules, { lines = { { text = 12345678901234567, kind = "urc" } } })
    raises("name is a number", core.rules, { commands = { { name = 12, info = "any" } } })
    raises("shape is a number", core.rules, { lines = { { text = "X", kind = "urc", shape = 1.5 } } })
    raises("escape is a number", core.rules, { protocol = { escape = 1 } })
    local engine = core.engine(rules())
    raises("not a string", engine.set_hangups, engine, { 12345678901234567 })
    raises("table expected", engine.set_hangups, engine, "CLOSED")
    local many = {}
    for i = 1, 99 do many[i] = "X" end
    raises("too many", engine.set_hangups, engine, many)
    local made = setmetatable({}, { __len = function() return -1 end })
    engine:set_hangups(made)
  end)

  it("takes numbers that the engine can hold alone", function()
    raises("max_line is not", core.rules, { protocol = { max_line = -1 } })
    raises("max_command is not", core.rules, { protocol = { max_command = 1 << 40 } })
    raises("length is not", core.rules, { lines = { { text = "X", kind = "urc", block = { length = 256 } } } })
    raises("data_forms is not", core.rules, { commands = { { name = "X", info = "any", data_forms = 0.5 } } })
    raises("table expected", core.rules, { protocol = 1 })
    raises("table expected", core.rules, { lines = { { text = "X", kind = "urc", block = true } } })
  end)

  it("raises for a moment that is no time", function()
    local engine = core.engine(rules())
    for _, moment in ipairs { 1e300, math.huge, 0 / 0 } do
      raises("time", engine.next_event, engine, moment)
      raises("time", engine.submit, engine, {}, "X", moment)
      raises("time", engine.cancel, engine, 1, moment)
      raises("time", engine.leave_data_mode, engine, true, moment)
    end
    engine:sync(1, math.huge)
    engine:sync(8e12, 1)
    while engine:next_event(8e12) do engine:output(8e12) end
    engine:set_times(1e300, 1e300)
    engine:submit({}, "", 8e12)
    engine:deadline(8e12)
  end)

  it("keeps the data of a command, whatever becomes of the variable", function()
    local engine = core.engine(rules())
    assert(engine:submit({}, "+X=1", 1, ("data %d"):format(9)))
    engine:sent(#engine:output(1), 1)
    engine:feed("> ")
    engine:next_event(1)
    fill_memory()
    assert.is_nil((engine:submit({}, "+X=2", 1, ("other %d"):format(9))))
    fill_memory()
    assert.are.equal("data 9", engine:output(1))
    raises("more than there was", engine.sent, engine, 7, 1)
    raises("more than there was", engine.sent, engine, -1, 1)
  end)

  it("fails a command whose file is closed in the middle", function()
    local path = folder .. "/data"
    local out = assert(io.open(path, "wb"))
    out:write(("x"):rep(100))
    out:close()
    local file, engine = open(path, "read"), core.engine(rules())
    assert(engine:submit({}, "+X=1", 1, file, nil, 5, nil, nil, nil, nil, 100))
    engine:sent(#engine:output(1), 1)
    engine:feed("> ")
    engine:next_event(1)
    assert.are.equal(100, #engine:output(1))
    engine:sent(40, 1)
    file:seek(0)
    assert.are.equal(60, #engine:output(1))
    file:close()
    collectgarbage()
    engine:sent(#engine:output(1), 1)
    assert.are.equal("final", (engine:next_event(30)))
    raises("the file is closed", core.engine(rules()).submit, core.engine(rules()), {}, "+X=1", 1, file)
  end)

  it("raises for a descriptor set whose finalizer runs while it waits for nothing, and takes any descriptor", function()
    local set = core.pollset()
    set:add(-1, {})
    set:add(1 << 30, {})
    set:remove(77, {})
    set:modify(77, true)
    set:wait(0, {})
    raises("table expected", set.wait, set, 0, 1)
  end)
end)
