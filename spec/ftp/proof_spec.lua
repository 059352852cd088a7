-- Which samples of a file prove that all in front of them has crossed the line unharmed.

local ftp_lab = require "support.ftp_lab"
local proof = require "hayes.dialect.quectel.ftp.proof"

--- What was received of a file whose bytes from an offset on were shifted: by so many lost (> 0) or doubled (< 0).
local function shifted(file, at, by)
  return file:sub(1, at) .. file:sub(at + by + 1)
end

--- How much of what came is taken for right when its proof is compared with the server's file.
local function proven(file, came)
  local function read(at, length) return came:sub(at + 1, at + length) end
  local place, bytes = proof.find(read, 0, #came, #came)
  return file:sub(place - #bytes + 1, place) == bytes and place or 0
end

describe("A proof by a sample", function()
  local files = {
    ["no two parts alike"] = ftp_lab.bytes(40000),
    ["zeros behind it"] = ftp_lab.bytes(20000) .. ("\0"):rep(20000),
    ["zeros between"] = ftp_lab.bytes(10000) .. ("\0"):rep(20000) .. ftp_lab.bytes(10000),
    ["zeros"] = ("\0"):rep(40000),
    ["blocks of 512 that repeat"] = ftp_lab.bytes(512):rep(80),
    ["blocks of 1024 that repeat"] = ftp_lab.bytes(1024):rep(40),
    ["blocks of 4096 that repeat"] = ftp_lab.bytes(4096):rep(10),
    ["two bytes that repeat behind others"] = ftp_lab.bytes(39400) .. ("ab"):rep(300),
    ["few letters"] = (ftp_lab.bytes(40000):gsub(".", function(c) return c:byte() % 2 == 0 and "a" or "b" end)),
  }

  for name, file in pairs(files) do
    it("is of no damaged byte: " .. name, function()
      for _, by in ipairs { 1, 2, 3, 64, 511, 512, 513, 1024, 4096, -1, -2, -512, -1024, -4096 } do
        for _, at in ipairs { 4096, 5000, 9999, 20000, 29000, 35000 } do
          for _, length in ipairs { 39000, 38417, 36001 } do
            local came = shifted(file, at, by):sub(1, length)
            local right = proven(file, came)
            assert.is_true(came:sub(1, right) == file:sub(1, right), ("%d bytes at %d of %d"):format(by, at, length))
          end
        end
      end
    end)
  end

  it("reaches to the end of what has come where nothing repeats there", function()
    local file = files["no two parts alike"]
    for _, length in ipairs { 1, 500, 512, 513, 600, 1024, 20000, 40000 } do
      assert.are.same(length, proven(file, file:sub(1, length)))
    end
  end)

  it("leaves out what repeats itself, and not more than as much in front of it", function()
    local file = files["zeros behind it"]
    for _, zeros in ipairs { 600, 2000, 10000 } do
      local right = proven(file, file:sub(1, 20000 + zeros))
      assert.is_true(right >= 20000 - zeros, ("%d of %d"):format(right, 20000 + zeros))
    end
  end)

  it("is there at least for the first bytes", function()
    assert.are.same(512, proven(files.zeros, files.zeros))
  end)
end)
