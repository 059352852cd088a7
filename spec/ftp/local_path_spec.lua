-- modem.ftp.put and modem.ftp.get look at the local path before the module does anything for it.

local lab = require "support.lab"
local Module = require "support.ftp_module"
local script = require "support.script"

local URL = "ftp://me:secret@h/f"

describe("The local path of modem.ftp.put and modem.ftp.get", function()
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

  it("is refused by put, where it will not do, before the module logs in", function()
    is_refused("no_such_file", modem.ftp.put(URL, folder .. "/missing"))
    is_refused("is_a_directory", modem.ftp.put(URL, folder))
    is_refused("is_a_device", modem.ftp.put(URL, "/dev/zero"))
  end)

  it("is refused by get, where it will not do, before the module logs in", function()
    is_refused("no_such_file", modem.ftp.get(URL, folder .. "/missing/f"))
    is_refused("is_a_directory", modem.ftp.get(URL, folder))
  end)

  local function has_logged_in()
    for _, line in ipairs(module.lines) do
      if line:find "QFTPOPEN" then return true end
    end
    return false
  end

  it("is not looked for where it names a file of the module", function()
    for _, name in ipairs { "UFS:missing", "RAM:missing" } do
      module.lines = {}
      modem.ftp.put(URL, name)
      assert.is_true(has_logged_in(), name)
    end
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

  it("keeps what an earlier run has left there when the server has no such file", function()
    local path = folder .. "/kept"
    local file = assert(io.open(path .. ".part", "w"))
    file:write("begun")
    file:close()
    local got, err = modem.ftp.get(URL .. "-missing", path)
    assert.is_nil(got)
    assert.are_not.same("no_such_file", err.name)
    assert.is_true(has_logged_in())
    local part = assert(io.open(path .. ".part"))
    assert.are.same("begun", part:read "a")
    part:close()
  end)
end)
