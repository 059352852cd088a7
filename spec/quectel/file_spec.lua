local hayes = require "hayes"
local lab = require "support.lab"
local raises = require "support.raises"
local script = require "support.script"

describe("modem.file", function()
  local modem, emulator

  setup(function() modem, emulator = lab.modem() end)
  teardown(function()
    modem:close()
    emulator:close()
  end)

  it("knows the checksums that real modules have printed", function()
    local checksum = modem.file.checksum
    -- BG95: the first line of a certificate with a CR behind it, 28 bytes.
    assert.are.same(0x6c53, checksum("-----BEGIN CERTIFICATE-----\r"))
    assert.are.same(0x6100, checksum("a"))
    assert.are.same(0, checksum(""))
    assert.are.same(0, checksum(("ab"):rep(2)))
    assert.are.same("file.checksum: the bytes is 5; it must be string", raises(function() checksum(5) end))
  end)

  it("knows the checksum of ISRG Root X1, odd in length, as an EG800K printed it", function()
    local file = io.open("/etc/ssl/certs/ISRG_Root_X1.pem", "rb")
    if not file then return pending("ISRG_Root_X1.pem is not on this host") end
    local bytes = file:read("a")
    file:close()
    assert.are.same({ 1939, 0x4f64 }, { #bytes, modem.file.checksum(bytes) })
  end)

  it("stores a file of any bytes, and tells size and checksum", function()
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    local bytes = table.concat(all):rep(7) .. "odd"
    local stored = assert(modem.file.upload({ data = bytes }, "UFS:bytes.bin"))
    assert.are.same({ bytes = #bytes, checksum = ("%x"):format(modem.file.checksum(bytes)) }, stored)
    local list = assert(modem.file.list("UFS:bytes.bin"))
    assert.are.same({ { name = "UFS:bytes.bin", size = #bytes } }, list)
    assert.are.same(#bytes, modem.file.size("bytes.bin"))
    assert.is_true(modem.file.delete("UFS:bytes.bin"))
    assert.are.same({}, modem.file.list("UFS:bytes.bin"))
    assert.is_nil(modem.file.size("UFS:bytes.bin"))
  end)

  it("deletes no others where a name holds a star, which stands for all files in a command", function()
    assert(modem.file.upload({ data = "kept" }, "kept.txt"))
    local calls = {
      upload = function(name) return modem.file.upload({ data = "x" }, name) end,
      replace = function(name) return modem.file.upload({ data = "x" }, name, { replace = true }) end,
      empty = function(name) return modem.file.upload({ data = "" }, name, { replace = true }) end,
      write = function(name) return modem.file.write(name, 0, "x") end,
    }
    for what, call in pairs(calls) do
      for _, name in ipairs { "*", "UFS:*", "a*b" } do
        local ok, err = pcall(call, name)
        assert.is_false(ok, what)
        assert.is_truthy(tostring(err):find("it must not hold *", 1, true), tostring(err))
        assert.are.same(4, modem.file.size "kept.txt", what)
      end
    end
    assert(modem.file.delete "kept.txt")
  end)

  it("stores a local file", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write("from a file")
    file:close()
    assert.are.same(11, assert(modem.file.upload(path, "local.txt")).bytes)
    os.remove(path)
    assert(modem.file.delete("local.txt"))
  end)

  it("moves a large local file there and back without a byte changed, acknowledged or not", function()
    local path, back = os.tmpname(), os.tmpname()
    local bytes = {}
    for i = 1, 20000 do bytes[i] = ("\r\nOK\r\n%d+++\0\26"):format(i * 7919) end
    bytes = table.concat(bytes)
    local file = assert(io.open(path, "wb"))
    file:write(bytes)
    file:close()
    for _, acknowledge in ipairs { false, true } do
      local stored = assert(modem.file.upload(path, "UFS:large.bin", { replace = true, acknowledge = acknowledge }))
      assert.are.same(#bytes, stored.bytes)
      assert.are.same(stored, assert(modem.file.download("UFS:large.bin", back)))
      local got = assert(io.open(back, "rb"))
      assert.is_true(got:read("a") == bytes)
      got:close()
    end
    assert.is_nil(io.open(back .. ".part"))
    assert(modem.file.delete("UFS:large.bin"))
    os.remove(path)
    os.remove(back)
  end)

  it("stores a file without content, and gives it out", function()
    local path = os.tmpname()
    for _, source in ipairs { { data = "" }, path } do
      assert.are.same({ bytes = 0, checksum = "0" }, assert(modem.file.upload(source, "UFS:empty.bin")))
      assert.are.same(0, modem.file.size("empty.bin"))
      local _, err = modem.file.upload(source, "empty.bin")
      assert.are.same(407, err.code)
      local bytes, told = modem.file.download("empty.bin")
      assert.are.same({ "", { bytes = 0, checksum = "0" } }, { bytes, told })
      assert(modem.file.upload({ data = "more" }, "empty.bin", { replace = true }))
      assert(modem.file.upload(source, "empty.bin", { replace = true }))
      assert.are.same({ "", "" }, { modem.file.read("empty.bin"), modem.file.read("empty.bin", 0, 5) })
      assert(modem.file.delete("empty.bin"))
    end
    local file = assert(io.open(path, "w"))
    file:write("before")
    file:close()
    assert.are.same(0, modem.file.write("empty.bin", 0, ""))
    assert.are.same({ bytes = 0, checksum = "0" }, assert(modem.file.download("empty.bin", path)))
    file = assert(io.open(path))
    assert.are.same("", file:read("a"))
    file:close()
    assert.is_nil(io.open(path .. ".part"))
    os.remove(path)
    assert(modem.file.delete("empty.bin"))
  end)

  it("does not overwrite a file unless told to", function()
    assert(modem.file.upload({ data = "one" }, "there.txt"))
    local stored, err = modem.file.upload({ data = "three" }, "there.txt")
    assert.is_nil(stored)
    assert.are.same(407, err.code)
    assert.are.same("file", err.origin)
    assert.is_truthy(err.hint:find("replace = true", 1, true))
    assert.are.same(3, modem.file.size("there.txt"))
    assert.are.same(5, assert(modem.file.upload({ data = "three" }, "there.txt", { replace = true })).bytes)
    assert(modem.file.delete("there.txt"))
  end)

  it("leaves a file that is to be replaced by one for which there is no room", function()
    assert(modem.file.upload({ data = "good" }, "good.bin"))
    local large = { data = ("x"):rep(assert(modem.file.space()).free + 5) }
    local stored, err = modem.file.upload(large, "good.bin", { replace = true })
    assert.is_nil(stored)
    assert.are.same(403, err.code)
    assert.are.same("good", modem.file.read("good.bin"))
    large.data = large.data:sub(2)
    assert(modem.file.upload(large, "good.bin", { replace = true }))
    assert(modem.file.delete("good.bin"))
  end)

  it("lets tasks that overwrite the same file do so one after the other", function()
    hayes.run(function()
      local tasks = {}
      for i = 1, 3 do
        tasks[i] = hayes.spawn(function() return modem.file.upload({ data = ("x"):rep(i) }, "same.bin", { replace = true }) end)
      end
      for i = 1, 3 do assert.are.same(i, select(2, assert(tasks[i]:join(30))).bytes) end
    end)
    assert.are.same("xxx", modem.file.read("same.bin"))
    assert(modem.file.delete("same.bin"))
  end)

  it("gives a file out whole while another task overwrites it", function()
    assert(modem.file.upload({ data = ("old"):rep(1000) }, "same.bin"))
    local path = lab.folder() .. "/same.bin"
    hayes.run(function()
      local down = hayes.spawn(function() return modem.file.download("same.bin", path) end)
      local up = hayes.spawn(function() return modem.file.upload({ data = "new" }, "same.bin", { replace = true }) end)
      assert.are.same(3000, select(2, assert(down:join(30))).bytes)
      assert(select(2, up:join(30)))
    end)
    assert.are.same("new", modem.file.read("same.bin"))
    assert(modem.file.delete("same.bin"))
  end)

  it("lists files by patterns", function()
    for _, name in ipairs { "log-1.txt", "log-2.txt", "other.bin" } do
      assert(modem.file.upload({ data = "x" }, name))
    end
    local function names(pattern)
      local list = {}
      for i, entry in ipairs(assert(modem.file.list(pattern))) do list[i] = entry.name:gsub("^UFS:", "") end
      table.sort(list)
      return list
    end
    assert.are.same({ "log-1.txt", "log-2.txt", "other.bin" }, names())
    assert.are.same({ "log-1.txt", "log-2.txt", "other.bin" }, names("UFS:*"))
    assert.are.same({ "log-1.txt", "log-2.txt" }, names("log-*"))
    assert.are.same({ "log-2.txt" }, names("UFS:*-2.txt"))
    assert.are.same({ "other.bin" }, names("other.bin"))
    for _, name in ipairs(names()) do assert(modem.file.delete(name)) end
  end)

  it("tells the space of a storage", function()
    local before = assert(modem.file.space())
    assert(modem.file.upload({ data = ("x"):rep(10000) }, "space.bin"))
    local after = assert(modem.file.space("UFS"))
    assert.are.same(before.total, after.total)
    assert.is_true(before.free - after.free >= 10000)
    assert(modem.file.delete("space.bin"))
  end)

  it("says what is wrong when the flash is full, and leaves nothing behind", function()
    local stored, err = modem.file.upload({ data = ("x"):rep(3 << 20) }, "huge.bin")
    assert.is_nil(stored)
    assert.is_truthy(err.code == 403 or err.code == 420, tostring(err))
    assert.is_truthy(err.hint:find("modem.file.delete", 1, true))
    assert.is_nil(modem.file.size("huge.bin"))
    assert.is_truthy(modem:at("AT"))
  end)

  it("does not trust a module that has counted something else", function()
    script.virtual_time()
    finally(script.real_time)
    local deleted
    local port = script.port(script.quectel {
      ['AT+QFLST="a"'] = "\r\n+CME ERROR: 405\r\n",
      ['AT+QFUPL="a",5,60'] = function(_, at)
        at.wanted = { count = 5, reply = function() return "\r\n+QFUPL: 4,1234\r\n\r\nOK\r\n" end }
        return "\r\nCONNECT\r\n"
      end,
      ['AT+QFDEL="a"'] = function()
        deleted = true
        return "\r\nOK\r\n"
      end,
    })
    local scripted <close> = assert(hayes.open_port(port, "script"))
    local stored, err = scripted.file.upload({ data = "hello" }, "a")
    assert.is_nil(stored)
    assert.are.same("damaged", err.name)
    assert.is_true(deleted)
  end)

  it("waits for what the module says when it gets no more bytes", function()
    script.virtual_time()
    finally(script.real_time)
    local port = script.port(script.quectel {
      ['AT+QFLST="a"'] = "\r\n+CME ERROR: 405\r\n",
      ['AT+QFUPL="a",5,1'] = function(_, at)
        at.wanted = { count = 5, reply = function() return "" end } -- the line has lost one of them
        at:say("\r\n+QFUPL: 4,1234\r\n\r\n+CME ERROR: 421\r\n", 1.5)
        return "\r\nCONNECT\r\n"
      end,
      ['AT+QFDEL="a"'] = "\r\nOK\r\n",
    })
    local scripted <close> = assert(hayes.open_port(port, "script"))
    local stored, err = scripted.file.upload({ data = "hello" }, "a", { timeout = 1 })
    assert.is_nil(stored)
    assert.are.same({ 421, "time_out" }, { err.code, err.name })
  end)

  describe("parts of a file:", function()
    local bytes

    setup(function()
      local lines = {}
      for i = 1, 2000 do lines[i] = ("%05d\r\nOK\r\n\0\255"):format(i) end
      bytes = table.concat(lines) .. "!"
    end)

    before_each(function() assert(modem.file.upload({ data = bytes }, "parts.bin", { replace = true })) end)
    teardown(function() assert(modem.file.delete("parts.bin")) end)

    it("read() gives them, up to the end and not beyond it", function()
      assert.are.same(bytes:sub(1001, 1500), modem.file.read("parts.bin", 1000, 500))
      assert.are.same(bytes:sub(1, 9), modem.file.read("UFS:parts.bin", 0, 9))
      assert.is_true(modem.file.read("parts.bin") == bytes)
      assert.are.same(bytes:sub(-5), modem.file.read("parts.bin", #bytes - 5, 100))
      assert.are.same("", modem.file.read("parts.bin", #bytes, 1))
      assert.are.same("", modem.file.read("parts.bin", #bytes + 1000))
    end)

    it("that hold nothing change nothing", function()
      for _, offset in ipairs { 0, 5, #bytes } do
        assert.are.same("", modem.file.read("parts.bin", offset, 0))
        assert.are.same(0, modem.file.write("parts.bin", offset, ""))
      end
      assert.is_true(modem.file.read("parts.bin") == bytes)
      assert.are.same("file", select(2, modem.file.write("parts.bin", #bytes + 1, "")).origin)
      assert.are.same(405, select(2, modem.file.read("missing.bin", 0, 0)).code)
    end)

    it("write() puts them over what is there, and makes a file that is missing", function()
      assert.are.same(4, modem.file.write("parts.bin", 3, "OK\r\n"))
      assert.is_true(modem.file.read("parts.bin") == bytes:sub(1, 3) .. "OK\r\n" .. bytes:sub(8))
      local more = ("0123456789"):rep(1000)
      assert.are.same(#more, modem.file.write("parts.bin", #bytes, more))
      assert.is_true(modem.file.read("parts.bin", #bytes) == more)
      assert.are.same(5, modem.file.write("made.bin", 0, "fresh"))
      assert.are.same("fresh", modem.file.read("made.bin"))
      assert(modem.file.delete("made.bin"))
    end)

    it("write() tells a place that is after the end, and gives the file back", function()
      local size, err = modem.file.write("parts.bin", #bytes + 1, "x")
      assert.is_nil(size)
      assert.are.same({ "file", "offset_beyond_end" }, { err.origin, err.name })
      assert.are.same(("writing to parts.bin: it has %d bytes, and offset is %d"):format(#bytes, #bytes + 1), err.message)
      assert.are.same({ "parts.bin" }, { modem.file.write("parts.bin", 0, "x") and "parts.bin" })
      assert.are.same(0, #assert(modem:at("AT+QFOPEN?")))
    end)

    it("write() tells how much was written where the flash is full", function()
      local _, err = modem.file.write("big.bin", 0, ("x"):rep(2000000))
      assert.are.same(403, err.code)
      assert.are.same(assert(modem.file.size "big.bin"), err.written)
      assert.is_truthy(err.message:find(("; %d of 2000000 bytes were written"):format(err.written), 1, true), err.message)
      assert(modem.file.delete("big.bin"))
    end)

    it("download() gives the whole, to a string, a local file or a sink, with the checksum that the module has", function()
      local stored = assert(modem.file.upload({ data = bytes }, "parts.bin", { replace = true }))
      local got, result = modem.file.download("parts.bin")
      assert.is_true(got == bytes)
      assert.are.same(stored, result)
      local path = os.tmpname()
      assert.are.same(stored, modem.file.download("parts.bin", path))
      local file = assert(io.open(path, "rb"))
      assert.is_true(file:read("a") == bytes)
      file:close()
      assert.is_nil(io.open(path .. ".part"))
      os.remove(path)
      local pieces, ended = {}, 0
      assert.are.same(stored, modem.file.download("parts.bin", function(piece)
        if piece then pieces[#pieces + 1] = piece else ended = ended + 1 end
        return 1
      end))
      assert.is_true(table.concat(pieces) == bytes)
      assert.are.same(1, ended)
    end)

    it("download() leaves no half of a file, and ends when the sink does", function()
      local path = os.tmpname()
      os.remove(path)
      local result, err = modem.file.download("missing.bin", path)
      assert.is_nil(result)
      assert.are.same(405, err.code)
      assert.is_nil(io.open(path))
      assert.is_nil(io.open(path .. ".part"))
      result, err = modem.file.download("parts.bin", function() return nil, "no more" end)
      assert.is_nil(result)
      assert.is_truthy(tostring(err):find("no more", 1, true))
      assert.are.same(0, #assert(modem:at("AT+QFOPEN?")))
    end)

    it("tasks that want the same file take turns", function()
      hayes.run(function()
        local tasks = {}
        for i = 1, 4 do tasks[i] = hayes.spawn(function() return modem.file.read("parts.bin", i, 6000) end) end
        for i = 1, 4 do
          local _, got = assert(tasks[i]:join(30))
          assert.is_true(got == bytes:sub(i + 1, i + 6000))
        end
      end)
    end)

    it("a handle that a program left open is no obstacle", function()
      assert(modem:at('AT+QFOPEN="parts.bin",2'))
      assert.are.same(bytes:sub(1, 10), modem.file.read("parts.bin", 0, 10))
    end)

    it("wrong use raises", function()
      assert.is_truthy(raises(function() modem.file.read("x", -1) end):find("the offset is -1", 1, true))
      assert.is_truthy(raises(function() modem.file.write("x", 0) end):find("the data is nil", 1, true))
      assert.is_truthy(raises(function() modem.file.download("x", 5) end):find("the sink is 5", 1, true))
    end)
  end)

  it("says which file is missing", function()
    local ok, err = modem.file.delete("nothing.txt")
    assert.is_nil(ok)
    assert.are.same("file_not_found", err.name)
    assert.is_truthy(tostring(err):find("nothing.txt", 1, true))
  end)

  it("wrong use raises", function()
    assert.is_truthy(raises(function() modem.file.upload({ data = "x" }) end):find("the name is nil", 1, true))
  end)
end)
