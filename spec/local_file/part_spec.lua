-- What is downloaded is written beside its target until it is complete: by one program at a time, and what cannot take
-- the target's place in the end is kept, and named.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local lfs = require "lfs"
local local_file = require "hayes.local_file"
local Process = require "support.process"
local Server = require "support.ftp_server"

local BYTES = ftp_lab.bytes(120000)

describe("What is written beside its target", function()
  local folder, path, server, modem, emulator, ftp

  setup(function()
    server = Server.start(lab.folder(), { name = "part" })
    modem, emulator = ftp_lab.online()
    ftp = assert(modem.ftp.open(ftp_lab.account(server)))
    server:put("down.bin", BYTES)
    assert(modem.file.upload({ data = BYTES }, "m.bin"))
  end)

  teardown(function()
    modem:close()
    emulator:close()
    server:close()
  end)

  before_each(function()
    folder = lab.folder() .. "/beside"
    Process.run { "rm", "-rf", folder }
    Process.run { "mkdir", "-p", folder }
    path = folder .. "/file"
  end)

  local gets = {
    ["ftp:get"] = function(options) return ftp:get("down.bin", path, options) end,
    ["file.download"] = function() return modem.file.download("m.bin", path) end,
  }

  --- Another program that has it open.
  local function holder()
    local log = os.tmpname()
    local program = ([[package.path, package.cpath = %q, %q
      local part = assert(require("hayes.local_file").target(%q))
      part.file:write("theirs")
      io.stdout:write("open"):flush()
      require("socket").sleep(60)]]):format(package.path, package.cpath, path)
    local process = Process.start({ "lua5.4", "-e", program }, { ours = true, log = log })
    while Process.run { "cat", log } ~= "open" do hayes.sleep(0.01) end
    os.remove(log)
    return process
  end

  for call, get in pairs(gets) do
    it("with " .. call .. " is one program's, and the second is refused", function()
      local other = holder()
      local done, err = get()
      assert.are.same({ nil, "file_in_use" }, { done, err.name })
      assert.is_truthy(tostring(err):find("file.part: Another program is writing it", 1, true), tostring(err))
      assert.are.same("theirs", ftp_lab.read(path .. ".part"))
      other:close()
      assert(get())
      assert.is_true(ftp_lab.read(path) == BYTES)
    end)

    it("with " .. call .. " is one task's of a program, too", function()
      local target = assert(local_file.target(path))
      local done, err = get()
      assert.are.same({ nil, "file_in_use" }, { done, err.name })
      target:discard()
      assert(get())
    end)

    it("with " .. call .. " stays if it is complete and cannot be renamed", function()
      local rename = os.rename
      for _, options in ipairs { {}, { resume = false } } do
        os.rename = function() return nil, path .. ".part: Read-only file system", 30 end -- luacheck: ignore
        local done, err = get(options)
        os.rename = rename -- luacheck: ignore
        assert.are.same({ nil, "rename_failed", path .. ".part" }, { done, err.name, err.part_path })
        assert.are.same(("%s.part is complete, but cannot be renamed to %s: Read-only file system"):format(path, path),
          tostring(err))
        assert.is_true(ftp_lab.read(path .. ".part") == BYTES)
        assert.is_nil(lfs.attributes(path))
      end
    end)
  end

  it("is locked where it is, and not where another program has moved it", function()
    local first = assert(local_file.target(path))
    assert.is_nil((local_file.target(path)))
    assert(first:commit())
    local second <close> = assert(local_file.target(path))
    assert.are.same("", ftp_lab.read(second.part_path))
    second:leave()
    assert.is_nil(lfs.attributes(path .. ".part"))
  end)

  it("stays when the disk is full, and is named; the next run goes on there", function()
    modem.emulator = nil -- it stays
    modem:close()
    -- Beyond the limit on the size of files writing fails as on a full disk.
    local program = ([[
      package.path, package.cpath = %q, %q
      local modem = assert(require("hayes").open(%q))
      assert(modem.network.attach { apn = "internet" })
      local ftp = assert(modem.ftp.open { host = "ftp.example", port = %d, user = "user", password = "secret" })
      local done, err = ftp:get("down.bin", %q)
      io.write(tostring(done), " ", err.name, " ", err.local_bytes, " ", tostring(err))
    ]]):format(package.path, package.cpath, emulator.address, server.port, path)
    local script_path = ftp_lab.write(folder .. "/program.lua", program)
    local words = Process.run({ "sh", "-c", "trap '' XFSZ; ulimit -f 100; exec lua5.4 " .. script_path }, { ours = true })
    local size = lfs.attributes(path .. ".part", "size")
    assert.is_truthy(size and size > 0 and size < #BYTES, words)
    assert.is_truthy(words:find(("nil sink_failed %d writing to %s.part failed: File too large"):format(size, path), 1,
      true), words)
    assert.is_truthy(words:find(("%s.part has %d bytes, and stays"):format(path, size), 1, true), words)
    assert.is_nil(lfs.attributes(path))
    modem = assert(hayes.open(emulator.address))
    assert(modem.network.attach { apn = "internet" })
    ftp = assert(modem.ftp.open(ftp_lab.account(server)))
    assert.is_true(assert(ftp:get("down.bin", path)).resumed_at > 0)
    assert.is_true(ftp_lab.read(path) == BYTES)
  end)
end)
