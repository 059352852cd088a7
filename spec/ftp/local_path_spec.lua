-- modem.ftp.put and modem.ftp.get look at the local path before the module does anything for it.

local lab = require "support.lab"
local Module = require "support.ftp_module"
local script = require "support.script"

local URL = "ftp://me:secret@h/f"

describe("A local path that will not do", function()
  local folder = lab.folder()
  local module, modem

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = module:open()
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function is_refused(name, result, err)
    assert.is_nil(result)
    assert.are.same(name, err.name)
    for _, line in ipairs(module.lines) do assert.is_nil(line:find "QFTP") end
  end

  it("is refused by modem.ftp.put before the module logs in", function()
    is_refused("no_such_file", modem.ftp.put(URL, folder .. "/missing"))
    is_refused("is_a_directory", modem.ftp.put(URL, folder))
    is_refused("is_a_device", modem.ftp.put(URL, "/dev/zero"))
  end)

  it("is refused by modem.ftp.get before the module logs in", function()
    is_refused("no_such_file", modem.ftp.get(URL, folder .. "/missing/f"))
    is_refused("is_a_directory", modem.ftp.get(URL, folder))
  end)

  it("may hold what no command may, since none is sent with it", function()
    local path = folder .. '/a "file"\t\n'
    module.files = { f = "its content" }
    assert(modem.ftp.get(URL, path))
    local file = assert(io.open(path))
    assert.are.same("its content", file:read "a")
    file:close()
    assert(modem.ftp.put(URL .. "-copy", path))
    assert.are.same("its content", module.files["f-copy"])
  end)

  it("is no path of the module, and one that will do is left as it was", function()
    local path = folder .. "/kept"
    local file = assert(io.open(path .. ".part", "w"))
    file:write("begun")
    file:close()
    module.files = { f = "begun and ended" }
    modem.ftp.get(URL .. "-missing", path)
    local part = assert(io.open(path .. ".part"))
    assert.are.same("begun", part:read "a")
    part:close()
  end)
end)
