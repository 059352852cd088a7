-- Uploads over a line that loses bytes: what the server has in the end is the source, or the upload fails.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local script = require "support.script"

local OK = "\r\nOK\r\n"

--- Seconds after which the module gives up waiting for the rest of its data.
local PATIENCE = 30

--- A module with one session, whose server stores what comes under one name. damage(bytes, number) is what of the data of
--- the upload of that number comes out of the line; breaks(number) how much of it the server gets before its connection
--- breaks; takes(length) what the module says that it has taken. The server may refuse to be read (`secret`).
local function open(options)
  local server = { file = options.file, puts = {} }
  local port
  local function store(number, start, length, bytes)
    -- REST: the server's file keeps what it has behind that.
    local file = start == 0 and "" or server.file
    local limit = options.breaks and options.breaks(number) or length
    local stored = bytes:sub(1, math.min(length, limit))
    server.file = file:sub(1, start) .. stored .. file:sub(start + #stored + 1)
    if #stored == length then
      port:say(OK .. ("\r\n+QFTPPUT: 0,%d\r\n"):format(options.takes and options.takes(length) or length))
    else
      port:say(OK .. "\r\n+QFTPPUT: 608,426\r\n", #bytes < length and PATIENCE or 0)
    end
  end
  port = script.port(script.quectel {
    ["AT+QFTPSTAT"] = OK .. "\r\n+QFTPSTAT: 0,1\r\n", ["^AT%+QFTPCFG"] = OK,
    ["^AT%+QFTPCLOSE"] = OK .. "\r\n+QFTPCLOSE: 0,0\r\n", ["^AT%+QFTPOPEN"] = OK .. "\r\n+QFTPOPEN: 0,0\r\n",
    ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
    ["^AT%+QFTPSIZE"] = function()
      return OK .. (server.file and ("\r\n+QFTPSIZE: 0,%d\r\n"):format(#server.file) or "\r\n+QFTPSIZE: 627,550\r\n")
    end,
    ["^AT%+QFTPGET"] = function(line, at)
      if options.secret then return OK .. "\r\n+QFTPGET: 627,550\r\n" end
      local start, length = line:match('"COM:",(%d+),(%d+)$')
      local data = server.file:sub(start + 1, start + length)
      at:say("\r\nCONNECT\r\n")
      at:say(data .. ("\r\nOK\r\n\r\n+QFTPGET: 0,%d\r\n"):format(#data))
    end,
    ["^AT%+QFTPPUT"] = function(line, at)
      local start, length = line:match('"COM:",(%d+),(%d+),%d$')
      start, length = tonumber(start), tonumber(length)
      local number = #server.puts + 1
      server.puts[number] = start
      at.wanted = { count = length, reply = function(bytes)
        store(number, start, length, options.damage and options.damage(bytes, number) or bytes)
      end }
      return "\r\nCONNECT\r\n"
    end,
  })
  local modem = assert(hayes.open_port(port, "script"))
  local ftp, err = modem.ftp.open { host = "h" }
  assert(ftp, tostring(err))
  return ftp, server, modem
end

--- Loses so many bytes at an offset of the first upload.
local function losing(at, count)
  return function(bytes, number) return number == 1 and bytes:sub(1, at) .. bytes:sub(at + count + 1) or bytes end
end

describe("An upload over a line that loses bytes", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  local path = lab.folder() .. "/upload_loss.bin"

  local files = { ["no two parts alike"] = ftp_lab.bytes(40000) }
  for name, tail in pairs { zeros = ("\0"):rep(10240), ["few zeros"] = ("\0"):rep(600), ["0xFF"] = ("\255"):rep(4096),
    ["a line again and again"] = ("0123456789\n"):rep(900), ["a long line again and again"] = ftp_lab.bytes(700):rep(20)
  } do
    files["an end of " .. name] = ftp_lab.bytes(20000) .. tail
  end

  local function sources(bytes)
    ftp_lab.write(path, bytes)
    return { ["a file"] = path, data = { data = bytes } }
  end

  local function check(what, bytes, options, transfer)
    for name, source in pairs(sources(bytes)) do
      local ftp, server, modem = open(options)
      local done, err = ftp:put(source, "f", transfer)
      assert(done, ("%s of %s: %s"):format(what, name, err))
      assert.is_true(server.file == bytes, ("%s of %s"):format(what, name))
      modem:close()
    end
  end

  for name, bytes in pairs(files) do
    it("stores the source: " .. name, function()
      for _, at in ipairs { 0, 5000, 19990, #bytes - 550, #bytes - 1 } do
        for _, count in ipairs { 1, 11, 700 } do
          check(("%d bytes lost at %d"):format(count, at), bytes, { damage = losing(at, count) })
        end
      end
    end)

    it("stores the source where the connection breaks after the loss: " .. name, function()
      local function breaks(number) return number == 1 and #bytes - 20 or nil end
      check("a break", bytes, { damage = losing(5000, 1), breaks = breaks })
    end)

    it("stores the source on a server that does not let it be read: " .. name, function()
      check("a secret server", bytes, { damage = losing(5000, 1), secret = true })
    end)

    it("stores the source without comparing: " .. name, function()
      check("no comparison", bytes, { damage = losing(5000, 1) }, { verify = false })
    end)
  end

  it("does not take for its own what the server had after the place that it wrote to", function()
    local bytes = files["no two parts alike"]
    for name, source in pairs(sources(bytes)) do
      -- All is there but a byte in the middle; what is written over it gets no further than to that.
      local ftp, server, modem = open { file = bytes:sub(1, 9999) .. "!" .. bytes:sub(10001, 39000),
        damage = losing(500, 1), breaks = function(number) return number == 1 and 2000 or nil end }
      assert(ftp:put(source, "f", { offset = 9000 }))
      assert.is_true(server.file == bytes, name)
      modem:close()
    end
  end)

  it("goes on after a break where the end of what came is the source's", function()
    local bytes = files["no two parts alike"]
    local ftp, server, modem = open { breaks = function(number) return number == 1 and 30000 or nil end }
    ftp_lab.write(path, bytes)
    assert.are.same(30000, assert(ftp:put(path, "f")).resumed_at)
    assert.are.same({ 0, 30000 }, server.puts)
    modem:close()
  end)

  it("of a source in pieces fails where the module has taken less than a piece", function()
    local ftp, server, modem = open { takes = function(length) return length - 1 end }
    local given = false
    local function source()
      if given then return nil end
      given = true
      return "0123456789"
    end
    local done, err = ftp:put(source, "f", { piece = 5, verify = false })
    assert.is_nil(done)
    assert.are.same("size_differs", err.name)
    assert.are.same({ 0 }, server.puts)
    modem:close()
  end)

  it("goes on after what the module has confirmed where nothing can be proven", function()
    local bytes = ("\0"):rep(200000)
    for _, secret in ipairs { false, true } do
      local ftp, server, modem = open { secret = secret,
        breaks = function(number) return number % 3 == 1 and 15000 or nil end }
      ftp_lab.write(path, bytes)
      assert(ftp:put(path, "f"))
      assert.is_true(server.file == bytes)
      modem:close()
    end
  end)
end)
