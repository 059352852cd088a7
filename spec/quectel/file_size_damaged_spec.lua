-- A size that the line has damaged into 0: a file that has content is not given as an empty one.

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
