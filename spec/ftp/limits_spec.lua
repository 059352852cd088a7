-- Sizes that the module's commands or its flash cannot hold, hosts that are none, and secrets in URLs of any form.

local lab = require "support.lab"
local Module = require "support.ftp_module"
local raises = require "support.raises"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("What an FTP session cannot do", function()
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

  it("is to store more than its numbers can say: nothing is sent", function()
    local path = lab.folder() .. "/sparse.bin"
    os.execute(("rm -f %s; truncate -s 2147483648 %s"):format(path, path))
    local ftp = assert(modem.ftp.open { host = "h" })
    local lines = #module.lines
    local done, err = ftp:put(path, "f")
    os.remove(path)
    assert.are.same({ nil, "too_large" }, { done, err.name })
    assert.is_truthy(err.hint:find("several files", 1, true))
    assert.are.same(lines, #module.lines)
  end)

  it("is to fetch what lies after that: its beginning can be fetched", function()
    function module.fault(line)
      return line:find("QFTPSIZE", 1, true) and OK .. "\r\n+QFTPSIZE: 0,8589934592\r\n" or nil
    end
    module.files.f = "0123456789"
    local ftp = assert(modem.ftp.open { host = "h" })
    assert.are.same(8589934592, ftp:size "f")
    local done, err = ftp:get "f"
    assert.are.same({ nil, "too_large" }, { done, err.name })
    assert.are.same(0, module:count "QFTPGET")
    assert.are.same("01234", ftp:get("f", nil, { length = 5 }))
  end)

  it("is to take URLs and IPv6 addresses for hosts", function()
    for _, host in ipairs { "[::1]", "::1", "fe80::1", "[2001:db8::1]" } do
      assert.is_truthy(raises(function() modem.ftp.open { host = host } end):find("no IPv6", 1, true), host)
    end
    assert.is_truthy(raises(function() modem.ftp.get "ftp://[::1]:21/f" end):find("no IPv6", 1, true))
    for _, host in ipairs { "ftp://h", "h/f", "h:21", "user:hunter2@h" } do
      local words = raises(function() modem.ftp.open { host = host } end)
      assert.is_truthy(words:find("URLs are for ftp.put and ftp.get", 1, true), words)
      assert.is_nil(words:find("hunter", 1, true), words)
    end
    assert.are.same(0, #module.lines)
  end)

  it("is to show a password in a URL, whatever is wrong with that", function()
    for _, url in ipairs {
      "http://user:hunter2@h/x", "user:hunter2@h/x", "//user:hunter2@h/x", "ftp:user:hunter2@h/x", "ftp:/user:hunter2@h/x",
      "ftp://user:hunter2@h", "ftp://user:hunter2@h/", "ftp://user:hun/ter2@h/x", "ftp://user:hun@ter2@h", "gopher:hunter2@h",
      "ftp://user:hunter2@[::1]/x", "ftp://user:hunter2@h:99999/x", "ftp://user:hunter2@h/a%09b",
      "ftp://us er:hunter2@h:x/y", "ftp://user:hunter2@h:2:3/x",
    } do
      local words = raises(function() modem.ftp.get(url) end)
      assert.is_nil(words:find("hun", 1, true) or words:find("ter2", 1, true), words)
    end
    assert.are.same(0, #module.lines)
    local words = raises(function() modem.ftp.get "ftp://user:hun/ter2@h/x" end)
    assert.is_truthy(words:find("%2F", 1, true), words)
  end)
end)
