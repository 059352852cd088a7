-- Bytes between an engine and its port (csrc/lua/pump.c).

local core = require "hayes.core"

local protocol = { eol = "\r", prompt = ">", escape = "+++", guard_ms = 1000, max_line = 64, max_command = 64 }

local function rules()
  return core.rules { protocol = protocol, lines = { { text = "OK", kind = "final", success = true } },
    commands = { { name = "+SEND", info = "any", data_forms = 8 } } }
end

describe("The pump of hayes.core", function()
  it("tells of data in the same round in which the port has taken it, without another wait", function()
    local module <close>, path = assert(core.open_pty())
    local port <close> = assert(core.open_port(path, 9600))
    local engine, set, ready = core.engine(rules()), core.pollset(), {}
    set:add(port:fd(), port)
    assert(engine:submit({}, "AT+SEND=4", 1, "data", nil, nil, nil, nil, nil, nil, nil, true))
    engine:push(port, 1)
    module:write "\r\n> "
    local kind, bytes, deadline
    repeat -- the prompt may come in pieces
      set:wait(nil, ready)
      kind, bytes, deadline = engine:pump(port, 1)
    until kind or deadline <= 1
    assert.are.same({ "progress", 4 }, { kind, bytes })
    assert.is_nil((engine:pump(port, 1)))
  end)
end)
