-- What a transfer remembers across runs, in a small file beside the local one: transfers go on by it where the server's
-- file cannot be read, begin anew where that has changed since, and do without it where it cannot be trusted.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local lfs = require "lfs"
local Module = require "support.ftp_module"
local Process = require "support.process"
local script = require "support.script"

local SIZE = 300000
local BYTES = ftp_lab.bytes(SIZE)
local PASSWORD = "hunter2"

local is_root = Process.run { "id", "-u" } == "0\n"

describe("A transfer's state across runs", function()
  local folder = lab.folder() .. "/state"
  local module, modem, ftp

  local function online(user)
    if modem then modem:close() end
    modem = module:open()
    ftp = assert(modem.ftp.open { host = "ftp.example", user = user or "me", password = PASSWORD })
  end

  before_each(function()
    script.virtual_time()
    Process.run { "rm", "-rf", folder }
    Process.run { "mkdir", "-p", folder }
    module = Module.new()
    online()
  end)

  after_each(function()
    modem:close()
    modem = nil
    script.real_time()
  end)

  describe("of an upload", function()
    local path = folder .. "/log"
    local state = path .. ".hayes-state"

    --- A run that ends after 120,000 bytes, 100,000 of which the module has confirmed; the account may not read.
    local function first_run()
      ftp_lab.write(path, BYTES)
      module.secret, module.puts, module.lines = true, {}, {}
      function module.takes(number, bytes) return number == 3 and bytes:sub(1, 20000) or bytes end
      local done = ftp:put(path, "f", { piece = 50000, retries = 0 })
      assert.is_nil(done)
      assert.are.same(120000, #module.files.f)
      module.takes = nil
    end

    local function is_gone_on_with()
      local done, err = ftp:put(path, "f")
      assert(done, err)
      assert.is_true(module.files.f == ftp_lab.read(path))
      assert.is_nil(module.files["f.part"])
      assert.is_nil(lfs.symlinkattributes(state))
      return done.resumed_at == 100000 and module:count "QFTPRENAME" == 0
    end

    it("has it go on where the account may not read", function()
      first_run()
      assert.is_true(is_gone_on_with())
    end)

    it("is its owner's alone, and holds no password", function()
      first_run()
      assert.are.same("rw-------", lfs.attributes(state, "permissions"))
      local text = ftp_lab.read(state)
      assert.is_nil(text:find(PASSWORD, 1, true))
      for _, line in ipairs { "server me@ftp.example:21", "path f", "name log", "at 100000", "size 300000" } do
        assert.is_truthy(text:find("\n" .. line .. "\n", 1, true), text)
      end
      assert.is_nil(lfs.attributes(state .. ".new"))
    end)

    it("is not believed of a source that is another one by now", function()
      for what, change in pairs {
        ["other bytes"] = function() ftp_lab.write(path, "!" .. BYTES:sub(2)) end,
        ["fewer bytes"] = function() ftp_lab.write(path, BYTES:sub(1, 290000)) end,
        ["an older file"] = function()
          ftp_lab.write(path, BYTES)
          lfs.touch(path, 1000000000)
        end,
      } do
        first_run()
        change()
        assert.is_false(is_gone_on_with(), what)
        module.files = {}
      end
    end)

    it("is believed of a source that has grown since", function()
      first_run()
      ftp_lab.write(path, BYTES .. "more")
      assert.is_true(is_gone_on_with())
    end)

    it("does not vouch for what was being sent where the source has been changed there since", function()
      first_run()
      module.secret = false
      ftp_lab.write(path, BYTES:sub(1, 110000) .. ("!"):rep(1000) .. BYTES:sub(111001))
      assert.is_true(is_gone_on_with())
    end)

    it("is not believed where the server's file has a size that it cannot have", function()
      for _, size in ipairs { 99999, 150001 } do
        first_run()
        module.files.f = ("?"):rep(size)
        assert.is_false(is_gone_on_with(), size)
        module.files = {}
      end
    end)

    it("is not believed of another account, path or folder", function()
      first_run()
      local there = module.files.f
      online "somebody"
      module.files.f = there
      assert.is_false(is_gone_on_with())
      module.files = {}
      online()
      first_run()
      module.files.g, module.files.f = module.files.f, nil
      assert.is_nil(assert(ftp:put(path, "g")).resumed_at)
    end)

    it("is not believed where it is damaged, cut off, of another program, or not the owner's alone", function()
      local function rewrite(change)
        return function()
          local text = change(ftp_lab.read(state))
          os.remove(state)
          ftp_lab.write(state, text)
          Process.run { "chmod", "600", state }
        end
      end
      for what, change in pairs {
        damaged = rewrite(function(text) return (text:gsub("at 100000", "at 100001")) end),
        ["cut off"] = rewrite(function(text) return text:sub(1, #text // 2) end),
        empty = rewrite(function() return "" end),
        binary = rewrite(function() return BYTES:sub(1, 5000) end),
        long = rewrite(function(text) return text .. ("x"):rep(10000) end),
        ["of another version"] = rewrite(function(text) return (text:gsub("state 1", "state 2", 1)) end),
        ["a link"] = function()
          os.rename(state, path .. ".planted")
          assert(lfs.link(path .. ".planted", state, true))
        end,
        ["another name of a file"] = function() assert(lfs.link(state, path .. ".planted")) end,
        ["everybody's"] = function() Process.run { "chmod", "666", state } end,
        ["another user's"] = is_root and function() Process.run { "chown", "12345", state } end or nil,
        ["a FIFO"] = function()
          os.remove(state)
          Process.run { "mkfifo", state }
        end,
      } do
        first_run()
        change()
        assert.is_false(is_gone_on_with(), what)
        module.files = {}
        os.remove(path .. ".planted")
      end
    end)

    it("is written through nothing that somebody has put in its place", function()
      local victim = ftp_lab.write(folder .. "/victim", "precious")
      for _, name in ipairs { state, state .. ".new" } do
        assert(lfs.link("victim", name, true))
        first_run()
        assert.are.same("precious", ftp_lab.read(victim))
        assert.are.same("file", lfs.symlinkattributes(state, "mode"))
        assert.is_true(is_gone_on_with())
        module.files = {}
      end
    end)

    it("is done without where it cannot be written", function()
      Process.run { "mkdir", state }
      first_run()
      local done, err = ftp:put(path, "f")
      assert(done, err)
      assert.is_true(module.files.f == BYTES)
      assert.is_nil(done.resumed_at)
    end)

    it("spares the samples of what an earlier run has written where the account may read", function()
      first_run()
      module.secret, module.gets = false, 0
      assert.are.same(120000, assert(ftp:put(path, "f")).resumed_at)
      assert.is_true(module.gets <= 2)
      assert.is_true(module.files.f == BYTES)
    end)

    it("does not have a server's file written over that somebody has put there since", function()
      first_run()
      module.secret, module.files.f = false, ("?"):rep(120000)
      local seen = false
      function module.fault() seen = seen or module.files.f:find("^%?") == nil and module.files.f ~= BYTES end
      assert(ftp:put(path, "f"))
      assert.is_true(module.files.f == BYTES)
      assert.is_false(seen)
    end)

    it("is of what is stored beside a file, too", function()
      module.files.f, module.secret = "old", true
      ftp_lab.write(path, BYTES)
      function module.takes(number, bytes) return number == 3 and bytes:sub(1, 20000) or bytes end
      assert.is_nil((ftp:put(path, "f", { piece = 50000, retries = 0 })))
      module.takes = nil
      assert.are.same({ "old", 120000 }, { module.files.f, #module.files["f.part"] })
      assert.are.same(100000, assert(ftp:put(path, "f")).resumed_at)
      assert.is_true(module.files.f == BYTES)
      assert.is_nil(lfs.attributes(state))
    end)
  end)

  describe("of a download", function()
    local path = folder .. "/file"
    local part = path .. ".part"
    local state = part .. ".hayes-state"
    local OTHER = ("another line\n"):rep(SIZE // 13 + 1):sub(1, SIZE - 20000) .. BYTES:sub(-20000)

    --- A run that ends in the fourth of its pieces of 50,000 bytes.
    local function first_run()
      module.files.f = BYTES
      local first = module.gets + 1
      function module.breaks(number) return number == first + 3 and 1000 or nil end
      assert.is_nil((ftp:get("f", path, { piece = 50000, retries = 0 })))
      module.breaks = nil
      assert.are.same("rw-------", lfs.attributes(state, "permissions"))
    end

    local function come()
      local done, err = ftp:get("f", path)
      assert(done, err)
      assert.is_true(ftp_lab.read(path) == module.files.f)
      assert.is_nil(lfs.attributes(state))
      assert.is_nil(lfs.attributes(part))
      return done.resumed_at
    end

    it("has it go on without comparing what is known", function()
      first_run()
      module.gets = 0
      assert.is_true(come() >= 150000)
      assert.is_true(module.gets <= 2)
    end)

    it("has a file that has changed since fetched anew, of the same size or another", function()
      for _, change in ipairs {
        function() module.modified = "20260102030405" end,
        function() module.files.f = BYTES .. "more" end,
        function() module.files.f, module.modified = OTHER, "20260103030405" end,
      } do
        first_run()
        change()
        assert.is_nil(come())
      end
    end)

    it("is not believed of what somebody has changed here since", function()
      first_run()
      ftp_lab.write(part, OTHER:sub(1, 150000))
      assert.is_nil(come())
    end)

    it("is not believed where it is damaged, or of another server; samples tell then", function()
      first_run()
      ftp_lab.write(state, "hayes transfer state 1\n")
      assert.is_true(come() >= 150000)
      first_run()
      online "somebody"
      module.gets = 0
      assert.is_true(come() >= 150000)
      assert.is_true(module.gets > 2)
    end)

    it("goes with what it is about", function()
      module.files.f = BYTES
      function module.breaks() return 0 end
      assert.is_nil((ftp:get("f", path, { retries = 0 })))
      assert.is_nil(lfs.attributes(part))
      assert.is_nil(lfs.attributes(state))
    end)
  end)
end)
