-- Uploads where the server has a file already: it is gone on with if it is known to be a part of the source, and stays
-- as it was until its successor is whole if it is not.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local Module = require "support.ftp_module"
local raises = require "support.raises"
local script = require "support.script"

local SIZE = 300000
local BYTES = ftp_lab.bytes(SIZE)

--- So many bytes that are not the source's, up to the tail.
local function with_tail_of(at, tail)
  return ("foreign line\n"):rep(at // 13 + 1):sub(1, at - tail) .. BYTES:sub(at - tail + 1, at)
end

--- What the server may have that is not a part of the source.
local FOREIGN = {
  ["the same tail of 512 bytes"] = with_tail_of(100000, 512),
  ["the same tail of 60000 bytes"] = with_tail_of(100000, 60000),
  ["the same size and tail"] = with_tail_of(SIZE, 9000),
  ["the same head and tail"] = BYTES:sub(1, 5000) .. with_tail_of(100000, 9000):sub(5001),
  ["zeros behind the beginning"] = BYTES:sub(1, 50000) .. ("\0"):rep(SIZE - 50000),
  ["more bytes than the source"] = BYTES .. "more",
  ["an old log"] = ("yesterday\n"):rep(3000),
}

describe("An FTP upload where the server has a file", function()
  local module, modem, ftp
  local path = lab.folder() .. "/foreign.bin"

  before_each(function()
    script.virtual_time()
    ftp_lab.write(path, BYTES)
    module = Module.new()
    modem = module:open()
    ftp = assert(modem.ftp.open { host = "h" })
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- The file that was there is there, whole, until the new one is.
  local function protect(old)
    local seen = false
    function module.fault()
      local now = module.files.f
      local has_it = now == old or now == BYTES or module.files["f.hayes-old"] == old
      assert.is_true(has_it, "the server's file is neither the old nor the new one")
      seen = true
    end
    return function() return seen end
  end

  for name, old in pairs(FOREIGN) do
    it("leaves one that is not its own until it is whole: " .. name, function()
      module.files.f = old
      local was_seen = protect(old)
      local done, err = ftp:put(path, "f")
      assert(done, err)
      assert.is_nil(done.resumed_at)
      assert.is_true(module.files.f == BYTES and was_seen())
      assert.is_nil(module.files["f.part"])
    end)

    it("leaves one that is not its own where the link breaks all the time: " .. name, function()
      module.files.f = old
      protect(old)
      function module.takes(number, bytes) return number % 3 > 0 and bytes:sub(1, 30000) or bytes end
      assert(ftp:put(path, "f"))
      assert.is_true(module.files.f == BYTES)
    end)

    it("leaves one that is not its own when it fails: " .. name, function()
      module.files.f = old
      function module.takes(_, bytes) return bytes:sub(1, 20000) end
      module.broken = "629,552"
      local done, err = ftp:put(path, "f")
      assert.is_nil(done)
      assert.are.same(552, err.protocol)
      assert.is_true(module.files.f == old)
      -- The next call goes on there.
      module.takes = nil
      assert.are.same(20000, assert(ftp:put(path, "f")).resumed_at)
      assert.is_true(module.files.f == BYTES)
    end)

    it("refuses one that is not its own, or writes over it, if told: " .. name, function()
      module.files.f = old
      local done, err = ftp:put(path, "f", { existing = "refuse" })
      assert.is_nil(done)
      assert.are.same({ "exists", #old, SIZE }, { err.name, err.server_bytes, err.local_bytes })
      assert.is_true(module.files.f == old)
      assert(ftp:put(path, "f", { existing = "replace" }))
      assert.is_true(module.files.f == BYTES)
      assert.are.same(0, module:count "QFTPRENAME")
    end)
  end

  it("that the account may not read takes it for somebody else's", function()
    module.files.f, module.secret = BYTES:sub(1, 100000), true
    protect(module.files.f)
    assert.is_nil(assert(ftp:put(path, "f")).resumed_at)
    assert.is_true(module.files.f == BYTES)
    assert(modem.file)
  end)

  it("goes on with one that is its own", function()
    for _, size in ipairs { 1, 511, 512, 513, 8192, 100000, SIZE - 1, SIZE } do
      module.files.f = BYTES:sub(1, size)
      assert.are.same(size, assert(ftp:put(path, "f")).resumed_at)
      assert.is_true(module.files.f == BYTES)
    end
    assert.are.same(0, module:count "QFTPRENAME")
  end)

  it("takes the place of one on servers that do not rename over files", function()
    module.files.f, module.no_overwrite = "old", true
    protect "old"
    assert(ftp:put(path, "f"))
    assert.is_true(module.files.f == BYTES)
    assert.is_nil(module.files["f.hayes-old"])
  end)

  it("says where it is if it may not be renamed, and leaves the old one", function()
    module.files.f = "old"
    function module.fault(line)
      if line:find("QFTPRENAME", 1, true) then return "\r\nOK\r\n\r\n+QFTPRENAME: 627,550\r\n" end
    end
    local done, err = ftp:put(path, "f")
    assert.is_nil(done)
    assert.is_truthy(tostring(err):find("is whole on the server, as f.part", 1, true), tostring(err))
    assert.are.same("old", module.files.f)
    assert.is_true(module.files["f.part"] == BYTES)
  end)

  for name, no_overwrite in pairs { ["renames over files"] = false, ["does not rename over files"] = true } do
    it("comes to its end whichever answer is lost, on a server that " .. name, function()
      local number = 0
      repeat
        number = number + 1
        module.files = { f = "old" }
        module.no_overwrite = no_overwrite
        local count = 0
        function module.fault(line)
          if line:find("QFTPCFG", 1, true) then return end
          count = count + 1
          return count == number and not line:find("QFTPOPEN", 1, true) and not line:find("QFTPPUT", 1, true) and "lose"
            or nil
        end
        local done, err = ftp:put(path, "f")
        assert(done, ("answer %d: %s"):format(number, err))
        assert.is_true(module.files.f == BYTES, "answer " .. number)
        assert.is_nil(module.files["f.part"])
        assert.is_nil(module.files["f.hayes-old"])
      until count < number
      assert.is_true(number > 5)
    end)
  end

  it("of data protects one if told", function()
    module.files.f = "old"
    local done, err = ftp:put({ data = BYTES }, "f", { existing = "refuse" })
    assert.are.same({ nil, "exists" }, { done, err.name })
    protect "old"
    assert(ftp:put({ data = BYTES }, "f", { existing = "beside" }))
    assert.is_true(module.files.f == BYTES)
    for _, options in ipairs { { existing = "refuse" }, { existing = "beside" }, { verify = "content" } } do
      assert.is_truthy(raises(function() ftp:put(function() end, "f", options) end):find("any offset", 1, true))
    end
  end)

  it("is read back if told, and what differs is sent again", function()
    -- Samples do not tell of one byte between them.
    module.files.f = BYTES:sub(1, 123456) .. "!" .. BYTES:sub(123458)
    local done, err = ftp:put(path, "f", { verify = "content" })
    assert(done, err)
    assert.is_true(module.files.f == BYTES)
    module.files.f, module.secret = nil, true
    done, err = ftp:put(path, "f", { verify = "content" })
    assert.is_nil(done)
    assert.is_truthy(tostring(err):find("reading back what was carried", 1, true), tostring(err))
  end)
end)

describe("An FTP download onto what an earlier run has left", function()
  local module, modem, ftp
  local path = lab.folder() .. "/left.bin"

  before_each(function()
    script.virtual_time()
    os.remove(path)
    module = Module.new()
    module.files.f = BYTES
    modem = module:open()
    ftp = assert(modem.ftp.open { host = "h" })
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  for name, left in pairs(FOREIGN) do
    it("begins anew where that is not the server's: " .. name, function()
      ftp_lab.write(path .. ".part", left)
      assert(ftp:get("f", path))
      assert.is_true(ftp_lab.read(path) == BYTES)
    end)
  end

  it("goes on where it is", function()
    ftp_lab.write(path .. ".part", BYTES:sub(1, 200000))
    assert.is_true(assert(ftp:get("f", path)).resumed_at > 190000)
    assert.is_true(ftp_lab.read(path) == BYTES)
  end)

  it("is read back if told, and what differs is fetched again", function()
    ftp_lab.write(path .. ".part", BYTES:sub(1, 123456) .. "!" .. BYTES:sub(123458, 200000))
    assert(ftp:get("f", path, { verify = "content" }))
    assert.is_true(ftp_lab.read(path) == BYTES)
    assert.is_truthy(raises(function() ftp:get("f", nil, { verify = "content" }) end):find("a local file", 1, true))
  end)

  it("begins anew where the server's file has changed meanwhile, with the same size", function()
    local changed = with_tail_of(SIZE, 100000)
    module.breaks = function(number)
      if number > 1 then return nil end
      module.files.f, module.modified = changed, "20260102030405"
      return 150000
    end
    assert(ftp:get("f", path))
    assert.is_true(ftp_lab.read(path) == changed)
  end)
end)
