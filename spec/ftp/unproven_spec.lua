-- Uploads that compare nothing, to a server that has a file there already; downloads whose number of bytes is not known.

local FtpModule = require "support.ftp_module"
local hayes = require "hayes"
local script = require "support.script"

describe("ftp:put() with verify = false", function()
  it("goes on after no file that is not known to be a part of the source", function()
    script.virtual_time()
    local path = os.tmpname()
    finally(function()
      script.real_time()
      os.remove(path)
      os.remove(path .. ".hayes-state")
    end)
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
    assert.are.same(("new"):rep(20), module.files["f"])
  end)
end)

describe("ftp:get() from a server that tells no size", function()
  it("fails where the module's number of bytes is cut off", function()
    script.virtual_time()
    finally(script.real_time)
    local module = FtpModule.new()
    local bytes = ("0123456789"):rep(300) .. "\r\n\r\nERROR\r\n"
    function module.fault(line)
      if line:find("QFTPSIZE", 1, true) then return "\r\nOK\r\n\r\n+QFTPSIZE: 622,502\r\n" end
      return line:find("QFTPGET", 1, true) and "\r\nCONNECT\r\n" .. bytes .. "\r\nOK\r\n\r\n+QFTPGET: 0,30" or nil
    end
    local modem = module:open()
    local got, err
    hayes.run(function()
      local session = assert(modem.ftp.open { host = "ftp.example", user = "me", password = "secret", retries = 0 })
      got, err = session:get("f", function() return 1 end)
    end)
    modem:close()
    assert.is_nil(got)
    assert.are.same("size_differs", err.name)
  end)
end)

describe("ftp:get() from a server that ends a file early", function()
  for where, sink in pairs { ["a string"] = false, ["a sink"] = true } do
    it("and calls that a success gives no half of it for the whole, to " .. where, function()
      script.virtual_time()
      finally(script.real_time)
      local module = FtpModule.new()
      module.files["f"] = ("0123456789"):rep(300)
      function module.fault(line)
        return line:find("QFTPSIZE", 1, true) and "\r\nOK\r\n\r\n+QFTPSIZE: 0,6000\r\n" or nil
      end
      local modem <close> = module:open()
      hayes.run(function()
        local session = assert(modem.ftp.open { host = "ftp.example", user = "me", password = "secret" })
        local got, err = session:get("f", sink and function() return 1 end or nil)
        assert.is_nil(got)
        assert.are.same("size_differs", err.name)
      end)
    end)
  end
end)
