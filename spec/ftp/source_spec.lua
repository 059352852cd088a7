-- Local files that somebody renames, removes, cuts off or appends to while they are uploaded, as logrotate does.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local Module = require "support.ftp_module"
local raises = require "support.raises"
local script = require "support.script"

local SIZE = 300000
local BYTES = ftp_lab.bytes(SIZE)

describe("An upload of a local file that", function()
  local path = lab.folder() .. "/source.log"
  local module, modem, ftp

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
    os.remove(path .. ".1")
    os.remove(path .. ".hayes-state")
  end)

  --- Does something to the source once a piece is through; the link breaks there if told.
  local function at_piece(wanted, change, is_broken)
    function module.takes(number, bytes)
      if number ~= wanted then return bytes end
      change()
      return is_broken and bytes:sub(1, 1000) or bytes
    end
  end

  local function append(bytes)
    local file = assert(io.open(path, "ab"))
    file:write(bytes)
    file:close()
  end

  local function put(options)
    options = options or {}
    options.piece = 50000
    return ftp:put(path, "f", options)
  end

  for _, is_broken in ipairs { false, true } do
    local how = is_broken and ", and the link breaks there" or ""

    it("is renamed under way, and another put in its place, is read on" .. how, function()
      at_piece(2, function()
        assert(os.rename(path, path .. ".1"))
        ftp_lab.write(path, "a new log\n")
      end, is_broken)
      assert.are.same(SIZE, assert(put()).bytes)
      assert.is_true(module.files.f == BYTES)
    end)

    it("is removed under way is read on" .. how, function()
      at_piece(2, function() assert(os.remove(path)) end, is_broken)
      assert(put())
      assert.is_true(module.files.f == BYTES)
    end)

    it("has become shorter under way is an error that says so, and leaves the server's file" .. how, function()
      for _, left in ipairs { 0, 1, 99000, 260000 } do
        ftp_lab.write(path, BYTES)
        module.files, module.puts = { f = "old" }, {}
        at_piece(2, function() ftp_lab.write(path, BYTES:sub(1, left)) end, is_broken)
        local began = script.now()
        local done, err = put()
        assert.are.same({ nil, "source_failed" }, { done, err.name }, tostring(err))
        assert.is_truthy(tostring(err):find("source.log failed: the file has become shorter", 1, true), tostring(err))
        assert.are.same("old", module.files.f)
        assert.is_true(script.now() - began < 300)
        -- The session is there for the next one.
        module.takes = nil
        assert.are.same(3, ftp:size "f")
        ftp_lab.write(path, BYTES)
        assert(put())
        assert.is_true(module.files.f == BYTES)
      end
    end)

    it("grows under way is stored as it was at the beginning" .. how, function()
      at_piece(2, function() append "more" end, is_broken)
      assert.are.same(SIZE, assert(put()).bytes)
      assert.is_true(module.files.f == BYTES)
    end)

    it("grows under way is stored up to its end, if it is to be followed" .. how, function()
      local last
      at_piece(2, function() append(("x"):rep(60000)) end, is_broken)
      local takes = module.takes
      function module.takes(number, bytes, start)
        -- While what is last goes over, more comes.
        if start + #bytes == SIZE + 60000 and not last then
          last = "the last line\n"
          append(last)
        end
        return takes(number, bytes)
      end
      local done, err = put { follow = true }
      assert(done, err)
      assert.is_true(module.files.f == BYTES .. ("x"):rep(60000) .. last)
      assert.is_true(module.files.f == ftp_lab.read(path))
      assert.are.same(#module.files.f, done.bytes)
      assert.is_true(done.verified)
    end)
  end

  it("is to be followed begins empty, or comes to nothing new", function()
    assert(put { follow = true })
    assert.is_true(module.files.f == BYTES)
    ftp_lab.write(path, "")
    assert.are.same(0, assert(ftp:put(path, "g", { follow = true })).bytes)
    assert.are.same("", module.files.g)
    append "something"
    assert.are.same(9, assert(ftp:put(path, "g", { follow = true })).bytes)
    assert.are.same("something", module.files.g)
  end)

  it("is to be followed becomes shorter: that is an error", function()
    at_piece(2, function() ftp_lab.write(path, "a new log\n") end)
    local done, err = put { follow = true }
    assert.are.same({ nil, "source_failed" }, { done, err.name })
  end)

  it("is to be followed is begun anew by a server without REST", function()
    module.no_rest = true
    at_piece(6, function() append "more" end)
    local done, err = put { follow = true }
    assert(done, err)
    assert.is_true(module.files.f == BYTES .. "more")
  end)

  it("is to be followed must be one that can be", function()
    for _, source in ipairs { { data = "x" }, function() end } do
      assert.is_truthy(raises(function() ftp:put(source, "f", { follow = true }) end):find("follow is for", 1, true))
    end
    assert.is_truthy(raises(function() ftp:put(path, "f", { follow = true, length = 5 }) end):find("follow is for", 1,
      true))
    assert.is_truthy(raises(function() ftp:get("f", path, { follow = true }) end):find("follow is for", 1, true))
  end)
end)
