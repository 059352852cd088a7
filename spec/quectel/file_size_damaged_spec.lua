-- A size of which the line has lost a digit: a file is not given as an empty one, and a part of it not as the whole.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("A file whose size the line has damaged into 0", function()
  local modem, asked

  before_each(function()
    script.virtual_time()
    asked = 0
    local bytes = "not empty"
    modem = assert(hayes.open_port(script.port(script.quectel {
      ["^AT%+QFLST="] = function()
        asked = asked + 1
        return ('\r\n+QFLST: "a.bin",%d\r\n'):format(asked == 1 and 0 or #bytes) .. OK
      end,
      ["^AT%+QFOPEN="] = "\r\n+QFOPEN: 1\r\n" .. OK, ["^AT%+QFCLOSE="] = OK,
      ["^AT%+QFREAD="] = ("\r\nCONNECT %d\r\n%s"):format(#bytes, bytes) .. OK,
      ["^AT%+QFDWL="] = ("\r\nCONNECT\r\n%s\r\n+QFDWL: %d,%x\r\n"):format(bytes, #bytes,
        require("hayes.dialect.quectel.file.checksum").of(bytes)) .. OK,
    }), "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  it("comes whole, as a string and as a local file", function()
    assert.are.same("not empty", modem.file.download "a.bin")
    asked = 0
    local path = os.tmpname()
    assert.are.same(9, assert(modem.file.download("a.bin", path)).bytes)
    local file <close> = assert(io.open(path))
    assert.are.same("not empty", file:read "a")
    os.remove(path)
  end)
end)

describe("A file whose size the line has cut off", function()
  it("is not given in part, as a string", function()
    script.virtual_time()
    finally(script.real_time)
    local bytes, asked = ("0123456789"):rep(27), 0
    local modem <close> = assert(hayes.open_port(script.port(script.quectel {
      ["^AT%+QFLST="] = function()
        asked = asked + 1
        return ('\r\n+QFLST: "a.bin",%d\r\n'):format(asked == 1 and 27 or #bytes) .. OK
      end,
      ["^AT%+QFOPEN="] = "\r\n+QFOPEN: 1\r\n" .. OK, ["^AT%+QFCLOSE="] = OK,
      ["^AT%+QFREAD="] = function(line)
        local part = bytes:sub(1, tonumber(line:match ",(%d+)$"))
        return ("\r\nCONNECT %d\r\n%s"):format(#part, part) .. OK
      end,
    }), "script"))
    local got, err = modem.file.download "a.bin"
    assert.are.same({ nil, "damaged" }, { got, err.name })
    assert.is_truthy(tostring(err):find("a.bin has 270 bytes, and 27 came", 1, true))
    modem:close()
  end)
end)
