-- ftp.open { diagnose = true }: why a login fails, in one paragraph; and what a login over TLS without an answer says.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local Process = require "support.process"
local Server = require "support.ftp_server"

describe("ftp.open with diagnose", function()
  local modem, emulator, server, plain

  setup(function()
    server = Server.start(lab.folder(), { name = "ftp-diagnose" })
    local port = Process.free_port()
    local process = Process.start { "lua5.4", "spec/support/plain_ftp_server.lua", port }
    Process.wait_for_port(port)
    plain = { port = port, implicit_port = port, process = process }
    modem, emulator = ftp_lab.online()
  end)

  teardown(function()
    modem:close()
    emulator:close()
    server:close()
    plain.process:close()
  end)

  local function why(options)
    options.diagnose, options.retries = true, 0
    local session, err = modem.ftp.open(options)
    assert.is_nil(session)
    assert.is_truthy(tostring(err):find(err.diagnosis, 1, true))
    return err.diagnosis, err
  end

  local function says(text, ...)
    for _, part in ipairs { ... } do assert.is_truthy(text:find(part, 1, true), ("%q is not in: %s"):format(part, text)) end
  end

  for _, kind in ipairs { "implicit", "explicit" } do
    it("tells a server without TLS, for " .. kind .. " TLS", function()
      local text, err = why(ftp_lab.secure(plain, kind))
      says(text, "greets in the clear (220) and answers AUTH TLS with 502: it speaks no TLS on this port")
      if kind == "explicit" then assert.is_truthy(err.hint:find("a server without TLS", 1, true)) end
    end)
  end

  it("tells the other kind of TLS", function()
    says(why(ftp_lab.secure(server, "implicit", { port = server.port })), 'takes AUTH TLS: give tls = "explicit"')
    says(why(ftp_lab.secure(server, "explicit", { port = server.implicit_port, timeout = 20 })),
      'does not greet in the clear: it may speak implicit TLS (tls = "implicit"')
  end)

  for _, kind in ipairs { "implicit", "explicit" } do
    it("tells what is wrong with the certificate, for " .. kind .. " TLS, without the account", function()
      local before = #server:commands()
      says(why(ftp_lab.secure(server, kind, { ca = lab.folder() .. "/other.pem" })), 'ignore = { "untrusted" }',
        "does not end in " .. lab.folder() .. "/other.pem")
      assert.is_nil(server:commands():find("USER user", before + 1, true))
      assert(modem.ftp.open(ftp_lab.account(server))):close() -- the client is free
    end)
  end

  it("tells what is in front of FTP: port, name", function()
    says(why(ftp_lab.account { port = 9 }), "cannot be reached")
    says(why { host = "nowhere.invalid" }, "name: ")
  end)

  it("tells a refusal from everything else", function()
    says(why(ftp_lab.account(server, { password = "wrong" })), "it is the server that refuses")
  end)

  it("is asked for", function()
    local _, err = modem.ftp.open(ftp_lab.account(server, { password = "wrong", retries = 0 }))
    assert.is_nil(err.diagnosis)
  end)
end)
