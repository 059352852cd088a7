-- Dialects of one's own: opened by their name, and asked whether a module speaks them, before those of the library.

local check = require "hayes.check"
local folders = require "support.folder"
local hayes = require "hayes"
local Program = require "support.hayes_program"
local raises = require "support.raises"
local testing = require "hayes.testing"

local OK = "\r\nOK\r\n"
local count = 0

--- A dialect file in a folder of its own; names are unlike others', as what was added stays.
local function text_of(name, answer)
  return ([[return { name = %q, finals = { { "OK", success = true }, { "ERROR" } }, commands = {}, detect = { "ATI", %q } }]])
    :format(name, answer)
end

local function new_name()
  count = count + 1
  return ("own-%d"):format(count)
end

describe("A dialect of one's own", function()
  local folder = folders.new "own_dialects"
  local before = hayes.dialect_path

  local function file(path, text)
    local out <close> = assert(io.open(path, "wb"))
    out:write(text)
    return path
  end

  local function new_folder()
    local path = folder .. "/" .. new_name()
    os.execute("mkdir -p " .. path)
    return path
  end

  before_each(testing.virtual_time)

  after_each(function()
    hayes.dialect_path = before
    testing.real_time()
  end)

  local function open(answer, options)
    return testing.module({ ["ATI"] = answer .. "\r\n" .. OK, ["AT+CMEE=1"] = OK }):open(options)
  end

  it("is found by the answers of its modules once it was added, and by its name", function()
    local name = new_name()
    assert.are.same("unknown_module", select(2, open(name)).name)
    assert.are.same(name, hayes.add_dialect(load(text_of(name, name))()))
    local modem <close> = assert(open(name))
    assert.are.same(name, modem.dialect.name)
    local by_name <close> = assert(open("another", { dialect = name }))
    assert.are.same(name, by_name.dialect.name)
  end)

  it("is found in the folders and files of hayes.dialect_path", function()
    local path, one, other = new_folder(), new_name(), new_name()
    file(path .. "/b.lua", text_of(one, one))
    file(path .. "/.hidden.lua", "error 'not to be read'")
    file(path .. "/notes.txt", "not to be read")
    hayes.dialect_path = path .. ":" .. file(folder .. "/" .. other .. ".lua", text_of(other, other))
    for _, name in ipairs { one, other } do
      local modem <close> = assert(open(name))
      assert.are.same(name, modem.dialect.name)
    end
    assert.is_truthy(raises(function() open("x", { dialect = other .. "x" }) end):find("did you mean " .. other, 1, true))
    hayes.dialect_path = ""
    assert.are.same("unknown_module", select(2, open(one)).name)
  end)

  it("is asked before the library's", function()
    local name = new_name()
    hayes.dialect_path = file(folder .. "/" .. name .. ".lua", text_of(name, "EC2000"))
    local modem <close> = assert(open "Quectel\r\nEC2000")
    assert.are.same(name, modem.dialect.name)
    local other <close> = assert(open "Quectel\r\nEC200U")
    assert.are.same("quectel", other.dialect.name)
  end)

  it("with a mistake is told before the port is opened", function()
    local function fails(path, name, words)
      hayes.dialect_path = path
      local modem, err = hayes.open "/dev/no-such-port"
      assert.is_nil(modem)
      assert.are.same(name, err.name)
      assert.is_truthy(err.message:find(words, 1, true), err.message)
    end
    local path = new_folder()
    file(path .. "/bad.lua", "return { name = 'x', finals = {}, comands = {} }")
    fails(path, "bad_dialect", "did you mean commands?")
    fails(folder .. "/missing", "no_such_file", "missing")
    fails(file(folder .. "/q.lua", text_of("quectel", "x")), "bad_dialect", "one of the library's has that name")
    local name = new_name()
    fails(file(folder .. "/1.lua", text_of(name, "x")) .. ":" .. file(folder .. "/2.lua", text_of(name, "y")),
      "bad_dialect", "has that name")
    hayes.dialect_path = ""
    assert.are.same("no_such_port", select(2, hayes.open "/dev/no-such-port").name)
  end)

  it("is added from a file once, and refused where its name is taken", function()
    local name = new_name()
    local path = file(folder .. "/" .. name .. ".lua", text_of(name, name))
    assert.are.same(name, hayes.add_dialect(path))
    assert.are.same(name, hayes.add_dialect(path))
    local added, err = hayes.add_dialect(load(text_of(name, name))())
    assert.are.same({ nil, "bad_dialect" }, { added, err.name })
    assert.are.same("no_such_file", select(2, hayes.add_dialect(folder .. "/none.lua")).name)
    assert.is_truthy(raises(function() hayes.add_dialect { name = "x" } end):find("commands is missing", 1, true))
    assert.is_truthy(raises(function() hayes.add_dialect(5) end):find("hayes.add_dialect", 1, true))
  end)

  it("is a table that may be changed and opened again", function()
    local name = new_name()
    local dialect = load(text_of(name, name))()
    local first <close> = assert(open(name, { dialect = dialect }))
    assert.is_nil(first.dialect.commands["+LATER"])
    assert.are.same({ "commands", "detect", "finals", "name" }, check.names(dialect))
    assert.are.same(name, hayes.add_dialect(dialect))
    dialect.commands[1] = { name = "+LATER", execute = true }
    assert.are.same(name, hayes.add_dialect(dialect))
    local second <close> = assert(open(name))
    assert.is_truthy(second.dialect.commands["+LATER"])
    dialect.comands = {}
    assert.is_truthy(raises(function() open(name, { dialect = dialect }) end):find("did you mean commands?", 1, true))
  end)

  it("is known to programs by HAYES_DIALECTS, and explained", function()
    local path, name = new_folder(), new_name()
    file(path .. "/mine.lua", ([[return { name = %q, finals = { { "OK", success = true } },
      commands = { { name = "+OWNTHING", summary = "Does a thing of its own.", source = "here", execute = true } } }]])
      :format(name))
    local run = Program.run { "explain", "+OWNTHING", env = { "HAYES_DIALECTS=" .. path } }
    assert.are.equal(0, run.status, run.err)
    assert.is_truthy(run.out:find("Does a thing of its own.", 1, true), run.out)
    local trace = file(path .. "/at.log", "")
    run = Program.run { "at", "-p", "emulator", "--dialect", name, "--trace", trace, "AT",
      env = { "HAYES_DIALECTS=" .. path } }
    assert.are.equal(0, run.status, run.err)
    run = Program.run { "trace", trace, env = { "HAYES_DIALECTS=" .. path } }
    assert.are.equal(0, run.status, run.err)
    run = Program.run { "at", "-p", "emulator", "--dialect", path .. "/mine.lua", "--json", "AT" }
    assert.are.equal(0, run.status, run.err)
    run = Program.run { "at", "-p", "emulator", "--dialect", name .. "x", "AT" }
    assert.are.equal(2, run.status)
    assert.is_truthy(run.err:find("dialect is", 1, true), run.err)
  end)
end)
