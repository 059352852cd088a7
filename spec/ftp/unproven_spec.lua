-- Uploads that compare nothing, to a server that has a file there already.

local FtpModule = require "support.ftp_module"
local hayes = require "hayes"
local script = require "support.script"

describe("ftp:put() with verify = false", function()
  it("goes on behind no file that is not known to be a part of the source", function()
    script.virtual_time()
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(("new"):rep(20))
    file:close()
    local module = FtpModule.new()
    module.files["f"] = ("old"):rep(10)
    local modem = module:open()
    hayes.run(function()
      local session = assert(modem.ftp.open { host = "ftp.example", user = "me", password = "secret" })
      assert(session:put(path, "f", { verify = false }))
      assert(session:close())
    end)
    modem:close()
    script.real_time()
    os.remove(path)
    os.remove(path .. ".hayes-state")
    assert.are.same(("new"):rep(20), module.files["f"])
  end)
end)
