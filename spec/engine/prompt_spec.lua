-- What a prompt may mean, by the declaration of the command in flight: a place for data, the beginning of data mode, or
-- nothing. And a response that carries a block in the middle of a line.

local core = require "hayes.core"
local dialects = require "hayes.dialect"

local dialect = dialects.define {
  name = "axes",
  protocol = { eol = "\r\n", prompt = ">", cancel = "" },
  finals = { { "OK", success = true }, { "ERROR" }, { "Unknown cmd:", prefix = true } },
  boot = { "ready", { "#start", prefix = true } },
  urcs = {
    { name = "+EV:Down", text = "+EV:Down,", prefix = true, block = { length = 2, fields = 2, after = "," } },
    { name = "+EV", text = "+EV:", prefix = true },
  },
  commands = {
    { name = "+CERT", summary = "", source = "",
      params = { { name = "slot", type = "integer" }, { name = "length", type = "integer", optional = true } },
      data = { length = "length", if_given = true }, block = { length = 2, fields = 2, after = "," } },
    { name = "+LINE", summary = "", source = "", execute = true, online = "prompt" },
    { name = "+GET", summary = "", source = "", params = { { name = "id", type = "integer" } },
      block = { length = 2, fields = 2, after = ",", texts = { "+GET,", "+GET:" } } },
  },
}

describe("With the rules of a dialect of prompts, the engine", function()
  local engine, events, now

  before_each(function()
    engine, events, now = core.engine(dialect.rules), {}, 100
  end)

  local function collect()
    while true do
      local event = table.pack(engine:next_event(now))
      if event[1] == nil then return end
      events[#events + 1] = event
    end
  end

  local function output()
    local all = ""
    while true do
      local bytes = engine:output(now)
      if bytes == "" then return all end
      engine:sent(#bytes, now)
      all = all .. bytes
    end
  end

  local function command(text, data, online)
    local response = {}
    assert(engine:submit(response, text, now, data, nil, nil, nil, online))
    return response, output()
  end

  local function receive(bytes, piecewise)
    for piece in bytes:gmatch(piecewise and "." or ".+") do
      engine:feed(piece)
      collect()
    end
  end

  local function take()
    local kinds = {}
    for i, event in ipairs(events) do kinds[i] = event[1] end
    local taken = events
    events = {}
    return kinds, taken
  end

  it("ends a command line with CR LF", function()
    local _, line = command("AT+GET=1")
    assert.are.same("AT+GET=1\r\n", line)
  end)

  it("gives data to a command whose length is there, and takes the answer of one without for an answer", function()
    command("AT+CERT=1,3", "abc")
    receive(">")
    assert.are.same("abc", output())
    receive("\r\nOK\r\n")
    assert.are.same({ "final" }, take())
    local response = command("AT+CERT=1")
    receive("\r\n+CERT:1,3,>\r\n\r\nOK\r\n")
    assert.are.same("+CERT:1,3", response[1])
    assert.are.same(">\r\n", response.data)
    local id, why = engine:submit({}, "AT+CERT=1,3", now)
    assert.is_nil(id)
    assert.are.same("no data", why)
  end)

  it("begins data mode at the prompt, with the byte right after it, an LF or a space among them", function()
    for _, first in ipairs { "\n", " ", ">", "\r" } do
      engine, events = core.engine(dialect.rules), {}
      command("AT+LINE", nil, true)
      receive("\r\n>" .. first .. "x\r\nOK\r\n")
      now = now + 1 -- a CR LF at the end may be the beginning of the module's words
      collect()
      local kinds, all = take()
      assert.are.same("final", kinds[1])
      assert.are.same("online", all[1][3])
      local data = ""
      for i = 2, #all do data = data .. all[i][2] end
      assert.are.same(first .. "x\r\nOK\r\n", data)
    end
  end)

  it("leaves data mode that was entered without being asked for", function()
    command("AT+LINE")
    receive(">")
    local kinds, all = take()
    assert.are.same({ "final", "desync" }, kinds)
    assert.are.same("error", all[1][3])
  end)

  it("tells an error of such a command for what it is", function()
    command("AT+LINE", nil, true)
    receive("\r\n+LINE:105\r\nERROR\r\n")
    local kinds, all = take()
    assert.are.same({ "final" }, kinds)
    assert.are.same("error", all[1][3])
  end)

  it("takes a block in the middle of a line, under any of its names, whole or byte by byte", function()
    for _, piecewise in ipairs { false, true } do
      for _, mark in ipairs { ",", ":" } do
        local response = command("AT+GET=1")
        receive("+GET" .. mark .. "1,9,\r\nOK\r\n,>\0\r\nOK\r\n", piecewise)
        assert.are.same({ "+GET" .. mark .. "1,9" }, { table.unpack(response) })
        assert.are.same("\r\nOK\r\n,>\0", response.data)
        response = command("AT+GET=1")
        receive("+GET" .. mark .. "1,0\r\n\r\nOK\r\n", piecewise)
        assert.are.same({ "+GET" .. mark .. "1,0" }, { table.unpack(response) })
        assert.is_nil(response.data)
      end
    end
  end)

  it("tells an event of the same name with a block from one without", function()
    receive("\r\n+EV:Down,1,4,\r\nOK\r\n\r\n+EV:Down,1,4\r\n\r\n+EV:Up\r\n")
    local _, all = take()
    assert.are.same({ "+EV:Down", "\r\nOK", "+EV:Down", "+EV" },
      { all[1][2].name, all[1][2].data, all[2][2].name, all[3][2].name })
    assert.is_nil(all[2][2].data)
  end)

  it("knows a start by a word, or by the beginning of a line", function()
    for _, text in ipairs { "ready", "#start [2:19]" } do
      engine, events = core.engine(dialect.rules), {}
      receive("\r\n" .. text .. "\r\n")
      assert.are.same("reboot", (take())[1])
    end
  end)
end)
