-- Downloads over a line that loses and doubles bytes: what arrives is the server's file, or the download fails.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local script = require "support.script"

local OK = "\r\nOK\r\n"

--- A module with one session, whose server has this file. damage(bytes) is what becomes of the data of a download on
--- the line, with the module's words behind it.
local function open(file, damage)
  local gets = {}
  local port = script.port(script.quectel {
    ["AT+QFTPSTAT"] = OK .. "\r\n+QFTPSTAT: 0,1\r\n", ["^AT%+QFTPCFG"] = OK,
    ["^AT%+QFTPCLOSE"] = OK .. "\r\n+QFTPCLOSE: 0,0\r\n", ["^AT%+QFTPOPEN"] = OK .. "\r\n+QFTPOPEN: 0,0\r\n",
    ["^AT%+QFTPSIZE"] = OK .. ("\r\n+QFTPSIZE: 0,%d\r\n"):format(#file), ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
    ["^AT%+QFTPGET"] = function(line, at)
      local start, length = line:match('"COM:",(%d+),(%d+)$')
      local data = file:sub(start + 1, start + length)
      gets[#gets + 1] = #data
      at:say("\r\nCONNECT\r\n")
      at:say(damage(data .. ("\r\nOK\r\n\r\n+QFTPGET: 0,%d\r\n"):format(#data), #gets))
    end,
  })
  local modem = assert(hayes.open_port(port, "script"))
  local ftp, err = modem.ftp.open { host = "h" }
  assert(ftp, tostring(err))
  return modem, ftp, gets
end

--- A line that loses one byte in so many, or doubles it, as the seed decides. Never both: a piece with as many lost as
--- doubled looks whole, which the guide says.
local function lossy(seed, one_in)
  math.randomseed(seed)
  local lost = seed % 2 == 1
  return function(bytes)
    local pieces, from = {}, 1
    while true do
      local at = from + math.floor(-math.log(1 - math.random()) * one_in)
      if at > #bytes then break end
      pieces[#pieces + 1] = bytes:sub(from, lost and at - 1 or at)
      pieces[#pieces + 1] = lost and "" or bytes:sub(at, at)
      from = at + 1
    end
    pieces[#pieces + 1] = bytes:sub(from)
    return table.concat(pieces)
  end
end

describe("A download over a line that loses bytes", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  local file = ftp_lab.bytes(300000)
  local path = lab.folder() .. "/loss.bin"

  local sinks = {
    ["a string"] = function(ftp) return (ftp:get("f")) end,
    ["a file"] = function(ftp)
      assert(ftp:get("f", path))
      return ftp_lab.read(path)
    end,
    ["an LTN12 sink"] = function(ftp)
      local pieces = {}
      assert(ftp:get("f", function(bytes)
        pieces[#pieces + 1] = bytes
        return true
      end))
      return table.concat(pieces)
    end,
  }

  for name, get in pairs(sinks) do
    it("brings the server's file into " .. name, function()
      for seed = 1, 20 do
        local modem, ftp = open(file, lossy(seed, 50000))
        assert.is_true(get(ftp) == file, "seed " .. seed)
        modem:close()
      end
    end)
  end

  it("goes on after what is right, and does not fetch that again", function()
    local lost_at = 200000
    local modem, ftp, gets = open(file, function(bytes, number)
      return number == 1 and bytes:sub(1, lost_at - 1) .. bytes:sub(lost_at + 1) or bytes
    end)
    assert(ftp:get("f", path))
    assert.is_true(ftp_lab.read(path) == file)
    local fetched = 0
    for i = 2, #gets do fetched = fetched + gets[i] end
    -- All of the rest, and some samples to find where it begins.
    assert.is_true(fetched < #file - lost_at + 20000, ("%d bytes were fetched again"):format(fetched))
    modem:close()
  end)

  it("does not take what came in front of a break for right without a look", function()
    local lost_at, breaks_at = 1000, 100000
    for name, get in pairs(sinks) do
      local modem, ftp = open(file, function(bytes, number)
        if number > 1 then return bytes end
        return bytes:sub(1, lost_at - 1) .. bytes:sub(lost_at + 1, breaks_at) .. OK .. "\r\n+QFTPGET: 608,426\r\n"
      end)
      assert.is_true(get(ftp) == file, name)
      modem:close()
    end
  end)

  -- Of such content a sample is the same in the server's file, however far a lost byte has shifted it.
  local ends = { zeros = ("\0"):rep(10240), ["few zeros"] = ("\0"):rep(600), ["0xFF"] = ("\255"):rep(4096),
    ["a line again and again"] = ("0123456789\n"):rep(900), ["a long line again and again"] = ftp_lab.bytes(700):rep(20) }

  local function without(bytes, at, count) return bytes:sub(1, at - 1) .. bytes:sub(at + count) end
  local function again(bytes, at, count) return bytes:sub(1, at - 1 + count) .. bytes:sub(at) end

  for end_name, tail in pairs(ends) do
    local repeats = ftp_lab.bytes(20000) .. tail
    for damage_name, damage in pairs { lost = without, doubled = again } do
      it(("is not deceived by a file that ends in %s, with bytes %s"):format(end_name, damage_name), function()
        for _, at in ipairs { 5000, 19990, #repeats - 550 } do
          for _, count in ipairs { 1, 11, 700 } do
            for name, get in pairs(sinks) do
              local modem, ftp = open(repeats, function(bytes, number)
                return number == 1 and damage(bytes, at, count) or bytes
              end)
              assert.is_true(get(ftp) == repeats, ("%s, %d bytes at %d"):format(name, count, at))
              modem:close()
            end
          end
        end
      end)
    end

    it(("is not deceived by a file that ends in %s, with a break after the loss"):format(end_name), function()
      for name, get in pairs(sinks) do
        local modem, ftp = open(repeats, function(bytes, number)
          if number > 1 then return bytes end
          return without(bytes, 5000, 1):sub(1, #repeats - 10) .. OK .. "\r\n+QFTPGET: 608,426\r\n"
        end)
        assert.is_true(get(ftp) == repeats, name)
        modem:close()
      end
    end)

    it(("is not deceived by what an earlier run has left of a file that ends in %s"):format(end_name), function()
      ftp_lab.write(path .. ".part", without(repeats, 5000, 1):sub(1, -600))
      local modem, ftp = open(repeats, function(bytes) return bytes end)
      assert.are.same(#repeats, assert(ftp:get("f", path)).bytes)
      assert.is_true(ftp_lab.read(path) == repeats)
      modem:close()
    end)
  end

  it("comes to its end where nothing in the file tells one place from another", function()
    local zeros = ("\0"):rep(200000)
    for name, get in pairs(sinks) do
      local modem, ftp = open(zeros, lossy(1, 50000))
      assert.is_true(get(ftp) == zeros, name)
      modem:close()
    end
  end)
end)
