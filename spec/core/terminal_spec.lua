-- Terminals, as the shell and the questions for passwords use them: a pty's end is one, a pipe is none.

local core = require "hayes.core"

describe("A terminal", function()
  local module, port, fd, signal

  before_each(function()
    local path
    module, path = assert(core.open_pty())
    port = assert(core.open_port(path, 9600))
    fd = port:fd()
    signal = core.signal()
  end)

  after_each(function()
    port:close()
    module:close()
    signal:close()
  end)

  it("is told from other descriptors", function()
    assert.is_true(core.is_terminal(fd))
    assert.is_false(core.is_terminal(signal:fd()))
    assert.is_nil(core.terminal_settings(signal:fd()))
    assert.is_nil(core.terminal_columns(signal:fd()))
    assert.is_nil(core.terminal_columns(fd)) -- nobody has told its width
  end)

  it("is silent, raw, and as it was again", function()
    local before = core.terminal_settings(fd)
    for _, change in ipairs { "silent", "raw" } do assert.is_true(core.set_terminal(fd, before, change)) end
    assert.is_true(core.set_terminal(fd, before))
    assert.are.equal(before, core.terminal_settings(fd))
  end)

  it("takes only what terminal_settings gave, and what is no terminal cannot be set", function()
    local settings = core.terminal_settings(fd)
    assert.has_error(function() core.set_terminal(fd, "short") end)
    assert.has_error(function() core.set_terminal(fd, settings, "loud") end)
    local done, words = core.set_terminal(signal:fd(), settings)
    assert.is_nil(done)
    assert.are.equal("string", type(words))
  end)

  it("carries bytes between the module's end of a pty and a program's, and has its path in /dev", function()
    assert.are.equal(2, port:write "AT")
    assert.are.equal("AT", module:read())
    assert.are.equal(2, module:write "OK")
    assert.are.equal("OK", port:read())
    assert.are.equal("", module:read())
    assert.is_true(core.wall() > 1.7e9)
  end)
end)
