-- FTP servers that lack something: REST, SIZE, MLSD, or the file that was just stored.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local Module = require "support.ftp_module"
local script = require "support.script"

local BYTES = ftp_lab.bytes(100000)
local OK = "\r\nOK\r\n"

describe("An FTP server that lacks", function()
  local module, modem, ftp
  local path = lab.folder() .. "/lacking.bin"

  before_each(function()
    script.virtual_time()
    os.remove(path)
    module = Module.new()
    modem = module:open()
    ftp = assert(modem.ftp.open { host = "h" })
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function cut_once(at)
    function module.takes(number, bytes) return number == 1 and bytes:sub(1, at) or bytes end
    function module.breaks(number) return number == 1 and at or nil end
  end

  it("REST has an upload begun anew", function()
    module.no_rest = true
    cut_once(30000)
    local done = assert(ftp:put({ data = BYTES }, "f", { resume = true }))
    assert.is_true(module.files.f == BYTES)
    assert.is_nil(done.resumed_at)
    module.files.f, module.takes = BYTES:sub(1, 50000), nil
    ftp_lab.write(path, BYTES)
    assert(ftp:put(path, "f"))
    assert.is_true(module.files.f == BYTES)
  end)

  it("REST has a download begun anew", function()
    module.no_rest, module.files.f = true, BYTES
    cut_once(30000)
    assert(ftp:get("f", path))
    assert.is_true(ftp_lab.read(path) == BYTES)
    assert(os.rename(path, path .. ".part"))
    assert(ftp:get("f", path, { piece = 10000 }))
    assert.is_true(ftp_lab.read(path) == BYTES)
    module.gets = 0
    assert.is_true(ftp:get "f" == BYTES)
  end)

  it("SIZE in its mode is not taken for one without the file", function()
    module.files.f = BYTES
    function module.fault(line)
      return line:find("QFTPSIZE", 1, true) and OK .. "\r\n+QFTPSIZE: 627,550\r\n" or nil
    end
    local size, err = ftp:size "f"
    assert.are.same({ nil, 622 }, { size, err.code })
    assert.is_true(ftp:get "f" == BYTES)
    assert.is_false(assert(ftp:put({ data = BYTES }, "g")).verified)
    module.fault = nil
    size, err = ftp:size "none"
    assert.are.same({ nil, 550 }, { size, err.protocol })
    assert.is_true(assert(ftp:put({ data = BYTES }, "h")).verified)
  end)

  it("what was just stored is believed, of each kind of source", function()
    module.moves_away = true
    ftp_lab.write(path, BYTES)
    local function source()
      local left = 3
      return function()
        left = left - 1
        return left >= 0 and "0123456789" or nil
      end
    end
    for name, put in pairs {
      ["a file"] = function() return ftp:put(path, "f") end,
      data = function() return ftp:put({ data = BYTES }, "f") end,
      ["nothing"] = function() return ftp:put({ data = "" }, "f") end,
      ["a source"] = function() return ftp:put(source(), "f") end,
      ["a source in pieces"] = function() return ftp:put(source(), "f", { piece = 7 }) end,
    } do
      local done, err = put()
      assert(done, ("%s: %s"):format(name, err))
      assert.is_false(done.verified, name)
    end
  end)

  local LISTINGS = {
    unix = {
      "total 12", "drwxr-xr-x   2 ftp      ftp          4096 Aug 07 14:11 .",
      "drwxr-xr-x   5 ftp      ftp          4096 Aug 07 14:11 ..",
      "drwxr-xr-x   2 1000     1000         4096 Aug 07 14:11 a folder",
      "-rw-r--r--   1 ftp      ftp      12345678 Dec 31  2025  two  words", "-rw-------+  1 me 5 Jan  1 00:00 no group",
      "lrwxrwxrwx   1 ftp      ftp             6 Aug 07 14:11 link -> target", "-rw-r--r--   1 a b 0 Feb 29 2024 -dash",
    },
    windows = {
      "08-07-26  02:11PM       <DIR>          a folder", "12-31-2025  11:59AM             12345678 two  words",
      "01-01-26  14:00                    0 -dash",
    },
  }

  it("MLSD is asked for LIST, and its form is told", function()
    module.listing = table.concat(LISTINGS.unix, "\r\n") .. "\r\n"
    local entries = assert(ftp:entries())
    assert.are.same({
      { name = "a folder", type = "dir", date = "Aug 07 14:11" },
      { name = " two  words", type = "file", size = 12345678, date = "Dec 31  2025" },
      { name = "no group", type = "file", size = 5, date = "Jan  1 00:00" },
      { name = "link", type = "link", date = "Aug 07 14:11" },
      { name = "-dash", type = "file", size = 0, date = "Feb 29 2024" }, form = "unix",
    }, entries)
    module.listing = table.concat(LISTINGS.windows, "\r\n") .. "\r\n"
    assert.are.same({
      { name = "a folder", type = "dir", date = "08-07-26  02:11PM" },
      { name = "two  words", type = "file", size = 12345678, date = "12-31-2025  11:59AM" },
      { name = "-dash", type = "file", size = 0, date = "01-01-26  14:00" }, form = "windows",
    }, entries and ftp:entries())
    module.listing = "something else\r\n"
    local none, err = ftp:entries()
    assert.are.same({ nil, "bad_listing" }, { none, err.name })
    assert.is_truthy(tostring(err):find("something else", 1, true))
    module.listing = nil
    none, err = ftp:entries()
    assert.are.same({ nil, 627 }, { none, err.code })
  end)

  it("names for the folder itself: they are no entries", function()
    module.listing = ".\r\n..\r\na\r\ndir/b\r\n"
    assert.are.same({ "a", "b" }, ftp:names())
    local text = "type=cdir;modify=20260807141117; /pub\r\ntype=pdir; /\r\ntype=dir; .\r\ntype=OS.unix=dir; ..\r\n"
      .. "Type=dir;Modify=20260807141117; .hidden\r\ntype=file;size=5; a ..\r\n"
    function module.fault(line)
      return line:find("QFTPMLSD", 1, true) and "\r\nCONNECT\r\n" .. text .. OK
        .. ("\r\n+QFTPMLSD: 0,%d\r\n"):format(#text) or nil
    end
    local entries = assert(ftp:entries())
    assert.are.same({ ".hidden", "dir", "a ..", "file", 5 }, { entries[1].name, entries[1].type, entries[2].name,
      entries[2].type, entries[2].size })
    assert.are.same({ 2, "mlsd" }, { #entries, entries.form })
  end)

  it("sense for paths that begin with a dash: they are sent in another form", function()
    assert(ftp:put({ data = BYTES }, "-R"))
    assert.is_true(module.files["./-R"] == BYTES)
    assert.is_true(ftp:get "-R" == BYTES)
    assert(ftp:rename("-R", "-a"))
    assert.are.same(#BYTES, ftp:size "-a")
    assert(ftp:delete "-a")
    for _, line in ipairs(module.lines) do assert.is_nil(line:find('="-', 1, true), line) end
  end)
end)
