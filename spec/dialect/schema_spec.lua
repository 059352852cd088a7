-- Mistakes in a dialect table are told before anything is opened or sent: where, what, and which name was meant.

local dialects = require "hayes.dialect"
local files = require "support.files"
local folders = require "support.folder"
local hayes = require "hayes"
local Program = require "support.hayes_program"
local raises = require "support.raises"
local schema = require "hayes.declare.schema"
local tables = require "support.dialect_tables"

local EXAMPLE, example = tables.EXAMPLE, tables.example

describe("A dialect table", function()
  it("of the library and of the examples has no mistakes", function()
    for _, name in ipairs { "base", table.unpack(dialects.names()) } do
      local source = assert(loadfile(package.searchpath("hayes.dialect." .. name, package.path)))
      assert.are.same({}, schema.problems(source()), name)
    end
    assert.are.same({}, schema.problems(dofile(EXAMPLE)))
  end)

  local mistakes = {
    { "a field that is mistyped", function(d) d.protcol = {} end,
      "the dialect: there is no field \"protcol\" (did you mean protocol?)" },
    { "a field of a command that is mistyped", function(d) d.commands[2].sumary = "x" end,
      "commands[2] (+CWMODE): there is no field \"sumary\" (did you mean summary?)" },
    { "a value of the wrong type", function(d) d.commands[2].timeout = "5" end,
      "commands[2] (+CWMODE).timeout is \"5\"; it must be a number" },
    { "a negative time", function(d) d.commands[2].timeout = -1 end, "timeout is -1; it must be from 0 to" },
    { "a type of parameter that is none", function(d) d.commands[3].params[2].type = "strng" end,
      "commands[3] (+CWJAP).params[2] (pwd).type is \"strng\"; it must be one of \"integer\", \"string\", \"bare\" "
        .. "(did you mean \"string\"?)" },
    { "a command without a name", function(d) d.commands[2].name = nil end, "commands[2].name is missing" },
    { "no commands", function(d) d.commands = nil end, "commands is missing" },
    { "commands by name, not as a list", function(d) d.commands = { ["+GMR"] = d.commands[1] } end,
      "commands is a list, and holds \"+GMR\", which is no place in it" },
    { "two commands of one name", function(d) d.commands[2].name = "+GMR" end,
      "commands[2] (+GMR) has the name of commands[1]; the later one would hide it" },
    { "no final result codes", function(d) d.finals = nil end, "finals is missing" },
    { "final result codes that never mean success", function(d) d.finals[1].success = nil d.finals[3].success = nil end,
      "no final result code with success = true" },
    { "a group of final result codes that is nowhere", function(d) d.commands[6].final = "sent" end,
      "commands[6] (+CIPSEND).final is \"sent\"; no final result code has that group (finals)" },
    { "a length of data that is no parameter", function(d) d.commands[6].data.length = "len" end,
      "commands[6] (+CIPSEND).data.length is \"len\", which is no parameter of the command" },
    { "a key of a deferred result that is no parameter",
      function(d) d.commands[9].deferred = { key = "socket", timeout = 5, answer = { { name = "socket" } } } end,
      "commands[9] (+CIPCLOSE).deferred.key is \"socket\", which is no parameter of the command" },
    { "a line end that no module has", function(d) d.protocol.eol = "\n\r" end,
      "protocol.eol is \"\\n\\r\"; it must be one of \"\\r\", \"\\n\", \"\\r\\n\"" },
    { "an escape sequence of one character", function(d) d.protocol.escape = "+" end, "protocol.escape is \"+\"; it must be" },
    { "an escape sequence of different ones", function(d) d.protocol.escape = "+-+" end, "the same character two to seven" },
    { "a shape with an unknown letter", function(d) d.commands[2].bare = "n,z" end, "it must be a shape: one of n, d, x" },
    { "a block after an unknown sign", function(d) d.urcs[1].block.after = ";" end, "urcs[1] (+IPD).block.after is \";\"" },
    { "a service that is a number", function(d) d.services.tcp = 5 end,
      "services[\"tcp\"] is 5; it must be a string or a function" },
    { "a pattern that Lua cannot read", function(d) d.redact = { { "(", "" } } end, "it must be a Lua pattern (" },
    { "a minimum that is a table", function(d) d.commands[2].params[1].min = {} end, ".min is a table" },
    { "a minimum above the maximum", function(d) d.commands[2].params[1].min = 9 end, "min is greater than max" },
    { "a step of a link whose command is not declared", function(d) d.links.tcp.close[1] = "+CIPCLOS" end,
      "links[\"tcp\"].close: the dialect declares no command \"+CIPCLOS\" (did you mean \"+CIPCLOSE\"?)" },
    { "a step with a value that there is not", function(d) d.links.tcp.close[2] = "$link" end,
      "links[\"tcp\"].close[2] is \"$link\"; there are $id, $host" },
    { "a link whose URC is not declared", function(d) d.links.tcp.data[1].urc = "+IPDD" end,
      "links[\"tcp\"].data[1].urc: the dialect declares no URC \"+IPDD\" (did you mean \"+IPD\"?)" },
    { "a link that lacks a step", function(d) d.links.tcp.send = nil end, "links[\"tcp\"].send is missing" },
    { "a link with a field that is mistyped", function(d) d.links.tcp.clsed = {} end, "(did you mean closed?)" },
    { "a link of TLS that does not say what is done about certificates", function(d) d.links.ssl.tls = nil end,
      "links[\"ssl\"]: tls belongs to kind = \"SSL\", and to no other" },
    { "certificates in files without a command that stores them",
      function(d) d.links.ssl.tls.certificates = "files" end, "needs store, settings and verify" },
    { "ids from the last to the first", function(d) d.links.tcp.ids.first = 9 end, "first is greater than last" },
    { "a step that sends a command which takes no data", function(d) d.links.tcp.send[1] = "+CIPRECVTYPE" end,
      "links[\"tcp\"].send: +CIPRECVTYPE takes no data" },
    { "data that is ended by no byte", function(d) d.commands[2].data = { ends = "" } end,
      'data.ends is ""; it must be one byte other than ESC' },
    { "data that is acknowledged by several bytes", function(d)
      d.commands[2].data = { length = "length", ack = { param = "length", every = 9, byte = "AB" } }
    end, 'data.ack.byte is "AB"; it must be one byte' },
    { "a step with too many arguments", function(d) d.links.tcp.close[3] = 1 end,
      "links[\"tcp\"].close has 2 arguments, and +CIPCLOSE takes 1" },
    { "a step without arguments of a command without an execute form", function(d) d.links.tcp.close[2] = nil end,
      "links[\"tcp\"].close has no arguments, and +CIPCLOSE no execute form" },
    { "a link whose id is no field of the URC", function(d) d.links.tcp.closed[1].id = "link" end,
      "links[\"tcp\"].closed[1].id is \"link\", which is no field of #,CLOSED" },
    { "a count of bytes that is no field of the result", function(d) d.links.tcp.send.taken = "count" end,
      "links[\"tcp\"].send.taken is \"count\", which is no field of the result of +CIPSEND" },
    { "a start that holds a number", function(d) d.start = { 5 } end, "start[1]" },
    { "a number in place of the table", function() return 5 end, "is 5; it must be a table" },
  }
  for _, mistake in ipairs(mistakes) do
    it("with " .. mistake[1] .. " is refused in words that say where and what", function()
      local problems = schema.problems(example(mistake[2]))
      assert.are.equal(1, #problems, table.concat(problems, "\n"))
      assert.is_truthy(problems[1]:find(mistake[3], 1, true), problems[1])
    end)
  end

  it("with several mistakes raises in hayes.open before the port is opened, and the error names them all", function()
    local message = raises(function()
      hayes.open("/dev/no-such-port", { dialect = example(function(d) d.protcol, d.commands[2].timeout = {}, "5" end) })
    end)
    assert.is_truthy(message:find("(2 mistakes)", 1, true), message)
    assert.is_truthy(message:find("timeout is", 1, true), message)
  end)
end)

describe("A dialect in a file", function()
  local folder = folders.new "dialects"

  local function file(name, text) return files.write(folder .. "/" .. name, text) end

  it("is opened by its path, before the port, and what is wrong with it is an error", function()
    local wrong = {
      [file("syntax.lua", "return {")] = { "bad_dialect", "expected" },
      [file("raises.lua", "error 'oops'")] = { "bad_dialect", "oops" },
      [file("nothing.lua", "")] = { "bad_dialect", "it returns nil, and not a dialect table" },
      [file("mistake.lua", "return { name = 'x', finals = {}, comands = {} }")] = { "bad_dialect", "did you mean commands?" },
      [folder .. "/missing.lua"] = { "no_such_file", "No such file" },
    }
    for path, expected in pairs(wrong) do
      local modem, err = hayes.open("/dev/no-such-port", { dialect = path })
      assert.is_nil(modem)
      assert.are.equal(expected[1], err.name)
      assert.is_truthy(err.message:find(expected[2], 1, true), err.message)
    end
    local _, err = hayes.open("/dev/no-such-port", { dialect = EXAMPLE })
    assert.are.equal("no_such_port", err.name)
  end)

  it("is told from the profile of a module, and a profile from a dialect", function()
    local path = file("profile.lua", 'return {\n  profile = 1, dialect = "quectel",\n}\n')
    local _, err = hayes.open("/dev/no-such-port", { dialect = path })
    assert.are.equal(path .. " is no dialect, but the profile of a module", err.message)
    assert.is_truthy(err.hint:find("--profile", 1, true))
    local result = Program.run { "dialect", "check", path }
    assert.are.equal(1, result.status)
    assert.is_truthy(result.err:find(err.message, 1, true), result.err)
    assert.is_truthy(raises(function() hayes.open("/dev/no-such-port", { dialect = dofile(path) }) end)
      :find("the table is no dialect, but the profile of a module", 1, true))
    _, err = hayes.open("/dev/no-such-port", { profile = EXAMPLE })
    assert.are.equal("bad_profile", err.name)
    assert.is_truthy(err.hint:find("--dialect", 1, true), err.hint)
  end)

  it("is found by its name on Lua's path, and an unknown name is told with the nearest", function()
    local before <close> = setmetatable({ path = package.path }, { __close = function(self) package.path = self.path end }) -- luacheck: ignore
    package.path = folder .. "/?.lua;" .. package.path
    os.execute("mkdir -p " .. folder .. "/hayes/dialect")
    file("hayes/dialect/mine.lua", "return dofile '" .. EXAMPLE .. "'")
    local _, err = hayes.open("/dev/no-such-port", { dialect = "mine" })
    assert.are.equal("no_such_port", err.name)
    assert.is_truthy(raises(function() hayes.open("/dev/no-such-port", { dialect = "quectl" }) end)
      :find("did you mean quectel?", 1, true))
  end)

  it("is checked by hayes dialect check, without a module", function()
    local good = Program.run { "dialect", "check", EXAMPLE }
    assert.are.equal(0, good.status)
    assert.is_truthy(good.out:find("no mistakes; the dialect esp-at, with 9 commands", 1, true), good.out)
    local bad = Program.run { "dialect", "check", file("bad.lua", "return { name = 'x', finals = {}, comands = {} }") }
    assert.are.equal(1, bad.status)
    assert.is_truthy(bad.err:find("did you mean commands?", 1, true), bad.err)
  end)
end)
