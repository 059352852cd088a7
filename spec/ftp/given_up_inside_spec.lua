-- A download into a file of the module whose task is cancelled: what the module has of it by then.

local FtpModule = require "support.ftp_module"
local hayes = require "hayes"
local script = require "support.script"

describe("ftp:get() into a file of the module, cancelled:", function()
  local module, modem, commands

  before_each(function()
    script.virtual_time()
    module = FtpModule.new()
    module.files["a.bin"] = "hello"
    commands = {}
    -- The module carries for an hour; what it has of the file stands in its flash.
    module.fault = function(line)
      commands[#commands + 1] = line
      return line:find("QFTPGET", 1, true) and "\r\nOK\r\n" or nil
    end
    modem = module:open()
    modem.file.size = function() return nil end
    modem.file.space = function() return nil end
    modem.file.delete = function(name)
      commands[#commands + 1] = "delete " .. name
      return true
    end
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("its beginning is removed once the module has stopped", function()
    hayes.run(function()
      local session = assert(modem.ftp.open { host = "ftp.example", user = "me", password = "secret" })
      local task = hayes.spawn(function() session:get("a.bin", "UFS:a.bin") end)
      while not commands[#commands]:find("QFTPGET", 1, true) do hayes.sleep(0.1) end
      task:cancel()
      task:join()
      assert(session:close())
    end)
    local list = table.concat(commands, "\n")
    assert.is_truthy(list:find("QFTPGET.*QFTPCLOSE.*delete UFS:a.bin$"))
  end)
end)
